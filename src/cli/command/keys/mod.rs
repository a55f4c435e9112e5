//! Owns `awsauth keys`: long-term keys of IAM users.

mod add;
mod list;
mod remove;
mod rotate;

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;

/// Manage long-term keys of IAM users
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Add(add::Args),
    List(list::Args),
    Rotate(rotate::Args),
    Remove(remove::Args),
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    match &args.action {
        Action::Add(args) => add::run(args, app),
        Action::List(args) => list::run(args, app),
        Action::Rotate(args) => rotate::run(args, app),
        Action::Remove(args) => remove::run(args, app),
    }
}

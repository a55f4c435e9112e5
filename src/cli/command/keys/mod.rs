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
    action: KeysAction,
}

#[derive(Debug, clap::Subcommand)]
enum KeysAction {
    Add(add::Args),
    List(list::Args),
    Rotate(rotate::Args),
    Remove(remove::Args),
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    match &args.action {
        KeysAction::Add(args) => add::run(args, app),
        KeysAction::List(args) => list::run(args, app),
        KeysAction::Rotate(args) => rotate::run(args, app),
        KeysAction::Remove(args) => remove::run(args, app),
    }
}

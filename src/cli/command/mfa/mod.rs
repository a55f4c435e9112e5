//! Owns `awsauth mfa`: MFA devices of IAM users.

mod enroll;
mod list;
mod policy;
mod remove;
mod resync;

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;

/// Manage MFA devices of IAM users
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Enroll(enroll::Args),
    List(list::Args),
    Remove(remove::Args),
    Resync(resync::Args),
    Policy(policy::Args),
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    match &args.action {
        Action::Enroll(args) => enroll::run(args, app),
        Action::List(args) => list::run(args, app),
        Action::Remove(args) => remove::run(args, app),
        Action::Resync(args) => resync::run(args, app),
        Action::Policy(args) => policy::run(args, app),
    }
}

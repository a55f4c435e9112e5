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
    action: MfaAction,
}

#[derive(Debug, clap::Subcommand)]
enum MfaAction {
    Enroll(enroll::Args),
    List(list::Args),
    Remove(remove::Args),
    Resync(resync::Args),
    Policy(policy::Args),
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    match &args.action {
        MfaAction::Enroll(args) => enroll::run(args, app),
        MfaAction::List(args) => list::run(args, app),
        MfaAction::Remove(args) => remove::run(args, app),
        MfaAction::Resync(args) => resync::run(args, app),
        MfaAction::Policy(args) => policy::run(args, app),
    }
}

//! Owns `awsauth mfa`: MFA devices of IAM users.

mod enroll;

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
}

pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    match &args.action {
        Action::Enroll(args) => enroll::run(args, app),
    }
}

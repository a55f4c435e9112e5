//! Owns `awsauth credential-process`.

use crate::cli::app::App;
use crate::cli::config::complete::profile_names;
use crate::cli::exit::Exit;
use crate::cli::login::service::LoginService;
use crate::cli::login::{terminal, warm};
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::{FindingsShown, Out};
use crate::provider::UNATTENDED;
use crate::render::process_json;

/// Print credentials for AWS SDKs
///
/// This is what `credential_process` in ~/.aws/config runs. It never asks: if a person is needed, it fails with 5 and
/// one line that says what to run. With prompt = "tty" in `[settings]` of profiles.local.toml, it asks for an MFA code or
/// an approval at the terminal that the SDK was started from, for 50 seconds. It never reads stdin.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Profile
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(profile_names))]
    pub(crate) name: String,
}

/// Prints a fresh kept session, or one that is renewed without a person. SDKs call this before every command.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    let keyring = app.keyring();
    keyring.limit(UNATTENDED);
    let credentials = if let Some(credentials) = warm::credentials(&args.name, &keyring, app)? {
        credentials
    } else {
        // SDKs show stderr: one line, about this profile alone.
        let out = Out { findings: FindingsShown::OneLine, ..out };
        let service = LoginService::new(App { out, ..app })?;
        service.keyring.limit(UNATTENDED);
        terminal::credentials(service, &args.name, host)?
    };
    let text =
        process_json(&credentials).map_err(|error| Failure::new(Exit::Bug, "can't write JSON").because(&error))?;
    out.write_required(&text)?;
    Ok(Exit::Done)
}

//! Owns `awsauth mfa resync`.

use crate::cli::app::App;
use crate::cli::config::complete::names_of_users;
use crate::cli::exit::Exit;
use crate::cli::mfa::codes::{check_terminal, with_two_codes};
use crate::cli::mfa::device::{choose, short_name};
use crate::cli::mfa::user::{DeviceUser, service};
use crate::cli::ui::failure::Failure;
use crate::flow::Operation;
use crate::model::MfaSerial;

/// Tell AWS the time of an MFA device whose codes it refuses
///
/// A hardware device's clock drifts over the years. Two codes that it shows one after the other tell AWS how far it is off.
/// The codes of an app are right if its phone's clock is.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  awsauth mfa resync main")]
pub(super) struct Args {
    /// Profile with an IAM user's key, or one that goes through it
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(names_of_users))]
    name: String,
    /// Serial or name of the device [default: the profile's]
    #[arg(value_name = "SERIAL")]
    serial: Option<String>,
}

pub(super) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    check_terminal(&format!("mfa resync {}", args.name), app.host)?;
    let service = service(app)?;
    let user = DeviceUser::find(&args.name, &service, app)?;
    service.manifest.warn_of_errors();
    let serial = match (&args.serial, user.serial()) {
        (None, Some(serial)) => serial.clone(),
        (given, _) => {
            let serial = choose(&user.devices()?, given.as_deref(), &user, app)?;
            MfaSerial::new(&serial).map_err(|error| Failure::new(Exit::Usage, format!("{serial}: {error}")))?
        }
    };
    with_two_codes(short_name(serial.as_str()), &user, app.out, |codes| {
        let call = user.aws().resync_mfa_device(user.caller.signer(), &user.name, &serial, codes);
        user.try_call(Operation::ResyncMFADevice, call)
    })?;
    app.out.say(&format!("AWS knows the time of {} again", serial.as_str()));
    Ok(Exit::Done)
}

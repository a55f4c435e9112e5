//! Owns `awsauth mfa remove`.

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::complete::names_of_users;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::service::LoginService;
use crate::cli::mfa::codes::no_answer;
use crate::cli::mfa::device::{DeviceKind, choose, short_name};
use crate::cli::mfa::place::SerialPlace;
use crate::cli::mfa::user::{DeviceUser, service};
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::flow::{Operation, Problem};
use crate::model::Profile;
use crate::prompt;

/// Take an MFA device from an IAM user, and delete it
///
/// A virtual device is deactivated and deleted, any other one deactivated. This goes through the MFA session, since policies
/// usually demand MFA for it; awsauth logs in first. If your profiles.local.toml names the device, that is removed too; a
/// variable that is only a part of the serial stays.
///
/// A device that a broken-off `mfa enroll` left is deleted by its ARN. A seed in the keyring goes with its device.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth mfa remove main
  awsauth mfa remove main alice-phone --yes")]
pub(super) struct Args {
    /// Profile with an IAM user's key, or one that goes through it
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(names_of_users))]
    name: String,
    /// Serial or name of the device [default: the only one, or a list]
    #[arg(value_name = "SERIAL")]
    serial: Option<String>,
    /// Leave the device, and only delete its seed from the keyring
    #[arg(long)]
    seed_only: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

#[derive(Serialize)]
struct RemovedDeviceJson<'a> {
    profile: &'a str,
    /// None with `--seed-only`, which asks nobody at AWS.
    user: Option<&'a str>,
    mfa_serial: &'a str,
}

pub(super) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    if !args.yes && !host.is_interactive() {
        return Err(Failure::new(Exit::Usage, "there is no terminal to ask on").hint("`--yes` removes without asking"));
    }
    let service = service(app)?;
    if args.seed_only {
        return forget_seed(args, &service, out);
    }
    let mut user = DeviceUser::find(&args.name, &service, app)?;
    service.manifest.warn_of_errors();
    let named = user.owner.zip(user.serial());
    let place = named.map(|(owner, _)| SerialPlace::of(owner, app)).transpose()?;
    user.with_kept_mfa()?;
    let devices = user.devices()?;
    let serial = choose(&devices, args.serial.as_deref(), &user, app)?;
    let is_named = named.is_some_and(|(_, named)| named.as_str() == serial);
    let last = if devices.len() == 1 && devices[0].serial == serial { ", the last device" } else { "" };
    agree(&format!("Remove {serial} of {}{last}?", user.name), args.yes)?;
    user.with_mfa()?;
    let is_assigned = devices.iter().any(|device| device.serial == serial);
    end(&serial, is_assigned, &user)?;
    if let Some(place) = place.filter(|_| is_named) {
        place.forget(app)?;
    }
    service.seeds.remove(&serial).map_err(|error| {
        let again = format!("`awsauth mfa remove {} {serial} --seed-only`", args.name);
        explain::save(&error).hint(format!("the device is removed, and its seed is not yet: {again}"))
    })?;
    if out.json {
        out.document(RemovedDeviceJson { profile: &args.name, user: Some(&user.name), mfa_serial: &serial })?;
    } else {
        out.say(&format!("removed {serial}"));
        if is_named {
            let is_kept = |(owner, _): &(&Profile, _)| service.sessions.get(&owner.name).is_some();
            if let Some((owner, _)) = named.filter(is_kept) {
                let end = format!("`awsauth logout {}` ends it", owner.name);
                out.say(&format!("the session that was made with it goes on: {end}"));
            }
            out.say(&format!("next: `awsauth mfa enroll {0}`, or `awsauth login {0}` for another device", args.name));
        }
    }
    Ok(Exit::Done)
}

/// Deletes the seed of the device that is named, or of the profile's.
fn forget_seed(args: &Args, service: &LoginService<'_>, out: Out) -> Result<Exit, Failure> {
    let chain = service.chain(&args.name)?;
    let of_profile = chain.mfa().next().map(|(_, serial)| serial.as_str());
    let wanted = args.serial.as_deref().or(of_profile).unwrap_or_default();
    let kept = service.seeds.serials();
    let Some(serial) = kept.iter().find(|serial| *serial == wanted || short_name(serial) == wanted) else {
        let failure = Failure::new(Exit::Refused, format!("the keyring has no seed of `{wanted}`"));
        return Err(if kept.is_empty() { failure } else { failure.hint(format!("it has {}", kept.join(", "))) });
    };
    agree(&format!("Delete the seed of {serial}? Only who has it elsewhere can go on using the device."), args.yes)?;
    service.seeds.remove(serial).map_err(|error| explain::save(&error))?;
    if out.json {
        out.document(RemovedDeviceJson { profile: &args.name, user: None, mfa_serial: serial })?;
    } else {
        out.say(&format!("deleted the seed of {serial}; the device itself stays as it is"));
    }
    Ok(Exit::Done)
}

fn agree(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    match prompt::confirm(question, false) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::one_line(Exit::Refused, "nothing was removed")),
        Err(error) => Err(no_answer(&error)),
    }
}

fn end(serial: &str, is_assigned: bool, user: &DeviceUser<'_>) -> Result<(), Failure> {
    let signer = user.caller.signer();
    if is_assigned {
        let call = user.aws().deactivate_mfa_device(signer, &user.name, serial);
        match user.try_call(Operation::DeactivateMFADevice, call)? {
            // A run before this one was broken off.
            Err(error) if error.problem == Problem::NotFound => {}
            answer => answer.map_err(|error| user.refused(&error))?,
        }
    }
    if DeviceKind::of(serial) != DeviceKind::Virtual {
        return Ok(());
    }
    let delete = user.aws().delete_virtual_mfa_device(signer, serial);
    user.call(Operation::DeleteVirtualMFADevice, delete).map_err(|failure| {
        let state = if is_assigned {
            format!("{serial} was taken from {}, and is not deleted yet", user.name)
        } else {
            format!("{serial} is left")
        };
        failure.hint(format!(
            "{state}: `awsauth mfa remove {} {serial}`, or for an administrator `aws iam delete-virtual-mfa-device \
             --serial-number {serial}`",
            user.caller.profile.name
        ))
    })
}

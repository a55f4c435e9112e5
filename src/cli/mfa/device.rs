//! Owns the kinds of MFA devices, by their serials, and choosing one of a user's.

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::mfa::place::SerialPlace;
use crate::cli::mfa::user::DeviceUser;
use crate::cli::ui::failure::Failure;
use crate::flow::MfaDeviceItem;
use crate::model::MfaSerial;
use crate::prompt::{self, Choice, NoAnswer};

/// Devices of a user, of all kinds (aws-facts §11).
pub(crate) const MOST: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeviceKind {
    Virtual,
    Hardware,
    /// A security key or passkey: STS takes no codes of it.
    SecurityKey,
}

impl DeviceKind {
    pub(crate) fn of(serial: &str) -> Self {
        match MfaSerial::new(serial) {
            Ok(serial) if serial.partition().is_some() => Self::Virtual,
            Ok(_) => Self::Hardware,
            Err(_) => Self::SecurityKey,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Virtual => "virtual",
            Self::Hardware => "hardware",
            Self::SecurityKey => "security key",
        }
    }
}

/// The devices that STS takes codes of.
pub(crate) fn usable(devices: &[MfaDeviceItem]) -> Vec<MfaSerial> {
    devices.iter().filter_map(|device| MfaSerial::new(&device.serial).ok()).collect()
}

/// Says what to do about an `mfa_serial` that is none of the user's devices.
pub(crate) fn warn_of_other_serial(
    devices: &[MfaDeviceItem],
    user: &DeviceUser<'_>,
    app: App<'_>,
) -> Result<(), Failure> {
    let is_one = |serial: &MfaSerial| devices.iter().any(|device| device.serial == serial.as_str());
    let (Some(owner), Some(serial)) = (user.owner, user.serial().filter(|serial| !is_one(serial))) else {
        return Ok(());
    };
    let remedy = match &usable(devices)[..] {
        [] => format!("`awsauth mfa enroll {}` makes one", owner.name),
        [first, ..] => {
            let set = SerialPlace::of(owner, app)?.by_hand(first, &user.name);
            format!("to use {}: {set}", short_name(first.as_str()))
        }
    };
    app.out.warn(&format!(
        "`mfa_serial` of [profiles.{}] is {}, which is no device of {}; {remedy}",
        owner.name,
        serial.as_str(),
        user.name
    ));
    Ok(())
}

/// The part of a serial that a person knows the device by.
pub(crate) fn short_name(serial: &str) -> &str {
    serial.rsplit('/').next().unwrap_or(serial)
}

/// The serial of the device that is meant: by `given`, its serial or its name, or the only one, or one from a list.
pub(crate) fn choose(
    devices: &[MfaDeviceItem],
    given: Option<&str>,
    user: &DeviceUser<'_>,
    app: App<'_>,
) -> Result<String, Failure> {
    let serials: Vec<&str> = devices.iter().map(|device| device.serial.as_str()).collect();
    if let Some(given) = given {
        let found = serials.iter().find(|serial| **serial == given || short_name(serial) == given);
        // A device that nobody has is in no list of a user's.
        let unassigned = Some(&given).filter(|given| given.contains(":mfa/"));
        return found.or(unassigned).map(|serial| (*serial).to_owned()).ok_or_else(|| unknown(given, &serials, user));
    }
    match serials[..] {
        [] => {
            let failure = Failure::new(Exit::Refused, format!("{} has no MFA device", user.name));
            Err(failure.hint(format!("`awsauth mfa enroll {}` makes one", user.caller.profile.name)))
        }
        [one] => Ok(one.to_owned()),
        _ if app.host.is_interactive() => {
            let choice = |serial: &&str| Choice { answer: (*serial).to_owned(), row: (*serial).to_owned() };
            prompt::choose("Device:", serials.iter().map(choice).collect()).map_err(|error| match error {
                NoAnswer::Interrupted => Failure::one_line(Exit::Interrupted, "interrupted"),
                other => Failure::of(Exit::Usage, &other),
            })
        }
        _ => {
            let failure = Failure::new(Exit::Usage, format!("{} has several MFA devices: which one?", user.name));
            Err(failure.hint(format!("name one of them: {}", serials.join(", "))))
        }
    }
}

fn unknown(given: &str, serials: &[&str], user: &DeviceUser<'_>) -> Failure {
    let failure = Failure::new(Exit::Usage, format!("{} has no MFA device `{given}`", user.name));
    if serials.is_empty() { failure } else { failure.hint(format!("there is {}", serials.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_tells_the_kind_of_device() {
        for (serial, kind) in [
            ("arn:aws:iam::111122223333:mfa/alice", DeviceKind::Virtual),
            ("arn:aws-cn:iam::111122223333:mfa/team/alice", DeviceKind::Virtual),
            ("GAHT12345678", DeviceKind::Hardware),
            ("arn:aws:iam::111122223333:u2f/user/alice/key-ABC", DeviceKind::SecurityKey),
        ] {
            assert_eq!(DeviceKind::of(serial), kind, "{serial}");
        }
    }
}

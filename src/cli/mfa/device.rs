//! Owns the kinds of MFA devices, by their serials.

use crate::flow::MfaDeviceItem;
use crate::model::MfaSerial;

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

/// The part of a serial that a person knows the device by.
pub(crate) fn short_name(serial: &str) -> &str {
    serial.rsplit('/').next().unwrap_or(serial)
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

//! Virtual MFA devices: RFC 4226 codes over a step that tests advance themselves, each code good once.

use std::collections::{BTreeMap, BTreeSet};

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::error::Refusal;

/// A virtual device of one user.
pub(crate) struct Device {
    /// The ARN of the user who owns it.
    pub(crate) owner: String,
    /// The shared secret.
    secret: Vec<u8>,
    /// The current time step, in place of the clock's.
    step: u64,
    /// Steps whose code has been accepted.
    used: BTreeSet<u64>,
}

impl Device {
    /// A device whose secret comes from its serial, so that its codes are the same in every run.
    pub(crate) fn new(serial: &str, owner: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            secret: format!("virtual device {serial}").into_bytes(),
            step: 1_000,
            used: BTreeSet::new(),
        }
    }

    /// Goes to the next step and returns its code.
    pub(crate) fn next_code(&mut self) -> String {
        self.step += 1;
        code(&self.secret, self.step)
    }

    /// Uses a code up; `false` when it is of no step near the current one, or used already.
    fn accept(&mut self, given: &str) -> bool {
        let mut near = self.step - 1..=self.step + 1;
        let found = near.find(|step| code(&self.secret, *step) == given);
        found.is_some_and(|step| self.used.insert(step))
    }
}

/// The six digits of one step (RFC 4226 §5.3).
fn code(secret: &[u8], step: u64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 0x0f);
    let word = [digest[offset] & 0x7f, digest[offset + 1], digest[offset + 2], digest[offset + 3]];
    format!("{:06}", u32::from_be_bytes(word) % 1_000_000)
}

/// Checks the serial and code of a call made by `user`: whether MFA is present, or AWS's refusal. Uses the code up.
pub(crate) fn check(
    devices: &mut BTreeMap<String, Device>,
    user: Option<&str>,
    serial: Option<&str>,
    code: Option<&str>,
) -> Result<bool, Refusal> {
    let (serial, code) = match (serial, code) {
        (None, None) => return Ok(false),
        (Some(serial), Some(code)) => (serial, code),
        _ => {
            return Err(failed(", must provide both MFA serial number and one time pass code."));
        }
    };
    let device = devices.get_mut(serial).filter(|device| Some(device.owner.as_str()) == user);
    let device = device.ok_or_else(|| {
        failed(
            ", unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
        )
    })?;
    if device.accept(code) { Ok(true) } else { Err(failed(" with invalid MFA one time pass code. ")) }
}

/// AWS's refusal for MFA.
fn failed(rest: &str) -> Refusal {
    Refusal::new(403, "AccessDenied", format!("MultiFactorAuthentication failed{rest}"))
}

//! MFA devices: RFC 4226 codes over a step that tests advance themselves, each code good once. The step of a device that was
//! made while the fake runs follows the clock as well, so that a real authenticator shows its codes.

use std::collections::{BTreeMap, BTreeSet};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha1::Sha1;

use super::error::Refusal;

/// Seconds of a step (RFC 6238 §4.1).
const STEP: i64 = 30;
/// Steps by which the codes that enable or resynchronise a device may be off.
const DRIFT: u64 = 10;

/// A device of one user, or of nobody.
pub(crate) struct Device {
    /// The ARN of the user who owns it.
    pub(crate) owner: Option<String>,
    /// When it was enabled.
    pub(crate) enabled: Option<Timestamp>,
    /// The shared secret; none of a security key, which has no codes.
    secret: Option<Vec<u8>>,
    /// The current time step, in place of the clock's.
    step: u64,
    /// Whether the clock advances the step as well.
    follows_clock: bool,
    /// Steps whose code has been accepted.
    used: BTreeSet<u64>,
}

impl Device {
    /// A device whose secret comes from its serial, so that its codes are the same in every run.
    pub(crate) fn new(serial: &str, owner: &str) -> Self {
        Self {
            owner: Some(owner.to_owned()),
            enabled: Some(Timestamp::UNIX_EPOCH),
            secret: (!serial.contains(":u2f/")).then(|| format!("virtual device {serial}").into_bytes()),
            step: 1_000,
            follows_clock: false,
            used: BTreeSet::new(),
        }
    }

    /// A device that nobody has enabled yet; its secret is `seed`, decoded from base32.
    pub(crate) fn unassigned(seed: &str) -> Self {
        let (owner, enabled, used) = (None, None, BTreeSet::new());
        Self { owner, enabled, secret: Some(from_base32(seed)), step: 0, follows_clock: true, used }
    }

    fn tick(&mut self, now: Timestamp) {
        if self.follows_clock {
            self.step = self.step.max(u64::try_from(now.as_second() / STEP).unwrap_or(0));
        }
    }

    fn code(&self, step: u64) -> Option<String> {
        self.secret.as_ref().map(|secret| code(secret, step))
    }

    /// Goes to the next step and returns its code.
    pub(crate) fn next_code(&mut self, now: Timestamp) -> String {
        self.tick(now);
        self.step += 1;
        self.code(self.step).expect("the device must have codes")
    }

    /// Uses a code up; `false` when it is of no step near the current one, or used already.
    fn accept(&mut self, given: &str, now: Timestamp) -> bool {
        self.tick(now);
        let mut near = self.step - 1..=self.step + 1;
        let found = near.find(|step| self.code(*step).as_deref() == Some(given));
        found.is_some_and(|step| self.used.insert(step))
    }

    /// Uses two codes up; `false` unless they are new, of two steps one after the other, and in order.
    pub(crate) fn accept_pair(&mut self, [first, second]: &[String; 2], now: Timestamp) -> bool {
        self.tick(now);
        let is_code = |step: u64, given: &String| self.code(step).as_ref() == Some(given);
        let mut near = self.step.saturating_sub(DRIFT)..=self.step + DRIFT;
        let Some(step) = near.find(|step| is_code(*step, first) && is_code(step + 1, second)) else { return false };
        let is_new = !self.used.contains(&step) && !self.used.contains(&(step + 1));
        self.used.extend([step, step + 1]);
        self.step = self.step.max(step + 1);
        is_new
    }
}

/// RFC 4648 §6, without padding.
fn from_base32(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let value = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
        (bits, count) = (bits << 5 | u32::from(value), count + 5);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).expect("eight bits"));
        }
    }
    bytes
}

/// The code that an authenticator with this seed, in base32, shows at `second` of the clock.
pub(crate) fn code_of_seed(seed: &str, second: i64) -> String {
    code(&from_base32(seed), u64::try_from(second / STEP).expect("a time after 1970"))
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
    now: Timestamp,
) -> Result<bool, Refusal> {
    let (serial, code) = match (serial, code) {
        (None, None) => return Ok(false),
        (Some(serial), Some(code)) => (serial, code),
        _ => {
            return Err(failed(", must provide both MFA serial number and one time pass code."));
        }
    };
    let device = devices.get_mut(serial).filter(|device| user.is_some() && device.owner.as_deref() == user);
    let device = device.ok_or_else(|| {
        failed(
            ", unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
        )
    })?;
    if device.accept(code, now) { Ok(true) } else { Err(failed(" with invalid MFA one time pass code. ")) }
}

/// AWS's refusal for MFA.
fn failed(rest: &str) -> Refusal {
    Refusal::new(403, "AccessDenied", format!("MultiFactorAuthentication failed{rest}"))
}

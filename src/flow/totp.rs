//! Owns the codes of a virtual MFA device (RFC 6238 with SHA-1, six digits and steps of 30 seconds, as AWS's have it). Must not
//! read a clock.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha1::Sha1;
use zeroize::Zeroizing;

use super::MfaCode;
use super::skew::{ClockSkew, STEP};
use crate::secret::Secret;

/// In steps. Codes that a person types may be of one before or after AWS's.
const MAX_DRIFT: i64 = 20;

/// A seed as a key.
pub(crate) struct Totp(Zeroizing<Vec<u8>>);

impl Totp {
    /// None if the seed is no base32 (RFC 4648 §6).
    pub(crate) fn new(seed: &Secret) -> Option<Self> {
        let letters = seed.expose().trim_end_matches('=');
        let (mut key, mut bits, mut count) = (Zeroizing::new(Vec::with_capacity(letters.len())), 0_u32, 0);
        for letter in letters.bytes() {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'2'..=b'7' => letter - b'2' + 26,
                _ => return None,
            };
            (bits, count) = (bits << 5 | u32::from(value), count + 5);
            if count >= 8 {
                count -= 8;
                key.push((bits >> count).to_le_bytes()[0]);
            }
        }
        (!key.is_empty()).then_some(Self(key))
    }

    /// The code of one step (RFC 4226 §5.3).
    pub(crate) fn code(&self, step: i64) -> Option<MfaCode> {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).ok()?;
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest[19] & 0x0f);
        let word = u32::from_be_bytes(digest[offset..offset + 4].try_into().ok()?);
        MfaCode::new(&format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)).ok()
    }

    /// The steps near `now` whose code is one of `codes`.
    pub(crate) fn steps_of(&self, codes: &[&MfaCode], now: i64) -> Vec<i64> {
        let is_one = |step: &i64| self.code(*step).is_some_and(|code| codes.contains(&&code));
        (now - MAX_DRIFT..=now + MAX_DRIFT).filter(is_one).collect()
    }
}

/// The step that a device shows now, by AWS's clock.
pub(crate) fn step_at(now: Timestamp, skew: Option<ClockSkew>) -> i64 {
    (now.as_second() - skew.unwrap_or_default()).div_euclid(STEP)
}

/// The time by this machine's clock.
pub(crate) fn step_begins_at(step: i64, skew: Option<ClockSkew>) -> Timestamp {
    Timestamp::from_second(step * STEP + skew.unwrap_or_default()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "12345678901234567890", the secret of RFC 6238, appendix B.
    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn totp(seed: &str) -> Option<Totp> {
        Totp::new(&Secret::new(seed))
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        let totp = totp(SEED).unwrap();
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = step_at(Timestamp::from_second(second).unwrap(), None);
            assert_eq!(totp.code(step), MfaCode::new(code).ok(), "{second}");
        }
        let codes = [7, 9].map(|step| totp.code(step).unwrap());
        assert_eq!(totp.steps_of(&[&codes[0], &codes[1]], 8), [7, 9]);
        assert_eq!(totp.steps_of(&[&codes[0]], 100), [0; 0]);
    }

    #[test]
    fn what_is_no_base32_is_no_seed() {
        for seed in ["", "=", "A", "a", "A1", "GEZD GNBV", "é"] {
            assert!(totp(seed).is_none(), "{seed}");
        }
        let code = |seed| totp(seed).unwrap().code(1);
        assert_eq!(code("GEZDGNA="), code("GEZDGNA"));
        assert_ne!(code("GEZDGNA"), code(SEED));
    }

    #[test]
    fn a_step_is_one_of_awss_clock() {
        let at = |second: i64, skew| step_at(Timestamp::from_second(second).unwrap(), skew);
        assert_eq!((at(59, None), at(60, None), at(60, Some(1)), at(60, Some(-30))), (1, 2, 1, 3));
    }
}

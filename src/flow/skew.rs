//! Owns the skew of this machine's clock against AWS's. Must not read a clock.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// ISO 8601, as AWS signs it.
const FORMAT: &str = "%Y%m%dT%H%M%SZ";
/// RFC 6238's time step in seconds, which AWS's virtual MFA devices use.
pub(super) const STEP: i64 = 30;

/// In seconds. AWS refuses signatures by a clock that is further off (aws-facts §6).
const TOLERATED: ClockSkew = 15 * 60;

/// True if AWS would refuse signatures by this clock. It can't measure the lifetime of credentials either.
pub(crate) fn is_intolerable(skew: ClockSkew) -> bool {
    skew.abs() > TOLERATED
}

/// The seconds by which this machine's clock is ahead of AWS's; negative if it is behind.
pub(crate) type ClockSkew = i64;

/// Parses the message with which STS refuses a signature: `Signature expired: SENT is now earlier than … (NOW - 15 min.)` or
/// `Signature not yet current: SENT is still later than … (NOW + 15 min.)` (aws-facts §6).
pub(super) fn in_message(message: &str) -> Option<ClockSkew> {
    let rest =
        ["Signature expired: ", "Signature not yet current: "].iter().find_map(|front| message.strip_prefix(front));
    let sent = timestamp(rest?.split(' ').next()?)?;
    let now = timestamp(message.rsplit_once('(')?.1.split(' ').next()?)?;
    Some(sent.duration_since(now).as_secs())
}

fn timestamp(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime(FORMAT, text).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Seconds until an MFA device shows its next code, 1 to 30. Steps count from the Unix epoch; the device's clock is assumed to
/// agree with AWS's.
pub(crate) fn seconds_to_next_code(now: Timestamp, skew: Option<ClockSkew>) -> i64 {
    STEP - (now.as_second() - skew.unwrap_or_default()).rem_euclid(STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_skew_is_read_from_the_two_times_of_the_message() {
        let behind =
            "Signature expired: 20260101T000000Z is now earlier than 20260101T000203Z (20260101T001703Z - 15 min.)";
        assert_eq!(in_message(behind), Some(-(17 * 60 + 3)));
        let ahead = "Signature not yet current: 20260101T010000Z is still later than 20260101T001500Z (20260101T000000Z + 15 min.)";
        assert_eq!(in_message(ahead), Some(3600));
        for other in [
            "",
            "Signature expired: ",
            "Signature expired: soon (later - 15 min.)",
            "Signature expired: 20260101T000000Z",
            "The request signature we calculated does not match (20260101T000000Z)",
        ] {
            assert_eq!(in_message(other), None, "{other}");
        }
    }

    #[test]
    fn the_next_code_comes_at_the_half_minute_of_aws() {
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        for (second, skew, expected) in [
            (0, None, 30),
            (1, None, 29),
            (29, None, 1),
            (30, None, 30),
            (10, Some(10), 30),
            (10, Some(-10), 10),
            (0, Some(1), 1),
        ] {
            assert_eq!(seconds_to_next_code(at(second), skew), expected, "{second} {skew:?}");
        }
    }
}

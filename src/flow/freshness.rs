//! Owns how long a session may be used.

use jiff::Timestamp;

use crate::model::Session;

/// AWS's SDKs begin to renew with a quarter of an hour left (aws-facts §5).
const RENEWAL_WINDOW: i64 = 15 * 60;
/// With less left, a call that starts now may run past the end.
const LAST_MINUTE: i64 = 60;
/// A session from further in the future was saved by a wrong clock.
const CLOCK_TOLERANCE: i64 = 5 * 60;
/// STS's longest session, plus the clock skew that AWS tolerates.
const LONGEST: i64 = 129_600 + 15 * 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// More than 15 minutes are left, or more than a quarter of the lifetime for sessions shorter than an hour.
    Fresh,
    /// To be renewed; usable until the renewal succeeds.
    Aging,
    /// Less than a minute is left, or it was obtained more than 5 minutes from now, or it ends later than AWS's longest session.
    Expired,
}

impl Freshness {
    pub(crate) fn of(session: &Session, now: Timestamp) -> Self {
        Self::within(session.obtained_at, session.expiration, now)
    }

    pub(crate) fn within(obtained_at: Timestamp, expiration: Timestamp, now: Timestamp) -> Self {
        let lifetime = seconds(obtained_at, expiration);
        let left = seconds(now, expiration);
        if left < LAST_MINUTE.min(lifetime / 4)
            || left <= 0
            || seconds(now, obtained_at) > CLOCK_TOLERANCE
            || left > LONGEST
        {
            return Self::Expired;
        }
        if left > RENEWAL_WINDOW.min(lifetime / 4) { Self::Fresh } else { Self::Aging }
    }
}

/// Whole seconds until `expiration`; 0 once it is past.
pub(crate) fn seconds_left(expiration: Timestamp, now: Timestamp) -> i64 {
    seconds(now, expiration).max(0)
}

fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_long_session_is_fresh_until_a_quarter_of_an_hour_is_left() {
        let end = 12 * 3600;
        for (now, expected) in [
            (0, Freshness::Fresh),
            (end - 901, Freshness::Fresh),
            (end - 900, Freshness::Aging),
            (end - 60, Freshness::Aging),
            (end - 59, Freshness::Expired),
            (end + 1, Freshness::Expired),
        ] {
            assert_eq!(Freshness::within(at(0), at(end), at(now)), expected, "{now}");
        }
    }

    #[test]
    fn a_session_under_an_hour_is_fresh_until_a_quarter_of_it_is_left() {
        for (now, expected) in
            [(0, Freshness::Fresh), (674, Freshness::Fresh), (675, Freshness::Aging), (841, Freshness::Expired)]
        {
            assert_eq!(Freshness::within(at(0), at(900), at(now)), expected, "{now}");
        }
    }

    #[test]
    fn a_clock_that_jumped_back_and_an_end_in_the_far_future_are_not_believed() {
        assert_eq!(Freshness::within(at(0), at(3600), at(-301)), Freshness::Expired);
        assert_eq!(Freshness::within(at(0), at(3600), at(-299)), Freshness::Fresh);
        assert_eq!(Freshness::within(at(0), at(LONGEST), at(0)), Freshness::Fresh);
        assert_eq!(Freshness::within(at(0), at(LONGEST + 1), at(0)), Freshness::Expired);
    }
}

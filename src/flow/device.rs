//! Owns the polling of a device authorization (RFC 8628 §3.5) as a state machine.

use std::time::Duration;

use super::{CallError, DeviceAuthorization, Granted, Problem};

/// What `SlowDown` adds to the interval, for good (RFC 8628 §3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);
/// How often in a row AWS may be out of reach before polling ends.
const FAILURES: u32 = 5;
/// The longest wait for a network, where the service itself asks for no longer one.
const LONGEST: Duration = Duration::from_mins(1);

/// What to do after one poll.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Wait, then poll again.
    Wait(Duration),
    /// The person said yes.
    Granted(Granted),
    /// The person's time is over.
    TimedOut,
    /// It can't come to a good end.
    Failed(CallError),
}

/// A device authorization that is waited for.
#[derive(Debug)]
pub(crate) struct Polling {
    /// What the service asks for.
    interval: Duration,
    lifetime: Duration,
    /// How often in a row AWS was out of reach.
    failures: u32,
}

impl Polling {
    /// Begins when the service gives the codes.
    pub(crate) fn start(authorization: &DeviceAuthorization) -> Self {
        Self { interval: authorization.interval, lifetime: authorization.expires_in, failures: 0 }
    }

    /// Takes the answer to one poll, so long after the start by a clock that nobody sets.
    pub(crate) fn next(&mut self, answer: Result<Granted, CallError>, elapsed: Duration) -> Outcome {
        let error = match answer {
            Ok(granted) => return Outcome::Granted(granted),
            Err(error) => error,
        };
        match error.problem {
            Problem::AuthorizationPending => self.failures = 0,
            Problem::SlowDown => {
                self.failures = 0;
                self.interval = self.interval.saturating_add(SLOW_DOWN);
            }
            Problem::ExpiredDeviceCode => return Outcome::TimedOut,
            Problem::Unreachable | Problem::ServerFault | Problem::Throttled if self.failures < FAILURES => {
                self.failures += 1;
            }
            _ => return Outcome::Failed(error),
        }
        match self.lifetime.saturating_sub(elapsed) {
            Duration::ZERO => Outcome::TimedOut,
            left => Outcome::Wait(self.wait().min(left)),
        }
    }

    /// How long until the next poll. RFC 8628 §3.5: a connection that fails is tried again, more and more slowly.
    fn wait(&self) -> Duration {
        let slower = self.interval.saturating_mul(2_u32.saturating_pow(self.failures));
        slower.min(LONGEST.max(self.interval))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Answer, Operation};
    use crate::secret::Secret;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn authorization() -> DeviceAuthorization {
        DeviceAuthorization {
            device_code: Secret::new("d"),
            user_code: "ABCD-EFGH".to_owned(),
            verification_uri: "https://device.sso.us-east-1.amazonaws.com/".to_owned(),
            verification_uri_complete: None,
            expires_in: Duration::from_mins(10),
            interval: Duration::from_secs(5),
        }
    }

    fn polling() -> Polling {
        Polling::start(&authorization())
    }

    fn failed(code: &str, status: u16) -> Result<Granted, CallError> {
        let answer = Answer { status, code: Some(code), ..Answer::default() };
        Err(CallError::answered(Operation::CreateToken, answer))
    }

    fn waits(outcome: &Outcome) -> u64 {
        match outcome {
            Outcome::Wait(wait) => wait.as_secs(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn debug_shows_neither_code() {
        let uri = "https://device.sso.us-east-1.amazonaws.com/";
        let authorization = DeviceAuthorization {
            verification_uri_complete: Some(format!("{uri}?user_code=ABCD-EFGH")),
            ..authorization()
        };
        let shown = format!("{authorization:?}");
        assert!(shown.contains(uri) && !shown.contains("ABCD") && !shown.contains("device_code"), "{shown}");
    }

    #[test]
    fn waits_the_interval_and_five_seconds_more_for_good_after_slow_down() {
        let mut polling = polling();
        assert_eq!(waits(&polling.next(failed("AuthorizationPendingException", 400), at(5))), 5);
        assert_eq!(waits(&polling.next(failed("SlowDownException", 400), at(10))), 10);
        assert_eq!(waits(&polling.next(failed("AuthorizationPendingException", 400), at(20))), 10);
        assert_eq!(waits(&polling.next(failed("SlowDownException", 400), at(30))), 15);
    }

    #[test]
    fn a_lost_connection_makes_it_slower_until_it_is_back_and_never_faster_than_the_service_wants() {
        let mut polling = polling();
        for wait in [10, 20, 40, 60] {
            assert_eq!(waits(&polling.next(failed("", 503), at(5))), wait);
        }
        assert_eq!(waits(&polling.next(failed("AuthorizationPendingException", 400), at(5))), 5);
        assert_eq!(waits(&polling.next(failed("", 503), at(5))), 10);
        assert_eq!(waits(&polling.next(failed("SlowDownException", 400), at(5))), 10);
        polling.interval = Duration::from_secs(90);
        assert_eq!(waits(&polling.next(failed("", 503), at(5))), 90);
        polling.interval = Duration::MAX;
        assert_eq!(waits(&polling.next(failed("SlowDownException", 400), at(5))), 595);
    }

    #[test]
    fn ends_when_the_service_or_the_clock_says_so() {
        assert!(matches!(polling().next(failed("ExpiredTokenException", 400), at(5)), Outcome::TimedOut));
        assert!(matches!(polling().next(failed("AuthorizationPendingException", 400), at(600)), Outcome::TimedOut));
    }

    #[test]
    fn never_waits_longer_than_the_codes_are_good() {
        assert_eq!(waits(&polling().next(failed("AuthorizationPendingException", 400), at(597))), 3);
    }

    #[test]
    fn a_denial_ends_it_and_a_lost_connection_does_not_at_once() {
        assert!(matches!(polling().next(failed("AccessDeniedException", 400), at(5)), Outcome::Failed(_)));
        let mut polling = polling();
        for _ in 0..FAILURES {
            assert!(matches!(polling.next(failed("", 503), at(5)), Outcome::Wait(_)));
        }
        assert!(matches!(polling.next(failed("", 503), at(5)), Outcome::Failed(_)));
    }
}

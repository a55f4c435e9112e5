//! Owns the polling of a device authorization (RFC 8628 §3.5) as a state machine.

use std::time::Duration;

use super::{CallError, DeviceAuthorization, Problem, TokenResponse};

/// Each `SlowDown` adds this to the interval, permanently (RFC 8628 §3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);
/// Consecutive polls that may fail to reach AWS.
const MAX_FAILURES: u32 = 5;
/// The upper bound of the back-off, unless the service asks for a longer interval.
const MAX_WAIT: Duration = Duration::from_mins(1);

/// The next step after one poll.
#[derive(Debug)]
pub(crate) enum PollResult {
    Wait(Duration),
    Granted(TokenResponse),
    /// The device code has expired.
    TimedOut,
    Failed(CallError),
}

#[derive(Debug)]
pub(crate) struct Polling {
    interval: Duration,
    lifetime: Duration,
    failures: u32,
}

impl Polling {
    pub(crate) fn start(authorization: &DeviceAuthorization) -> Self {
        Self { interval: authorization.interval, lifetime: authorization.expires_in, failures: 0 }
    }

    /// Takes the response to one poll. `elapsed` is measured on a monotonic clock from the start.
    pub(crate) fn next(&mut self, answer: Result<TokenResponse, CallError>, elapsed: Duration) -> PollResult {
        let error = match answer {
            Ok(granted) => return PollResult::Granted(granted),
            Err(error) => error,
        };
        match error.problem {
            Problem::AuthorizationPending => self.failures = 0,
            Problem::SlowDown => {
                self.failures = 0;
                self.interval = self.interval.saturating_add(SLOW_DOWN);
            }
            Problem::ExpiredDeviceCode => return PollResult::TimedOut,
            Problem::Unreachable | Problem::ServerFault | Problem::Throttled if self.failures < MAX_FAILURES => {
                self.failures += 1;
            }
            _ => return PollResult::Failed(error),
        }
        match self.lifetime.saturating_sub(elapsed) {
            Duration::ZERO => PollResult::TimedOut,
            left => PollResult::Wait(self.wait().min(left)),
        }
    }

    /// RFC 8628 §3.5 asks for exponential back-off where the connection fails.
    fn wait(&self) -> Duration {
        let slower = self.interval.saturating_mul(2_u32.saturating_pow(self.failures));
        slower.min(MAX_WAIT.max(self.interval))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{ErrorResponse, Operation};
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

    fn failed(code: &str, status: u16) -> Result<TokenResponse, CallError> {
        let answer = ErrorResponse { status, code: Some(code), ..ErrorResponse::default() };
        Err(CallError::from_response(Operation::CreateToken, answer))
    }

    fn waits(outcome: &PollResult) -> u64 {
        match outcome {
            PollResult::Wait(wait) => wait.as_secs(),
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
        assert!(matches!(polling().next(failed("ExpiredTokenException", 400), at(5)), PollResult::TimedOut));
        assert!(matches!(polling().next(failed("AuthorizationPendingException", 400), at(600)), PollResult::TimedOut));
    }

    #[test]
    fn never_waits_longer_than_the_codes_are_good() {
        assert_eq!(waits(&polling().next(failed("AuthorizationPendingException", 400), at(597))), 3);
    }

    #[test]
    fn a_denial_ends_it_and_a_lost_connection_does_not_at_once() {
        assert!(matches!(polling().next(failed("AccessDeniedException", 400), at(5)), PollResult::Failed(_)));
        let mut polling = polling();
        for _ in 0..MAX_FAILURES {
            assert!(matches!(polling.next(failed("", 503), at(5)), PollResult::Wait(_)));
        }
        assert!(matches!(polling.next(failed("", 503), at(5)), PollResult::Failed(_)));
    }
}

//! Owns the rate of calls to the SSO portal: its quota, with a pause when it throttles.

use std::cell::Cell;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::flow::{CallError, Problem};

/// The portal's quota as users report it: 20 requests a second for a whole organisation (aws-facts §4.7).
const INTERVAL: Duration = Duration::from_millis(50);
/// Allows a burst of 15 calls, so that few profiles do not wait. Less than the quota of a second, since requests do not arrive
/// in the rhythm in which they leave.
const BURST: Duration = Duration::from_millis(700);
/// After a call that failed. Half of the quota comes back meanwhile.
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug, Default)]
pub(super) struct RateLimit {
    due: Cell<Option<Instant>>,
    /// Held by the call that waits for its turn, so that a pause holds for all behind it.
    next: Mutex<()>,
}

impl RateLimit {
    /// Makes a call in its turn, and again while the portal throttles or fails.
    pub(super) async fn run<T>(&self, mut call: impl AsyncFnMut() -> Result<T, CallError>) -> Result<T, CallError> {
        let mut tries = 1;
        loop {
            self.turn().await;
            match call().await {
                Err(error) if tries < max_tries(error.problem) => self.not_before(Instant::now() + PAUSE + BURST),
                answer => return answer,
            }
            tries += 1;
        }
    }

    async fn turn(&self) {
        let _next = self.next.lock().await;
        let now = Instant::now();
        let due = self.due.get().map_or(now, |due| due.max(now));
        self.due.set(Some(due + INTERVAL));
        tokio::time::sleep(due.saturating_duration_since(now + BURST)).await;
    }

    fn not_before(&self, due: Instant) {
        self.due.set(self.due.get().max(Some(due)));
    }
}

fn max_tries(problem: Problem) -> u32 {
    match problem {
        // At least 20 s: the quota is shared by the organisation.
        Problem::Throttled => 40,
        Problem::ServerFault => 4,
        // Each try may wait for its timeout.
        Problem::Unreachable => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream::{self, StreamExt as _};

    use super::*;
    use crate::flow::Operation;

    /// Runs `work` on a clock that runs ahead whenever nothing happens.
    fn at_once<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
    }

    fn failure(problem: Problem) -> CallError {
        CallError { problem, ..CallError::unreachable(Operation::ListAccountRoles, "no") }
    }

    /// Asks `count` times, 24 at once, a service with a latency of 50 ms that takes `quota` a second: a bucket as the portal's.
    /// Returns how many seconds that took, and how often the service complained.
    fn ask(count: usize, quota: f64) -> (f64, usize) {
        at_once(async {
            let (limit, start) = (RateLimit::default(), Instant::now());
            let (bucket, complaints) = (Cell::new((quota, start)), Cell::new(0));
            let call = async || {
                tokio::time::sleep(Duration::from_millis(25)).await;
                let ((filled, at), now) = (bucket.get(), Instant::now());
                let filled = (filled + (now - at).as_secs_f64() * quota).min(quota);
                let is_taken = filled >= 1.0;
                bucket.set((if is_taken { filled - 1.0 } else { filled }, now));
                tokio::time::sleep(Duration::from_millis(25)).await;
                if is_taken {
                    return Ok(());
                }
                complaints.set(complaints.get() + 1);
                Err(failure(Problem::Throttled))
            };
            let answers = stream::iter(0..count).map(|_| limit.run(call)).buffer_unordered(24);
            assert!(answers.all(async |answer| answer.is_ok()).await);
            (start.elapsed().as_secs_f64(), complaints.get())
        })
    }

    #[test]
    fn a_service_that_keeps_to_the_quota_never_complains_and_loses_no_time() {
        let (took, complaints) = ask(808, 20.0);
        assert!(took < 808.0 / 20.0 * 1.1 && complaints == 0, "{took} {complaints}");
    }

    #[test]
    fn a_service_that_others_are_busy_with_answers_everything_in_the_end() {
        for quota in [10.0, 5.0] {
            let (took, complaints) = ask(808, quota);
            assert!(took < 808.0 / quota * 1.1 && complaints < 808 * 2, "{quota}: {took} {complaints}");
        }
    }

    #[test]
    fn fifteen_go_at_once_and_again_after_a_rest() {
        at_once(async {
            let limit = RateLimit::default();
            for rest in [0, 60] {
                tokio::time::sleep(Duration::from_secs(rest)).await;
                let start = Instant::now();
                for number in 1..=17_u32 {
                    limit.turn().await;
                    // Timers have a resolution of a millisecond.
                    let expected = INTERVAL * number.saturating_sub(15);
                    assert!(start.elapsed().abs_diff(expected) <= Duration::from_millis(2), "{number}");
                }
            }
        });
    }

    #[test]
    fn a_call_that_fails_is_made_again_as_often_as_that_makes_sense() {
        for (problem, expected) in
            [(Problem::Throttled, 40), (Problem::ServerFault, 4), (Problem::Unreachable, 2), (Problem::NotAssigned, 1)]
        {
            let mut tries = 0;
            let answer = at_once(RateLimit::default().run(async || {
                tries += 1;
                Err::<(), _>(failure(problem))
            }));
            assert_eq!((answer.unwrap_err().problem, tries), (problem, expected));
        }
    }
}

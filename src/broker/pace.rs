//! Owns waiting for a turn at a service, by the clock of the runtime. Must not decide how fast.

use std::cell::{OnceCell, RefCell};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::login::{CallError, Pace, pause_before_retry};

/// A pace with the clock that it needs.
#[derive(Debug, Default)]
pub(super) struct Clocked {
    pace: RefCell<Pace>,
    start: OnceCell<Instant>,
    /// Held by who waits for the next turn, so that a change of pace holds for all behind.
    next: Mutex<()>,
}

impl Clocked {
    /// From now on, more than the quota is tried.
    pub(super) fn may_climb(&self) {
        self.pace.borrow_mut().may_climb(self.now());
    }

    /// Makes a call in its turn, and again while the service is busy.
    pub(super) async fn run<T>(&self, mut call: impl AsyncFnMut() -> Result<T, CallError>) -> Result<T, CallError> {
        let mut tries = 0;
        loop {
            self.turn().await;
            let error = match call().await {
                Ok(answer) => {
                    self.pace.borrow_mut().speed_up(self.now());
                    return Ok(answer);
                }
                Err(error) => error,
            };
            tries += 1;
            if error.problem == crate::login::Problem::Throttled {
                self.pace.borrow_mut().slow_down(self.now());
            }
            let Some(pause) = pause_before_retry(error.problem, tries, fastrand::f64()) else { return Err(error) };
            tokio::time::sleep(pause).await;
        }
    }

    /// Waits for a turn, in the order in which they are wanted.
    async fn turn(&self) {
        let _next = self.next.lock().await;
        let wait = self.pace.borrow_mut().turn(self.now());
        tokio::time::sleep(wait).await;
    }

    fn now(&self) -> Duration {
        self.start.get_or_init(Instant::now).elapsed()
    }
}

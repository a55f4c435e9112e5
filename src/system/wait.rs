//! Owns waiting for something that may take too long, or that the person may interrupt.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::interrupt;

/// What ended a wait.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Waited<T> {
    /// What was waited for.
    Done(T),
    /// The time was over.
    TimedOut,
    /// The person pressed Ctrl-C.
    Interrupted,
}

/// A moment after which nothing is waited for any more; changes of the wall clock do not move it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub(crate) fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// How much time is left.
    pub(crate) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// The result of `work`. None if it is not done in time.
    pub(crate) async fn bound<T>(self, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(self.left(), work).await.ok()
    }
}

/// Waits until `work` is done, which has a thread of its own: one that is given up stays behind until the process ends.
pub(crate) fn wait<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Waited<T> {
    let (sender, receiver) = channel();
    let interrupted = sender.clone();
    // One who has waited already is not told any more.
    let _listener = interrupt::listen(move || drop(interrupted.send(Waited::Interrupted)));
    thread::spawn(move || drop(sender.send(Waited::Done(work()))));
    match receiver.recv_timeout(limit) {
        Ok(ended) => ended,
        // Without a thread, there is nothing to wait for.
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Waited::TimedOut,
    }
}

/// Waits for a time.
pub(crate) fn pause(time: Duration) -> Waited<()> {
    match wait(time + Duration::from_secs(1), move || thread::sleep(time)) {
        Waited::TimedOut => Waited::Done(()),
        ended => ended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_with_the_work_or_with_the_time() {
        assert_eq!(wait(Duration::from_mins(1), || 7), Waited::Done(7));
        let never = || thread::park();
        assert_eq!(wait(Duration::ZERO, never), Waited::TimedOut);
        assert_eq!(pause(Duration::ZERO), Waited::Done(()));
        assert_eq!(Deadline::after(Duration::ZERO).left(), Duration::ZERO);
    }

    #[test]
    fn work_that_takes_too_long_is_given_up() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let bound = |until: Deadline, work: std::pin::Pin<Box<dyn Future<Output = u8>>>| {
            runtime.block_on(async move { until.bound(work).await })
        };
        assert_eq!(bound(Deadline::after(Duration::ZERO), Box::pin(std::future::pending())), None);
        assert_eq!(bound(Deadline::after(Duration::from_secs(50)), Box::pin(async { 7 })), Some(7));
    }
}

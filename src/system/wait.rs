//! Owns waiting for something that may take too long, or that the person may interrupt.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

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
}

/// Waits until `work` is done, which has a thread of its own: one that is given up stays behind until the process ends.
pub(crate) fn wait<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Waited<T> {
    let (sender, receiver) = channel();
    watch_for_interrupts(sender.clone());
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

/// Tells of Ctrl-C, which does not end a process that listens to it anywhere: so it has to be listened to wherever the
/// process waits.
fn watch_for_interrupts<T: Send + 'static>(sender: Sender<Waited<T>>) {
    thread::spawn(move || {
        // Where no runtime can be had, nothing else listens either, and the system ends the process.
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            drop(sender.send(Waited::Interrupted));
        }
    });
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
}

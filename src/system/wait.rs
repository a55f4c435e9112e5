//! Owns waiting for something that may take too long, or that the person may interrupt.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::interrupt::{self, POLL};

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Waited<T> {
    Done(T),
    TimedOut,
    Interrupted,
}

/// The time at which a wait ends; changes of the wall clock do not move it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

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
    wait_telling(limit, limit, || {}, work)
}

/// Like [`wait`], and calls `tell` once if the work takes longer than `quiet`.
pub(crate) fn wait_telling<T: Send + 'static>(
    limit: Duration,
    quiet: Duration,
    tell: impl FnOnce(),
    work: impl FnOnce() -> T + Send + 'static,
) -> Waited<T> {
    let (sender, receiver) = channel();
    let listener = interrupt::listen();
    thread::spawn(move || drop(sender.send(work())));
    let (deadline, told_at) = (Deadline::after(limit), Deadline::after(quiet));
    let mut tell = Some(tell).filter(|_| quiet < limit);
    loop {
        match receiver.recv_timeout(deadline.left().min(POLL)) {
            Ok(done) => return Waited::Done(done),
            Err(_) if listener.is_pressed() => return Waited::Interrupted,
            Err(RecvTimeoutError::Timeout) if told_at.left().is_zero() && tell.is_some() => {
                tell.take().into_iter().for_each(|tell| tell());
            }
            Err(RecvTimeoutError::Timeout) if !deadline.left().is_zero() => {}
            // Without a thread, there is nothing to wait for.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Waited::TimedOut,
        }
    }
}

pub(crate) fn pause(time: Duration) -> Waited<()> {
    match wait(time, move || thread::sleep(time)) {
        Waited::Interrupted => Waited::Interrupted,
        Waited::Done(()) | Waited::TimedOut => Waited::Done(()),
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
        let (told, answer) = channel();
        let waited =
            wait_telling(Duration::from_mins(1), Duration::ZERO, move || told.send(7).unwrap(), move || answer.recv());
        assert_eq!(waited, Waited::Done(Ok(7)), "the work goes on after the person was told");
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

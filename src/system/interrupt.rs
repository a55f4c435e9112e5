//! Owns Ctrl-C: one watcher for the whole process, which tells whoever listens. Where nobody does, Ctrl-C ends the process,
//! as it does any other.

use std::future::poll_fn;
use std::io;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

/// How long nobody may listen before Ctrl-C ends the process: it also ends programs that are waited for, and whoever waited
/// for one may be on the way to the end already.
const GRACE: Duration = Duration::from_millis(50);

/// Ctrl-C, as a signal.
pub(crate) const SIGINT: i32 = 2;

/// Those who listen, each by a number.
struct Listeners(Mutex<Vec<(u64, Tell)>>);

/// What is done when the person presses Ctrl-C.
type Tell = Box<dyn FnMut() + Send>;

/// Those of this process.
static LISTENERS: Listeners = Listeners(Mutex::new(Vec::new()));
/// The watcher, from when somebody first listens.
static WATCHER: Once = Once::new();

/// Somebody who is told of Ctrl-C as long as this lives.
#[derive(Debug)]
#[must_use]
pub(crate) struct Listener(u64);

/// Has `tell` called whenever the person presses Ctrl-C. Never, where whoever started this process has it ignore that.
pub(crate) fn listen(tell: impl FnMut() + Send + 'static) -> Listener {
    let listener = Listener(LISTENERS.add(Box::new(tell)));
    WATCHER.call_once(|| {
        if !is_ignored(SIGINT) {
            watch();
        }
    });
    listener
}

impl Drop for Listener {
    fn drop(&mut self) {
        LISTENERS.remove(self.0);
    }
}

impl Listeners {
    fn lock(&self) -> MutexGuard<'_, Vec<(u64, Tell)>> {
        // One that panicked has left the list whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, tell: Tell) -> u64 {
        let mut all = self.lock();
        let number = all.last().map_or(0, |(last, _)| last + 1);
        all.push((number, tell));
        number
    }

    fn remove(&self, number: u64) {
        self.lock().retain(|(other, _)| *other != number);
    }

    /// Tells all; false if there is nobody.
    fn tell(&self) -> bool {
        let mut all = self.lock();
        all.iter_mut().for_each(|(_, tell)| tell());
        !all.is_empty()
    }
}

/// What one Ctrl-C does.
fn on_interrupt() {
    if LISTENERS.tell() {
        return;
    }
    thread::sleep(GRACE);
    if !LISTENERS.tell() {
        end();
    }
}

#[cfg(unix)]
fn watch() {
    // The thread comes first: a signal that is caught, and nobody is told, would be lost. Without it, Ctrl-C ends the process.
    let (hand, handed) = std::sync::mpsc::channel::<signal_hook::iterator::Signals>();
    let watcher = thread::Builder::new().spawn(move || {
        if let Ok(mut signals) = handed.recv() {
            signals.forever().for_each(|_| on_interrupt());
        }
    });
    if watcher.is_ok()
        && let Ok(signals) = signal_hook::iterator::Signals::new([SIGINT])
    {
        drop(hand.send(signals));
    }
}

/// Ends the process by the signal, so that a shell's loop ends too.
#[cfg(unix)]
fn end() {
    drop(signal_hook::low_level::emulate_default_handler(SIGINT));
}

#[cfg(not(unix))]
fn watch() {
    // Without a watcher, Ctrl-C ends the process.
    let watcher = thread::Builder::new().spawn(|| {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                on_interrupt();
            }
        });
    });
    drop(watcher);
}

/// Ends the process with the code that Windows gives to one that Ctrl-C ends.
#[cfg(not(unix))]
#[expect(clippy::exit, clippy::disallowed_methods, reason = "this is what Ctrl-C does where nobody listens")]
fn end() {
    std::process::exit(0xC000_013A_u32.cast_signed());
}

/// Whether whoever started this process has it ignore a signal (`trap '' INT`, `nohup`, a script's `&`). A program that this
/// process becomes must find that as it was.
#[cfg(target_os = "linux")]
pub(super) fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

/// Not to be known without a system call that Rust has no safe form of.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_ignored(_signal: i32) -> bool {
    false
}

/// The signals that would end this process, awaited on a tokio runtime: Ctrl-C and, on Unix, SIGTERM and SIGHUP. The watcher
/// still ends the process at Ctrl-C if it runs and there is no [`Listener`].
pub(crate) struct Signals(Vec<(i32, OneSignal)>);

#[cfg(unix)]
type OneSignal = tokio::signal::unix::Signal;
#[cfg(not(unix))]
type OneSignal = tokio::signal::windows::CtrlC;

impl Signals {
    /// From now on, without those that this process was started to ignore.
    #[cfg(unix)]
    pub(crate) fn listen() -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGTERM};
        use tokio::signal::unix::{SignalKind, signal};
        let heeded = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|number| !is_ignored(*number));
        heeded.map(|number| Ok((number, signal(SignalKind::from_raw(number))?))).collect::<io::Result<_>>().map(Self)
    }

    /// From now on.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self(vec![(SIGINT, tokio::signal::windows::ctrl_c()?)]))
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> i32 {
        poll_fn(|context| {
            let come =
                self.0.iter_mut().find_map(|(number, signal)| signal.poll_recv(context).is_ready().then_some(*number));
            come.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Lets Ctrl-C end the programs that a test starts, also where the tests themselves were started to ignore it: a signal that
/// is caught is back at its default in a program that this process starts, and one that is ignored stays so.
#[cfg(all(test, unix))]
pub(crate) fn heed_in_tests() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let always = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
        signal_hook::flag::register_conditional_default(SIGINT, always).expect("SIGINT can be caught");
    });
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn all_who_listen_are_told_as_long_as_they_do() {
        let listeners = Listeners(Mutex::new(Vec::new()));
        let (one, told_one) = channel();
        let (other, told_other) = channel();
        let first = listeners.add(Box::new(move || one.send(()).unwrap()));
        let second = listeners.add(Box::new(move || other.send(()).unwrap()));
        assert!(listeners.tell());
        listeners.remove(first);
        assert!(listeners.tell());
        assert_eq!((told_one.try_iter().count(), told_other.try_iter().count()), (1, 2));
        listeners.remove(second);
        assert!(told_other.recv().is_err(), "what it holds goes with it");
        assert!(!listeners.tell());
    }
}

//! Owns Ctrl-C: one watcher for the whole process, which tells whoever listens. Where nobody does, Ctrl-C ends the process,
//! as it does any other.

#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(unix)]
use std::sync::{Arc, LazyLock};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::Duration;

/// How long nobody may listen before Ctrl-C ends the process: it also ends programs that are waited for, and whoever waited
/// for one may be on the way to the end already.
const GRACE: Duration = Duration::from_millis(50);

/// Ctrl-C, as a signal.
pub(super) const SIGINT: i32 = 2;

/// Those who listen, each by a number.
struct Listeners(Mutex<Vec<(u64, Tell)>>);

/// What is done when the person presses Ctrl-C.
type Tell = Box<dyn FnMut() + Send>;

/// Those of this process.
static LISTENERS: Listeners = Listeners(Mutex::new(Vec::new()));
/// The watcher, from when somebody first listens.
static WATCHER: Once = Once::new();

/// Whether a signal has come of which those who listen are still to be told.
#[cfg(unix)]
static COMING: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Whether a signal has come of which those who listen are still to be told. The system marks it at once, while the watcher
/// may wait for its turn on a busy machine: a program that the same Ctrl-C has ended may be seen to end before.
#[cfg(unix)]
pub(super) fn is_coming() -> bool {
    COMING.load(Ordering::SeqCst)
}

/// Not to be known.
#[cfg(not(unix))]
pub(super) fn is_coming() -> bool {
    false
}

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
    // Without a watcher, Ctrl-C ends the process.
    on_signals(&[SIGINT], |_| {
        on_interrupt();
        true
    });
}

/// Has `tell` called with each of these signals, on a thread of its own, until it says false. Where there can be no such
/// thread, the signals do what they do anyway.
#[cfg(unix)]
pub(super) fn on_signals(wanted: &[i32], mut tell: impl FnMut(i32) -> bool + Send + 'static) {
    // The thread comes first: a signal that is caught, and nobody is told, would be lost.
    let (hand, handed) = std::sync::mpsc::channel::<signal_hook::iterator::Signals>();
    let watcher = thread::Builder::new().spawn(move || {
        if let Ok(mut signals) = handed.recv() {
            let mut pass_on = |signal: i32| {
                let goes_on = tell(signal);
                COMING.store(false, Ordering::SeqCst);
                goes_on
            };
            signals.forever().take_while(|signal| pass_on(*signal)).for_each(drop);
        }
    });
    if watcher.is_ok()
        && let Ok(signals) = signal_hook::iterator::Signals::new(&[] as &[i32])
    {
        for signal in wanted {
            // In this order: the one who watches takes the mark away.
            drop(signal_hook::flag::register(*signal, Arc::clone(&COMING)));
            drop(signals.add_signal(*signal));
        }
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

/// Lets Ctrl-C end the programs that a test starts, also where the tests themselves were started to ignore it: a signal that
/// is caught is back at its default in a program that this process starts, and one that is ignored stays so.
#[cfg(all(test, unix))]
pub(crate) fn heed_in_tests() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let always = Arc::new(AtomicBool::new(true));
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

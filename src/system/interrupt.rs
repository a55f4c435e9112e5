//! Owns Ctrl-C: everybody who listens learns of it. Where nobody does, it ends the process, as it does any other.

use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use signal_hook::SigId;
use signal_hook::flag::{register, register_conditional_default};
use signal_hook::low_level::unregister;

/// Ctrl-C, as a signal.
pub(crate) const SIGINT: i32 = 2;
/// Ctrl-\, as a signal.
pub(super) const SIGQUIT: i32 = 3;
/// The time between two looks for a Ctrl-C, short enough that nobody notices.
pub(super) const POLL: Duration = Duration::from_millis(20);

static LISTENERS: Mutex<usize> = Mutex::new(0);
/// True while nobody listens. The handler of the signal looks at it, so that no Ctrl-C falls between two listeners.
static IS_DEFAULT: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| {
    let is_default = Arc::new(AtomicBool::new(false));
    if !is_ignored(SIGINT) {
        drop(register_conditional_default(SIGINT, Arc::clone(&is_default)));
    }
    is_default
});

/// Learns of each Ctrl-C while it lives.
#[derive(Debug)]
#[must_use]
pub(crate) struct Listener {
    is_pressed: Arc<AtomicBool>,
    action: Option<SigId>,
}

/// Keeps Ctrl-C from ending this process. It is never pressed if this process was started to ignore it.
pub(crate) fn listen() -> Listener {
    let mut count = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
    *count += 1;
    IS_DEFAULT.store(false, Ordering::SeqCst);
    let is_pressed = Arc::new(AtomicBool::new(false));
    let action = if is_ignored(SIGINT) { None } else { register(SIGINT, Arc::clone(&is_pressed)).ok() };
    Listener { is_pressed, action }
}

impl Listener {
    pub(crate) fn is_pressed(&self) -> bool {
        self.is_pressed.load(Ordering::SeqCst)
    }

    /// Waits for a Ctrl-C on a tokio runtime.
    pub(crate) async fn pressed(&self) {
        while !self.is_pressed() {
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut count = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
        *count -= 1;
        if *count == 0 {
            IS_DEFAULT.store(true, Ordering::SeqCst);
        }
        if let Some(action) = self.action {
            unregister(action);
        }
    }
}

/// True if this process was started to ignore a signal (`trap '' INT`, `nohup`, a script's `&`). Whatever it starts must find
/// that unchanged.
#[cfg(target_os = "linux")]
pub(in crate::system) fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

/// Elsewhere only a system call tells, and Rust has no safe form of it.
#[cfg(not(target_os = "linux"))]
pub(in crate::system) fn is_ignored(_signal: i32) -> bool {
    false
}

/// The signals that would end this process, awaited on a tokio runtime: Ctrl-C and, on Unix, SIGTERM and SIGHUP. Ctrl-C still
/// ends the process if there was a [`Listener`] and there is none any more.
pub(crate) struct Signals(Vec<(i32, OneSignal)>);

#[cfg(unix)]
type OneSignal = tokio::signal::unix::Signal;
#[cfg(windows)]
type OneSignal = tokio::signal::windows::CtrlC;

impl Signals {
    #[cfg(unix)]
    pub(crate) fn listen() -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGTERM};
        Self::of(&[SIGINT, SIGTERM, SIGHUP])
    }

    /// Also for those that mean something to a program behind this process.
    #[cfg(unix)]
    pub(super) fn listen_for_program() -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGTERM, SIGUSR1, SIGUSR2};
        Self::of(&[SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2])
    }

    #[cfg(windows)]
    pub(super) fn listen_for_program() -> io::Result<Self> {
        Self::listen()
    }

    /// Leaves out signals that this process was started to ignore.
    #[cfg(unix)]
    fn of(numbers: &[i32]) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let heeded = numbers.iter().copied().filter(|number| !is_ignored(*number));
        heeded.map(|number| Ok((number, signal(SignalKind::from_raw(number))?))).collect::<io::Result<_>>().map(Self)
    }

    #[cfg(windows)]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self(vec![(SIGINT, tokio::signal::windows::ctrl_c()?)]))
    }

    pub(crate) async fn next(&mut self) -> i32 {
        poll_fn(|context| {
            let mut signals = self.0.iter_mut();
            let arrived = signals.find_map(|(number, signal)| signal.poll_recv(context).is_ready().then_some(*number));
            arrived.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Lets Ctrl-C end the programs that a test starts, also where the tests themselves were started to ignore it: a signal that
/// is caught is back at its default in a program that this process starts, and one that is ignored stays so.
#[cfg(all(test, unix))]
pub(crate) fn heed_in_tests() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let always = Arc::new(AtomicBool::new(true));
        register_conditional_default(SIGINT, always).expect("SIGINT can be caught");
    });
}

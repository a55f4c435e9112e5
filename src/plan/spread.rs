//! Owns doing two pure things at once, where they are large enough for that. Must not know what they are.

/// From so many bytes on, a thread of its own is worth it.
const LARGE: usize = 512 * 1024;

/// Whether a thread of its own is worth its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    /// Yes.
    Thread,
    /// No: one after the other is faster.
    Nothing,
}

impl Worth {
    /// What work on so many bytes is worth.
    pub(crate) fn of_bytes(length: usize) -> Self {
        if length < LARGE { Self::Nothing } else { Self::Thread }
    }
}

/// Does both, the first in a thread of its own where that is worth one and can be had.
pub(crate) fn at_once<T: Send, U>(worth: Worth, one: impl Fn() -> T + Sync, other: impl FnOnce() -> U) -> (T, U) {
    let one = &one;
    std::thread::scope(|scope| {
        let thread = match worth {
            Worth::Thread => std::thread::Builder::new().spawn_scoped(scope, one).ok(),
            Worth::Nothing => None,
        };
        let other = other();
        let one = thread.and_then(|thread| thread.join().ok()).unwrap_or_else(one);
        (one, other)
    })
}

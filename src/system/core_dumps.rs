//! Owns keeping this process's memory, in which keys and tokens are, out of core dumps. Programs that it starts have the
//! limit that it was started with.

#[cfg(unix)]
mod system {
    use std::sync::OnceLock;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// The limit that this process was started with, if it allows core dumps.
    static FOUND: OnceLock<Rlimit> = OnceLock::new();

    /// Lets no crash of this process write its memory to a file.
    pub(crate) fn forbid() {
        let found = getrlimit(Resource::Core);
        // The hard limit stays, so that the other can be given back.
        let none = Rlimit { current: Some(0), maximum: found.maximum };
        if found.current != Some(0) && setrlimit(Resource::Core, none).is_ok() {
            FOUND.get_or_init(|| found);
        }
    }

    /// Does `start`, which starts a program, with the limit that this process was started with.
    pub(crate) fn as_found<T>(start: impl FnOnce() -> T) -> T {
        let Some(found) = FOUND.get() else { return start() };
        // If that fails, the program has a limit of 0, and runs.
        let _ = setrlimit(Resource::Core, *found);
        let started = start();
        forbid();
        started
    }
}

#[cfg(not(unix))]
mod system {
    /// There is no such limit.
    pub(crate) fn forbid() {}

    /// Does `start`.
    pub(crate) fn as_found<T>(start: impl FnOnce() -> T) -> T {
        start()
    }
}

pub(crate) use system::{as_found, forbid};

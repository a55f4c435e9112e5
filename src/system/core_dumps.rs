//! Owns keeping this process's memory, and the keys in it, out of core dumps. Programs that it starts get the limit back that
//! it was started with.

#[cfg(unix)]
mod system {
    use std::sync::OnceLock;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// Set if this process was started with a limit that allows core dumps.
    static FOUND: OnceLock<Rlimit> = OnceLock::new();

    pub(crate) fn forbid() {
        let found = getrlimit(Resource::Core);
        // The hard limit stays, so that the other can be given back.
        let none = Rlimit { current: Some(0), maximum: found.maximum };
        if found.current != Some(0) && setrlimit(Resource::Core, none).is_ok() {
            FOUND.get_or_init(|| found);
        }
    }

    /// Runs `start`, which starts a program, under the limit that this process was started with.
    pub(crate) fn with_original_limit<T>(start: impl FnOnce() -> T) -> T {
        let Some(found) = FOUND.get() else { return start() };
        // If that fails, the program has a limit of 0, and runs.
        let _ = setrlimit(Resource::Core, *found);
        let started = start();
        forbid();
        started
    }
}

#[cfg(windows)]
mod system {
    pub(crate) fn forbid() {}

    pub(crate) fn with_original_limit<T>(start: impl FnOnce() -> T) -> T {
        start()
    }
}

pub(crate) use system::{forbid, with_original_limit};

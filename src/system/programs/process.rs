//! Owns becoming, or running, another program.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::process::{Child, Command, ExitStatus};

use crate::secret::Secret;
use crate::system::{core_dumps, interrupt};

/// The system tells nobody of the end of a process that is no child of theirs.
#[cfg(unix)]
const PARENT_POLL: std::time::Duration = std::time::Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Code(i32),
    Signal(i32),
}

impl End {
    #[cfg(unix)]
    pub(super) fn of(status: ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt as _;
        status.code().map_or_else(|| Self::Signal(status.signal().unwrap_or_default()), Self::Code)
    }

    #[cfg(windows)]
    pub(super) fn of(status: ExitStatus) -> Self {
        Self::Code(status.code().unwrap_or(1))
    }

    /// The exit code that a shell would give.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Code(code) => u8::try_from(code).unwrap_or(u8::MAX),
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(formatter, "exit code {code}"),
            Self::Signal(signal) => write!(formatter, "signal {signal}"),
        }
    }
}

/// Starts a program with the limit for core dumps that this process was started with.
pub(super) fn spawn(command: &mut Command) -> io::Result<Child> {
    core_dumps::with_original_limit(|| command.spawn())
}

pub(super) fn remove_variables(command: &mut Command, names: impl IntoIterator<Item = impl AsRef<OsStr>>) {
    for name in names {
        command.env_remove(name);
    }
}

/// Runs `program` with `args` and this process's environment changed by `set` and `unset`; returns only if that fails.
///
/// On Unix this process becomes the program, which so gets all signals itself. Elsewhere it waits for the program and ends with
/// its exit code.
pub(crate) fn become_program<'a>(
    program: &OsString,
    args: &[OsString],
    set: &[(&str, Secret)],
    unset: impl Iterator<Item = &'a str>,
) -> io::Error {
    let mut command = Command::new(program);
    command.args(args);
    remove_variables(&mut command, unset);
    command.envs(set.iter().map(|(name, value)| (name, value.expose())));
    run(&mut command)
}

/// Returns a future that is ready when this process's parent has ended. The parent is noted at the call. Never ready under `nohup`.
#[cfg(unix)]
pub(crate) fn parent_ended() -> impl Future<Output = ()> {
    use rustix::process::getppid;
    let parent = getppid();
    async move {
        while getppid() == parent || interrupt::is_ignored(signal_hook::consts::SIGHUP) {
            tokio::time::sleep(PARENT_POLL).await;
        }
    }
}

#[cfg(windows)]
pub(crate) async fn parent_ended() {
    std::future::pending::<()>().await;
}

/// The error of starting a `program` that does not exist; none if it may exist. A name is looked up in the directories of `path`.
#[cfg(unix)]
pub(crate) fn missing(program: &OsStr, path: Option<&OsStr>) -> Option<io::Error> {
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;
    let is_missing = |file: &Path| match std::fs::metadata(file) {
        Ok(_) => false,
        Err(error) => matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
    };
    let is_nowhere = if program.as_bytes().contains(&b'/') {
        is_missing(Path::new(program))
    } else {
        // Without `path`, the system has directories of its own.
        std::env::split_paths(path?).all(|dir| is_missing(&dir.join(program)))
    };
    is_nowhere.then(|| rustix::io::Errno::NOENT.into())
}

#[cfg(windows)]
pub(crate) fn missing(_program: &OsStr, _path: Option<&OsStr>) -> Option<io::Error> {
    None
}

#[cfg(unix)]
fn run(command: &mut Command) -> io::Error {
    use std::os::unix::process::CommandExt as _;
    core_dumps::with_original_limit(|| command.exec())
}

#[cfg(windows)]
fn run(command: &mut Command) -> io::Error {
    // A console sends Ctrl-C and Ctrl-Break to all of its processes: the program decides what they mean, and this process must
    // outlive them to return the exit code.
    #[cfg(windows)]
    let _held = (interrupt::listen(), tokio::signal::windows::ctrl_c(), tokio::signal::windows::ctrl_break());
    match command.status() {
        // The code has 32 bits, some of which `ExitCode` would lose, such as those of the code for Ctrl-C.
        #[expect(clippy::exit, clippy::disallowed_methods, reason = "the program has taken this process's place")]
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

//! Owns becoming, or running, another program.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::{Child, Command};

use super::core_dumps;
use crate::secret::Secret;

/// Starts a program with the limit for core dumps that this process was started with.
pub(super) fn spawn(command: &mut Command) -> io::Result<Child> {
    core_dumps::as_found(|| command.spawn())
}

/// Keeps variables of this process from a program.
pub(super) fn remove_variables(command: &mut Command, names: &[String]) {
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
    for name in unset {
        command.env_remove(name);
    }
    command.envs(set.iter().map(|(name, value)| (name, value.expose())));
    run(&mut command)
}

/// The error of starting a `program` that does not exist; none if it may exist. A name is looked up in the directories of `path`.
#[cfg(unix)]
pub(crate) fn missing(program: &OsStr, path: Option<&OsStr>) -> Option<io::Error> {
    use std::os::unix::ffi::OsStrExt as _;
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

/// Only starting the program tells.
#[cfg(not(unix))]
pub(crate) fn missing(_program: &OsStr, _path: Option<&OsStr>) -> Option<io::Error> {
    None
}

#[cfg(unix)]
fn run(command: &mut Command) -> io::Error {
    use std::os::unix::process::CommandExt as _;
    core_dumps::as_found(|| command.exec())
}

#[cfg(not(unix))]
fn run(command: &mut Command) -> io::Error {
    // A console sends Ctrl-C and Ctrl-Break to all of its processes: the program decides what they mean, and this process must
    // outlive them to return the exit code.
    #[cfg(windows)]
    let _held = (super::interrupt::listen(), tokio::signal::windows::ctrl_c(), tokio::signal::windows::ctrl_break());
    match command.status() {
        // The code has 32 bits, some of which `ExitCode` would lose, such as those of the code for Ctrl-C.
        #[expect(clippy::exit, clippy::disallowed_methods, reason = "the program has taken this process's place")]
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

//! Owns becoming, or running, another program.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::Command;

#[cfg(unix)]
use super::core_dumps;
use crate::secret::Secret;

/// Runs `program` with `args` and this process's environment changed by `set` and `unset`; returns only if that fails.
///
/// On Unix this process becomes the program, so that signals and the exit code are its own and nothing stays behind.
/// Elsewhere it waits for the program and ends with its exit code.
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

/// Why `program` can't be run since it is nowhere, in the directories of `path` or where it says; none if it may be there.
/// Starting it would say the same.
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
        // Without it, the system has directories of its own.
        std::env::split_paths(path?).all(|dir| is_missing(&dir.join(program)))
    };
    is_nowhere.then(|| rustix::io::Errno::NOENT.into())
}

/// Why `program` can't be run since it is nowhere: there, only starting it can tell.
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
    // A console sends Ctrl-C and Ctrl-Break to all of its processes: the program says what they mean, and this one, which
    // would end by them as things are, waits for it. Held until the end.
    #[cfg(windows)]
    let _held =
        (super::interrupt::listen(|| ()), tokio::signal::windows::ctrl_c(), tokio::signal::windows::ctrl_break());
    match command.status() {
        // The code has 32 bits there, more than `ExitCode` can be made from; some ends, such as that by Ctrl-C, need all.
        #[expect(clippy::exit, clippy::disallowed_methods, reason = "the program has taken this process's place")]
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

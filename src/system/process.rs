//! Owns becoming, or running, another program.

use std::ffi::OsString;
use std::io;
use std::process::Command;

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

#[cfg(unix)]
fn run(command: &mut Command) -> io::Error {
    use std::os::unix::process::CommandExt as _;
    command.exec()
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

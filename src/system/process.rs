//! Owns becoming, or running, another program.

use std::ffi::OsString;
use std::io;
use std::process::Command;

use crate::secret::Secret;

/// Runs `program` with `args` and this process's environment changed by `set` and `unset`.
///
/// On Unix this process becomes the program, so that signals and the exit code are its own and nothing stays behind;
/// it returns only if that fails. Elsewhere it waits and returns the exit code.
pub(crate) fn become_program(
    program: &OsString,
    args: &[OsString],
    set: &[(&str, Secret)],
    unset: &[&str],
) -> io::Result<u8> {
    let mut command = Command::new(program);
    command.args(args);
    for name in unset {
        command.env_remove(name);
    }
    command.envs(set.iter().map(|(name, value)| (name, value.expose())));
    run(&mut command)
}

#[cfg(unix)]
fn run(command: &mut Command) -> io::Result<u8> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec())
}

#[cfg(not(unix))]
fn run(command: &mut Command) -> io::Result<u8> {
    let status = command.status()?;
    Ok(status.code().and_then(|code| u8::try_from(code & 0xff).ok()).unwrap_or(1))
}

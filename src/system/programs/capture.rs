//! Owns running another program for its output: no shell, a time limit, nothing of the current directory.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use thiserror::Error;

use super::process;
use super::process::End;
use crate::secret::Secret;
use crate::system::files::walk;
use crate::system::interrupt::{self, SIGINT};
use crate::system::wait::{Deadline, Waited};

/// The most bytes that are taken of one stream.
const MOST: u64 = 4096;
/// How long the streams are read after a program's end: on a busy machine the thread that reads them waits for its turn.
const GRACE: Duration = Duration::from_secs(1);
/// The time between two looks at a program.
const LOOK: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub(crate) struct Invocation<'a> {
    /// An absolute path, or a name that is looked up in `path`.
    pub(crate) program: &'a str,
    pub(crate) args: &'a [String],
    /// Directories in the form of `PATH`.
    pub(crate) path: Option<&'a OsStr>,
    pub(crate) set: &'a [(&'a str, &'a str)],
    pub(crate) unset: &'a [String],
    pub(crate) stderr: StderrMode,
    pub(crate) limit: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StderrMode {
    Shown,
    Hidden,
}

/// A program printed nothing of use. Never holds its output.
#[derive(Debug, Error)]
pub(crate) enum CaptureError {
    #[error("there is no program `{0}` in PATH")]
    NotFound(String),
    #[error("can't run `{0}`")]
    Start(String, #[source] io::Error),
    #[error("`{0}` ended with {1}")]
    Failed(String, End),
    #[error("`{program}` took more than {seconds} seconds")]
    TimedOut { program: String, seconds: u64 },
    /// Another user could have put another program in its place.
    #[error("`{0}` is not run: {1}")]
    Exposed(String, String),
    #[error("interrupted")]
    Interrupted,
}

/// Runs a program to its end and returns the beginning of its output.
pub(crate) fn capture(invocation: &Invocation<'_>) -> Result<Secret, CaptureError> {
    let name = || invocation.program.to_owned();
    let program = find(invocation.program, invocation.path).ok_or_else(|| CaptureError::NotFound(name()))?;
    if let Some(why) = walk::exposure(&program) {
        return Err(CaptureError::Exposed(name(), why));
    }
    let mut command = Command::new(program);
    command.args(invocation.args);
    command.stderr(if invocation.stderr == StderrMode::Shown { Stdio::inherit() } else { Stdio::null() });
    process::remove_variables(&mut command, invocation.unset);
    command.envs(invocation.set.iter().copied());
    let listener = interrupt::listen();
    let ran = run(&mut command, invocation.limit, || listener.is_pressed());
    match ran.map_err(|error| CaptureError::Start(name(), error))? {
        Waited::Done(output) if output.status.success() => {
            Ok(Secret::new(String::from_utf8(output.stdout).unwrap_or_default()))
        }
        Waited::Done(output) => match End::of(output.status) {
            // A shell script ends with 130 where its command was interrupted.
            End::Signal(SIGINT) | End::Code(130) => Err(CaptureError::Interrupted),
            end => Err(CaptureError::Failed(name(), end)),
        },
        Waited::Interrupted => Err(CaptureError::Interrupted),
        Waited::TimedOut => Err(CaptureError::TimedOut { program: name(), seconds: invocation.limit.as_secs() }),
    }
}

/// Like [`capture`], for standard error too. None if the program takes longer than `limit`.
pub(super) fn answer(command: &mut Command, limit: Duration) -> io::Result<Option<Output>> {
    match run(command.stderr(Stdio::piped()), limit, || false)? {
        Waited::Done(output) => Ok(Some(output)),
        Waited::TimedOut | Waited::Interrupted => Ok(None),
    }
}

/// Runs a program, and kills it at the end of `limit` or once `is_interrupted`.
fn run(command: &mut Command, limit: Duration, is_interrupted: impl Fn() -> bool) -> io::Result<Waited<Output>> {
    let mut child = process::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let deadline = Deadline::after(limit);
    let given_up = loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Waited::Done(Output { status, stdout: collect(&stdout), stderr: collect(&stderr) }));
        }
        if is_interrupted() {
            break Waited::Interrupted;
        }
        if deadline.left().is_zero() {
            break Waited::TimedOut;
        }
        thread::sleep(LOOK);
    };
    // It may have ended just now.
    drop(child.kill());
    child.wait()?;
    Ok(given_up)
}

/// Reads the beginning of a stream on a thread of its own.
fn read(stream: Option<impl io::Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, parts) = channel();
    thread::spawn(move || {
        let mut rest = stream.map(|stream| stream.take(MOST));
        let mut buffer = [0; 512];
        while let Some(Ok(count @ 1..)) = rest.as_mut().map(|rest| rest.read(&mut buffer)) {
            drop(sender.send(buffer[..count].to_vec()));
        }
    });
    parts
}

/// The parts of an ended program's stream, which another program that it started may keep open.
fn collect(parts: &Receiver<Vec<u8>>) -> Vec<u8> {
    let deadline = Deadline::after(GRACE);
    std::iter::from_fn(|| parts.recv_timeout(deadline.left()).ok()).flatten().collect()
}

/// Looks a program up in `path`, unless it is a path itself. Relative directories don't count: a cloned repository must not be
/// able to bring its own program.
pub(crate) fn find(program: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    if Path::new(program).is_absolute() {
        return Some(PathBuf::from(program));
    }
    let names = [program.to_owned(), format!("{program}{}", std::env::consts::EXE_SUFFIX)];
    let dirs = std::env::split_paths(path?).filter(|dir| dir.is_absolute());
    let mut found = dirs.flat_map(|dir| names.clone().map(|name| dir.join(name)));
    found.find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(windows)]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn run(program: &str, args: &[&str], limit: Duration) -> Result<Secret, CaptureError> {
        interrupt::heed_in_tests();
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let path = std::env::var_os("PATH");
        let (path, set, unset) = (path.as_deref(), &[("AWSAUTH_X", "1 2")][..], &["HOME".to_owned()][..]);
        capture(&Invocation { program, args: &args, path, set, unset, stderr: StderrMode::Hidden, limit })
    }

    const PLENTY: Duration = Duration::from_mins(1);

    #[test]
    fn a_program_gets_its_arguments_and_variables_as_they_are_and_no_shell() {
        let printed = run("printf", &["%s|", "a b", "$HOME", ";"], PLENTY).unwrap();
        assert_eq!(printed.expose(), "a b|$HOME|;|");
        let printed = run("sh", &["-c", "printf %s:%s \"$AWSAUTH_X\" \"${HOME-none}\"; cat"], PLENTY).unwrap();
        assert_eq!(printed.expose(), "1 2:none");
    }

    #[test]
    fn a_program_that_fails_is_missing_or_takes_too_long_is_told_apart() {
        let failed = run("sh", &["-c", "echo 123456; exit 3"], PLENTY).unwrap_err();
        assert_eq!(failed.to_string(), "`sh` ended with exit code 3");
        let killed = run("sh", &["-c", "kill -9 $$"], PLENTY).unwrap_err();
        assert_eq!(killed.to_string(), "`sh` ended with signal 9");
        assert!(matches!(run("sh", &["-c", "kill -2 $$"], PLENTY), Err(CaptureError::Interrupted)));
        assert!(matches!(run("no-such-program", &[], PLENTY), Err(CaptureError::NotFound(_))));
        assert!(matches!(run("/etc/passwd", &[], PLENTY), Err(CaptureError::Start(..))));
        let late = run("sleep", &["60"], Duration::from_millis(20)).unwrap_err();
        assert!(matches!(late, CaptureError::TimedOut { .. }), "{late:?}");
    }

    #[test]
    fn an_answer_is_waited_for_no_longer_than_its_limit() {
        assert!(answer(Command::new("sleep").arg("60"), Duration::from_millis(20)).unwrap().is_none());
        let output = answer(Command::new("sh").args(["-c", "echo a; echo b >&2; exit 3"]), PLENTY).unwrap().unwrap();
        assert_eq!((output.status.code(), &*output.stdout, &*output.stderr), (Some(3), &b"a\n"[..], &b"b\n"[..]));
    }

    #[test]
    fn what_a_program_leaves_behind_does_not_hold_its_answer_up() {
        assert_eq!(run("sh", &["-c", "sleep 60 & echo 123456"], PLENTY).unwrap().expose(), "123456\n");
        assert!(run("sh", &["-c", "yes | head -c 100000; :"], PLENTY).is_ok_and(|text| text.expose().len() == 4096));
    }

    #[test]
    fn only_absolute_directories_of_the_path_are_looked_into() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("code"), "").unwrap();
        let path = std::env::join_paths([Path::new(""), Path::new("."), dir.path(), Path::new("/bin")]).unwrap();
        assert_eq!(find("code", Some(&path)), None, "it can't be run");
        assert_eq!(find("sh", Some(&path)), Some(PathBuf::from("/bin/sh")));
        assert_eq!(find("Cargo.toml", Some(OsStr::new(".:"))), None);
        assert_eq!(find("/no/such", None), Some(PathBuf::from("/no/such")));
    }
}

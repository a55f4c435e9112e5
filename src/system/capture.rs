//! Owns running another program for what it prints: no shell, a time limit, nothing of the current directory.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use thiserror::Error;

use super::core_dumps;
use super::wait::{Deadline, Waited, wait};
use super::way;
use crate::secret::Secret;

/// The most that is taken of what a program prints, in bytes.
const MOST: u64 = 4096;
/// How long after a program's end its last words are waited for: something that it started may keep the pipe open, and on a
/// busy machine the thread that reads them takes a while to have its turn.
const GRACE: Duration = Duration::from_secs(1);
/// How long between two looks at a program.
const LOOK: Duration = Duration::from_millis(5);

/// A program to be run.
#[derive(Debug)]
pub(crate) struct Invocation<'a> {
    /// An absolute path, or a name that is looked up.
    pub(crate) program: &'a str,
    /// What is passed to it, as it is.
    pub(crate) args: &'a [String],
    /// Where a name is looked up, as `PATH` has it.
    pub(crate) path: Option<&'a OsStr>,
    /// Variables that it gets besides this process's.
    pub(crate) set: &'a [(&'a str, &'a str)],
    /// Variables that it does not get.
    pub(crate) unset: &'a [String],
    /// Whether the person sees what it says on standard error.
    pub(crate) talk: Talk,
    /// How long it may take.
    pub(crate) limit: Duration,
}

/// Where a program's standard error goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Talk {
    /// Where this process's goes.
    Shown,
    /// Nowhere.
    Hidden,
}

/// Why a program printed nothing that can be used. Never holds what it did print.
#[derive(Debug, Error)]
pub(crate) enum CaptureError {
    /// It is nowhere.
    #[error("there is no program `{0}` in PATH")]
    NotFound(String),
    /// The system did not start it.
    #[error("can't run `{0}`")]
    Start(String, #[source] io::Error),
    /// It said that it failed.
    #[error("`{0}` ended with {1}")]
    Failed(String, String),
    /// It took longer than it may.
    #[error("`{program}` took more than {seconds} seconds")]
    TimedOut {
        /// The program.
        program: String,
        /// The limit.
        seconds: u64,
    },
    /// Somebody else could have put another program in its place.
    #[error("`{0}` is not run: {1}")]
    Exposed(String, String),
    /// The person pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// Runs a program to its end and returns what it printed, which may be anything.
pub(crate) fn capture(invocation: &Invocation<'_>) -> Result<Secret, CaptureError> {
    let name = || invocation.program.to_owned();
    let program = find(invocation.program, invocation.path).ok_or_else(|| CaptureError::NotFound(name()))?;
    if let Some(why) = way::exposure(&program) {
        return Err(CaptureError::Exposed(name(), why));
    }
    let mut command = Command::new(program);
    command.args(invocation.args).stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(if invocation.talk == Talk::Shown { Stdio::inherit() } else { Stdio::null() });
    for name in invocation.unset {
        command.env_remove(name);
    }
    command.envs(invocation.set.iter().copied());
    let start = |error| CaptureError::Start(name(), error);
    let mut child = core_dumps::as_found(|| command.spawn()).map_err(start)?;
    let printed = Printed::of(child.stdout.take());
    let status = watch(child, invocation)?;
    if status.success() {
        return Ok(Secret::new(String::from_utf8(printed.finish()).unwrap_or_default()));
    }
    Err(if is_interrupt(status) { CaptureError::Interrupted } else { CaptureError::Failed(name(), words(status)) })
}

/// Runs a program for its answer, of which the first part is kept. None if it takes longer than `limit`: then it is ended.
pub(super) fn answer(command: &mut Command, limit: Duration) -> io::Result<Option<Output>> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (stdout, stderr) = (Printed::of(child.stdout.take()), Printed::of(child.stderr.take()));
    let deadline = Deadline::after(limit);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(Output { status, stdout: stdout.finish(), stderr: stderr.finish() }));
        }
        if deadline.left().is_zero() {
            drop(child.kill());
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

/// Waits for the end of a program, and ends it if that takes too long or the person wants to stop.
fn watch(child: Child, invocation: &Invocation<'_>) -> Result<ExitStatus, CaptureError> {
    let child = Arc::new(Mutex::new(child));
    let watched = Arc::clone(&child);
    let deadline = Deadline::after(invocation.limit);
    let look = move || {
        while !deadline.left().is_zero() {
            // A poisoned lock is this thread's own, and so there is none.
            let Ok(mut child) = watched.lock() else { return None };
            match child.try_wait() {
                Ok(None) => drop(child),
                ended => return Some(ended.map(Option::unwrap_or_default)),
            }
            thread::sleep(LOOK);
        }
        None
    };
    let ended = wait(invocation.limit, look);
    if let Waited::Done(Some(status)) = ended {
        return status.map_err(|error| CaptureError::Start(invocation.program.to_owned(), error));
    }
    if let Ok(mut child) = child.lock() {
        // It may have ended just now.
        drop(child.kill());
        drop(child.wait());
    }
    Err(match ended {
        Waited::Interrupted => CaptureError::Interrupted,
        _ => CaptureError::TimedOut { program: invocation.program.to_owned(), seconds: invocation.limit.as_secs() },
    })
}

/// What a program has printed so far.
struct Printed {
    bytes: Arc<Mutex<Vec<u8>>>,
    end: Receiver<()>,
}

impl Printed {
    fn of(stream: Option<impl io::Read + Send + 'static>) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (sender, end) = channel();
        let taken = Arc::clone(&bytes);
        thread::spawn(move || {
            let mut rest = stream.map(|stream| stream.take(MOST));
            let mut buffer = [0; 512];
            while let Some(Ok(count @ 1..)) = rest.as_mut().map(|rest| rest.read(&mut buffer)) {
                if let Ok(mut taken) = taken.lock() {
                    taken.extend_from_slice(&buffer[..count]);
                }
            }
            let _ = sender.send(());
        });
        Self { bytes, end }
    }

    fn finish(self) -> Vec<u8> {
        // Whatever keeps the pipe open, the program itself has ended.
        let _ = self.end.recv_timeout(GRACE);
        self.bytes.lock().map(|mut bytes| std::mem::take(&mut *bytes)).unwrap_or_default()
    }
}

/// The program of that name: as it is if it is a path, else in the first directory of `path` that has it. Directories
/// that depend on the current one do not count: a cloned repository must not be able to bring its own.
pub(super) fn find(program: &str, path: Option<&OsStr>) -> Option<PathBuf> {
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

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

#[cfg(unix)]
fn is_interrupt(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    // A shell script says 130 where its command was interrupted.
    status.signal() == Some(2) || status.code() == Some(130)
}

#[cfg(not(unix))]
fn is_interrupt(_status: ExitStatus) -> bool {
    false
}

#[cfg(unix)]
fn words(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, signal) => format!("signal {}", signal.unwrap_or_default()),
    }
}

#[cfg(not(unix))]
fn words(status: ExitStatus) -> String {
    format!("exit code {}", status.code().unwrap_or_default())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::system::interrupt;

    fn run(program: &str, args: &[&str], limit: Duration) -> Result<Secret, CaptureError> {
        interrupt::heed_in_tests();
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let path = std::env::var_os("PATH");
        let (path, set, unset) = (path.as_deref(), &[("AWSAUTH_X", "1 2")][..], &["HOME".to_owned()][..]);
        capture(&Invocation { program, args: &args, path, set, unset, talk: Talk::Hidden, limit })
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

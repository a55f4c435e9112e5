//! Owns disturbing one run of `apply` through `strace`: which system calls it makes, and what it does when one of them is
//! its last, fails, or is followed by a pause.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command, Stdio};

use crate::readers::client::tool;
use crate::support::sandbox::{Run, Sandbox};

/// Calls that touch memory or the loader, and no file.
const NOT_OURS: [&str; 2] = ["mmap", "execve"];
/// How often a run is made again because its calls came in another order.
const TRIES: usize = 20;

/// One system call of a run, found again in another run by its name and number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    /// Which of the calls of that name it is, from 1.
    nth: usize,
    /// What it is about, without what differs from run to run: `openat(AT_FDCWD, "~/.aws/config"`.
    pub(super) about: String,
}

impl Call {
    /// Whether it asks of something below a directory what `other` asks of the directory. HOME is below any that is not.
    fn is_below(&self, other: &Self) -> bool {
        let (Some((asks, path)), Some((others, directory))) = (self.about.split_once('"'), other.about.split_once('"'))
        else {
            return false;
        };
        let directory = directory.trim_end_matches('"').trim_end_matches('/');
        let is_home = path == "~\"" && directory.starts_with('/');
        asks == others && (is_home || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/')))
    }
}

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The process is killed, and the call is not made.
    Kill,
    /// The call is not made, and returns this error.
    Error(&'static str),
}

/// `strace` on a run of awsauth in `home`; it logs to `log`.
fn strace(home: &Sandbox, log: &str, options: &[&str], args: &[&str]) -> Command {
    let mut command = home.program(&tool("AWSAUTH_TEST_STRACE"));
    command.args(["-f", "-qq", "-o", log]).args(options);
    command.arg(env!("CARGO_BIN_EXE_awsauth")).args(args);
    command
}

/// A place for a log, outside of every HOME.
fn log() -> tempfile::TempPath {
    tempfile::NamedTempFile::new().unwrap().into_temp_path()
}

/// The calls that `awsauth apply` makes in `home` about files, from the one with which it looks for the manifest: those
/// before it are the loader's. Of a walk down to a path, with a call for each directory, there are the first and the last: what
/// befalls one between them befalls the walk.
pub(super) fn calls(home: &Sandbox) -> Vec<Call> {
    let log = log();
    let mut command = strace(home, log.to_str().unwrap(), &["-e", "trace=%file,%desc"], &["apply"]);
    Run::from(command.output().unwrap()).ok();
    let calls = logged(&std::fs::read_to_string(&log).unwrap(), home);
    let first = calls.iter().position(|call| call.about.contains("profiles.toml")).expect("the manifest is read");
    let calls: Vec<&Call> = calls[first..].iter().filter(|call| !NOT_OURS.contains(&call.name.as_str())).collect();
    let is_inside_walk = |at: usize| {
        at > 0 && at + 1 < calls.len() && calls[at].is_below(calls[at - 1]) && calls[at + 1].is_below(calls[at])
    };
    (0..calls.len()).filter(|at| !is_inside_walk(*at)).map(|at| calls[at].clone()).collect()
}

/// Runs `apply` in a HOME that `prepare` makes, with a fault at `call`. Returns both.
pub(super) fn disturbed(prepare: impl Fn() -> Sandbox, call: &Call, fault: Fault) -> (Sandbox, Run) {
    let what = match fault {
        Fault::Kill => "signal=KILL".to_owned(),
        Fault::Error(error) => format!("error={error}"),
    };
    for _ in 0..TRIES {
        let (home, log) = (prepare(), log());
        let trace = format!("trace={}", call.name);
        let inject = format!("inject={}:{what}:when={}", call.name, call.nth);
        let mut command = strace(&home, log.to_str().unwrap(), &["-e", &trace, "-e", &inject], &["apply"]);
        let run = command.output().unwrap().into();
        // How much Rust's start reads of /proc/self/maps depends on where the loader put things.
        if logged(&std::fs::read_to_string(&log).unwrap(), &home).get(call.nth - 1) == Some(call) {
            return (home, run);
        }
    }
    panic!("{call:?} is not made again");
}

/// Runs `apply` in `home`, with an error from every call that `filter` names: `fsync`, or `rename:when=2`.
pub(super) fn failing(home: &Sandbox, call: &str, error: &str, when: &str) -> Run {
    let trace = format!("trace={call}");
    let inject = format!("inject={call}:error={error}:when={when}");
    strace(home, "/dev/null", &["-e", &trace, "-e", &inject], &["apply"]).output().unwrap().into()
}

/// A run of `apply` that is stopped after some calls, until it is told to go on.
pub(super) struct Paused {
    strace: Child,
    output: BufReader<ChildStderr>,
    /// What the log said so far.
    pub(super) log: String,
    /// The process that stands still.
    process: String,
}

impl Paused {
    /// Starts `apply`, to be stopped after `call`, and again when it waits for something the first time.
    pub(super) fn after(home: &Sandbox, call: &Call) -> Self {
        Self::start(home, &[(&call.name, &call.nth.to_string()), ("clock_nanosleep", "1")])
    }

    /// Starts `apply`, to be stopped after each call of that name.
    pub(super) fn after_each(home: &Sandbox, name: &str) -> Self {
        Self::start(home, &[(name, "1+")])
    }

    fn start(home: &Sandbox, stops: &[(&str, &str)]) -> Self {
        let names: Vec<&str> = stops.iter().map(|(name, _)| *name).collect();
        let mut options = vec!["-e".to_owned(), format!("trace={}", names.join(","))];
        for (name, when) in stops {
            options.extend(["-e".to_owned(), format!("inject={name}:signal=STOP:when={when}")]);
        }
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        // The log goes where awsauth's own words go: one pipe tells both that it stands and that it has ended.
        let mut command = strace(home, "/dev/stderr", &options, &["apply"]);
        let mut strace = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(strace.stderr.take().unwrap());
        Self { strace, output, log: String::new(), process: String::new() }
    }

    /// Waits until the run stands still; false if it has ended instead.
    pub(super) fn stands(&mut self) -> bool {
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            self.log.push_str(&line);
            if let Some((process, _)) = line.split_once(" --- stopped by SIGSTOP ---") {
                self.process = process.to_owned();
                return true;
            }
            line.clear();
        }
        false
    }

    /// Whether the last call before it stopped is `call`.
    pub(super) fn is_after(&self, call: &Call, home: &Sandbox) -> bool {
        logged(&self.log, home).last() == Some(call)
    }

    /// Lets it go on.
    pub(super) fn go_on(&self) {
        assert!(self.send("CONT"), "{}", self.process);
    }

    /// Waits for its end.
    pub(super) fn end(mut self) -> Run {
        self.output.read_to_string(&mut self.log).unwrap();
        Run { code: self.strace.wait().unwrap().code(), stdout: String::new(), stderr: std::mem::take(&mut self.log) }
    }

    fn send(&self, signal: &str) -> bool {
        let script = format!("kill -{signal} {} 2>/dev/null", self.process);
        Command::new("sh").args(["-c", &script]).status().unwrap().success()
    }
}

impl Drop for Paused {
    /// A test that failed leaves nobody standing still for ever.
    fn drop(&mut self) {
        if matches!(self.strace.try_wait(), Ok(None)) {
            self.send("KILL");
            drop(self.strace.kill());
            drop(self.strace.wait());
        }
    }
}

/// The calls of a log; other lines are awsauth's own words, or signals.
fn logged(log: &str, home: &Sandbox) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for line in log.lines() {
        let Some((process, text)) = line.split_once(' ') else { continue };
        let Some((name, _)) = text.trim_start().split_once('(') else { continue };
        let is_call =
            process.bytes().all(|b| b.is_ascii_digit()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if is_call {
            let nth = 1 + calls.iter().filter(|call| call.name == name).count();
            calls.push(Call { name: name.to_owned(), nth, about: about(text.trim_start(), home) });
        }
    }
    calls
}

/// What a logged call is about: its path, or no more than its name if it has a descriptor. The number of that differs where
/// another test's descriptors were inherited.
fn about(text: &str, home: &Sandbox) -> String {
    let parts = if text.contains("(AT_FDCWD") { 2 } else { 1 };
    let text = text.split(", ").take(parts).collect::<Vec<_>>().join(", ");
    let mut text = text.replace(home.path("").to_str().unwrap().trim_end_matches('/'), "~");
    // The random part of a temporary file's name, the time in that of a backup, the digest of a directory's.
    if let Some(end) = text.find(".awsauth-tmp") {
        text.replace_range(end - 6..end, "*");
    }
    if let Some(start) = text.find("dir-") {
        text.truncate(start);
    }
    let text = text.split(')').next().unwrap_or_default();
    let Some((name, rest)) = text.split_once('(') else { return text.to_owned() };
    format!("{name}({}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
}

//! A HOME of its own for one test, and awsauth run in it with nothing of the machine's environment.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::fake_aws::FakeAws;

/// A temporary HOME.
#[derive(Debug)]
pub(crate) struct Sandbox {
    home: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// What a run left, as text.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    /// Data.
    pub(crate) stdout: String,
    /// Talk.
    pub(crate) stderr: String,
}

impl Run {
    /// The run, which must have ended with 0.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.exits(0)
    }

    /// The run, which must have ended with that code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: with_slashes(String::from_utf8_lossy(&output.stdout).into_owned()),
            stderr: with_slashes(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }
}

/// Text with paths below HOME, `~\…`, as they read on Unix. In JSON they have two backslashes.
fn with_slashes(text: String) -> String {
    if !cfg!(windows) {
        return text;
    }
    let mut parts = text.split('~');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |shown, part| {
        let end = part.find(|c: char| c.is_whitespace() || "`'\",;:)".contains(c)).unwrap_or(part.len());
        let (path, rest) = part.split_at(end);
        format!("{shown}~{}{rest}", path.replace(r"\\", "/").replace('\\', "/"))
    })
}

impl Sandbox {
    /// An empty HOME.
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), env: Vec::new() }
    }

    /// An empty HOME in memory, where this machine has such a place: flushing takes no time there.
    pub(crate) fn in_memory() -> Self {
        Self { home: tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap(), env: Vec::new() }
    }

    /// An empty HOME from which AWS is `fake`.
    pub(crate) fn with_aws(fake: &FakeAws) -> Self {
        Self { env: fake.env(), ..Self::new() }
    }

    /// The same with one more environment variable for every run.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A path in HOME.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.home.path().join(relative.replace('/', std::path::MAIN_SEPARATOR_STR))
    }

    /// Writes a file in HOME, and its directories.
    pub(crate) fn write(&self, relative: &str, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Writes a shell script that can be run. Another process does it: a file that this one had open for writing could be
    /// open still in a child of another test, and then the system refuses to run it.
    pub(crate) fn script(&self, relative: &str, text: &str) -> PathBuf {
        let path = self.path(relative);
        let mut shell = Command::new("sh");
        shell.args(["-c", "printf '#!/bin/sh\n%s' \"$2\" >\"$1\" && chmod +x \"$1\"", "sh"]).arg(&path).arg(text);
        assert!(shell.status().unwrap().success());
        path
    }

    /// A named pipe in HOME, to wait for a program that this test does not run itself.
    pub(crate) fn pipe(&self, relative: &str) -> PathBuf {
        let path = self.path(relative);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }

    /// Writes the manifest where awsauth looks for it.
    pub(crate) fn manifest(&self, text: &str) {
        self.write(".config/awsauth/profiles.toml", text);
    }

    /// The content of a file in HOME.
    #[track_caller]
    pub(crate) fn read(&self, relative: &str) -> String {
        let path = self.path(relative);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Whether there is such a file in HOME.
    pub(crate) fn has(&self, relative: &str) -> bool {
        self.path(relative).symlink_metadata().is_ok()
    }

    /// The files below a directory in HOME.
    pub(crate) fn list(&self, relative: &str) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path(relative)) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }

    /// awsauth, ready to be run here.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.program(Path::new(env!("CARGO_BIN_EXE_awsauth")));
        command.args(args);
        command
    }

    /// The same, started without a standard output.
    #[cfg(unix)]
    pub(crate) fn command_without_stdout(&self, args: &[&str]) -> Command {
        let mut command = self.program(Path::new("sh"));
        command.args(["-c", "exec \"$0\" \"$@\" >&-", env!("CARGO_BIN_EXE_awsauth")]).args(args);
        command
    }

    /// Any program, ready to be run here.
    pub(crate) fn program(&self, program: &Path) -> Command {
        #[cfg(unix)]
        super::signals::at_their_defaults();
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.platform_env())
            .env("HOME", self.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("COLUMNS", "120")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        command
    }

    /// Any program that looks for others: it finds those of HOME's `bin` first, then this awsauth, then the machine's.
    #[cfg(unix)]
    pub(crate) fn program_beside_awsauth(&self, program: &Path) -> Command {
        let awsauth = Path::new(env!("CARGO_BIN_EXE_awsauth")).parent().unwrap().to_owned();
        let machine = std::env::var_os("PATH").unwrap_or_default();
        let path = [self.path("bin"), awsauth].into_iter().chain(std::env::split_paths(&machine));
        let mut command = self.program(program);
        command.env("PATH", std::env::join_paths(path).unwrap());
        command
    }

    /// The directories that Windows has instead, where Unix has them, and what every program needs there.
    fn platform_env(&self) -> Vec<(&str, std::ffi::OsString)> {
        if !cfg!(windows) {
            return Vec::new();
        }
        let ours =
            [("USERPROFILE", ""), ("APPDATA", ".config"), ("LOCALAPPDATA", ".local/state")].map(|(name, dir)| {
                let path = if dir.is_empty() { self.home.path().to_path_buf() } else { self.path(dir) };
                (name, path.into_os_string())
            });
        let theirs = ["SYSTEMROOT", "TEMP"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        ours.into_iter().chain(theirs).collect()
    }

    /// Runs awsauth without anybody at a terminal.
    #[must_use]
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        self.command(args).output().unwrap().into()
    }

    /// Runs awsauth with `input` on stdin.
    #[must_use]
    pub(crate) fn run_with_input<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>, input: &str) -> Run {
        let mut child =
            self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A run that refuses its arguments does not read its input.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        child.wait_with_output().unwrap().into()
    }
}

//! Owns what this process was started with: words, environment, streams, program.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy, Windows};
use thiserror::Error;

use crate::source::decode;

/// A variable gives a relative path, which names another file in each directory.
#[derive(Debug, Error)]
#[error("{name} is `{given}`, which is not an absolute path")]
pub(crate) struct RelativePath {
    name: &'static str,
    given: PathBuf,
}

/// The words and the environment of this process and its streams, read once.
pub(crate) struct Host {
    words: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    pub(crate) stdin_is_terminal: bool,
    pub(crate) stdout_is_terminal: bool,
    pub(crate) stderr_is_terminal: bool,
}

impl Host {
    pub(crate) fn read() -> Self {
        Self {
            words: std::env::args_os().collect(),
            env: std::env::vars_os().collect(),
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
        }
    }

    /// The words of the command line, the program's name first.
    pub(crate) fn words(&self) -> &[OsString] {
        &self.words
    }

    /// The value of a variable. An empty one counts as not set, as it does for AWS's SDKs.
    pub(crate) fn var_os(&self, name: &str) -> Option<&OsStr> {
        // Windows does not heed the case, and has `Path`.
        let is_it = |key: &OsStr| if cfg!(windows) { key.eq_ignore_ascii_case(name) } else { key == name };
        let (_, value) = self.env.iter().find(|(key, _)| is_it(key))?;
        Some(value.as_os_str()).filter(|value| !value.is_empty())
    }

    /// None also for a value that is not UTF-8.
    pub(crate) fn var(&self, name: &str) -> Option<&str> {
        self.var_os(name).and_then(OsStr::to_str)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.env.iter().filter_map(|(name, _)| name.to_str())
    }

    /// The columns of text on standard error: `COLUMNS`, else the terminal's, else 120.
    pub(crate) fn width(&self) -> usize {
        let named = self.var("COLUMNS").and_then(|columns| columns.parse().ok());
        let terminal = || terminal_size().map(|(width, _)| usize::from(width.0));
        named.or_else(terminal).unwrap_or(120)
    }

    /// The lines of the terminal behind standard error, else 24.
    pub(crate) fn height() -> usize {
        terminal_size().map_or(24, |(_, height)| usize::from(height.0))
    }

    /// True if a person can type, and sees standard error.
    pub(crate) fn is_interactive(&self) -> bool {
        self.stdin_is_terminal && self.stderr_is_terminal
    }

    /// True if Docker or Podman marks this as a container of theirs.
    pub(crate) fn is_in_container() -> bool {
        ["/.dockerenv", "/run/.containerenv"].iter().any(|file| std::fs::metadata(file).is_ok())
    }

    /// `HOME` (`USERPROFILE` on Windows), else the home directory of the system's user database. None if that is relative.
    pub(crate) fn home() -> Option<PathBuf> {
        etcetera::home_dir().ok().filter(|home| home.is_absolute())
    }

    /// The path that a variable gives. A leading `~` is expanded: a shell does not inside quotes, other programs never do.
    pub(crate) fn path(&self, name: &'static str) -> Result<Option<PathBuf>, RelativePath> {
        Self::absolute(name, self.var_os(name))
    }

    fn absolute(name: &'static str, given: Option<&OsStr>) -> Result<Option<PathBuf>, RelativePath> {
        let Some(given) = given.filter(|given| !given.is_empty()).map(PathBuf::from) else { return Ok(None) };
        let expanded = match (given.strip_prefix("~"), Self::home()) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => given,
        };
        if expanded.is_absolute() { Ok(Some(expanded)) } else { Err(RelativePath { name, given: expanded }) }
    }

    /// The directory of all programs' configuration: `XDG_CONFIG_HOME`, `~/.config`, or the platform's own on Windows.
    pub(crate) fn config_dir() -> Result<Option<PathBuf>, RelativePath> {
        Self::base_dir("XDG_CONFIG_HOME", ".config", <Windows as BaseStrategy>::config_dir)
    }

    /// The directory of all programs' state: `XDG_STATE_HOME`, `~/.local/state`, or on Windows the one that stays on this machine:
    /// the other follows the person to each machine of a domain, and would bring sessions and locks there.
    pub(crate) fn state_dir() -> Result<Option<PathBuf>, RelativePath> {
        Self::base_dir("XDG_STATE_HOME", ".local/state", <Windows as BaseStrategy>::cache_dir)
    }

    /// The directory of all programs' data: `XDG_DATA_HOME`, `~/.local/share`, or the platform's own on Windows.
    pub(crate) fn data_dir() -> Result<Option<PathBuf>, RelativePath> {
        Self::base_dir("XDG_DATA_HOME", ".local/share", <Windows as BaseStrategy>::data_dir)
    }

    fn base_dir(
        variable: &'static str,
        below_home: &str,
        on_windows: fn(&Windows) -> PathBuf,
    ) -> Result<Option<PathBuf>, RelativePath> {
        if cfg!(windows) {
            return Ok(Windows::new().ok().map(|windows| on_windows(&windows)));
        }
        let named = Self::absolute(variable, std::env::var_os(variable).as_deref())?;
        Ok(named.or_else(|| Some(Self::home()?.join(below_home))))
    }

    /// This program's absolute path: the one in `PATH` that leads here, since package managers keep that from version to
    /// version, else the file itself.
    pub(crate) fn program(&self) -> io::Result<PathBuf> {
        self.program_that(|_| true, None)
    }

    /// The first of this program's absolute paths that `fits`, `other` among them if it leads here; else [`Host::program`].
    pub(crate) fn program_that(&self, fits: impl Fn(&Path) -> bool, other: Option<PathBuf>) -> io::Result<PathBuf> {
        let real = std::env::current_exe()?;
        let mut paths = self.links(&real, other);
        paths.push(real);
        let first = paths.iter().position(|path| fits(path)).unwrap_or_default();
        Ok(paths.swap_remove(first))
    }

    fn links(&self, real: &Path, other: Option<PathBuf>) -> Vec<PathBuf> {
        let name = real.file_name().unwrap_or_default();
        let path = self.var_os("PATH").unwrap_or_default();
        let dirs = std::env::split_paths(path).filter(|dir| dir.is_absolute());
        let own = std::fs::canonicalize(real).ok();
        let is_own = |path: &PathBuf| own.is_some() && std::fs::canonicalize(path).ok() == own;
        dirs.map(|dir| dir.join(name)).chain(other).filter(is_own).collect()
    }

    /// Standard output; an error if this process was started without one, which `std`'s own ignores.
    #[cfg(unix)]
    pub(crate) fn stdout() -> io::Result<std::fs::File> {
        use std::os::fd::AsFd as _;
        if WAS_STDOUT_CLOSED.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(io::Error::other("it is closed"));
        }
        io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from)
    }

    /// A console takes text from `std`'s own alone.
    #[cfg(windows)]
    pub(crate) fn stdout() -> io::Result<io::Stdout> {
        use std::os::windows::io::AsRawHandle as _;
        let stdout = io::stdout();
        if stdout.as_raw_handle().is_null() { Err(io::Error::other("it is closed")) } else { Ok(stdout) }
    }

    /// Reads at most `limit` bytes.
    pub(crate) fn read_stdin(limit: u64) -> io::Result<String> {
        let mut bytes = Vec::new();
        io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
        decode(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it is neither UTF-8 nor UTF-16"))
    }
}

/// Of the terminal behind standard error, else of the one behind standard output.
fn terminal_size() -> Option<(terminal_size::Width, terminal_size::Height)> {
    terminal_size::terminal_size_of(io::stderr()).or_else(|| terminal_size::terminal_size_of(io::stdout()))
}

/// True if the process was started without a standard output, as with `>&-`.
#[cfg(unix)]
static WAS_STDOUT_CLOSED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Runs before Rust's runtime opens `/dev/null` in place of a closed standard output. Later nothing tells that from the
/// `/dev/null` that a caller gave, and `awsauth env` would report success with its output lost.
#[cfg(unix)]
#[ctor::ctor(unsafe)]
fn look_at_stdout() {
    // Nothing here may need the runtime: one system call and one store.
    let is_closed = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err();
    WAS_STDOUT_CLOSED.store(is_closed, std::sync::atomic::Ordering::Relaxed);
}

/// True if standard output is a file that other users may read.
#[cfg(unix)]
pub(crate) fn stdout_is_open_to_others() -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = Host::stdout().and_then(|stdout| stdout.metadata());
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(windows)]
pub(crate) fn stdout_is_open_to_others() -> bool {
    false
}

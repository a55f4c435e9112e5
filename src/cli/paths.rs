//! Owns where files are: the manifest, AWS's files and caches, the state directory.

use std::borrow::Cow;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::manifest::LOCAL_NAME;
use crate::system::files::disk;
use crate::system::host::{Host, RelativePath};

/// Finds each path when it is asked for, so that `check --manifest` needs no home directory.
#[derive(Clone, Copy)]
pub(crate) struct Paths<'a> {
    host: &'a Host,
    manifest: Option<&'a Path>,
}

impl<'a> Paths<'a> {
    /// `manifest` is the value of `--manifest`.
    pub(crate) fn new(host: &'a Host, manifest: Option<&'a Path>) -> Self {
        Self { host, manifest }
    }

    /// The manifest: `--manifest`, `AWSAUTH_MANIFEST`, or `profiles.toml` in the configuration directory. Never the
    /// current directory: a cloned repository must not be able to bring its own.
    pub(crate) fn manifest(&self) -> Result<PathBuf, Failure> {
        // Also where it is named: a person's own file is looked for there.
        let config_dir = Host::config_dir().map_err(|error| relative(&error))?;
        if let Some(path) = self.manifest {
            return Self::expanded(path);
        }
        match variable(self.host, "AWSAUTH_MANIFEST")? {
            Some(path) => Ok(path),
            None => Ok(config_dir.ok_or_else(no_home)?.join("awsauth").join("profiles.toml")),
        }
    }

    /// True if a later run without `--manifest` takes the same file.
    pub(crate) fn is_manifest_found_again(&self) -> bool {
        let other = Paths { host: self.host, manifest: None };
        self.manifest.is_none_or(|path| other.manifest().is_ok_and(|found| found == path))
    }

    /// True for the manifest in the configuration directory, which may be a link that the person made.
    pub(crate) fn is_manifest_own(manifest: &Path) -> bool {
        Self::default_manifest().is_ok_and(|own| own == manifest)
    }

    /// The paths of the personal file, the one that wins last: beside the manifest (links resolved), and in the
    /// configuration directory. Both may be one file.
    pub(crate) fn local(manifest: &Path) -> Vec<PathBuf> {
        let beside = beside(manifest).map(|dir| dir.join(LOCAL_NAME));
        let own = Self::own_local();
        let beside = beside.filter(|beside| own.as_ref() != Some(beside));
        beside.into_iter().chain(own).collect()
    }

    /// The personal file in the configuration directory.
    pub(crate) fn own_local() -> Option<PathBuf> {
        Some(Host::config_dir().ok()??.join("awsauth").join(LOCAL_NAME))
    }

    /// A path for a message: `~` stands for the home directory.
    pub(crate) fn shown(path: &Path) -> String {
        match Host::home().as_deref().and_then(|home| path.strip_prefix(home).ok()) {
            Some(rest) => format!("{}", Path::new("~").join(rest).display()),
            None => path.display().to_string(),
        }
    }

    /// A message with `~` for the home directory where a shell would expand it: not within quotes.
    pub(crate) fn with_tilde(text: &str) -> Cow<'_, str> {
        let as_dir = |home: &str| format!("{}{MAIN_SEPARATOR}", home.trim_end_matches(std::path::is_separator));
        let home = Host::home().and_then(|home| home.to_str().map(as_dir));
        match home.filter(|home| home.len() > 1 && text.contains(home.as_str())) {
            Some(home) => shortened(text, &home).into(),
            None => text.into(),
        }
    }

    /// A path for a document; bytes that are no text become replacement characters.
    pub(crate) fn text(path: &Path) -> String {
        path.to_string_lossy().into_owned()
    }

    fn default_manifest() -> Result<PathBuf, Failure> {
        let dir = Host::config_dir().map_err(|error| relative(&error))?.ok_or_else(no_home)?;
        Ok(dir.join("awsauth").join("profiles.toml"))
    }

    /// `AWS_CONFIG_FILE`, or `~/.aws/config`.
    pub(crate) fn config(&self) -> Result<PathBuf, Failure> {
        self.aws_file("AWS_CONFIG_FILE", "config")
    }

    /// `AWS_SHARED_CREDENTIALS_FILE`, or `~/.aws/credentials`.
    pub(crate) fn credentials(&self) -> Result<PathBuf, Failure> {
        self.aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials")
    }

    /// One of AWS's own caches.
    pub(crate) fn aws_cache(tool: &str) -> Result<PathBuf, Failure> {
        Ok(Self::home()?.join(".aws").join(tool).join("cache"))
    }

    /// `AWS_LOGIN_CACHE_DIRECTORY`, or `~/.aws/login/cache` (aws-facts §13.2).
    pub(crate) fn login_cache(&self) -> Result<PathBuf, Failure> {
        match variable(self.host, "AWS_LOGIN_CACHE_DIRECTORY")? {
            Some(dir) => Ok(dir),
            None => Self::aws_cache("login"),
        }
    }

    /// `AWSAUTH_STATE_DIR`, or `awsauth` in the platform's state directory.
    pub(crate) fn state(&self) -> Result<PathBuf, Failure> {
        if let Some(dir) = variable(self.host, "AWSAUTH_STATE_DIR")? {
            return Ok(dir);
        }
        let dir = Host::state_dir().map_err(|error| relative(&error))?;
        Ok(dir.ok_or_else(no_home)?.join("awsauth"))
    }

    /// The path of an option: no shell expands the `~` of `--manifest=~/…`.
    fn expanded(path: &Path) -> Result<PathBuf, Failure> {
        match path.strip_prefix("~") {
            Ok(rest) => Ok(Self::home()?.join(rest)),
            Err(_) => Ok(path.to_path_buf()),
        }
    }

    /// The absolute path of an option.
    pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
        std::path::absolute(Self::expanded(path)?)
            .map_err(|error| Failure::new(Exit::Usage, format!("{} is no path", path.display())).because(&error))
    }

    /// The directory for clones of teams' repositories.
    pub(crate) fn clones() -> Result<PathBuf, Failure> {
        let dir = Host::data_dir().map_err(|error| relative(&error))?;
        Ok(dir.ok_or_else(no_home)?.join("awsauth"))
    }

    fn aws_file(&self, name: &'static str, file: &str) -> Result<PathBuf, Failure> {
        match variable(self.host, name)? {
            Some(path) => Ok(path),
            None => Ok(Self::home()?.join(".aws").join(file)),
        }
    }

    fn home() -> Result<PathBuf, Failure> {
        Host::home().ok_or_else(no_home)
    }
}

fn shortened(text: &str, home: &str) -> String {
    let mut parts = text.split(home);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_begin = shown.chars().next_back().is_none_or(|last| last.is_whitespace() || "(`".contains(last));
        if is_begin {
            shown.push('~');
            // With the separator that it ends with.
            shown.push_str(&home[home.len() - 1..]);
        } else {
            shown.push_str(home);
        }
        shown.push_str(part);
    }
    shown
}

/// The manifest's directory: as it was named, or the real one if a link leads elsewhere.
pub(crate) fn beside(manifest: &Path) -> Option<PathBuf> {
    let named = manifest.parent()?;
    let real = disk::real_path(manifest)?.parent()?.to_path_buf();
    let is_there =
        disk::real_path(if named.as_os_str().is_empty() { Path::new(".") } else { named }).as_ref() == Some(&real);
    Some(if is_there { named.to_path_buf() } else { real })
}

pub(crate) fn variable(host: &Host, name: &'static str) -> Result<Option<PathBuf>, Failure> {
    host.path(name).map_err(|error| relative(&error))
}

fn relative(error: &RelativePath) -> Failure {
    Failure::of(Exit::Usage, error).hint("give an absolute path, or one that begins with `~/`")
}

fn no_home() -> Failure {
    Failure::new(Exit::Unavailable, "your home directory is not known").hint("set HOME to an absolute path")
}

impl Paths<'_> {
    pub(crate) fn no_manifest(&self, path: &Path) -> Failure {
        let failure = Failure::new(Exit::Manifest, format!("there is no manifest at {}", path.display()));
        // `init` must write where this command has looked.
        let flag = self.manifest.and_then(|path| shlex::try_quote(path.to_str()?).ok());
        let flag = flag.map(|path| format!(" --manifest {path}")).unwrap_or_default();
        let failure = if disk::exists(path) {
            failure.hint("the symbolic link there leads to a file that does not exist")
        } else {
            failure.hint(format!("`awsauth init{flag}` writes a first one there"))
        };
        match Paths::default_manifest() {
            _ if self.manifest.is_some() => failure,
            Ok(default) if default == path => failure
                .hint("if your team has one, `awsauth join ADDRESS` clones its repository and links it there")
                .hint("if it is elsewhere, give `--manifest PATH` or set AWSAUTH_MANIFEST"),
            _ => failure.hint("AWSAUTH_MANIFEST names this path: correct or unset it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_below_the_home_begins_with_a_tilde_where_a_shell_would_read_it_so() {
        for (text, expected) in [
            ("/home/a/x is (/home/a/y), `chmod 600 /home/a/z`", "~/x is (~/y), `chmod 600 ~/z`"),
            ("ln -s '/home/a/b c' --to=/home/a/d", "ln -s '/home/a/b c' --to=/home/a/d"),
            ("/mnt/home/a/x and /home/ab", "/mnt/home/a/x and /home/ab"),
        ] {
            assert_eq!(shortened(text, "/home/a/"), expected);
        }
    }
}

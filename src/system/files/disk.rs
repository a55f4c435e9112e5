//! Owns reading and removing files, without waiting for a FIFO or device, and errors about them.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

/// In bytes.
pub(crate) const LARGEST: u64 = 64 * 1024 * 1024;

#[derive(Debug, Error)]
pub(crate) enum DiskError {
    /// `doing` is a verb, such as `read`.
    #[error("can't {doing} {path}")]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    /// The link at `path` leads to `target`.
    #[error("can't {doing} {target}, where {path} leads")]
    Behind { doing: &'static str, path: PathBuf, target: PathBuf, source: io::Error },
    /// Replaced, the file would belong to this user.
    #[cfg(unix)]
    #[error("{path} belongs to another user (number {owner}), and only that one or root can replace it")]
    Foreign { path: PathBuf, owner: u32 },
    /// The new file can't have the group of the old one, which has rights to it.
    #[cfg(unix)]
    #[error(
        "{path} belongs to a group that you are not in (number {group}), and the group has rights to it that would be lost"
    )]
    ForeignGroup { path: PathBuf, group: u32 },
    /// Another user could have written the file, or have put something else at `path`, which leads to it.
    #[error("awsauth does not use {path}: {why}")]
    Exposed { path: PathBuf, why: String },
    /// Linux does not follow it either, where `fs.protected_symlinks` is on (`proc_sys_fs(5)`).
    #[error("awsauth does not follow the link {path}: another user put it there")]
    PlantedLink { path: PathBuf },
    #[error("{path} is {what}, not a file")]
    NotAFile { path: PathBuf, what: &'static str },
    #[error("{path} has {size} bytes; awsauth reads files of up to {LARGEST}")]
    TooLarge { path: PathBuf, size: u64 },
    #[error("the symbolic link {path} leads back to itself")]
    LinkLoop { path: PathBuf },
}

impl DiskError {
    /// True if both have one cause, though about different files.
    pub(crate) fn has_same_cause(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Io { doing, source, .. } | Self::Behind { doing, source, .. },
                Self::Io { doing: other, source: cause, .. } | Self::Behind { doing: other, source: cause, .. },
            ) => (doing, source.kind()) == (other, cause.kind()),
            (Self::Exposed { path, .. }, Self::Exposed { path: other, .. }) => path == other,
            _ => false,
        }
    }

    pub(crate) fn with_cause(&self) -> String {
        match std::error::Error::source(self) {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string(),
        }
    }

    /// Returns the function that wraps the system's error about `path`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { doing, path, source }
    }

    /// Names the link at `path` too if one leads to the file.
    pub(super) fn through_link(self, path: &Path) -> Self {
        match self {
            Self::Io { doing, path: target, source } if target != path => {
                Self::Behind { doing, path: path.to_path_buf(), target, source }
            }
            other => other,
        }
    }
}

/// Reads a whole file; none if there is none. Follows links.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, DiskError> {
    let Some((file, metadata)) = open_file(path)? else { return Ok(None) };
    read_all(file, &metadata, path).map(Some)
}

/// Reads an open file, and a little more than [`LARGEST`] bytes at most if it grows meanwhile.
pub(super) fn read_all(file: File, metadata: &Metadata, path: &Path) -> Result<Vec<u8>, DiskError> {
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(DiskError::io("read", path))?;
    Ok(bytes)
}

/// True if a file holds just `bytes`. Follows links.
pub(super) fn holds(path: &Path, bytes: &[u8]) -> Result<bool, DiskError> {
    Ok(read(path)?.is_some_and(|content| content == bytes))
}

/// Also refuses a file that is too large.
pub(super) fn require_regular_file(path: &Path, metadata: &Metadata) -> Result<(), DiskError> {
    if metadata.is_file() {
        if metadata.len() > LARGEST {
            return Err(DiskError::TooLarge { path: path.to_path_buf(), size: metadata.len() });
        }
        return Ok(());
    }
    let what = if metadata.is_dir() { "a directory" } else { "a pipe, socket or device" };
    Err(not_a_file(path, what))
}

fn not_a_file(path: &Path, what: &'static str) -> DiskError {
    DiskError::NotAFile { path: path.to_path_buf(), what }
}

/// Refuses a file of another user's, unless this is root, who keeps the owner.
#[cfg(unix)]
pub(super) fn require_own(path: &Path, metadata: &Metadata) -> Result<(), DiskError> {
    use std::os::unix::fs::MetadataExt as _;
    let user = rustix::process::geteuid();
    if user.is_root() || metadata.uid() == user.as_raw() {
        return Ok(());
    }
    Err(DiskError::Foreign { path: path.to_path_buf(), owner: metadata.uid() })
}

/// Opens a regular file for reading; none if there is none.
pub(super) fn open_file(path: &Path) -> Result<Option<(File, Metadata)>, DiskError> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            // Windows opens no directory, and does not say that it is one.
            let is_dir = cfg!(windows) && path.is_dir();
            return Err(if is_dir { not_a_file(path, "a directory") } else { DiskError::io("read", path)(error) });
        }
    };
    let metadata = file.metadata().map_err(DiskError::io("read", path))?;
    require_regular_file(path, &metadata)?;
    Ok(Some((file, metadata)))
}

/// Doesn't wait for a writer at the other end of a FIFO.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

/// Removes a file. Returns false if there is none.
pub(crate) fn remove(path: &Path) -> Result<bool, DiskError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(DiskError::io("remove", path)(error)),
    }
}

/// The paths in a directory, sorted; none if there is no such directory.
pub(crate) fn list(path: &Path) -> Result<Vec<PathBuf>, DiskError> {
    Ok(entries(path)?.into_iter().map(|entry| entry.path()).collect())
}

/// The entries of a directory by name; none if there is no such directory.
pub(super) fn entries(path: &Path) -> Result<Vec<fs::DirEntry>, DiskError> {
    let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    match entries {
        Ok(mut entries) => {
            entries.sort_by_key(fs::DirEntry::file_name);
            Ok(entries)
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(DiskError::io("list", path)(error)),
    }
}

/// True for a dangling link too.
pub(crate) fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// False for a link to a file too.
pub(crate) fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// The path of a file or directory without links; none if nothing is there.
pub(crate) fn real_path(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

/// True if the file was written less than `age` ago, or in the future: the clock may be another machine's.
pub(crate) fn is_fresh(path: &Path, age: Duration) -> bool {
    let written = fs::metadata(path).and_then(|metadata| metadata.modified());
    written.is_ok_and(|written| written.elapsed().map_or(true, |elapsed| elapsed < age))
}

/// The time at which the file was last written; none if there is none.
pub(crate) fn modified(path: &Path) -> Option<Timestamp> {
    Timestamp::try_from(fs::metadata(path).ok()?.modified().ok()?).ok()
}

/// True if other users of this machine may read or write the file.
#[cfg(unix)]
pub(crate) fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(windows)]
pub(crate) fn is_open_to_others(_path: &Path) -> bool {
    false
}

/// Leaves no rights to a file to any other user. Follows no link.
#[cfg(unix)]
pub(crate) fn close_to_others(path: &Path) -> Result<(), DiskError> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let file = opened.map_err(DiskError::io("open", path))?;
    let metadata = file.metadata().map_err(DiskError::io("examine", path))?;
    require_regular_file(path, &metadata)?;
    let mode = metadata.permissions().mode() & 0o7700;
    file.set_permissions(fs::Permissions::from_mode(mode)).map_err(DiskError::io("change the mode of", path))
}

/// Never needed: nothing is found to be open to others.
#[cfg(windows)]
pub(crate) fn close_to_others(path: &Path) -> Result<(), DiskError> {
    Err(DiskError::io("change the rights of", path)(io::ErrorKind::Unsupported.into()))
}

/// True if it is this user's, who may change its mode.
#[cfg(unix)]
pub(crate) fn is_own(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).is_ok_and(|metadata| metadata.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(windows)]
pub(crate) fn is_own(_path: &Path) -> bool {
    false
}

/// Leaves no right to write to a directory to any other user.
#[cfg(unix)]
pub(crate) fn protect_from_others(dir: &Path) -> Result<(), DiskError> {
    use std::os::unix::fs::PermissionsExt as _;
    let opened = File::open(dir).map_err(DiskError::io("open", dir))?;
    let mode = opened.metadata().map_err(DiskError::io("examine", dir))?.permissions().mode() & 0o7755;
    opened.set_permissions(fs::Permissions::from_mode(mode)).map_err(DiskError::io("change the mode of", dir))
}

#[cfg(windows)]
pub(crate) fn protect_from_others(dir: &Path) -> Result<(), DiskError> {
    close_to_others(dir)
}

/// Makes a symbolic link to a file. Returns false if something is there already.
pub(crate) fn link(target: &Path, at: &Path) -> Result<bool, DiskError> {
    #[cfg(unix)]
    let made = std::os::unix::fs::symlink(target, at);
    #[cfg(windows)]
    let made = std::os::windows::fs::symlink_file(target, at);
    match made {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(DiskError::io("link", at)(error)),
    }
}

/// Makes a directory and its parents, for this user only. Leaves one that exists as it is.
pub(crate) fn make_private_dir(path: &Path) -> Result<(), DiskError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path).map_err(DiskError::io("create the directory", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_not_an_error_and_a_directory_is() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read(&dir.path().join("none")).unwrap().is_none());
        assert!(matches!(read(dir.path()), Err(DiskError::NotAFile { what: "a directory", .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_fifo_is_refused_without_waiting_for_a_writer() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(matches!(read(&path), Err(DiskError::NotAFile { .. })));
    }
}

//! Owns reading files: never blocking on a FIFO or device, never more than fits.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

/// The largest file that is read, in bytes.
pub(crate) const LARGEST: u64 = 64 * 1024 * 1024;

/// Why a file could not be read or written.
#[derive(Debug, Error)]
pub(crate) enum DiskError {
    /// The system said no.
    #[error("can't {doing} {path}")]
    Io {
        /// A verb, such as `read`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The same about the file that a link leads to.
    #[error("can't {doing} {target}, where {path} leads")]
    Behind {
        /// A verb, such as `write`.
        doing: &'static str,
        /// The link.
        path: PathBuf,
        /// The file.
        target: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Replaced, the file would belong to this user.
    #[error("{path} belongs to another user (number {owner}), and only that one or root can replace it")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Its owner's number.
        owner: u32,
    },
    /// The new file can't have the group of the old one, which has rights to it.
    #[error(
        "{path} belongs to a group that you are not in (number {group}), and the group has rights to it that would be lost"
    )]
    ForeignGroup {
        /// The file.
        path: PathBuf,
        /// Its group's number.
        group: u32,
    },
    /// Somebody else could have put there what is found there.
    #[error("awsauth does not use {path}: {why}")]
    Exposed {
        /// The file, or a directory on the way to it.
        path: PathBuf,
        /// Such as `it is a symbolic link`.
        why: String,
    },
    /// As the system itself does not follow it, where `fs.protected_symlinks` is on (`proc_sys_fs(5)`).
    #[error("awsauth does not follow the link {path}: another user put it there")]
    PlantedLink {
        /// The link.
        path: PathBuf,
    },
    /// Something else stands where the file should be.
    #[error("{path} is {what}, not a file")]
    NotAFile {
        /// The place.
        path: PathBuf,
        /// Such as `a directory`.
        what: &'static str,
    },
    /// More than [`LARGEST`].
    #[error("{path} has {size} bytes; awsauth reads files of up to {LARGEST}")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// Links that lead in a circle.
    #[error("the symbolic link {path} leads back to itself")]
    LinkLoop {
        /// The link.
        path: PathBuf,
    },
}

impl DiskError {
    /// Whether the system said the same of another file.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Io { doing, source, .. } | Self::Behind { doing, source, .. },
                Self::Io { doing: other, source: cause, .. } | Self::Behind { doing: other, source: cause, .. },
            ) => (doing, source.kind()) == (other, cause.kind()),
            (Self::Exposed { path, .. }, Self::Exposed { path: other, .. }) => path == other,
            _ => false,
        }
    }

    /// The error and what caused it, in one line.
    pub(crate) fn in_full(&self) -> String {
        match std::error::Error::source(self) {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string(),
        }
    }

    /// Wraps what the system said about `path`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { doing, path, source }
    }

    /// The same, told of a link at `path` too if one leads there.
    pub(super) fn reached_by(self, path: &Path) -> Self {
        match self {
            Self::Io { doing, path: target, source } if target != path => {
                Self::Behind { doing, path: path.to_path_buf(), target, source }
            }
            other => other,
        }
    }
}

/// Reads a whole file; `None` if there is none. Follows links.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, DiskError> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(DiskError::io("read", path)(error)),
    };
    let metadata = file.metadata().map_err(DiskError::io("read", path))?;
    refuse_odd(path, &metadata)?;
    let size = usize::try_from(metadata.len()).unwrap_or(0);
    let mut bytes = Vec::with_capacity(size + 1);
    // Not more than is allowed, should it grow meanwhile.
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(DiskError::io("read", path))?;
    Ok(Some(bytes))
}

/// Whether a file holds just `bytes`; a missing one does not. Follows links, and keeps no copy.
pub(super) fn holds(path: &Path, bytes: &[u8]) -> Result<bool, DiskError> {
    let Some(mut file) = open_file(path)? else { return Ok(false) };
    let mut rest = bytes;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = match file.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(DiskError::io("read", path)(error)),
        };
        match rest.strip_prefix(&buffer[..count]) {
            Some([]) if count == 0 => return Ok(true),
            Some(behind) if count > 0 => rest = behind,
            _ => return Ok(false),
        }
    }
}

/// Refuses what is not a regular file, or is too large.
pub(super) fn refuse_odd(path: &Path, metadata: &fs::Metadata) -> Result<(), DiskError> {
    if metadata.is_file() {
        if metadata.len() > LARGEST {
            return Err(DiskError::TooLarge { path: path.to_path_buf(), size: metadata.len() });
        }
        return Ok(());
    }
    let what = if metadata.is_dir() { "a directory" } else { "a pipe, socket or device" };
    Err(DiskError::NotAFile { path: path.to_path_buf(), what })
}

/// Refuses a file of another user's, unless this is root, who keeps the owner.
#[cfg(unix)]
pub(super) fn refuse_foreign(path: &Path, metadata: &fs::Metadata) -> Result<(), DiskError> {
    use std::os::unix::fs::MetadataExt as _;
    let user = rustix::process::geteuid();
    if user.is_root() || metadata.uid() == user.as_raw() {
        return Ok(());
    }
    Err(DiskError::Foreign { path: path.to_path_buf(), owner: metadata.uid() })
}

/// Owners are not told by numbers here.
#[cfg(not(unix))]
pub(super) fn refuse_foreign(_path: &Path, _metadata: &fs::Metadata) -> Result<(), DiskError> {
    Ok(())
}

/// Opens a regular file for reading; none if there is none.
pub(super) fn open_file(path: &Path) -> Result<Option<File>, DiskError> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(DiskError::io("read", path)(error)),
    };
    refuse_odd(path, &file.metadata().map_err(DiskError::io("read", path))?)?;
    Ok(Some(file))
}

/// Opens without waiting for a writer at the other end of a FIFO.
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

/// Removes a file; it is fine if there is none. Returns whether there was one.
pub(crate) fn remove(path: &Path) -> Result<bool, DiskError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(DiskError::io("remove", path)(error)),
    }
}

/// The files of a directory, by name; none if there is no such directory.
pub(crate) fn list(path: &Path) -> Result<Vec<PathBuf>, DiskError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(DiskError::io("list", path)(error)),
    };
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(DiskError::io("list", path))?;
    paths.sort();
    Ok(paths)
}

/// Whether anything stands at `path`, a dangling link included.
pub(crate) fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// The path of a file or directory without any link in it; none if there is none.
pub(crate) fn real_path(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

/// Whether the file was written less than `age` ago, or in the future: the clock may be another machine's.
pub(super) fn is_fresh(path: &Path, age: Duration) -> bool {
    let written = fs::metadata(path).and_then(|metadata| metadata.modified());
    written.is_ok_and(|written| written.elapsed().map_or(true, |elapsed| elapsed < age))
}

/// Whether other users of the machine may read or write the file.
#[cfg(unix)]
pub(crate) fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

/// Whether other users of the machine may read or write the file; not told by its mode here.
#[cfg(not(unix))]
pub(crate) fn is_open_to_others(_path: &Path) -> bool {
    false
}

/// Takes the rights of all other users to a file away.
#[cfg(unix)]
pub(crate) fn close_to_others(path: &Path) -> Result<(), DiskError> {
    use std::os::unix::fs::PermissionsExt as _;
    // Opened first, so that a link that is put there meanwhile is not followed to another file.
    let file = open(path).map_err(DiskError::io("open", path))?;
    let metadata = file.metadata().map_err(DiskError::io("look at", path))?;
    refuse_odd(path, &metadata)?;
    let mode = metadata.permissions().mode() & 0o7700;
    file.set_permissions(fs::Permissions::from_mode(mode)).map_err(DiskError::io("change the mode of", path))
}

/// Takes the rights of all other users to a file away; not told by its mode here.
#[cfg(not(unix))]
pub(crate) fn close_to_others(_path: &Path) -> Result<(), DiskError> {
    Ok(())
}

/// Makes a directory and its parents, for this user only; one that exists is left as it is.
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

//! Owns telling cheaply that a file, or the names in a directory, have not changed: by the file system's metadata, as git's index
//! does, and by a digest where that is not sure.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::disk::{self, DiskError};

/// A file or directory as it was seen at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileStamp {
    path: PathBuf,
    content: Content,
    /// None where a later change might not alter it.
    stat: Option<Stat>,
    /// The path without links, if that matters as well.
    real: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Content {
    /// The SHA-256 of a file, in hexadecimal digits.
    File(String),
    Missing,
    /// The SHA-256 of the names in a directory. Empty where nobody read them, so that no names have it.
    Names(String),
}

/// The metadata by which a change or a replacement shows. Times are nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stat {
    size: u64,
    modified: i64,
    /// The time at which anything about the file changed, such as its name.
    changed: i64,
    inode: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DirEntry {
    pub(crate) name: OsString,
    /// False for a link to a directory.
    pub(crate) is_dir: bool,
}

/// Reads a file so that it can be remembered; none if there is none.
///
/// A file that was written within a tick of the file system's clock before `now` gets no stat, since a second write
/// could leave the same one (the problem that git calls racy).
pub(crate) fn read(path: &Path, now: Timestamp) -> Result<Option<(Vec<u8>, FileStamp)>, DiskError> {
    // Looked at before it is read: a write in between leaves an older stat, which then does not match.
    let stat = settled_stat(path, now);
    let Some(bytes) = disk::read(path)? else { return Ok(None) };
    let content = Content::File(digest(&bytes));
    Ok(Some((bytes, FileStamp { path: path.to_path_buf(), content, stat, real: None })))
}

pub(crate) fn missing(path: &Path) -> FileStamp {
    FileStamp { path: path.to_path_buf(), content: Content::Missing, stat: None, real: None }
}

/// Remembers that `path` leads to the directory `real`, whose names are not read.
pub(crate) fn directory(path: &Path, real: PathBuf) -> FileStamp {
    FileStamp { path: path.to_path_buf(), content: Content::Names(String::new()), stat: stat(path), real: Some(real) }
}

/// The names in a directory, sorted, and their stamp; no names if there is no such directory.
pub(crate) fn names(path: &Path, now: Timestamp) -> Result<(Vec<DirEntry>, FileStamp), DiskError> {
    let stat = settled_stat(path, now);
    let names = list(path)?;
    let content = Content::Names(digest(&joined(&names)));
    Ok((names, FileStamp { path: path.to_path_buf(), content, stat, real: None }))
}

impl FileStamp {
    /// Remembers also where the path leads: an equal file elsewhere has other files beside it.
    pub(crate) fn with_real_path(self) -> Self {
        Self { real: disk::real_path(&self.path), ..self }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// True if JSON can hold it.
    pub(crate) fn is_utf8(&self) -> bool {
        std::iter::once(&self.path).chain(&self.real).all(|path| path.to_str().is_some())
    }

    /// True if nothing has changed but metadata. Reads the file only if its metadata is not sure.
    pub(crate) fn is_current(&self) -> bool {
        if self.stat.is_some() && stat(&self.path) == self.stat {
            return true;
        }
        let (known, now) = match &self.content {
            Content::Missing => return is_missing(&self.path),
            Content::Names(known) => (known, list(&self.path).ok().map(|names| joined(&names))),
            Content::File(known) => (known, disk::read(&self.path).ok().flatten()),
        };
        now.is_some_and(|bytes| digest(&bytes) == *known)
            && (self.real.is_none() || disk::real_path(&self.path) == self.real)
    }
}

fn is_missing(path: &Path) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    fs::metadata(path).is_err_and(|error| matches!(error.kind(), NotFound | NotADirectory))
}

fn list(path: &Path) -> Result<Vec<DirEntry>, DiskError> {
    let read = |entry: fs::DirEntry| Ok(DirEntry { name: entry.file_name(), is_dir: entry.file_type()?.is_dir() });
    let names: io::Result<Vec<DirEntry>> = disk::entries(path)?.into_iter().map(read).collect();
    names.map_err(DiskError::io("list", path))
}

/// All names as one text, which no other names have.
fn joined(names: &[DirEntry]) -> Vec<u8> {
    let line = |one: &DirEntry| [one.name.as_encoded_bytes(), if one.is_dir { b"/\0" } else { b"\0" }].concat();
    names.iter().flat_map(line).collect()
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn settled_stat(path: &Path, now: Timestamp) -> Option<Stat> {
    stat(path).filter(|stat| {
        // File systems that keep fractions of seconds take them from a clock that ticks every 10 ms at the slowest.
        let tick = if stat.modified % 1_000_000_000 == 0 { 2_000_000_000 } else { 20_000_000 };
        now.as_nanosecond() - i128::from(stat.modified.max(stat.changed)) >= tick
    })
}

#[cfg(unix)]
fn stat(path: &Path) -> Option<Stat> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = fs::metadata(path).ok()?;
    let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    Some(Stat {
        size: metadata.size(),
        modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        inode: metadata.ino(),
    })
}

#[cfg(windows)]
fn stat(path: &Path) -> Option<Stat> {
    let metadata = fs::metadata(path).ok()?;
    let modified = Timestamp::try_from(metadata.modified().ok()?).ok()?;
    let modified = i64::try_from(modified.as_nanosecond()).ok()?;
    Some(Stat { size: metadata.len(), modified, changed: modified, inode: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later() -> Timestamp {
        Timestamp::now() + jiff::SignedDuration::from_secs(3)
    }

    #[test]
    fn a_file_is_untouched_the_same_or_different() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        assert!(read(&path, later()).unwrap().is_none());
        fs::write(&path, "1").unwrap();
        let (bytes, seen) = read(&path, later()).unwrap().unwrap();
        let kept: FileStamp = serde_json::from_str(&serde_json::to_string(&seen).unwrap()).unwrap();
        assert_eq!(kept, seen);
        assert_eq!((bytes.as_slice(), seen.is_current()), (b"1".as_slice(), true));
        fs::write(dir.path().join("b"), "1").unwrap();
        fs::rename(dir.path().join("b"), &path).unwrap();
        assert!(seen.is_current());
        fs::write(&path, "2").unwrap();
        assert!(!seen.is_current());
        fs::remove_file(&path).unwrap();
        assert!(!seen.is_current());
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_is_told() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"/jos\xe9"));
        assert!(missing(Path::new("/a")).is_utf8() && !missing(path).is_utf8());
        assert!(!directory(Path::new("/a"), path.to_path_buf()).is_utf8());
    }

    #[test]
    fn a_file_written_just_now_is_compared_by_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "1").unwrap();
        let written = Timestamp::try_from(fs::metadata(&path).unwrap().modified().unwrap()).unwrap();
        let (_, seen) = read(&path, written).unwrap().unwrap();
        assert!(seen.is_current());
    }

    #[test]
    fn a_file_that_was_missing_and_new_names_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let gone = missing(&path);
        let (none, seen) = names(dir.path(), later()).unwrap();
        assert_eq!((none, gone.is_current(), seen.is_current()), (vec![], true, true));
        fs::write(&path, "1").unwrap();
        assert_eq!((gone.is_current(), seen.is_current()), (false, false));
        let (one, seen) = names(dir.path(), later()).unwrap();
        assert_eq!(one, [DirEntry { name: "a".into(), is_dir: false }]);
        fs::write(&path, "2").unwrap();
        assert!(seen.is_current(), "contents are no names");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(!seen.is_current(), "a directory of that name");
        fs::remove_dir(&path).unwrap();
        fs::write(&path, "1").unwrap();
        assert!(seen.is_current());
        assert!(missing(&path.join("b")).is_current(), "below a file");
        let (none, seen) = names(&dir.path().join("none"), later()).unwrap();
        assert_eq!((none, seen.is_current()), (vec![], true));
        fs::create_dir(dir.path().join("none")).unwrap();
        fs::write(dir.path().join("none/a"), "").unwrap();
        assert!(!seen.is_current());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_elsewhere_is_another_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for name in ["a", "b"] {
            fs::create_dir(path(name)).unwrap();
            fs::write(path(name).join("p"), "same").unwrap();
        }
        std::os::unix::fs::symlink("a/p", path("link")).unwrap();
        let (_, seen) = read(&path("link"), later()).unwrap().unwrap();
        let seen = seen.with_real_path();
        assert!(seen.is_current());
        fs::remove_file(path("link")).unwrap();
        std::os::unix::fs::symlink("b/p", path("link")).unwrap();
        assert!(!seen.is_current());
    }
}

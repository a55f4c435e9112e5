//! Owns telling cheaply whether a file is still what it was: by what the file system says of it, as git's index does,
//! and by a digest where that is not sure.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::disk::{self, DiskError};
use crate::source::hex;

/// What the file system says of a file: enough to see that it was changed or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    /// When the content changed, in nanoseconds since 1970.
    modified: i64,
    /// When anything about the file changed.
    changed: i64,
    inode: u64,
}

/// One file as it was seen at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    path: PathBuf,
    /// None where a later change could go unseen by it.
    stamp: Option<Stamp>,
    /// SHA-256 of the content in hexadecimal digits.
    digest: String,
}

/// How a file compares with what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    /// The file system says that nothing changed.
    Untouched,
    /// It was written, with the same content.
    SameContent,
    /// It differs, or is gone.
    Different,
}

/// A file that was read, and what the file system said of it just before.
#[derive(Debug)]
pub(crate) struct Look {
    path: PathBuf,
    stamp: Option<Stamp>,
}

/// Reads a file so that it can be remembered: `None` if there is none.
///
/// A file that was written within a tick of the file system's clock before `now` gets no stamp, since a second write
/// could leave the same one (the problem that git calls racy).
pub(crate) fn read(path: &Path, now: Timestamp) -> Result<Option<(Vec<u8>, Look)>, DiskError> {
    // Looked at before it is read: a write in between leaves an older stamp, which then does not match.
    let stamp = stamp(path).filter(|stamp| !is_racy(stamp, now));
    Ok(disk::read(path)?.map(|bytes| (bytes, Look { path: path.to_path_buf(), stamp })))
}

impl Look {
    /// What to remember of the file, whose content was `bytes`.
    pub(crate) fn seen(&self, bytes: &[u8]) -> Seen {
        Seen { path: self.path.clone(), stamp: self.stamp, digest: digest(bytes) }
    }
}

impl Seen {
    /// Which file it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Compares with the file as it is now; reads it only if the file system is not sure.
    pub(crate) fn compare(&self) -> Compared {
        if self.stamp.is_some() && stamp(&self.path) == self.stamp {
            return Compared::Untouched;
        }
        match disk::read(&self.path) {
            Ok(Some(bytes)) if digest(&bytes) == self.digest => Compared::SameContent,
            _ => Compared::Different,
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn is_racy(stamp: &Stamp, now: Timestamp) -> bool {
    // File systems that keep fractions of seconds take them from a clock that ticks every 10 ms at the slowest.
    let tick = if stamp.modified % 1_000_000_000 == 0 { 2_000_000_000 } else { 20_000_000 };
    now.as_nanosecond() - i128::from(stamp.modified.max(stamp.changed)) < tick
}

#[cfg(unix)]
fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = fs::metadata(path).ok()?;
    let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    Some(Stamp {
        size: metadata.size(),
        modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        inode: metadata.ino(),
    })
}

#[cfg(not(unix))]
fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    let modified = Timestamp::try_from(metadata.modified().ok()?).ok()?;
    let modified = i64::try_from(modified.as_nanosecond()).ok()?;
    Some(Stamp { size: metadata.len(), modified, changed: modified, inode: 0 })
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
        let (bytes, look) = read(&path, later()).unwrap().unwrap();
        let seen = look.seen(&bytes);
        assert_eq!((bytes.as_slice(), seen.compare()), (b"1".as_slice(), Compared::Untouched));
        fs::write(dir.path().join("b"), "1").unwrap();
        fs::rename(dir.path().join("b"), &path).unwrap();
        assert_eq!(seen.compare(), Compared::SameContent);
        fs::write(&path, "2").unwrap();
        assert_eq!(seen.compare(), Compared::Different);
        fs::remove_file(&path).unwrap();
        assert_eq!(seen.compare(), Compared::Different);
    }

    #[test]
    fn a_file_written_just_now_is_compared_by_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "1").unwrap();
        let written = Timestamp::try_from(fs::metadata(&path).unwrap().modified().unwrap()).unwrap();
        let (bytes, look) = read(&path, written).unwrap().unwrap();
        assert_eq!(look.seen(&bytes).compare(), Compared::SameContent);
    }
}

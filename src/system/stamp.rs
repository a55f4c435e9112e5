//! Owns telling cheaply whether a file is still what it was, as git's index does.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the file system says of one file at one time: enough to see that it was changed or replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    path: PathBuf,
    /// Size in bytes, times of content and inode in nanoseconds since 1970, inode; `None` where there is no file.
    state: Option<(u64, i128, i128, u64)>,
}

impl Stamp {
    /// Looks at `path` through its links.
    pub(crate) fn of(path: &Path) -> Self {
        Self { path: path.to_path_buf(), state: fs::metadata(path).ok().map(|metadata| state(&metadata)) }
    }

    /// Which file it is about.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file is as it was.
    pub(crate) fn holds(&self) -> bool {
        Self::of(&self.path) == *self
    }

    /// Whether a later change could go unseen: the file was written so shortly before `now` that a second write may
    /// get the same time (the problem that git calls racy).
    pub(crate) fn is_racy(&self, now: Timestamp) -> bool {
        let Some((_, content, inode, _)) = self.state else { return false };
        // File systems that keep fractions of seconds take them from a clock that ticks every 10 ms at the slowest.
        let tick = if content % 1_000_000_000 == 0 { 2_000_000_000 } else { 20_000_000 };
        now.as_nanosecond() - content.max(inode) < tick
    }
}

#[cfg(unix)]
fn state(metadata: &fs::Metadata) -> (u64, i128, i128, u64) {
    use std::os::unix::fs::MetadataExt as _;
    let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    (
        metadata.size(),
        nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        metadata.ino(),
    )
}

#[cfg(not(unix))]
fn state(metadata: &fs::Metadata) -> (u64, i128, i128, u64) {
    let modified = metadata.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
    let nanoseconds = modified.map_or(0, |time| time.as_nanosecond());
    (metadata.len(), nanoseconds, nanoseconds, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_content_a_new_file_and_a_missing_one_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let missing = Stamp::of(&path);
        assert!(missing.holds());
        fs::write(&path, "1").unwrap();
        assert!(!missing.holds());
        let first = Stamp::of(&path);
        assert!(first.holds());
        fs::write(dir.path().join("b"), "2").unwrap();
        fs::rename(dir.path().join("b"), &path).unwrap();
        assert!(!first.holds());
    }

    #[test]
    fn a_file_written_just_now_is_racy_and_an_old_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "1").unwrap();
        let stamp = Stamp::of(&path);
        let now = Timestamp::now();
        assert!(stamp.is_racy(now) || now.as_nanosecond() % 1_000_000_000 == 0);
        assert!(!stamp.is_racy(now + jiff::SignedDuration::from_secs(3)));
    }
}

//! Owns backups of files that were replaced: the last few of each, for this user only. Must not know what they say.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::atomic::{sweep, write_private};
use super::disk::{self, DiskError};
use super::private::{self, FileOwner};
use super::snapshot::directory_id;

/// The most backups of one file.
const KEPT: usize = 10;
const FILE: &str = ".bak";
/// The end of the name of a backup that says that there was no file.
const NO_FILE: &str = ".none";

/// The time of a change to the nanosecond. Files that were changed together have one time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BackupTime(String);

impl BackupTime {
    /// `now`, or just after the newest of `backups` if the clock was turned back since.
    pub(crate) fn after(now: Timestamp, backups: &[&Backups]) -> Self {
        let newest = backups.iter().filter_map(|backups| backups.list().ok()?.pop()).filter_map(|one| one.stamp.time());
        let next = newest.filter_map(|time| time.checked_add(SignedDuration::from_nanos(1)).ok()).max();
        Self::of(next.map_or(now, |next| next.max(now)))
    }

    pub(crate) fn of(time: Timestamp) -> Self {
        Self(time.strftime("%Y%m%dT%H%M%S.%9fZ").to_string())
    }

    /// None for a name that somebody else made.
    pub(crate) fn time(&self) -> Option<Timestamp> {
        Timestamp::strptime("%Y%m%dT%H%M%S%.fZ%z", format!("{}+0000", self.0)).ok()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Backup {
    pub(crate) stamp: BackupTime,
    path: PathBuf,
}

impl Backup {
    /// None if there was no file.
    pub(crate) fn content(&self) -> Result<Option<Vec<u8>>, DiskError> {
        if self.path.as_os_str().as_encoded_bytes().ends_with(NO_FILE.as_bytes()) {
            return Ok(None);
        }
        private::read(&self.path, FileOwner::Awsauth).map(Option::unwrap_or_default).map(Some)
    }
}

/// The backups of one file, in a directory of their own.
#[derive(Debug)]
pub(crate) struct Backups {
    pub(crate) dir: PathBuf,
}

impl Backups {
    /// The backups of the file at `target`, whose links are resolved.
    pub(crate) fn of(state_dir: &Path, target: &Path) -> Self {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        Self { dir: state_dir.join("backups").join(format!("{name}-{}", directory_id(target))) }
    }

    /// Keeps the `bytes` of the file, if it `exists`, before it is replaced. The caller holds the lock of the file, and calls
    /// [`Backups::prune`] or [`Backups::discard`] afterwards.
    pub(crate) fn keep(&self, stamp: &BackupTime, exists: bool, bytes: &[u8]) -> Result<(), DiskError> {
        sweep(&self.dir);
        private::make_dir(&self.dir, FileOwner::Awsauth)?;
        write_private(&self.path(stamp, exists), bytes)
    }

    /// Drops the oldest backup once the file was replaced. A failure to is not worth a word.
    pub(crate) fn prune(&self) {
        let all = self.list().unwrap_or_default();
        for old in &all[..all.len().saturating_sub(KEPT)] {
            drop(disk::remove(&old.path));
        }
    }

    /// Deletes the backups whose content is unwanted. Returns their number.
    pub(crate) fn remove_if(&self, is_unwanted: impl Fn(&[u8]) -> bool) -> Result<usize, DiskError> {
        let mut count = 0;
        for backup in self.list()? {
            if is_unwanted(&backup.content()?.unwrap_or_default()) {
                count += usize::from(disk::remove(&backup.path)?);
            }
        }
        Ok(count)
    }

    /// Drops the backup of a file that was not replaced: it must push no other one out.
    pub(crate) fn discard(&self, stamp: &BackupTime) {
        for exists in [true, false] {
            drop(disk::remove(&self.path(stamp, exists)));
        }
    }

    fn path(&self, stamp: &BackupTime, exists: bool) -> PathBuf {
        self.dir.join(format!("{}{}", stamp.0, if exists { FILE } else { NO_FILE }))
    }

    /// All backups, the newest last.
    pub(crate) fn list(&self) -> Result<Vec<Backup>, DiskError> {
        let backup = |path: PathBuf| {
            let name = path.file_name()?.to_str()?;
            let stamp = name.strip_suffix(FILE).or_else(|| name.strip_suffix(NO_FILE))?;
            (!stamp.starts_with('.')).then(|| Backup { stamp: BackupTime(stamp.to_owned()), path: path.clone() })
        };
        Ok(private::list(&self.dir, FileOwner::Awsauth)?.into_iter().filter_map(backup).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::files::snapshot::Snapshot;

    fn keep(backups: &Backups, stamp: &BackupTime, file: &Snapshot) {
        backups.keep(stamp, file.exists, &file.bytes).unwrap();
    }

    fn time(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_last_ten_are_kept_in_order_and_a_missing_file_is_told_from_an_empty_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        let backups = Backups::of(dir.path(), &path);
        for second in 0..14_u8 {
            disk::remove(&path).unwrap();
            if second % 2 == 0 {
                std::fs::write(&path, [second]).unwrap();
            }
            let stamp = BackupTime::after(time(second.into()), &[&backups]);
            keep(&backups, &stamp, &Snapshot::read(&path).unwrap());
            backups.prune();
        }
        let unused = BackupTime::after(time(99), &[&backups]);
        keep(&backups, &unused, &Snapshot::read(&path).unwrap());
        backups.discard(&unused);
        let contents: Vec<_> = backups.list().unwrap().iter().map(|one| one.content().unwrap()).collect();
        let expected: Vec<_> = (4..14_u8).map(|second| (second % 2 == 0).then(|| vec![second])).collect();
        assert_eq!(contents, expected);
    }

    #[test]
    fn a_clock_that_was_turned_back_does_not_change_the_order() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        let backups = Backups::of(dir.path(), &path);
        for (second, content) in [(100, "old"), (50, "new"), (50, "newest")] {
            let before = Snapshot::read(&path).unwrap();
            before.replace(content.as_bytes()).unwrap();
            let stamp = BackupTime::after(time(second), &[&backups]);
            keep(&backups, &stamp, &Snapshot::read(&path).unwrap());
        }
        let contents: Vec<_> = backups.list().unwrap().iter().map(|one| one.content().unwrap().unwrap()).collect();
        assert_eq!(contents, [b"old".to_vec(), b"new".to_vec(), b"newest".to_vec()]);
    }

    #[test]
    fn two_files_of_one_name_do_not_mix() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (dir.path().join("a"), dir.path().join("b"));
        std::fs::create_dir_all(&one).unwrap();
        std::fs::create_dir_all(&other).unwrap();
        let stamp = BackupTime::of(time(1));
        std::fs::write(one.join("config"), "x").unwrap();
        let file = Snapshot::read(&one.join("config")).unwrap();
        keep(&Backups::of(dir.path(), &file.target), &stamp, &file);
        assert_eq!(Backups::of(dir.path(), &other.join("config")).list().unwrap(), []);
    }

    #[cfg(unix)]
    #[test]
    fn a_backup_is_private_from_its_beginning_and_does_not_change_with_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        std::fs::write(&path, "x").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let file = Snapshot::read(&path).unwrap();
        let backups = Backups::of(dir.path(), &path);
        keep(&backups, &BackupTime::of(time(1)), &file);
        std::fs::write(&path, "z").unwrap();
        let backup = &backups.list().unwrap()[0];
        assert_eq!(backup.content().unwrap().unwrap(), b"x");
        // A run that is killed now leaves it so.
        assert_eq!(backup.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o644);
    }
}

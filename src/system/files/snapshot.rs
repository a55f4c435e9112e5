//! Owns replacing a person's file as it was read: links, owner and mode stay, and so does a change that another program made
//! meanwhile.

use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use thiserror::Error;

use super::atomic::{new_temp, parent, persist_new, persist_over, sweep, try_writing};
use super::disk::{self, DiskError};
use super::permissions;
use super::walk::Walk;

/// How long an empty file is read again at least: if everything slept meanwhile, its writer had no time.
const SHORT_WAIT: Duration = Duration::from_millis(50);
/// How long a file that was emptied a moment ago is read again.
const LONG_WAIT: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) path: PathBuf,
    /// The file that its links lead to.
    pub(crate) target: PathBuf,
    /// Empty if there is no file.
    pub(crate) bytes: Vec<u8>,
    pub(crate) exists: bool,
}

#[derive(Debug, Error)]
pub(crate) enum ReplaceError {
    #[error("{path} was changed by another program meanwhile")]
    Changed { path: PathBuf },
    #[error(transparent)]
    Disk(#[from] DiskError),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// The new content outlasts a power cut.
    Durable,
    /// The new content stands, but the directory could not be flushed.
    NotFlushed,
}

impl Snapshot {
    /// Reads the file at `path`, following links; a missing file and a dangling link are empty.
    pub(crate) fn read(path: &Path) -> Result<Self, DiskError> {
        let target = resolve(path)?;
        let content = disk::read(&target).map_err(|error| error.through_link(path))?;
        let exists = content.is_some();
        Ok(Self { path: path.to_path_buf(), target, bytes: content.unwrap_or_default(), exists })
    }

    /// Like [`Snapshot::read`], but waits for the writer of a file that was emptied a moment ago: AWS CLI writes in place, and a
    /// plan made for the empty file would overwrite what it is about to write.
    pub(crate) fn read_settled(path: &Path) -> Result<Self, DiskError> {
        Self::read_with(path, std::thread::sleep)
    }

    fn read_with(path: &Path, mut pause: impl FnMut(Duration)) -> Result<Self, DiskError> {
        // Counted in pauses, not by the clock, since the process may be stopped meanwhile.
        let (mut waited, mut patience) = (Duration::ZERO, SHORT_WAIT);
        loop {
            let snapshot = Self::read(path)?;
            if !snapshot.exists || !snapshot.bytes.is_empty() {
                return Ok(snapshot);
            }
            if disk::is_fresh(&snapshot.target, LONG_WAIT) {
                patience = LONG_WAIT;
            }
            if waited >= patience {
                return Ok(snapshot);
            }
            pause(PAUSE);
            waited += PAUSE;
        }
    }

    /// Replaces the file by `bytes`, keeping its mode and owner; a new file gets mode 0600, new directories 0700.
    ///
    /// The caller holds the lock of the directory. A change that another program makes between the last comparison and the
    /// renaming is lost: no lock covers it that all programs share.
    pub(crate) fn replace(&self, bytes: &[u8]) -> Result<Replaced, ReplaceError> {
        match self.try_replace(bytes) {
            Ok(Some(replaced)) => Ok(replaced),
            Ok(None) => Err(self.changed_meanwhile()),
            Err(error) => Err(error.through_link(&self.path).into()),
        }
    }

    /// None if another program changed the file.
    fn try_replace(&self, bytes: &[u8]) -> Result<Option<Replaced>, DiskError> {
        let mut temp = self.new_temp()?;
        sweep(parent(&self.target));
        temp.write_all(bytes).map_err(DiskError::io("write", &self.target))?;
        temp.as_file().sync_all().map_err(DiskError::io("write", &self.target))?;
        // Opened before the renaming, so that a failure here still leaves the old file.
        let dir = self.open_dir()?;
        if !self.is_current()? {
            return Ok(None);
        }
        let renamed = if self.exists { persist_over(temp, &self.target) } else { persist_new(temp, &self.target) };
        match renamed {
            Ok(()) => Ok(Some(flush(dir.as_ref()))),
            Err(error) if !self.exists && error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(DiskError::io("replace", &self.target)(error)),
        }
    }

    /// Tests that the file can be replaced, and changes nothing. For before a person is asked for a code.
    pub(crate) fn check_replaceable(&self) -> Result<(), DiskError> {
        try_writing(self.new_temp().map_err(|error| error.through_link(&self.path))?, &self.path)
    }

    /// A file beside the target with the target's rights, before there is anything to read in it.
    fn new_temp(&self) -> Result<NamedTempFile, DiskError> {
        let old = self.metadata()?;
        disk::make_private_dir(parent(&self.target))?;
        let temp = new_temp(&self.target).map_err(DiskError::io("write", &self.target))?;
        if let Some(old) = old {
            permissions::keep(temp.as_file(), &self.target, &old)?;
        }
        Ok(temp)
    }

    fn metadata(&self) -> Result<Option<Metadata>, DiskError> {
        match fs::symlink_metadata(&self.target) {
            Ok(metadata) => {
                disk::require_regular_file(&self.target, &metadata)?;
                #[cfg(unix)]
                disk::require_own(&self.target, &metadata)?;
                Ok(Some(metadata))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(DiskError::io("examine", &self.target)(error)),
        }
    }

    /// Removes the file, if it is still what was read. A link that led to it stays.
    ///
    /// The caller holds the lock of the directory.
    pub(crate) fn remove(&self) -> Result<Replaced, ReplaceError> {
        let dir = self.open_dir()?;
        if !self.is_current()? {
            return Err(self.changed_meanwhile());
        }
        disk::remove(&self.target)?;
        Ok(flush(dir.as_ref()))
    }

    /// True if the target is no link and still holds what was read.
    fn is_current(&self) -> Result<bool, DiskError> {
        match fs::symlink_metadata(&self.target) {
            Ok(metadata) => Ok(self.exists && metadata.is_file() && disk::holds(&self.target, &self.bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(!self.exists),
            Err(error) => Err(DiskError::io("read", &self.target)(error)),
        }
    }

    /// The file as it is now; none if that is what was read.
    pub(crate) fn changed(&self) -> Result<Option<Self>, DiskError> {
        if resolve(&self.path)? == self.target && self.is_current()? {
            return Ok(None);
        }
        Self::read_settled(&self.path).map(Some)
    }

    fn changed_meanwhile(&self) -> ReplaceError {
        ReplaceError::Changed { path: self.path.clone() }
    }

    /// None on Windows, which flushes no directory: NTFS keeps a journal of names.
    fn open_dir(&self) -> Result<Option<File>, DiskError> {
        let dir = parent(&self.target);
        let opened = cfg!(unix).then(|| File::open(dir)).transpose();
        opened.map_err(DiskError::io("open", dir))
    }
}

fn flush(dir: Option<&File>) -> Replaced {
    if dir.is_none_or(|dir| dir.sync_all().is_ok()) { Replaced::Durable } else { Replaced::NotFlushed }
}

/// The file that `path` leads to through its links, though there may be nothing.
fn resolve(path: &Path) -> Result<PathBuf, DiskError> {
    if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) {
        return Ok(path.to_path_buf());
    }
    let (places, target) = Walk::along(path)?.finish()?;
    match places.into_iter().find(|place| place.metadata.is_symlink() && place.is_planted()) {
        Some(link) => Err(DiskError::PlantedLink { path: link.path }),
        None => Ok(target),
    }
}

/// Removes what killed runs left beside the file that `path` leads to.
pub(crate) fn sweep_beside(path: &Path) {
    if let Ok(target) = resolve(path) {
        sweep(parent(&target));
    }
}

/// A name for the directory of `target`, one and the same whichever way leads there.
pub(crate) fn directory_id(target: &Path) -> String {
    let dir = parent(target);
    let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf());
    // The name is the same before and after the directory is made. On Windows a path without links begins otherwise than others.
    let real = absolute.ancestors().find_map(|above| {
        let mut real = fs::canonicalize(above).ok()?;
        real.extend(absolute.strip_prefix(above).ok()?);
        Some(real)
    });
    let real = real.unwrap_or(absolute);
    let digest = Sha256::digest(real.as_os_str().as_encoded_bytes());
    format!("dir-{}", hex::encode(&digest[..16]))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_directory_has_one_name_before_and_after_it_is_made() {
        let dir = tempfile::tempdir().unwrap();
        symlink(".", dir.path().join("link")).unwrap();
        let file = dir.path().join("link/new/config");
        let before = directory_id(&file);
        fs::create_dir(dir.path().join("new")).unwrap();
        assert_eq!((directory_id(&file), directory_id(&dir.path().join("new/config"))), (before.clone(), before));
    }

    #[test]
    fn a_new_file_is_private_and_an_old_one_keeps_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/config");
        Snapshot::read(&path).unwrap().replace(b"a").unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(Snapshot::read(&path).unwrap().replace(b"b").unwrap(), Replaced::Durable);
        assert_eq!((mode(&path), fs::read(&path).unwrap()), (0o640, b"b".to_vec()));
    }

    #[test]
    fn links_stay_links_relative_and_dangling_ones_too() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("dotfiles")).unwrap();
        fs::create_dir_all(dir.path().join("aws")).unwrap();
        let link = dir.path().join("aws/config");
        symlink("../dotfiles/config", &link).unwrap();
        Snapshot::read(&link).unwrap().replace(b"x").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(dir.path().join("dotfiles/config")).unwrap(), b"x");
    }

    #[test]
    fn a_loop_of_links_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        symlink(dir.path().join("b"), dir.path().join("a")).unwrap();
        symlink(dir.path().join("a"), dir.path().join("b")).unwrap();
        assert!(matches!(Snapshot::read(&dir.path().join("a")), Err(DiskError::LinkLoop { .. })));
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        let snapshot = Snapshot::read(&path).unwrap();
        fs::write(&path, "theirs").unwrap();
        assert!(matches!(snapshot.replace(b"ours"), Err(ReplaceError::Changed { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        assert_eq!(disk::list(dir.path()).unwrap(), [path]);
    }

    #[test]
    fn a_link_that_was_put_in_its_place_meanwhile_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        fs::write(&path, "old").unwrap();
        let snapshot = Snapshot::read(&path).unwrap();
        fs::rename(&path, dir.path().join("elsewhere")).unwrap();
        symlink("elsewhere", &path).unwrap();
        assert!(snapshot.replace(b"ours").is_err());
        assert_eq!(fs::read_link(&path).unwrap(), Path::new("elsewhere"));
    }

    /// An empty file of that age, or one whose time is to come.
    fn emptied(dir: &Path, age: Duration) -> PathBuf {
        let path = dir.join("config");
        File::create(&path).unwrap().set_modified(std::time::SystemTime::now() - age).unwrap();
        path
    }

    const LONG_AGO: Duration = Duration::from_hours(1);

    #[test]
    fn an_empty_file_is_read_again_however_old_it_looks() {
        let dir = tempfile::tempdir().unwrap();
        let path = emptied(dir.path(), LONG_AGO);
        let mut pauses = 0;
        let snapshot = Snapshot::read_with(&path, |_| {
            pauses += 1;
            fs::write(&path, "theirs").unwrap();
        });
        assert_eq!((snapshot.unwrap().bytes.as_slice(), pauses), (&b"theirs"[..], 1));
    }

    #[test]
    fn a_file_that_was_fresh_once_is_waited_for_to_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = emptied(dir.path(), Duration::ZERO);
        let mut waited = Duration::ZERO;
        let snapshot = Snapshot::read_with(&path, |pause| {
            // As after a night in which both programs were asleep.
            emptied(dir.path(), LONG_AGO);
            waited += pause;
        });
        assert!(snapshot.unwrap().bytes.is_empty());
        assert_eq!(waited, LONG_WAIT);
    }

    #[test]
    fn an_empty_file_costs_a_short_wait_and_no_file_or_a_full_one_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = emptied(dir.path(), LONG_AGO);
        let mut waited = Duration::ZERO;
        assert!(Snapshot::read_with(&path, |pause| waited += pause).unwrap().exists);
        assert_eq!(waited, SHORT_WAIT);
        let no_pause = |_| panic!("there is nothing to wait for");
        fs::write(&path, "x").unwrap();
        Snapshot::read_with(&path, no_pause).unwrap();
        Snapshot::read_with(&dir.path().join("none"), no_pause).unwrap();
    }

    #[test]
    fn leftovers_of_killed_runs_are_swept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        fs::write(dir.path().join(".config.abc123.awsauth-tmp"), "half").unwrap();
        Snapshot::read(&path).unwrap().replace(b"x").unwrap();
        assert_eq!(disk::list(dir.path()).unwrap(), [path]);
    }
}

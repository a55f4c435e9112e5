//! Owns locks between processes: a file apart from what it guards, released by the system when its holder dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use thiserror::Error;

use super::atomic::parent;
use super::disk::{self, DiskError};
use super::private::{self, FileOwner};

const PAUSE: Duration = Duration::from_millis(10);

#[derive(Debug)]
#[must_use]
pub(crate) struct Lock {
    _file: File,
    remove: Option<PathBuf>,
}

#[derive(Debug, Error)]
pub(crate) enum LockError {
    #[error("another awsauth{} has held {path} for {seconds} s", holder.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Held {
        path: PathBuf,
        /// The holder's process number, if it could write that.
        holder: Option<u32>,
        seconds: u64,
    },
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl Lock {
    /// Takes the lock at `path`, waiting up to `patience` for another holder.
    pub(crate) fn acquire(path: &Path, patience: Duration) -> Result<Self, LockError> {
        private::make_dir(parent(path), FileOwner::Awsauth)?;
        let mut file = open(path)?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                // Its last holder removed it, and others lock the next file of that name.
                Ok(()) if count_names(&file) == 0 => file = open(path)?,
                Ok(()) => {
                    // Waiting processes show the holder; a failure to write it is no reason to stop. A file with a second
                    // name may be anything, and is not written.
                    if count_names(&file) == 1 {
                        drop(file.set_len(0).and_then(|()| write!(file, "{}", this_process())));
                    }
                    return Ok(Self { _file: file, remove: None });
                }
                Err(TryLockError::WouldBlock) if start.elapsed() < patience => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let holder = read_holder(&mut file);
                    return Err(LockError::Held { path: path.to_path_buf(), holder, seconds: patience.as_secs() });
                }
                Err(TryLockError::Error(error)) => return Err(DiskError::io("lock", path)(error).into()),
            }
        }
    }

    /// Like [`Lock::acquire`], for a path that few others will lock: the file goes with the lock.
    pub(crate) fn acquire_temporary(path: &Path, patience: Duration) -> Result<Self, LockError> {
        let mut lock = Self::acquire(path, patience)?;
        // Elsewhere, nobody would notice that the file they wait for was removed.
        lock.remove = cfg!(unix).then(|| path.to_path_buf());
        Ok(lock)
    }

    /// True if another process holds the lock at `path`. Makes no file.
    pub(crate) fn is_held(path: &Path) -> bool {
        let found = private::open(path, OpenOptions::new().read(true).write(true), FileOwner::Awsauth);
        // Shared, so that two processes that ask do not find each other.
        found.is_ok_and(|found| {
            found.is_some_and(|(file, _)| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
        })
    }
}

pub(crate) fn this_process() -> u32 {
    std::process::id()
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Before the lock is released: a process that gets it sees that the file has no name any more.
        if let Some(path) = &self.remove {
            drop(disk::remove(path));
        }
    }
}

fn open(path: &Path) -> Result<File, DiskError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    match private::open(path, &mut options, FileOwner::Awsauth)? {
        Some((file, _)) => Ok(file),
        None => Err(DiskError::io("open the lock", path)(ErrorKind::NotFound.into())),
    }
}

#[cfg(unix)]
fn count_names(file: &File) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().map_or(1, |metadata| metadata.nlink())
}

#[cfg(windows)]
fn count_names(_file: &File) -> u64 {
    1
}

fn read_holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_nobody_ever_took_is_not_held_and_asking_makes_no_file() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!Lock::is_held(&dir.path().join("a.lock")));
        assert!(disk::list(dir.path()).unwrap().is_empty());
    }

    #[test]
    fn a_second_holder_is_refused_and_told_who_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("locks/a.lock");
        let held = Lock::acquire(&path, Duration::ZERO).unwrap();
        match Lock::acquire(&path, Duration::ZERO) {
            Err(LockError::Held { holder, .. }) => assert_eq!(holder, Some(std::process::id())),
            other => panic!("{other:?}"),
        }
        assert!(Lock::is_held(&path));
        drop(held);
        assert!(!Lock::is_held(&path));
        drop(Lock::acquire(&path, Duration::ZERO).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn whoever_waits_for_a_lock_whose_file_is_removed_gets_the_lock_of_the_next_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lock");
        let held = Lock::acquire_temporary(&path, Duration::ZERO).unwrap();
        let waiting = std::thread::spawn({
            let path = path.clone();
            move || Lock::acquire_temporary(&path, Duration::from_secs(20)).unwrap()
        });
        std::thread::sleep(PAUSE * 5);
        drop(held);
        let held = waiting.join().unwrap();
        assert!(matches!(Lock::acquire(&path, Duration::ZERO), Err(LockError::Held { .. })));
        drop(held);
        assert!(!disk::exists(&path));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_locks_place_leaves_the_file_that_it_leads_to_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let (mine, path) = (dir.path().join("mine"), dir.path().join("a.lock"));
        std::fs::write(&mine, "precious").unwrap();
        std::os::unix::fs::symlink(&mine, &path).unwrap();
        let taken = Lock::acquire(&path, Duration::ZERO);
        assert!(matches!(taken, Err(LockError::Disk(DiskError::Exposed { .. }))), "{taken:?}");
        std::fs::remove_file(&path).unwrap();
        std::fs::hard_link(&mine, &path).unwrap();
        drop(Lock::acquire(&path, Duration::ZERO).unwrap());
        assert_eq!(std::fs::read(&mine).unwrap(), b"precious");
    }
}

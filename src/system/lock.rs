//! Owns locks between processes: a file apart from what it guards, released by the system when its holder dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use thiserror::Error;

use super::atomic::parent;
use super::disk::{self, DiskError};

/// How long between two tries.
const PAUSE: Duration = Duration::from_millis(10);

/// A lock that is held until it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Lock {
    _file: File,
}

/// Why a lock was not taken.
#[derive(Debug, Error)]
pub(crate) enum LockError {
    /// Somebody held it the whole time.
    #[error("another awsauth{} has held {path} for {seconds} s", holder.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Held {
        /// The lock's file.
        path: PathBuf,
        /// Who holds it, if it said so.
        holder: Option<u32>,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The lock's file can't be made.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl Lock {
    /// Takes the lock at `path`, waiting up to `patience` for another holder.
    pub(crate) fn acquire(path: &Path, patience: Duration) -> Result<Self, LockError> {
        disk::make_private_dir(parent(path))?;
        let mut file = open(path).map_err(DiskError::io("open the lock", path))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => {
                    // Who holds it is a courtesy to those who wait; failing to say so is no reason to stop.
                    drop(file.set_len(0).and_then(|()| write!(file, "{}", this_process())));
                    return Ok(Self { _file: file });
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

    /// Whether somebody holds the lock at `path`. Makes no file: what is not there is held by nobody.
    pub(crate) fn is_held(path: &Path) -> bool {
        let file = OpenOptions::new().read(true).write(true).open(path);
        // Shared, so that two who ask do not find each other.
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

/// What a lock of this process's says of its holder.
pub(crate) fn this_process() -> u32 {
    std::process::id()
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
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
}

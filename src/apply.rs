//! Owns carrying out a plan: lock, compare with what was read, replace. Must not compute content.

use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::plan::{Plan, Refusal};
use crate::system::atomic::{ReplaceError, Replaced, Snapshot, directory_id};
use crate::system::disk::DiskError;
use crate::system::lock::{Lock, LockError};

/// How often a file that others write is planned anew.
const TRIES: u32 = 3;
/// How long another awsauth is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// There was nothing to do, and the file was not touched.
    Unchanged,
    /// The new content stands.
    Durable,
    /// The new content stands, but might not survive a power cut.
    NotFlushed,
}

/// Why a plan was not carried out; the old file stands.
#[derive(Debug, Error)]
pub(crate) enum ApplyError {
    /// The file is better left alone.
    #[error("{path} is left as it is")]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Refusal,
    },
    /// Another program writes it all the time.
    #[error("{path} was changed by another program, {TRIES} times in a row")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// Another awsauth is at work.
    #[error(transparent)]
    Locked(#[from] LockError),
    /// The system said no.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// Makes a plan for the file at `path` and carries it out; see [`carry_out`].
pub(crate) fn change(
    path: &Path,
    state_dir: &Path,
    mut plan: impl FnMut(&[u8]) -> Result<Plan, Refusal>,
) -> Result<Written, ApplyError> {
    let first = plan(&Snapshot::read(path)?.bytes)
        .map_err(|source| ApplyError::Refused { path: path.to_path_buf(), source })?;
    carry_out(path, state_dir, first, plan)
}

/// Carries out `first` on the file at `path`, under the lock of its directory, which is in `state_dir`. Where the file is
/// not what `first` was made for, `plan` makes another one.
pub(crate) fn carry_out(
    path: &Path,
    state_dir: &Path,
    first: Plan,
    mut plan: impl FnMut(&[u8]) -> Result<Plan, Refusal>,
) -> Result<Written, ApplyError> {
    if first.is_empty() {
        sweep(path, state_dir);
        return Ok(Written::Unchanged);
    }
    let _lock = Lock::acquire(&lock_of(&Snapshot::read(path)?, state_dir), PATIENCE)?;
    let mut current = first;
    for _ in 0..TRIES {
        let now = Snapshot::read_settled(path)?;
        if now.bytes != current.before {
            current = plan(&now.bytes).map_err(|source| ApplyError::Refused { path: path.to_path_buf(), source })?;
        }
        if current.is_empty() {
            return Ok(Written::Unchanged);
        }
        match now.replace(&current.after) {
            Ok(Replaced::Durable) => return Ok(Written::Durable),
            Ok(Replaced::NotFlushed) => return Ok(Written::NotFlushed),
            Err(ReplaceError::Disk(error)) => return Err(error.into()),
            Err(ReplaceError::Changed { .. }) => {}
        }
    }
    Err(ApplyError::Busy { path: path.to_path_buf() })
}

/// Removes what a killed run left beside the file at `path`, unless another run is at work there.
pub(crate) fn sweep(path: &Path, state_dir: &Path) {
    if let Ok(file) = Snapshot::read(path)
        && file.has_leftovers()
        && let Ok(_lock) = Lock::acquire(&lock_of(&file, state_dir), Duration::ZERO)
    {
        file.sweep();
    }
}

/// Where the lock of the file's directory is.
fn lock_of(file: &Snapshot, state_dir: &Path) -> PathBuf {
    state_dir.join("locks").join(format!("{}.lock", directory_id(&file.target)))
}

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
    let first = plan(&Snapshot::read_settled(path)?.bytes)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::atomic::write_private;
    use crate::system::disk;

    /// A plan that adds a line at the end, if it is not there.
    fn add_line(before: &[u8]) -> Plan {
        let line = b"ours\n";
        let missing: &[u8] = if before.ends_with(line) { b"" } else { line };
        Plan { before: before.to_vec(), after: [before, missing].concat(), changes: Vec::new() }
    }

    /// Applies that plan to a file which another program changes after each of the first `edits` plans.
    fn apply_beside(edits: usize) -> (Result<Written, ApplyError>, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        write_private(&path, b"edit 0\n").unwrap();
        let mut plans = 0;
        let written = change(&path, &dir.path().join("state"), |before| {
            plans += 1;
            if plans <= edits {
                write_private(&path, format!("edit {plans}\n").as_bytes()).unwrap();
            }
            Ok(add_line(before))
        });
        let found = String::from_utf8(Snapshot::read(&path).unwrap().bytes).unwrap();
        assert_eq!(disk::list(dir.path()).unwrap(), [path, dir.path().join("state")]);
        (written, found)
    }

    #[test]
    fn a_file_that_another_program_changes_is_planned_again_and_both_changes_stand() {
        for edits in 0..=3 {
            let (written, found) = apply_beside(edits);
            assert!(matches!(written, Ok(Written::Durable)), "{edits} edits: {written:?}");
            assert_eq!(found, format!("edit {edits}\nours\n"));
        }
    }

    #[test]
    fn a_file_that_another_program_changes_each_time_is_left_to_it() {
        let (written, found) = apply_beside(4);
        assert!(matches!(written, Err(ApplyError::Busy { .. })), "{written:?}");
        assert_eq!(found, "edit 4\n");
    }
}

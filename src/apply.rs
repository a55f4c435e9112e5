//! Owns carrying out a plan: lock, compare with what was read, keep a backup, replace. Must not compute content.

use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::plan::{Plan, Refusal, take_sessions_out};
use crate::system::files::atomic::{self, parent};
use crate::system::files::backups::{BackupTime, Backups};
use crate::system::files::disk::DiskError;
use crate::system::files::lock::{Lock, LockError};
use crate::system::files::snapshot::{ReplaceError, Replaced, Snapshot, directory_id};

/// The most times that a file is planned again because another program has changed it.
const TRIES: u32 = 3;
/// The longest wait for another awsauth.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// The outcome of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applied {
    /// There was nothing to do, and the file was not touched.
    Unchanged,
    Durable,
    /// The new content is written, but might not survive a power cut.
    NotFlushed,
}

/// The fate of the old content.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keep<'a> {
    /// It is kept in the state directory, under this stamp.
    Backup(&'a BackupTime),
    /// It is lost: awsauth itself wrote all that is replaced, and can make it again.
    Nothing,
}

/// The plan was not carried out, and the old file is unchanged.
#[derive(Debug, Error)]
pub(crate) enum ApplyError {
    #[error("{path} is left as it is")]
    Refused { path: PathBuf, source: Refusal },
    #[error("{path} was changed by another program, {TRIES} times in a row")]
    Busy { path: PathBuf },
    #[error(transparent)]
    Locked(#[from] LockError),
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// Makes a plan for the file at `path` and carries it out; see [`carry_out`].
pub(crate) fn change(
    path: &Path,
    state_dir: &Path,
    keep: Keep<'_>,
    mut plan: impl FnMut(&[u8]) -> Result<Plan, Refusal>,
) -> Result<Applied, ApplyError> {
    let snapshot = Snapshot::read_settled(path)?;
    let first = plan(&snapshot.bytes).map_err(|source| refused(path, source))?;
    carry_out(&snapshot, &first, state_dir, keep, plan)
}

fn refused(path: &Path, source: Refusal) -> ApplyError {
    ApplyError::Refused { path: path.to_path_buf(), source }
}

/// Carries out `first`, which was made for `snapshot`, under the lock of the file's directory, which is in `state_dir`.
/// If another program has changed the file since, `plan` makes another one.
pub(crate) fn carry_out(
    snapshot: &Snapshot,
    first: &Plan,
    state_dir: &Path,
    keep: Keep<'_>,
    mut plan: impl FnMut(&[u8]) -> Result<Plan, Refusal>,
) -> Result<Applied, ApplyError> {
    if first.is_empty() {
        sweep(snapshot, state_dir);
        return Ok(Applied::Unchanged);
    }
    let _lock = lock(snapshot, state_dir)?;
    let mut again: Option<(Snapshot, Plan)> = None;
    for _ in 0..TRIES {
        let known = again.as_ref().map_or(snapshot, |(file, _)| file);
        if let Some(file) = known.changed()? {
            let made = plan(&file.bytes).map_err(|source| refused(&snapshot.path, source))?;
            again = Some((file, made));
        }
        let (file, plan) = again.as_ref().map_or((snapshot, first), |(file, plan)| (file, plan));
        if plan.is_empty() {
            return Ok(Applied::Unchanged);
        }
        match write(file, Some(&plan.after), state_dir, keep) {
            Ok(written) => return Ok(written),
            Err(ReplaceError::Disk(error)) => return Err(error.into()),
            Err(ReplaceError::Changed { .. }) => {}
        }
    }
    Err(ApplyError::Busy { path: snapshot.path.clone() })
}

/// Replaces the content that `snapshot` read by `content`, and removes the file if there is none. Refuses if another
/// program was faster.
pub(crate) fn put_back(
    snapshot: &Snapshot,
    content: Option<&[u8]>,
    state_dir: &Path,
    keep: Keep<'_>,
) -> Result<Applied, ApplyError> {
    let _lock = lock(snapshot, state_dir)?;
    match write(snapshot, content, state_dir, keep) {
        Ok(written) => Ok(written),
        Err(ReplaceError::Disk(error)) => Err(error.into()),
        Err(ReplaceError::Changed { path }) => Err(ApplyError::Refused { path, source: Refusal::ChangedMeanwhile }),
    }
}

fn lock(file: &Snapshot, state_dir: &Path) -> Result<Lock, LockError> {
    Lock::acquire(&state_dir.join("locks").join(format!("{}.lock", directory_id(&file.target))), LOCK_TIMEOUT)
}

fn write(now: &Snapshot, content: Option<&[u8]>, state_dir: &Path, keep: Keep<'_>) -> Result<Applied, ReplaceError> {
    let backups = Backups::of(state_dir, &now.target);
    if let Keep::Backup(stamp) = keep {
        // A session that ends later must not remain in a backup.
        backups.keep(stamp, now.exists, &take_sessions_out(&now.bytes))?;
    }
    let replaced = match content {
        Some(bytes) => now.replace(bytes),
        None => now.remove(),
    };
    if let Keep::Backup(stamp) = keep {
        if replaced.is_ok() { backups.prune() } else { backups.discard(stamp) }
    }
    Ok(match replaced? {
        Replaced::Durable => Applied::Durable,
        Replaced::NotFlushed => Applied::NotFlushed,
    })
}

/// Undoes a replacement, since that of another file failed: the file gets the content that `snapshot` read, and the backup
/// is removed. Returns false if that failed too, for whatever reason: there is nothing more to do then.
pub(crate) fn take_back(snapshot: &Snapshot, state_dir: &Path, stamp: &BackupTime) -> bool {
    let content = snapshot.exists.then_some(snapshot.bytes.as_slice());
    let now = Snapshot::read(&snapshot.path);
    let is_done = now.is_ok_and(|now| put_back(&now, content, state_dir, Keep::Nothing).is_ok());
    if is_done {
        Backups::of(state_dir, &snapshot.target).discard(stamp);
    }
    is_done
}

/// Removes what killed runs left beside a file and among its backups.
fn sweep(file: &Snapshot, state_dir: &Path) {
    atomic::sweep(parent(&file.target));
    atomic::sweep(&Backups::of(state_dir, &file.target).dir);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::files::atomic::write_private;
    use crate::system::files::disk;

    /// A plan that adds a line at the end, if it is not there.
    fn add_line(before: &[u8]) -> Plan {
        let line = b"ours\n";
        let missing: &[u8] = if before.ends_with(line) { b"" } else { line };
        if missing.is_empty() { Plan::default() } else { Plan::whole(before, [before, missing].concat()) }
    }

    /// Applies that plan to a file which another program changes after each of the first `edits` plans.
    fn apply_beside(edits: usize) -> (Result<Applied, ApplyError>, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        write_private(&path, b"edit 0\n").unwrap();
        let mut plans = 0;
        let written = change(&path, &dir.path().join("state"), Keep::Nothing, |before| {
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
            assert!(matches!(written, Ok(Applied::Durable)), "{edits} edits: {written:?}");
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

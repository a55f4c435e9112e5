//! Owns carrying out a plan: lock, compare with what was read, keep a backup, replace. Must not compute content.

use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::plan::{Plan, Refusal, take_sessions_out};
use crate::system::atomic::{ReplaceError, Replaced, Snapshot, directory_id};
use crate::system::backups::{Backups, Stamp};
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

/// Whether the old content is kept in the state directory.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keep<'a> {
    /// Yes, under this stamp.
    Backup(&'a Stamp),
    /// No: only what awsauth itself wrote, and can make again, is replaced.
    Nothing,
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

/// What a file shall be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content<'a> {
    /// This.
    Bytes(&'a [u8]),
    /// Not there.
    None,
}

/// Makes a plan for the file at `path` and carries it out; see [`carry_out`].
pub(crate) fn change(
    path: &Path,
    state_dir: &Path,
    keep: Keep<'_>,
    mut plan: impl FnMut(&[u8]) -> Result<Plan, Refusal>,
) -> Result<Written, ApplyError> {
    let snapshot = Snapshot::read_settled(path)?;
    let first = plan(&snapshot.bytes).map_err(|source| ApplyError::Refused { path: path.to_path_buf(), source })?;
    carry_out(&snapshot, &first, state_dir, keep, plan)
}

/// Carries out `first`, which was made for `snapshot`, under the lock of the file's directory, which is in `state_dir`.
/// Where the file is no longer that, `plan` makes another one.
pub(crate) fn carry_out(
    snapshot: &Snapshot,
    first: &Plan,
    state_dir: &Path,
    keep: Keep<'_>,
    mut plan: impl FnMut(&[u8]) -> Result<Plan, Refusal>,
) -> Result<Written, ApplyError> {
    if first.is_empty() {
        sweep(snapshot, state_dir);
        return Ok(Written::Unchanged);
    }
    let path = &snapshot.path;
    let _lock = lock(snapshot, state_dir, PATIENCE)?;
    let mut again: Option<(Snapshot, Plan)> = None;
    for _ in 0..TRIES {
        let known = again.as_ref().map_or(snapshot, |(file, _)| file);
        if let Some(file) = known.changed()? {
            let made = plan(&file.bytes).map_err(|source| ApplyError::Refused { path: path.clone(), source })?;
            again = Some((file, made));
        }
        let (file, plan) = again.as_ref().map_or((snapshot, first), |(file, plan)| (file, plan));
        if plan.is_empty() {
            return Ok(Written::Unchanged);
        }
        match write(file, Content::Bytes(&plan.after), state_dir, keep) {
            Ok(written) => return Ok(written),
            Err(ReplaceError::Disk(error)) => return Err(error.into()),
            Err(ReplaceError::Changed { .. }) => {}
        }
    }
    Err(ApplyError::Busy { path: path.clone() })
}

/// Puts `content` in the place of what `snapshot` read, whatever that is, unless another program was faster.
pub(crate) fn put_back(
    snapshot: &Snapshot,
    content: Content<'_>,
    state_dir: &Path,
    keep: Keep<'_>,
) -> Result<Written, ApplyError> {
    let _lock = lock(snapshot, state_dir, PATIENCE)?;
    match write(snapshot, content, state_dir, keep) {
        Ok(written) => Ok(written),
        Err(ReplaceError::Disk(error)) => Err(error.into()),
        Err(ReplaceError::Changed { path }) => Err(ApplyError::Refused { path, source: Refusal::Moved }),
    }
}

/// Takes the lock of the file's directory.
fn lock(file: &Snapshot, state_dir: &Path, patience: Duration) -> Result<Lock, LockError> {
    Lock::acquire(&state_dir.join("locks").join(format!("{}.lock", directory_id(&file.target))), patience)
}

fn write(now: &Snapshot, content: Content<'_>, state_dir: &Path, keep: Keep<'_>) -> Result<Written, ReplaceError> {
    let backups = Backups::of(state_dir, &now.target);
    if let Keep::Backup(stamp) = keep {
        // A session that is ended later must not live on in a backup.
        backups.keep(stamp, now.exists, &take_sessions_out(&now.bytes))?;
    }
    let replaced = match content {
        Content::Bytes(bytes) => now.replace(bytes),
        Content::None => now.remove(),
    };
    if let Keep::Backup(stamp) = keep {
        if replaced.is_ok() { backups.settle() } else { backups.take_back(stamp) }
    }
    Ok(match replaced? {
        Replaced::Durable => Written::Durable,
        Replaced::NotFlushed => Written::NotFlushed,
    })
}

/// Takes a replacement back that another file's could not follow: what `snapshot` read stands again, and the backup of it
/// is gone. Nothing else is possible if that fails, so nothing is said of it but whether it was done.
pub(crate) fn take_back(snapshot: &Snapshot, state_dir: &Path, stamp: &Stamp) -> bool {
    let content = if snapshot.exists { Content::Bytes(&snapshot.bytes) } else { Content::None };
    let now = Snapshot::read(&snapshot.path);
    let is_done = now.is_ok_and(|now| put_back(&now, content, state_dir, Keep::Nothing).is_ok());
    if is_done {
        Backups::of(state_dir, &snapshot.target).take_back(stamp);
    }
    is_done
}

/// Removes what a killed run left beside a file and among its backups, unless another run is at work there.
fn sweep(file: &Snapshot, state_dir: &Path) {
    if has_leftovers(file, state_dir)
        && let Ok(_lock) = lock(file, state_dir, Duration::ZERO)
    {
        file.sweep();
        Backups::of(state_dir, &file.target).sweep();
    }
}

/// Whether a killed run, or one at work, has left something beside a file or among its backups.
fn has_leftovers(file: &Snapshot, state_dir: &Path) -> bool {
    file.has_leftovers() || Backups::of(state_dir, &file.target).has_leftovers()
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
        if missing.is_empty() { Plan::default() } else { Plan::whole(before, [before, missing].concat()) }
    }

    /// Applies that plan to a file which another program changes after each of the first `edits` plans.
    fn apply_beside(edits: usize) -> (Result<Written, ApplyError>, String) {
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

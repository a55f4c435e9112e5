//! Owns the last step of a replacement: the new file goes in, what comes out is looked at, and a change that another
//! program made at the last moment is put back. Must not lock or flush.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempPath;

use super::disk::{self, DiskError};

/// What stands at a place. Has no `Debug`: a file may hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// No file.
    Nothing,
    /// A file with that content.
    File(Cow<'a, [u8]>),
    /// A link, a directory or something odder.
    Other,
}

/// What stands in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The new file.
    Replaced,
    /// The new file, although the system reported an error: a network's answer can get lost.
    ReplacedInSpite,
    /// What another program put there.
    Changed,
}

/// Why one way to put a file in place did not work.
enum Failed {
    /// The system said no; `Unsupported` if it, or the file system, has no such way.
    System(io::Error),
    /// What came out can't be read, or not be put back.
    Disk(DiskError),
}

/// Puts `temp`, which holds `new`, in the place of `target`, where `expected` is to stand. After an error, what stood
/// there stands there.
pub(super) fn put(mut temp: TempPath, new: &[u8], target: &Path, expected: &Found<'_>) -> Result<Outcome, DiskError> {
    if !stands(target, expected)? {
        return Ok(Outcome::Changed);
    }
    let new = Found::File(new.into());
    let done = match expected {
        Found::Nothing => create(&temp, target),
        _ => exchange(&mut temp, &new, target, expected),
    };
    match done {
        Ok(outcome) => Ok(outcome),
        // A change after the look above goes unseen by the plain way.
        Err(Failed::System(error)) if error.kind() == io::ErrorKind::Unsupported => rename(temp, &new, target),
        Err(Failed::System(_)) if holds(target, &new) => Ok(Outcome::ReplacedInSpite),
        Err(Failed::System(error)) => Err(DiskError::io("replace", target)(error)),
        Err(Failed::Disk(error)) => Err(error),
    }
}

/// Looks at what stands at `path`; a link is not followed.
fn look(path: &Path) -> Result<Found<'static>, DiskError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            Ok(disk::read(path)?.map_or(Found::Nothing, |bytes| Found::File(bytes.into())))
        }
        Ok(_) => Ok(Found::Other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
        Err(error) => Err(DiskError::io("read", path)(error)),
    }
}

/// Whether `expected` stands at `path`.
fn stands(path: &Path, expected: &Found<'_>) -> Result<bool, DiskError> {
    match (fs::symlink_metadata(path), expected) {
        (Ok(metadata), Found::File(content)) => Ok(metadata.is_file() && disk::holds(path, content)?),
        (Ok(metadata), Found::Other) => Ok(!metadata.is_file()),
        (Ok(_), Found::Nothing) => Ok(false),
        (Err(error), expected) if error.kind() == io::ErrorKind::NotFound => Ok(*expected == Found::Nothing),
        (Err(error), _) => Err(DiskError::io("read", path)(error)),
    }
}

fn holds(path: &Path, content: &Found<'_>) -> bool {
    stands(path, content).unwrap_or(false)
}

/// Renames over whatever stands there.
fn rename(mut temp: TempPath, new: &Found<'_>, target: &Path) -> Result<Outcome, DiskError> {
    loop {
        match temp.persist(target) {
            Ok(()) => return Ok(Outcome::Replaced),
            Err(_) if holds(target, new) => return Ok(Outcome::ReplacedInSpite),
            Err(failed) if failed.error.kind() == io::ErrorKind::Interrupted => temp = failed.path,
            Err(failed) => return Err(DiskError::io("replace", target)(failed.error)),
        }
    }
}

/// Renames to a place where nothing stands.
fn create(temp: &Path, target: &Path) -> Result<Outcome, Failed> {
    match system::rename_to_nothing(temp, target) {
        Ok(()) => Ok(Outcome::Replaced),
        Err(Failed::System(error)) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Outcome::Changed),
        Err(error) => Err(error),
    }
}

/// Exchanges the two files. What comes out must be what was expected; anything else was put there since the look, is
/// newer than what went in, and goes back.
fn exchange(temp: &mut TempPath, new: &Found<'_>, target: &Path, expected: &Found<'_>) -> Result<Outcome, Failed> {
    system::exchange(temp, target)?;
    if holds(temp, expected) {
        return Ok(Outcome::Replaced);
    }
    let mut out = match look(temp) {
        // A file system that took the exchange for a plain renaming.
        Ok(Found::Nothing) => return Ok(Outcome::Replaced),
        Ok(out) => out,
        Err(error) => {
            put_back(temp, target)?;
            return Err(Failed::Disk(error));
        }
    };
    let mut inside = new.clone();
    loop {
        put_back(temp, target)?;
        let next = look(temp).map_err(Failed::Disk)?;
        // Nothing is left if it was put back by a plain renaming.
        if next == inside || next == Found::Nothing {
            return Ok(Outcome::Changed);
        }
        // Again somebody was faster, and what they wrote is the newest of all.
        inside = out;
        out = next;
    }
}

/// Gives the target what came out of it.
fn put_back(temp: &mut TempPath, target: &Path) -> Result<(), Failed> {
    let Err(_) = system::exchange(temp, target) else { return Ok(()) };
    fs::rename(&*temp, target).map_err(|error| {
        // It holds what another program wrote, and may be the only copy: under a name that no sweep knows.
        temp.disable_cleanup(true);
        let kept = temp.with_extension("awsauth-kept");
        let place = if fs::rename(&*temp, &kept).is_ok() { &*kept } else { &**temp };
        Failed::Disk(DiskError::io("put back what another program wrote, now in", place)(error))
    })
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod system {
    use std::io;
    use std::path::Path;

    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::{Errno, retry_on_intr};

    use super::Failed;

    /// Two files in each other's place, in one step.
    pub(super) fn exchange(one: &Path, other: &Path) -> Result<(), Failed> {
        rename(one, other, RenameFlags::EXCHANGE)
    }

    /// One step that fails if something stands there.
    pub(super) fn rename_to_nothing(from: &Path, to: &Path) -> Result<(), Failed> {
        rename(from, to, RenameFlags::NOREPLACE)
    }

    fn rename(from: &Path, to: &Path, flags: RenameFlags) -> Result<(), Failed> {
        retry_on_intr(|| renameat_with(CWD, from, CWD, to, flags)).map_err(|errno| match errno {
            // The last is how a sandbox forbids a call that it does not know.
            Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::PERM => {
                Failed::System(io::ErrorKind::Unsupported.into())
            }
            other => Failed::System(other.into()),
        })
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod system {
    use std::io;
    use std::path::Path;

    use super::Failed;

    /// There is no such call.
    pub(super) fn exchange(_one: &Path, _other: &Path) -> Result<(), Failed> {
        Err(Failed::System(io::ErrorKind::Unsupported.into()))
    }

    /// There is no such call.
    pub(super) fn rename_to_nothing(_from: &Path, _to: &Path) -> Result<(), Failed> {
        Err(Failed::System(io::ErrorKind::Unsupported.into()))
    }
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
#[cfg(test)]
mod tests {
    use super::*;

    fn temp_with(dir: &Path, text: &str) -> TempPath {
        let temp = tempfile::NamedTempFile::new_in(dir).unwrap().into_temp_path();
        fs::write(&temp, text).unwrap();
        temp
    }

    fn file(text: &str) -> Found<'_> {
        Found::File(text.as_bytes().into())
    }

    #[test]
    fn what_another_program_wrote_after_the_look_is_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("config");
        fs::write(&target, "theirs").unwrap();
        let mut temp = temp_with(dir.path(), "new");
        let done = exchange(&mut temp, &file("new"), &target, &file("old"));
        assert!(matches!(done, Ok(Outcome::Changed)));
        drop(temp);
        assert_eq!(fs::read_to_string(&target).unwrap(), "theirs");
        assert_eq!(disk::list(dir.path()).unwrap(), [target]);
    }

    #[test]
    fn a_link_that_was_put_there_after_the_look_is_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("config");
        fs::write(dir.path().join("elsewhere"), "old").unwrap();
        std::os::unix::fs::symlink("elsewhere", &target).unwrap();
        let mut temp = temp_with(dir.path(), "new");
        let done = exchange(&mut temp, &file("new"), &target, &file("old"));
        assert!(matches!(done, Ok(Outcome::Changed)));
        assert_eq!(fs::read_link(&target).unwrap(), Path::new("elsewhere"));
    }

    #[test]
    fn a_file_that_appeared_after_the_look_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("config");
        fs::write(&target, "theirs").unwrap();
        let done = create(&temp_with(dir.path(), "new"), &target);
        assert!(matches!(done, Ok(Outcome::Changed)));
        assert_eq!(fs::read_to_string(&target).unwrap(), "theirs");
    }

    #[test]
    fn a_file_system_without_exchanges_gets_a_plain_renaming() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("config");
        fs::write(&target, "old").unwrap();
        assert_eq!(rename(temp_with(dir.path(), "new"), &file("new"), &target).unwrap(), Outcome::Replaced);
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
    }

    #[test]
    fn an_error_after_the_deed_is_no_failure() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("config");
        let temp = temp_with(dir.path(), "new");
        fs::rename(&temp, &target).unwrap();
        assert_eq!(rename(temp, &file("new"), &target).unwrap(), Outcome::ReplacedInSpite);
        assert!(rename(temp_with(dir.path(), "new"), &file("new"), dir.path()).is_err());
    }
}

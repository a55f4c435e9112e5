//! Owns replacing a file so that a crash at any point leaves the old one or the new one, links stay links, and owner
//! and mode stay what they were.

use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempPath;
use thiserror::Error;

use super::disk::{self, DiskError};
use super::{rights, way};

/// How many links are followed before it is called a loop; Linux follows 40.
const MOST_LINKS: usize = 40;
/// How long an empty file is left for a writer, whenever it was emptied: time in which everything slept is no time that its
/// writer had.
const GLANCE: Duration = Duration::from_millis(50);
/// How long a file that was seen to have been emptied a moment ago is left for its writer.
const SETTLED: Duration = Duration::from_millis(500);
/// How long between two looks at it.
const PAUSE: Duration = Duration::from_millis(10);
/// The end of the name of every temporary file.
const SUFFIX: &str = ".awsauth-tmp";

/// A file as it was read, to be replaced later.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The path that was asked for.
    pub(crate) path: PathBuf,
    /// The file that its links lead to.
    pub(crate) target: PathBuf,
    /// The content; empty if there is no file.
    pub(crate) bytes: Vec<u8>,
    /// Whether there is a file.
    pub(crate) exists: bool,
}

/// Why a file was not replaced.
#[derive(Debug, Error)]
pub(crate) enum ReplaceError {
    /// Another program wrote it meanwhile.
    #[error("{path} was changed by another program meanwhile")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The system said no; the old file stands.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// What was done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// The new content stands, and will after a power cut.
    Durable,
    /// The new content stands, but flushing the directory failed.
    NotFlushed,
}

/// What stands after a renaming.
enum Placed {
    /// The new file.
    New,
    /// The new file, although the system reported an error: a network's answer can get lost.
    NewInSpite,
    /// What another program put there.
    Changed,
}

impl Snapshot {
    /// Reads what stands at `path`, following links; a missing file and a dangling link are empty.
    pub(crate) fn read(path: &Path) -> Result<Self, DiskError> {
        let target = resolve(path)?;
        let content = disk::read(&target).map_err(|error| error.reached_by(path))?;
        let exists = content.is_some();
        Ok(Self { path: path.to_path_buf(), target, bytes: content.unwrap_or_default(), exists })
    }

    /// The same, but waits for a file that was emptied a moment ago: programs that write in place, such as AWS CLI, empty
    /// it first, and what was planned on nothing would bury what they are about to write.
    pub(crate) fn read_settled(path: &Path) -> Result<Self, DiskError> {
        Self::read_with(path, std::thread::sleep)
    }

    fn read_with(path: &Path, mut pause: impl FnMut(Duration)) -> Result<Self, DiskError> {
        // Told by the pauses that were made, not by the clock: a process that was stopped meanwhile has not waited. So a
        // file that was fresh once stays so, and one that looks old is left a little time, too.
        let (mut waited, mut patience) = (Duration::ZERO, GLANCE);
        loop {
            let snapshot = Self::read(path)?;
            if !snapshot.exists || !snapshot.bytes.is_empty() {
                return Ok(snapshot);
            }
            if disk::is_fresh(&snapshot.target, SETTLED) {
                patience = SETTLED;
            }
            if waited >= patience {
                return Ok(snapshot);
            }
            pause(PAUSE);
            waited += PAUSE;
        }
    }

    /// Puts `bytes` in the file's place, keeping its mode and owner; a new file gets mode 0600, new directories 0700.
    ///
    /// The caller holds the lock of the directory. Leftovers of killed runs are removed.
    pub(crate) fn replace(&self, bytes: &[u8]) -> Result<Replaced, ReplaceError> {
        // What is wrong with the file is told by the name that was asked for, and by its own.
        let (placed, is_flushed) = self.put(bytes).map_err(|error| error.reached_by(&self.path))?;
        match placed {
            Placed::Changed => Err(ReplaceError::Changed { path: self.path.clone() }),
            Placed::New if is_flushed => Ok(Replaced::Durable),
            Placed::New | Placed::NewInSpite => Ok(Replaced::NotFlushed),
        }
    }

    /// Says also whether the directory was flushed.
    fn put(&self, bytes: &[u8]) -> Result<(Placed, bool), DiskError> {
        let dir = parent(&self.target);
        let old = look(&self.target)?;
        disk::make_private_dir(dir)?;
        self.sweep();
        let prefix = temp_prefix(&self.target);
        let mut temp = start_temp(dir, &prefix, &self.target, old.as_ref())?;
        write_durably(&mut temp, bytes).map_err(DiskError::io("write", &self.target))?;
        // Opened before the renaming, so that a failure here still leaves the old file.
        let dir_handle = File::open(dir).map_err(DiskError::io("open", dir))?;
        let placed = self.rename(temp.into_temp_path(), bytes)?;
        Ok((placed, dir_handle.sync_all().is_ok()))
    }

    /// Compares once more, and renames `temp`, which holds `bytes`, over the file. A change that another program makes
    /// between the two is lost: no lock covers it that all programs share.
    fn rename(&self, temp: TempPath, bytes: &[u8]) -> Result<Placed, DiskError> {
        if !self.is_current()? {
            return Ok(Placed::Changed);
        }
        let renamed = if self.exists { temp.persist(&self.target) } else { temp.persist_noclobber(&self.target) };
        match renamed.map_err(|failed| failed.error) {
            Ok(()) => Ok(Placed::New),
            Err(error) if !self.exists && error.kind() == io::ErrorKind::AlreadyExists => Ok(Placed::Changed),
            Err(_) if disk::holds(&self.target, bytes).unwrap_or(false) => Ok(Placed::NewInSpite),
            Err(error) => Err(DiskError::io("replace", &self.target)(error)),
        }
    }

    /// Tries whether the file can be replaced, and leaves everything as it is: for before a person is asked for what can't
    /// be given twice.
    pub(crate) fn check_replaceable(&self) -> Result<(), DiskError> {
        let dir = parent(&self.target);
        let old = look(&self.target)?;
        disk::make_private_dir(dir).map_err(|error| error.reached_by(&self.path))?;
        let temp = start_temp(dir, &temp_prefix(&self.target), &self.target, old.as_ref());
        try_writing(temp.map_err(|error| error.reached_by(&self.path))?, &self.path)
    }

    /// The temporary files that killed runs left beside the file.
    fn leftovers(&self) -> Vec<PathBuf> {
        leftovers(parent(&self.target), &temp_prefix(&self.target))
    }

    /// Whether a killed run, or one at work, has left something beside the file.
    pub(crate) fn has_leftovers(&self) -> bool {
        !self.leftovers().is_empty()
    }

    /// Removes what killed runs left; failing to is not worth a word. The caller holds the lock of the directory.
    pub(crate) fn sweep(&self) {
        for path in self.leftovers() {
            drop(disk::remove(&path));
        }
    }
}

impl Snapshot {
    /// Takes the file away, if it is still what was read. A link that led to it stays.
    ///
    /// The caller holds the lock of the directory.
    pub(crate) fn remove(&self) -> Result<Replaced, ReplaceError> {
        let dir_handle = File::open(parent(&self.target)).map_err(DiskError::io("open", parent(&self.target)))?;
        if !self.is_current()? {
            return Err(ReplaceError::Changed { path: self.path.clone() });
        }
        disk::remove(&self.target)?;
        Ok(if dir_handle.sync_all().is_ok() { Replaced::Durable } else { Replaced::NotFlushed })
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
}

/// Replaces a file of awsauth's own: mode 0600, no comparison, no links expected.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let dir = parent(path);
    disk::make_private_dir(dir)?;
    let mut temp = new_temp(dir, &temp_prefix(path)).map_err(DiskError::io("write", path))?;
    write_durably(&mut temp, bytes).map_err(DiskError::io("write", path))?;
    temp.persist(path).map_err(|error| DiskError::io("replace", path)(error.error))?;
    Ok(())
}

/// Creates a file of the person's own with mode 0600. Returns false, and writes nothing, if something stands there.
pub(crate) fn create_private(path: &Path, bytes: &[u8]) -> Result<bool, DiskError> {
    let dir = parent(path);
    disk::make_private_dir(dir)?;
    let mut temp = new_temp(dir, &temp_prefix(path)).map_err(DiskError::io("write", path))?;
    write_durably(&mut temp, bytes).map_err(DiskError::io("write", path))?;
    match temp.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(failed) => Err(DiskError::io("write", path)(failed.error)),
    }
}

/// The file that `path` leads to through its links, whether that exists or not.
fn resolve(path: &Path) -> Result<PathBuf, DiskError> {
    let mut at = path.to_path_buf();
    for _ in 0..=MOST_LINKS {
        match fs::symlink_metadata(&at) {
            Ok(metadata) if metadata.is_symlink() => {
                if way::is_planted(&at) {
                    return Err(DiskError::PlantedLink { path: at });
                }
                let to = fs::read_link(&at).map_err(DiskError::io("follow", &at))?;
                at = parent(&at).join(to);
            }
            Ok(_) => return Ok(at),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(at),
            Err(error) => return Err(DiskError::io("look at", path)(error)),
        }
    }
    Err(DiskError::LinkLoop { path: path.to_path_buf() })
}

fn look(target: &Path) -> Result<Option<Metadata>, DiskError> {
    match fs::symlink_metadata(target) {
        Ok(metadata) => {
            disk::refuse_odd(target, &metadata)?;
            disk::refuse_foreign(target, &metadata)?;
            Ok(Some(metadata))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DiskError::io("look at", target)(error)),
    }
}

/// The directory of a file, `.` for a bare name.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A name for the directory of `target`, the same by whatever way it is reached.
pub(crate) fn directory_id(target: &Path) -> String {
    use sha2::{Digest as _, Sha256};
    let dir = parent(target);
    let real = fs::canonicalize(dir).or_else(|_| std::path::absolute(dir)).unwrap_or_else(|_| dir.to_path_buf());
    let digest = Sha256::digest(real.as_os_str().as_encoded_bytes());
    format!("dir-{}", hex::encode(&digest[..16]))
}

fn temp_prefix(target: &Path) -> String {
    format!(".{}.", target.file_name().unwrap_or_default().to_string_lossy())
}

/// Replaces a file of awsauth's own that may as well be lost: it is not flushed. Takes away what a killed run left.
pub(crate) fn write_hint(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let (dir, prefix) = (parent(path), temp_prefix(path));
    disk::make_private_dir(dir)?;
    for leftover in leftovers(dir, &prefix) {
        drop(disk::remove(&leftover));
    }
    let mut temp = new_temp(dir, &prefix).map_err(DiskError::io("write", path))?;
    temp.write_all(bytes).map_err(DiskError::io("write", path))?;
    temp.persist(path).map_err(|error| DiskError::io("replace", path)(error.error))?;
    Ok(())
}

fn new_temp(dir: &Path, prefix: &str) -> io::Result<tempfile::NamedTempFile> {
    // tempfile creates with mode 0600 and O_EXCL: nobody else can read the content at any time.
    let temp = tempfile::Builder::new().prefix(prefix).suffix(SUFFIX).tempfile_in(dir)?;
    // Tells who sweeps that its writer lives. Where there are no locks, its age tells alone.
    drop(temp.as_file().try_lock());
    Ok(temp)
}

/// A temporary file that is to replace `target`, with everybody's rights to it, before there is anything to read in it.
fn start_temp(
    dir: &Path,
    prefix: &str,
    target: &Path,
    old: Option<&Metadata>,
) -> Result<tempfile::NamedTempFile, DiskError> {
    let temp = new_temp(dir, prefix).map_err(DiskError::io("write", target))?;
    if let Some(old) = old {
        rights::keep(temp.as_file(), target, old)?;
    }
    Ok(temp)
}

fn write_durably(temp: &mut tempfile::NamedTempFile, bytes: &[u8]) -> io::Result<()> {
    temp.write_all(bytes)?;
    temp.as_file().sync_all()
}

/// Tries whether a file of awsauth's own can be written in `dir`, and leaves nothing there.
pub(crate) fn check_writable(dir: &Path) -> Result<(), DiskError> {
    try_writing(new_temp(dir, ".").map_err(DiskError::io("write to", dir))?, dir)
}

fn try_writing(mut temp: tempfile::NamedTempFile, path: &Path) -> Result<(), DiskError> {
    // A full disk often has names left, and no room.
    temp.write_all(b"x").map_err(DiskError::io("write to", path))
}

/// Removes every temporary file beside the file that `path` leads to, if its writer is dead.
pub(crate) fn sweep_beside(path: &Path) {
    if let Ok(target) = resolve(path) {
        sweep_all(parent(&target));
    }
}

/// The temporary files in `dir` whose names begin with `prefix`.
pub(super) fn leftovers(dir: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut paths = disk::list(dir).unwrap_or_default();
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(prefix) && name.ends_with(SUFFIX)
    });
    paths
}

/// Whether a file is one that is being written, or was when its run was killed.
pub(crate) fn is_temporary(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(SUFFIX.as_bytes())
}

/// Removes temporary files in `dir` that are a minute old and whose writer is dead. For directories whose files are written
/// without a lock.
pub(crate) fn sweep_abandoned(dir: &Path, now: Timestamp) {
    // One that was just made is not locked yet.
    let is_old = |path: &Path| {
        let modified = fs::symlink_metadata(path).and_then(|metadata| metadata.modified()).ok();
        let modified = modified.and_then(|time| Timestamp::try_from(time).ok());
        modified.is_some_and(|time| now.duration_since(time) > SignedDuration::from_mins(1))
    };
    sweep(dir, is_old);
}

/// Removes every temporary file in `dir` whose writer is dead.
pub(crate) fn sweep_all(dir: &Path) {
    sweep(dir, |_| true);
}

fn sweep(dir: &Path, is_meant: impl Fn(&Path) -> bool) {
    for path in disk::list(dir).unwrap_or_default() {
        if is_temporary(&path) && is_meant(&path) && !is_being_written(&path) {
            // Another run may sweep at the same time.
            drop(disk::remove(&path));
        }
    }
}

fn is_being_written(path: &Path) -> bool {
    let file = disk::open_file(path).ok().flatten();
    file.is_some_and(|file| matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
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
    fn what_stands_there_is_not_created_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/profiles.toml");
        assert!(create_private(&path, b"first").unwrap());
        assert!(!create_private(&path, b"second").unwrap());
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"first".to_vec(), 0o600));
        let link = dir.path().join("new/link.toml");
        symlink("nowhere", &link).unwrap();
        assert!(!create_private(&link, b"third").unwrap());
        assert_eq!(disk::list(path.parent().unwrap()).unwrap(), [link, path]);
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
        assert_eq!(waited, SETTLED);
    }

    #[test]
    fn an_empty_file_costs_a_glance_and_no_file_or_a_full_one_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = emptied(dir.path(), LONG_AGO);
        let mut waited = Duration::ZERO;
        assert!(Snapshot::read_with(&path, |pause| waited += pause).unwrap().exists);
        assert_eq!(waited, GLANCE);
        let no_pause = |_| panic!("there is nothing to wait for");
        fs::write(&path, "x").unwrap();
        Snapshot::read_with(&path, no_pause).unwrap();
        Snapshot::read_with(&dir.path().join("none"), no_pause).unwrap();
    }

    #[test]
    fn abandoned_files_are_swept_when_they_are_old_enough() {
        let dir = tempfile::tempdir().unwrap();
        for name in [".prod.json.abc123.awsauth-tmp", "prod.json"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        sweep_abandoned(dir.path(), Timestamp::now());
        assert_eq!(disk::list(dir.path()).unwrap().len(), 2);
        sweep_abandoned(dir.path(), Timestamp::now() + SignedDuration::from_mins(2));
        assert_eq!(disk::list(dir.path()).unwrap(), [dir.path().join("prod.json")]);
    }

    #[test]
    fn a_file_whose_writer_lives_is_never_swept() {
        let dir = tempfile::tempdir().unwrap();
        let temp = new_temp(dir.path(), ".prod.json.").unwrap();
        fs::write(dir.path().join(".prod.json.abc123.awsauth-tmp"), "x").unwrap();
        sweep_all(dir.path());
        sweep_abandoned(dir.path(), Timestamp::now() + SignedDuration::from_hours(2));
        assert_eq!(disk::list(dir.path()).unwrap(), [temp.path()]);
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

//! Owns writing files so that a crash at any point leaves the old one or the new one. What a killed run leaves half-written is
//! swept by the next one.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use super::disk::{self, DiskError};

const SUFFIX: &str = ".awsauth-tmp";
/// How long another program may take to read a file.
const SHARING_TIMEOUT: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(10);

/// The directory of a file, `.` for a bare name.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Replaces a file of awsauth's own: mode 0600, no comparison, no links expected.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let temp = write_beside(path, bytes)?;
    temp.as_file().sync_all().map_err(DiskError::io("write", path))?;
    persist(temp, path)
}

/// Like [`write_private`], for what may as well be lost in a power cut.
pub(crate) fn write_hint(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    sweep(parent(path));
    persist(write_beside(path, bytes)?, path)
}

/// Creates a file of the person's own with mode 0600. Returns false, and writes nothing, if something stands there.
pub(crate) fn create_private(path: &Path, bytes: &[u8]) -> Result<bool, DiskError> {
    let temp = write_beside(path, bytes)?;
    temp.as_file().sync_all().map_err(DiskError::io("write", path))?;
    match persist_new(temp, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(DiskError::io("write", path)(error)),
    }
}

fn write_beside(path: &Path, bytes: &[u8]) -> Result<NamedTempFile, DiskError> {
    disk::make_private_dir(parent(path))?;
    let written = new_temp(path).and_then(|mut temp| temp.write_all(bytes).map(|()| temp));
    written.map_err(DiskError::io("write", path))
}

fn persist(temp: NamedTempFile, path: &Path) -> Result<(), DiskError> {
    persist_over(temp, path).map_err(DiskError::io("replace", path))
}

/// Gives `temp` the name `path`. Fails if something stands there.
pub(super) fn persist_new(temp: NamedTempFile, path: &Path) -> io::Result<()> {
    release(&temp);
    temp.persist_noclobber(path).map(drop).map_err(|failed| failed.error)
}

/// Puts `temp` in the place of the file at `path`.
pub(super) fn persist_over(mut temp: NamedTempFile, path: &Path) -> io::Result<()> {
    let start = Instant::now();
    loop {
        release(&temp);
        match temp.persist(path) {
            Ok(_) => return Ok(()),
            Err(failed) if is_in_use(&failed.error) && start.elapsed() < SHARING_TIMEOUT => temp = failed.file,
            Err(failed) => return Err(failed.error),
        }
        // Without its lock, another awsauth would sweep it meanwhile.
        drop(temp.as_file().lock());
        thread::sleep(PAUSE);
    }
}

/// Unlocks a file that is about to get its name: on Windows nobody else can read what is locked.
fn release(temp: &NamedTempFile) {
    if cfg!(windows) {
        // Wine unlocks it, and then says that it was not locked.
        drop(temp.as_file().unlock());
    }
}

/// True if another program is reading the file that is to be replaced: on Windows most of AWS's tools keep it from that meanwhile.
fn is_in_use(error: &io::Error) -> bool {
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    const LOCK_VIOLATION: i32 = 33;
    cfg!(windows) && matches!(error.raw_os_error(), Some(ACCESS_DENIED | SHARING_VIOLATION | LOCK_VIOLATION))
}

/// A temporary file beside the file at `path`. It is locked until it gets its name, so that nobody sweeps it.
pub(super) fn new_temp(path: &Path) -> io::Result<NamedTempFile> {
    let prefix = format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy());
    loop {
        // tempfile creates with mode 0600 and O_EXCL: nobody else can read the content at any time.
        let temp = tempfile::Builder::new().prefix(&prefix).suffix(SUFFIX).tempfile_in(parent(path))?;
        // Nothing is swept where there are no locks. Between its creation and the lock it may have been swept.
        let is_locked = temp.as_file().lock().is_ok();
        if !is_locked || disk::exists(temp.path()) {
            return Ok(temp);
        }
    }
}

/// Tests that a file of awsauth's own can be written in `dir`, and leaves nothing there.
pub(crate) fn check_writable(dir: &Path) -> Result<(), DiskError> {
    try_writing(new_temp(&dir.join("x")).map_err(DiskError::io("write to", dir))?, dir)
}

/// Writes a byte, since a full disk often has names left, and no room.
pub(super) fn try_writing(mut temp: NamedTempFile, path: &Path) -> Result<(), DiskError> {
    temp.write_all(b"x").map_err(DiskError::io("write to", path))
}

/// True for a file that is being written, or was when its run was killed.
pub(crate) fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(SUFFIX));
    let parts = name.and_then(|name| name.strip_prefix('.')?.rsplit_once('.'));
    // As `new_temp` names it.
    parts.is_some_and(|(_, random)| random.len() == 6 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Removes the temporary files in `dir` whose writers are dead. A failure to is not worth a word.
pub(crate) fn sweep(dir: &Path) {
    // The lock is held until the file is gone, so that a writer that has just made it notices.
    abandoned(dir).for_each(|(path, _lock)| drop(disk::remove(&path)));
}

/// True if there is something to sweep.
pub(crate) fn has_leftovers(dir: &Path) -> bool {
    abandoned(dir).next().is_some()
}

/// The temporary files in `dir` whose writers are dead, each with its lock.
fn abandoned(dir: &Path) -> impl Iterator<Item = (PathBuf, File)> {
    let paths =
        disk::list(dir).unwrap_or_default().into_iter().filter(|path| is_temporary(path) && disk::is_file(path));
    paths.filter_map(|path| {
        let (file, _) = disk::open_file(&path).ok()??;
        file.try_lock().ok()?;
        Some((path, file))
    })
}

#[cfg(windows)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::windows::fs::OpenOptionsExt as _;

    use super::*;

    #[test]
    fn a_file_that_another_program_reads_is_replaced_once_it_has_read_it_and_the_new_one_is_not_swept_meanwhile() {
        const SHARED_AS_PYTHON_AND_GO_DO: u32 = 3;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        fs::write(&path, "old").unwrap();
        let reader = fs::OpenOptions::new().read(true).share_mode(SHARED_AS_PYTHON_AND_GO_DO).open(&path).unwrap();
        let written = thread::spawn({
            let path = path.clone();
            move || write_private(&path, b"new")
        });
        let waited = Instant::now();
        while waited.elapsed() < PAUSE * 5 {
            sweep(dir.path());
        }
        assert!(!written.is_finished());
        drop(reader);
        written.join().unwrap().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn what_stands_there_is_not_created_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/profiles.toml");
        assert!(create_private(&path, b"first").unwrap());
        assert!(!create_private(&path, b"second").unwrap());
        assert_eq!(
            (fs::read(&path).unwrap(), path.metadata().unwrap().permissions().mode() & 0o777),
            (b"first".to_vec(), 0o600)
        );
        let link = dir.path().join("new/link.toml");
        symlink("nowhere", &link).unwrap();
        assert!(!create_private(&link, b"third").unwrap());
        assert_eq!(disk::list(path.parent().unwrap()).unwrap(), [link, path]);
    }

    #[test]
    fn a_file_whose_writer_lives_is_never_swept_and_an_abandoned_one_always() {
        let dir = tempfile::tempdir().unwrap();
        let temp = new_temp(&dir.path().join("prod.json")).unwrap();
        for name in [".prod.json.abc123.awsauth-tmp", "prod.json"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let others =
            [".notes.awsauth-tmp", ".prod.json.link12.awsauth-tmp", "prod.json"].map(|name| dir.path().join(name));
        fs::write(&others[0], "a person's").unwrap();
        symlink("prod.json", &others[1]).unwrap();
        sweep(dir.path());
        let left = disk::list(dir.path()).unwrap();
        assert!(left.len() == 4 && left.contains(&temp.path().to_path_buf()), "{left:?}");
        drop(temp);
        assert_eq!(disk::list(dir.path()).unwrap(), others);
    }
}

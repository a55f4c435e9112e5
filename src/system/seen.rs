//! Owns telling cheaply whether a file, or the names in a directory, are still what they were: by what the file system says of it, as git's index does,
//! and by a digest where that is not sure.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::disk::{self, DiskError};

/// What the file system says of a file: enough to see that it was changed or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    /// When the content changed, in nanoseconds since 1970.
    modified: i64,
    /// When anything about the file changed.
    changed: i64,
    inode: u64,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sort {
    /// The content of a file.
    #[default]
    File,
    /// That there is no such file.
    Missing,
    /// The names in a directory.
    Names,
}

/// One place as it was seen at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    #[serde(with = "any_path")]
    path: PathBuf,
    sort: Sort,
    /// None where a later change could go unseen by it.
    stamp: Option<Stamp>,
    /// SHA-256 of the content in hexadecimal digits; empty where there is none.
    digest: String,
    /// Where the path leads, if that matters as well.
    #[serde(default, with = "any_path::optional")]
    real: Option<PathBuf>,
}

/// How a place compares with what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    /// The file system says that nothing changed.
    Untouched,
    /// It was written, with the same content.
    SameContent,
    /// It differs, or is gone.
    Different,
}

/// A file that was read, and what the file system said of it just before.
#[derive(Debug)]
pub(crate) struct Look {
    path: PathBuf,
    stamp: Option<Stamp>,
    real: Option<PathBuf>,
}

/// One name in a directory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The name.
    pub(crate) name: OsString,
    /// Whether it is a directory itself; a link to one is none.
    pub(crate) is_dir: bool,
}

/// Reads a file so that it can be remembered: `None` if there is none.
///
/// A file that was written within a tick of the file system's clock before `now` gets no stamp, since a second write
/// could leave the same one (the problem that git calls racy).
pub(crate) fn read(path: &Path, now: Timestamp) -> Result<Option<(Vec<u8>, Look)>, DiskError> {
    // Looked at before it is read: a write in between leaves an older stamp, which then does not match.
    let stamp = stamp(path).filter(|stamp| !is_racy(stamp, now));
    Ok(disk::read(path)?.map(|bytes| (bytes, Look { path: path.to_path_buf(), stamp, real: None })))
}

/// Remembers that there is no file at `path`.
pub(crate) fn missing(path: &Path) -> Seen {
    Seen { path: path.to_path_buf(), sort: Sort::Missing, stamp: None, digest: String::new(), real: None }
}

/// Remembers that `path` leads to the directory `real`, whose names were not read here.
pub(crate) fn place(path: &Path, real: PathBuf) -> Seen {
    // No names have an empty digest: only a stamp, which tells one directory from another, says that it is the same.
    let (path, stamp) = (path.to_path_buf(), stamp(path));
    Seen { path, sort: Sort::Names, stamp, digest: String::new(), real: Some(real) }
}

/// The names in a directory, in order, and what to remember of them: none if there is no such directory.
pub(crate) fn names(path: &Path, now: Timestamp) -> Result<(Vec<Named>, Seen), DiskError> {
    let stamp = stamp(path).filter(|stamp| !is_racy(stamp, now));
    let names = list(path)?;
    let digest = digest(&joined(&names));
    Ok((names, Seen { path: path.to_path_buf(), sort: Sort::Names, stamp, digest, real: None }))
}

impl Look {
    /// The same, which is another file too once the path leads elsewhere, though to the same content: for one with
    /// others beside it.
    pub(crate) fn with_its_place(mut self) -> Self {
        self.real = disk::real_path(&self.path);
        self
    }

    /// What to remember of the file, whose content was `bytes`.
    pub(crate) fn seen(&self, bytes: &[u8]) -> Seen {
        let Self { path, stamp, real } = self;
        let digest = digest(bytes);
        Seen { path: path.clone(), sort: Sort::File, stamp: *stamp, digest, real: real.clone() }
    }
}

impl Seen {
    /// Which place it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Compares with the place as it is now; reads it only if the file system is not sure.
    pub(crate) fn compare(&self) -> Compared {
        match self.sort {
            Sort::Missing if is_missing(&self.path) => return Compared::Untouched,
            Sort::Missing => return Compared::Different,
            Sort::File | Sort::Names => {}
        }
        if self.stamp.is_some() && stamp(&self.path) == self.stamp {
            return Compared::Untouched;
        }
        let content = match self.sort {
            Sort::Names => list(&self.path).ok().map(|names| joined(&names)),
            _ => disk::read(&self.path).ok().flatten(),
        };
        let is_same = content.is_some_and(|bytes| digest(&bytes) == self.digest)
            && (self.real.is_none() || disk::real_path(&self.path) == self.real);
        if is_same { Compared::SameContent } else { Compared::Different }
    }
}

fn is_missing(path: &Path) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    fs::metadata(path).is_err_and(|error| matches!(error.kind(), NotFound | NotADirectory))
}

fn list(path: &Path) -> Result<Vec<Named>, DiskError> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(DiskError::io("list", path)(error)),
    };
    let look_at = |entry: fs::DirEntry| {
        let is_dir = entry.file_type()?.is_dir();
        Ok(Named { name: entry.file_name(), is_dir })
    };
    let names: io::Result<Vec<Named>> = entries.map(|entry| entry.and_then(look_at)).collect();
    let mut names = names.map_err(DiskError::io("list", path))?;
    names.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(names)
}

/// All names as one text, which no other names have.
fn joined(names: &[Named]) -> Vec<u8> {
    let line = |one: &Named| [one.name.as_encoded_bytes(), if one.is_dir { b"/\0" } else { b"\0" }].concat();
    names.iter().flat_map(line).collect()
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn is_racy(stamp: &Stamp, now: Timestamp) -> bool {
    // File systems that keep fractions of seconds take them from a clock that ticks every 10 ms at the slowest.
    let tick = if stamp.modified % 1_000_000_000 == 0 { 2_000_000_000 } else { 20_000_000 };
    now.as_nanosecond() - i128::from(stamp.modified.max(stamp.changed)) < tick
}

/// A path as JSON that can hold any: as text, or as its bytes where it is none.
mod any_path {
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// What stands in the file.
    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(String),
        Bytes(Vec<u8>),
    }

    /// Never fails for want of a text.
    pub(super) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        Form::from(path).serialize(serializer)
    }

    /// Reads either form.
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        Form::deserialize(deserializer).map(PathBuf::from)
    }

    impl From<&Path> for Form {
        fn from(path: &Path) -> Self {
            match path.to_str() {
                Some(text) => Self::Text(text.to_owned()),
                None => Self::Bytes(bytes(path)),
            }
        }
    }

    impl From<Form> for PathBuf {
        fn from(form: Form) -> Self {
            match form {
                Form::Text(text) => text.into(),
                Form::Bytes(bytes) => path(bytes),
            }
        }
    }

    #[cfg(unix)]
    fn bytes(path: &Path) -> Vec<u8> {
        std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec()
    }

    #[cfg(unix)]
    fn path(bytes: Vec<u8>) -> PathBuf {
        let text: std::ffi::OsString = std::os::unix::ffi::OsStringExt::from_vec(bytes);
        text.into()
    }

    /// Not to be read back as the same path: what is there is then never what was seen.
    #[cfg(not(unix))]
    fn bytes(path: &Path) -> Vec<u8> {
        path.as_os_str().as_encoded_bytes().to_vec()
    }

    #[cfg(not(unix))]
    fn path(bytes: Vec<u8>) -> PathBuf {
        String::from_utf8_lossy(&bytes).into_owned().into()
    }

    /// The same for one that need not be there.
    pub(super) mod optional {
        use std::path::PathBuf;

        use serde::{Deserialize, Deserializer, Serialize, Serializer};

        use super::Form;

        /// Never fails for want of a text.
        #[expect(clippy::ref_option, reason = "serde calls it so")]
        pub(crate) fn serialize<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
            path.as_deref().map(Form::from).serialize(serializer)
        }

        /// Reads either form.
        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
            Ok(Option::<Form>::deserialize(deserializer)?.map(PathBuf::from))
        }
    }
}

#[cfg(unix)]
fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = fs::metadata(path).ok()?;
    let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    Some(Stamp {
        size: metadata.size(),
        modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        inode: metadata.ino(),
    })
}

#[cfg(not(unix))]
fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    let modified = Timestamp::try_from(metadata.modified().ok()?).ok()?;
    let modified = i64::try_from(modified.as_nanosecond()).ok()?;
    Some(Stamp { size: metadata.len(), modified, changed: modified, inode: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later() -> Timestamp {
        Timestamp::now() + jiff::SignedDuration::from_secs(3)
    }

    #[test]
    fn a_file_is_untouched_the_same_or_different() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        assert!(read(&path, later()).unwrap().is_none());
        fs::write(&path, "1").unwrap();
        let (bytes, look) = read(&path, later()).unwrap().unwrap();
        let seen = look.seen(&bytes);
        assert_eq!((bytes.as_slice(), seen.compare()), (b"1".as_slice(), Compared::Untouched));
        fs::write(dir.path().join("b"), "1").unwrap();
        fs::rename(dir.path().join("b"), &path).unwrap();
        assert_eq!(seen.compare(), Compared::SameContent);
        fs::write(&path, "2").unwrap();
        assert_eq!(seen.compare(), Compared::Different);
        fs::remove_file(&path).unwrap();
        assert_eq!(seen.compare(), Compared::Different);
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_is_remembered_too() {
        use std::os::unix::ffi::OsStrExt as _;
        let dir = tempfile::tempdir().unwrap();
        for name in [b"a".as_slice(), b"jos\xe9", b"\xf0\x9f\x98\x80"] {
            let path = dir.path().join(std::ffi::OsStr::from_bytes(name));
            // Not every file system takes such a name.
            if fs::write(&path, "1").is_err() {
                continue;
            }
            let (bytes, look) = read(&path, later()).unwrap().unwrap();
            let seen = Seen { real: disk::real_path(&path), ..look.seen(&bytes) };
            let again: Seen = serde_json::from_str(&serde_json::to_string(&seen).unwrap()).unwrap();
            assert_eq!((&again, again.compare()), (&seen, Compared::Untouched), "{}", path.display());
        }
    }

    #[test]
    fn a_file_written_just_now_is_compared_by_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "1").unwrap();
        let written = Timestamp::try_from(fs::metadata(&path).unwrap().modified().unwrap()).unwrap();
        let (bytes, look) = read(&path, written).unwrap().unwrap();
        assert_eq!(look.seen(&bytes).compare(), Compared::SameContent);
    }

    #[test]
    fn a_file_that_was_missing_and_new_names_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let gone = missing(&path);
        let (none, seen) = names(dir.path(), later()).unwrap();
        assert_eq!((none, gone.compare(), seen.compare()), (vec![], Compared::Untouched, Compared::Untouched));
        fs::write(&path, "1").unwrap();
        assert_eq!((gone.compare(), seen.compare()), (Compared::Different, Compared::Different));
        let (one, seen) = names(dir.path(), later()).unwrap();
        assert_eq!(one, [Named { name: "a".into(), is_dir: false }]);
        fs::write(&path, "2").unwrap();
        assert_eq!(seen.compare(), Compared::Untouched, "contents are no names");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(seen.compare(), Compared::Different, "a directory of that name");
        fs::remove_dir(&path).unwrap();
        fs::write(&path, "1").unwrap();
        assert_eq!(seen.compare(), Compared::SameContent);
        assert_eq!(missing(&path.join("b")).compare(), Compared::Untouched, "below a file");
        let (none, seen) = names(&dir.path().join("none"), later()).unwrap();
        assert_eq!((none, seen.compare()), (vec![], Compared::SameContent));
        fs::create_dir(dir.path().join("none")).unwrap();
        fs::write(dir.path().join("none/a"), "").unwrap();
        assert_eq!(seen.compare(), Compared::Different);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_elsewhere_is_another_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for name in ["a", "b"] {
            fs::create_dir(path(name)).unwrap();
            fs::write(path(name).join("p"), "same").unwrap();
        }
        std::os::unix::fs::symlink("a/p", path("link")).unwrap();
        let (bytes, look) = read(&path("link"), later()).unwrap().unwrap();
        let seen = look.with_its_place().seen(&bytes);
        assert_eq!(seen.compare(), Compared::Untouched);
        fs::remove_file(path("link")).unwrap();
        std::os::unix::fs::symlink("b/p", path("link")).unwrap();
        assert_eq!(seen.compare(), Compared::Different);
    }
}

//! Owns JSON exactly as Python's `json.dumps` writes it, since AWS CLI hashes and stores that form (aws-facts §4, §5).

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::ser::{Formatter, Serializer};
use sha1::Digest as _;

use crate::system::files::atomic::{parent, write_hint, write_private};
use crate::system::files::disk::DiskError;
use crate::system::files::private::{self, FileOwner};

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    version: u32,
    #[serde(flatten)]
    content: T,
}

/// Reads a file of awsauth's own; none also for one of another version.
pub(super) fn load<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let file: Versioned<T> = read(path, FileOwner::Awsauth)?;
    (file.version == VERSION).then_some(file.content)
}

/// True for a file of awsauth's own that is cut short, or not of a newer version.
pub(super) fn is_of_no_use(path: &Path) -> bool {
    let Ok(Some(bytes)) = private::read(path, FileOwner::Awsauth) else { return false };
    let is_newer = |file: Versioned<serde_json::Value>| file.version > VERSION;
    !serde_json::from_slice(&bytes).is_ok_and(is_newer)
}

pub(super) fn save(path: &Path, content: &impl Serialize) -> Result<(), DiskError> {
    write(path, FileOwner::Awsauth, &Versioned { version: VERSION, content })
}

/// Replaces a file of awsauth's own that may as well be lost.
pub(super) fn save_hint(path: &Path, content: &impl Serialize) -> Result<(), DiskError> {
    let text = python(&Versioned { version: VERSION, content }).map_err(DiskError::io("write", path))?;
    private::make_dir(parent(path), FileOwner::Awsauth)?;
    write_hint(path, text.as_bytes())
}

/// `value` with Python's default separators, `", "` and `": "`, and everything beyond ASCII escaped. Fails for a value
/// that JSON can't hold.
pub(super) fn python(value: &impl Serialize) -> io::Result<String> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Python))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// The name of a file in one of AWS CLI's caches: SHA-1 of `key` and `.json`.
pub(crate) fn cache_file_name(key: &str) -> String {
    format!("{}.json", hex::encode(sha1::Sha1::digest(key.as_bytes())))
}

/// The path of the file in one of AWS CLI's caches that is named after `key`.
pub(super) fn path_in(dir: &Path, key: &impl Serialize) -> Result<PathBuf, DiskError> {
    let key = python(key).map_err(DiskError::io("name a file in", dir))?;
    Ok(dir.join(cache_file_name(&key)))
}

/// None if the file is not there, not whole, or not this user's own.
pub(super) fn read<T: DeserializeOwned>(path: &Path, owned_by: FileOwner) -> Option<T> {
    serde_json::from_slice(&private::read(path, owned_by).ok()??).ok()
}

/// Replaces the private file at `path`.
pub(super) fn write(path: &Path, owned_by: FileOwner, value: &impl Serialize) -> Result<(), DiskError> {
    let text = python(value).map_err(DiskError::io("write", path))?;
    private::make_dir(parent(path), owned_by)?;
    write_private(path, text.as_bytes())
}

struct Python;

fn separate<W: ?Sized + io::Write>(writer: &mut W, first: bool) -> io::Result<()> {
    if first { Ok(()) } else { writer.write_all(b", ") }
}

impl Formatter for Python {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        separate(writer, first)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        separate(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for character in fragment.chars() {
            // Like JSON, Python does not escape DEL. It writes all beyond ASCII as UTF-16 units.
            if character.is_ascii() {
                writer.write_all(&[character as u8])?;
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

/// Reads a time in any of the forms that AWS's tools write: with fractions, with an offset, with `UTC` for `Z`.
pub(crate) fn parse_timestamp(text: &str) -> Option<Timestamp> {
    match text.strip_suffix("UTC") {
        Some(front) => format!("{front}Z").parse().ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_python_writes() {
        let value = serde_json::json!({"a": ["x", 1, null], "é": "\u{1f600}\"\n"});
        assert_eq!(python(&value).unwrap(), r#"{"a": ["x", 1, null], "\u00e9": "\ud83d\ude00\"\n"}"#);
    }

    #[test]
    fn what_json_cannot_hold_is_an_error_and_nothing_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        let value = std::collections::BTreeMap::from([([1], 1)]);
        for written in [write(&path, FileOwner::Awsauth, &value), save_hint(&path, &value)] {
            assert!(matches!(written, Err(DiskError::Io { doing: "write", .. })), "{written:?}");
        }
        assert!(!path.exists());
    }

    #[test]
    fn reads_the_times_that_tools_write() {
        let expected = Timestamp::from_second(1_767_225_600).unwrap();
        for text in [
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00UTC",
            "2026-01-01T00:00:00.000Z",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01T01:00:00+01:00",
        ] {
            assert_eq!(parse_timestamp(text), Some(expected), "{text}");
        }
        assert_eq!(crate::model::utc(expected), "2026-01-01T00:00:00Z");
        assert_eq!(parse_timestamp("soon"), None);
    }
}

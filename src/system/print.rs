//! Owns the fingerprint of a file: its size and SHA-256. Must not know what the file is.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::disk::{self, DiskError};
use crate::source::hex;

/// A file's size in bytes, and the SHA-256 of its content in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Print {
    size: u64,
    sha256: String,
}

impl Print {
    /// Of a content at hand.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { size: bytes.len() as u64, sha256: hex(&Sha256::digest(bytes)) }
    }

    /// Of a file, keeping no copy of it; none if there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, DiskError> {
        let Some(mut file) = disk::open_file(path)? else { return Ok(None) };
        let mut digest = Sha256::new();
        let mut buffer = vec![0; 64 * 1024];
        let mut size = 0;
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(Some(Self { size, sha256: hex(&digest.finalize()) })),
                Ok(count) => {
                    size += count as u64;
                    digest.update(&buffer[..count]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(DiskError::io("read", path)(error)),
            }
        }
    }

    /// Whether the file has the size of `print`, or neither exists.
    pub(crate) fn has_size(path: &Path, print: Option<&Self>) -> bool {
        match (fs::metadata(path), print) {
            (Ok(metadata), Some(print)) => metadata.len() == print.size,
            (Err(error), None) => error.kind() == io::ErrorKind::NotFound,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_its_content_have_one_print() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        assert_eq!(Print::read(&path).unwrap(), None);
        assert!(Print::has_size(&path, None) && !Print::has_size(&path, Some(&Print::of(b""))));
        for content in [Vec::new(), vec![7; 200_000]] {
            fs::write(&path, &content).unwrap();
            assert_eq!(Print::read(&path).unwrap(), Some(Print::of(&content)));
            assert!(Print::has_size(&path, Some(&Print::of(&content))) && !Print::has_size(&path, None));
        }
    }
}

//! Owns what the last `apply` left in AWS's two files, as digests, so that `apply --undo` can warn of what was changed
//! since. Must not know what the files hold.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::json;
use crate::system::disk::DiskError;
use crate::system::private::Keeper;

/// The file that remembers it.
#[derive(Debug)]
pub(crate) struct Written {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    digests: Vec<String>,
}

impl Written {
    /// The memory in the state directory.
    pub(crate) fn new(state_dir: &Path) -> Self {
        Self { path: state_dir.join("written.json") }
    }

    /// The SHA-256 of a content in lower-case hexadecimal.
    pub(crate) fn digest(bytes: &[u8]) -> String {
        hex::encode(Sha256::digest(bytes))
    }

    /// The digests of the last run. Empty if they are not known.
    pub(crate) fn digests(&self) -> Vec<String> {
        let file: Option<File> = json::read(&self.path, Keeper::Awsauth);
        file.filter(|file| file.version == 1).map(|file| file.digests).unwrap_or_default()
    }

    /// Remembers the digests in place of those of the run before.
    pub(crate) fn remember(&self, digests: Vec<String>) -> Result<(), DiskError> {
        json::hint(&self.path, &File { version: 1, digests })
    }
}

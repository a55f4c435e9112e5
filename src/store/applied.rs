//! Owns the digests of AWS's two files after awsauth's last runs, by which `apply --undo` warns of later changes. Must not know what
//! the files hold.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::json;
use crate::system::files::disk::DiskError;

#[derive(Debug)]
pub(crate) struct AppliedDigests {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct DigestsFile {
    digests: Vec<String>,
}

impl AppliedDigests {
    pub(crate) fn new(state_dir: &Path) -> Self {
        Self { path: state_dir.join("written.json") }
    }

    /// The SHA-256 of a content in lower-case hexadecimal.
    pub(crate) fn digest(bytes: &[u8]) -> String {
        hex::encode(Sha256::digest(bytes))
    }

    /// Empty if the last run's are not known.
    pub(crate) fn digests(&self) -> Vec<String> {
        json::load(&self.path).map(|file: DigestsFile| file.digests).unwrap_or_default()
    }

    /// Keeps the others, which are those of the other file.
    pub(crate) fn remember_also(&self, digests: impl IntoIterator<Item = String>) -> Result<(), DiskError> {
        let mut all = self.digests();
        all.extend(digests);
        self.remember(all)
    }

    pub(crate) fn remember(&self, digests: Vec<String>) -> Result<(), DiskError> {
        json::save_hint(&self.path, &DigestsFile { digests })
    }
}

//! Owns rotations of long-term keys that are under way: one 0600 file for each section of the credentials file. It holds the new
//! key from the moment that AWS made it until it is in its section, since AWS shows a secret once.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::json;
use super::sessions::file_stem;
use crate::model::{LongTermKey, ProfileName};
use crate::secret::Secret;
use crate::system::files::atomic::sweep;
use crate::system::files::disk::{self, DiskError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rotation {
    /// The id of the key that is replaced.
    pub(crate) old: String,
    /// The ids of the user's keys before.
    pub(crate) before: Vec<String>,
    pub(crate) begun_at: Timestamp,
    /// None until AWS has made it. If the run ended meanwhile, AWS may have made a key whose secret nobody has.
    pub(crate) new: Option<LongTermKey>,
}

#[derive(Debug)]
pub(crate) struct Rotations {
    dir: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct RotationFile {
    section: String,
    old: String,
    before: Vec<String>,
    begun_at: Timestamp,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
}

impl Rotations {
    pub(crate) fn new(state_dir: &Path) -> Self {
        Self { dir: state_dir.join("rotations") }
    }

    pub(crate) fn get(&self, section: &ProfileName) -> Option<Rotation> {
        let file: RotationFile = json::load(&self.path(section))?;
        let new = file.access_key_id.zip(file.secret_access_key.map(Secret::new));
        let new = new.map(|(access_key_id, secret_access_key)| LongTermKey { access_key_id, secret_access_key });
        let rotation = Rotation { old: file.old, before: file.before, begun_at: file.begun_at, new };
        (file.section == section.as_str()).then_some(rotation)
    }

    pub(crate) fn put(&self, section: &ProfileName, rotation: &Rotation) -> Result<(), DiskError> {
        let new = rotation.new.as_ref();
        let file = RotationFile {
            section: section.to_string(),
            old: rotation.old.clone(),
            before: rotation.before.clone(),
            begun_at: rotation.begun_at,
            access_key_id: new.map(|key| key.access_key_id.clone()),
            secret_access_key: new.map(|key| key.secret_access_key.expose().to_owned()),
        };
        json::save(&self.path(section), &file)
    }

    pub(crate) fn remove(&self, section: &ProfileName) -> Result<(), DiskError> {
        // What a killed run left half-written may hold the key.
        sweep(&self.dir);
        disk::remove(&self.path(section)).map(drop)
    }

    fn path(&self, section: &ProfileName) -> PathBuf {
        self.dir.join(format!("{}.json", file_stem(section.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_is_kept_for_its_section_until_it_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let (rotations, section) = (Rotations::new(dir.path()), ProfileName::new("main-long-term").unwrap());
        let (old, before) = ("AKIA1".to_owned(), vec!["AKIA1".to_owned()]);
        let begun = Rotation { old, before, begun_at: Timestamp::UNIX_EPOCH, new: None };
        let new = LongTermKey { access_key_id: "AKIA2".to_owned(), secret_access_key: Secret::new("s") };
        let made = Rotation { new: Some(new), ..begun.clone() };
        assert_eq!(rotations.get(&section), None);
        for rotation in [begun, made] {
            rotations.put(&section, &rotation).unwrap();
            assert_eq!(rotations.get(&section), Some(rotation));
        }
        assert_eq!(rotations.get(&ProfileName::new("main").unwrap()), None);
        rotations.remove(&section).unwrap();
        assert_eq!(rotations.get(&section), None);
    }
}

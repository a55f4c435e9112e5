//! Owns rotations of long-term keys that are under way: one 0600 file for each section of the credentials file. It holds the new
//! key, or the keyring does, from the moment that AWS made it until it is in its place, since AWS shows a secret once.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::file_names::file_stem;
use super::json;
use super::keyring::{Keyring, KeyringError, SaveError};
use super::sessions::InKeyring;
use crate::model::{KeySecret, LongTermKey, ProfileName, SecretStore};
use crate::secret::Secret;
use crate::system::files::atomic::sweep;
use crate::system::files::disk;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rotation {
    /// The id of the key that is replaced.
    pub(crate) old: String,
    /// The ids of the user's keys before.
    pub(crate) before: Vec<String>,
    /// By AWS's clock.
    pub(crate) begun_at: Timestamp,
    /// None until AWS has made it. If the run ended meanwhile, AWS may have made a key whose secret nobody has.
    pub(crate) new: Option<LongTermKey>,
}

pub(crate) struct Rotations {
    dir: PathBuf,
    keyring: Rc<Keyring>,
    store: SecretStore,
}

#[derive(Serialize, Deserialize)]
struct RotationFile {
    section: String,
    old: String,
    before: Vec<String>,
    begun_at: Timestamp,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<InKeyring>,
}

impl Rotations {
    pub(crate) fn new(state_dir: &Path, keyring: Rc<Keyring>, store: SecretStore) -> Self {
        Self { dir: state_dir.join("rotations"), keyring, store }
    }

    /// Does not ask the keyring.
    pub(crate) fn is_begun(&self, section: &ProfileName) -> bool {
        self.file(section).is_some()
    }

    /// True if a key is lost without its notes: they are of another key than the stored one.
    pub(crate) fn is_open(&self, section: &ProfileName, stored: Option<&str>) -> bool {
        self.file(section).is_some_and(|file| file.access_key_id.is_none() || file.access_key_id.as_deref() != stored)
    }

    /// A new key whose secret is lost counts as none.
    pub(crate) fn get(&self, section: &ProfileName) -> Result<Option<Rotation>, KeyringError> {
        let Some(file) = self.file(section) else { return Ok(None) };
        let secret = match (&file.store, &file.access_key_id) {
            (Some(InKeyring::Keyring), Some(id)) => {
                self.keyring.read(&account(section), id)?.map(|secret| secret.secret_access_key)
            }
            _ => file.secret_access_key.map(Secret::new),
        };
        let new = file.access_key_id.zip(secret);
        let new = new.map(|(access_key_id, secret_access_key)| LongTermKey { access_key_id, secret_access_key });
        Ok(Some(Rotation { old: file.old, before: file.before, begun_at: file.begun_at, new }))
    }

    fn file(&self, section: &ProfileName) -> Option<RotationFile> {
        json::load(&self.path(section)).filter(|file: &RotationFile| file.section == section.as_str())
    }

    pub(crate) fn put(&self, section: &ProfileName, rotation: &Rotation) -> Result<(), SaveError> {
        let new = rotation.new.as_ref();
        let in_keyring = new.filter(|_| self.store == SecretStore::Keyring);
        if let Some(key) = in_keyring {
            let secret = KeySecret { secret_access_key: key.secret_access_key.clone(), session_token: None };
            self.keyring.write(&account(section), &key.access_key_id, &secret)?;
        }
        let in_file = new.filter(|_| in_keyring.is_none());
        let file = RotationFile {
            section: section.to_string(),
            old: rotation.old.clone(),
            before: rotation.before.clone(),
            begun_at: rotation.begun_at,
            access_key_id: new.map(|key| key.access_key_id.clone()),
            secret_access_key: in_file.map(|key| key.secret_access_key.expose().to_owned()),
            store: in_keyring.map(|_| InKeyring::Keyring),
        };
        Ok(json::save(&self.path(section), &file)?)
    }

    pub(crate) fn remove(&self, section: &ProfileName) -> Result<(), SaveError> {
        // What a killed run left half-written may hold the key.
        sweep(&self.dir);
        let is_in_keyring = self.file(section).is_some_and(|file| file.store.is_some());
        disk::remove(&self.path(section))?;
        if is_in_keyring {
            self.keyring.remove(&account(section))?;
        }
        Ok(())
    }

    fn path(&self, section: &ProfileName) -> PathBuf {
        self.dir.join(format!("{}.json", file_stem(section.as_str())))
    }
}

/// The name of the new key's entry in the keyring.
fn account(section: &ProfileName) -> String {
    format!("rotation/{section}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_is_kept_for_its_section_until_it_is_removed_and_its_key_is_where_keys_are() {
        let section = ProfileName::new("main-long-term").unwrap();
        for store in SecretStore::ALL {
            let (dir, keyring) = (tempfile::tempdir().unwrap(), Rc::new(Keyring::in_memory()));
            let rotations = Rotations::new(dir.path(), Rc::clone(&keyring), store);
            let (old, before) = ("AKIA1".to_owned(), vec!["AKIA1".to_owned()]);
            let begun = Rotation { old, before, begun_at: Timestamp::UNIX_EPOCH, new: None };
            let new = LongTermKey { access_key_id: "AKIA2".to_owned(), secret_access_key: Secret::new("SECRETMARK") };
            let made = Rotation { new: Some(new), ..begun.clone() };
            assert_eq!(rotations.get(&section), Ok(None));
            for rotation in [begun.clone(), made] {
                rotations.put(&section, &rotation).unwrap();
                assert_eq!(rotations.get(&section), Ok(Some(rotation)));
            }
            let text = String::from_utf8(disk::read(&rotations.path(&section)).unwrap().unwrap()).unwrap();
            assert_eq!(text.contains("SECRETMARK"), store == SecretStore::File, "{text}");
            assert_eq!(rotations.get(&ProfileName::new("main").unwrap()), Ok(None));
            if keyring.remove(&account(&section)).unwrap() {
                assert_eq!(rotations.get(&section), Ok(Some(begun)), "the secret is lost");
            }
            rotations.remove(&section).unwrap();
            assert_eq!((rotations.get(&section), rotations.is_begun(&section)), (Ok(None), false));
        }
    }
}

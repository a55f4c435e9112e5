//! Owns long-term keys wherever they are: handed in from the credentials file, or in the keyring, with a file in the state
//! directory for each that tells its id. Must not know AWS's files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::file_names::file_stem;
use super::json;
use super::keyring::{Keyring, KeyringError, SaveError};
use crate::model::{KeyFingerprint, KeySecret, LongTermKey, ProfileName, SecretStore};
use crate::system::files::disk;
use crate::system::files::private::{self, FileOwner};

/// The long-term keys in the keyring.
#[derive(Clone)]
pub(crate) struct KeyringKeys {
    dir: PathBuf,
    keyring: Rc<Keyring>,
}

/// What is known of a key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownKey {
    pub(crate) access_key_id: String,
    pub(crate) fingerprint: KeyFingerprint,
}

#[derive(Serialize, Deserialize)]
struct KeyFile {
    section: String,
    access_key_id: String,
    /// As sessions have it.
    digest: String,
    /// The id of the key before, whose entry a run that was killed may have left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaced: Option<String>,
}

impl KeyringKeys {
    pub(crate) fn new(state_dir: &Path, keyring: Rc<Keyring>) -> Self {
        Self { dir: state_dir.join("keys"), keyring }
    }

    /// The keys by section; does not ask the keyring.
    pub(crate) fn known(&self) -> HashMap<ProfileName, KnownKey> {
        let files = private::list(&self.dir, FileOwner::Awsauth).unwrap_or_default();
        let known = |path: &PathBuf| {
            let file: KeyFile = json::load(path)?;
            let section = ProfileName::new(&file.section).ok().filter(|section| self.path(section) == *path)?;
            let fingerprint = KeyFingerprint { section: section.clone(), digest: file.digest };
            Some((section, KnownKey { access_key_id: file.access_key_id, fingerprint }))
        };
        files.iter().filter_map(known).collect()
    }

    /// True if the keyring has the very key of that fingerprint, as far as is known without asking it.
    pub(crate) fn has(&self, print: &KeyFingerprint) -> bool {
        self.known().get(&print.section).is_some_and(|known| known.fingerprint == *print)
    }

    /// None if the keyring does not have the secret any more.
    pub(crate) fn read(&self, section: &ProfileName, known: &KnownKey) -> Result<Option<LongTermKey>, KeyringError> {
        let secret = self.keyring.read(&account(section, &known.access_key_id), &known.access_key_id)?;
        let key = secret.map(|secret| LongTermKey {
            access_key_id: known.access_key_id.clone(),
            secret_access_key: secret.secret_access_key,
        });
        Ok(key.filter(|key| KeyFingerprint::of(section, key) == known.fingerprint))
    }

    fn file(&self, section: &ProfileName) -> Option<KeyFile> {
        json::load(&self.path(section)).filter(|file: &KeyFile| file.section == section.as_str())
    }

    /// Puts a key into the keyring, and reads it back. It is there before the file says so, and the one that it replaces goes
    /// after that: a run that is killed in between leaves one of them. An entry that it leaves goes with the next change.
    pub(crate) fn put(&self, section: &ProfileName, key: &LongTermKey) -> Result<(), SaveError> {
        private::make_dir(&self.dir, FileOwner::Awsauth)?;
        let before = self.file(section);
        if let Some(left) = before.as_ref().and_then(|file| file.replaced.as_ref()) {
            self.keyring.remove(&account(section, left))?;
        }
        let replaced = before.map(|file| file.access_key_id).filter(|id| *id != key.access_key_id);
        let secret = KeySecret { secret_access_key: key.secret_access_key.clone(), session_token: None };
        self.keyring.write(&account(section, &key.access_key_id), &key.access_key_id, &secret)?;
        let file = KeyFile {
            section: section.to_string(),
            access_key_id: key.access_key_id.clone(),
            digest: KeyFingerprint::of(section, key).digest,
            replaced,
        };
        json::save(&self.path(section), &file)?;
        if let Some(old) = &file.replaced {
            self.keyring.remove(&account(section, old))?;
        }
        Ok(())
    }

    /// Returns false if there was none. The file goes last: what it does not tell would stay in the keyring for good.
    pub(crate) fn remove(&self, section: &ProfileName) -> Result<bool, SaveError> {
        let Some(file) = self.file(section) else { return Ok(false) };
        for id in [Some(file.access_key_id), file.replaced].into_iter().flatten() {
            self.keyring.remove(&account(section, &id))?;
        }
        Ok(disk::remove(&self.path(section))?)
    }

    /// The file that tells of the key.
    pub(crate) fn path(&self, section: &ProfileName) -> PathBuf {
        self.dir.join(format!("{}.json", file_stem(section.as_str())))
    }
}

/// The name of a key's entry in the keyring. A new key has one of its own, and so takes no other one away.
fn account(section: &ProfileName, access_key_id: &str) -> String {
    format!("key/{section}/{access_key_id}")
}

/// The long-term keys of one moment, by section of the credentials file.
pub(crate) struct LongTermKeys {
    in_file: HashMap<ProfileName, LongTermKey>,
    known: HashMap<ProfileName, KnownKey>,
    keyring: KeyringKeys,
    store: SecretStore,
}

enum KeyPlace<'k> {
    File(&'k LongTermKey),
    Keyring(&'k KnownKey),
}

impl LongTermKeys {
    /// A key that is in both places, as an interrupted move leaves it, is taken from `store`.
    pub(crate) fn new(
        in_file: impl Iterator<Item = (ProfileName, LongTermKey)>,
        keyring: KeyringKeys,
        store: SecretStore,
    ) -> Self {
        Self { in_file: in_file.collect(), known: keyring.known(), keyring, store }
    }

    fn place(&self, section: &ProfileName) -> Option<KeyPlace<'_>> {
        let file = self.in_file.get(section).map(KeyPlace::File);
        let keyring = self.known.get(section).map(KeyPlace::Keyring);
        match self.store {
            SecretStore::File => file.or(keyring),
            SecretStore::Keyring => keyring.or(file),
        }
    }

    pub(crate) fn contains(&self, section: &ProfileName) -> bool {
        self.place(section).is_some()
    }

    pub(crate) fn fingerprint(&self, section: &ProfileName) -> Option<KeyFingerprint> {
        match self.place(section)? {
            KeyPlace::File(key) => Some(KeyFingerprint::of(section, key)),
            KeyPlace::Keyring(known) => Some(known.fingerprint.clone()),
        }
    }

    pub(crate) fn access_key_id(&self, section: &ProfileName) -> Option<&str> {
        match self.place(section)? {
            KeyPlace::File(key) => Some(&key.access_key_id),
            KeyPlace::Keyring(known) => Some(&known.access_key_id),
        }
    }

    /// Asks the keyring if the key is there.
    pub(crate) fn read(&self, section: &ProfileName) -> Result<Option<LongTermKey>, KeyringError> {
        match self.place(section) {
            None => Ok(None),
            Some(KeyPlace::File(key)) => Ok(Some(key.clone())),
            Some(KeyPlace::Keyring(known)) => self.keyring.read(section, known),
        }
    }

    /// The sections of the credentials file whose keys would be in the keyring by now.
    pub(crate) fn not_moved(&self) -> impl Iterator<Item = &ProfileName> {
        self.in_file.keys().filter(|_| self.store == SecretStore::Keyring)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn key(id: &str) -> LongTermKey {
        LongTermKey { access_key_id: id.to_owned(), secret_access_key: Secret::new(format!("secret of {id}")) }
    }

    fn section(name: &str) -> ProfileName {
        ProfileName::new(name).unwrap()
    }

    #[test]
    fn a_key_in_the_keyring_is_known_by_its_file_and_its_secret_is_in_none() {
        let dir = tempfile::tempdir().unwrap();
        let keys = KeyringKeys::new(dir.path(), Rc::new(Keyring::in_memory()));
        keys.put(&section("base"), &key("AKIA1")).unwrap();
        let known = keys.known().remove(&section("base")).unwrap();
        assert_eq!((known.access_key_id.as_str(), keys.has(&known.fingerprint)), ("AKIA1", true));
        assert_eq!(keys.read(&section("base"), &known), Ok(Some(key("AKIA1"))));
        let file = disk::list(&dir.path().join("keys")).unwrap().remove(0);
        let text = String::from_utf8(disk::read(&file).unwrap().unwrap()).unwrap();
        assert!(text.contains("AKIA1") && !text.contains("secret of"), "{text}");
        let entry = |id: &str| keys.keyring.read(&account(&section("base"), id), id).unwrap();
        keys.put(&section("base"), &key("AKIA2")).unwrap();
        assert_eq!((keys.known()[&section("base")].access_key_id.as_str(), entry("AKIA1")), ("AKIA2", None));
        // A run that was killed before it wrote the file, and another state directory with a key of its own.
        keys.keyring.write(&account(&section("base"), "AKIA3"), "AKIA3", &entry("AKIA2").unwrap()).unwrap();
        let known = keys.known().remove(&section("base")).unwrap();
        assert_eq!(keys.read(&section("base"), &known), Ok(Some(key("AKIA2"))));
        assert_eq!((keys.remove(&section("base")).unwrap(), keys.remove(&section("base")).unwrap()), (true, false));
        assert_eq!((entry("AKIA2"), keys.read(&section("base"), &known)), (None, Ok(None)));
    }

    #[test]
    fn an_entry_that_a_killed_run_left_goes_with_the_next_change() {
        let dir = tempfile::tempdir().unwrap();
        let (keys, base) = (KeyringKeys::new(dir.path(), Rc::new(Keyring::in_memory())), section("base"));
        let entry = |id: &str| keys.keyring.read(&account(&base, id), id).unwrap();
        for next in [Some("AKIA3"), None] {
            keys.put(&base, &key("AKIA1")).unwrap();
            let old = entry("AKIA1").unwrap();
            keys.put(&base, &key("AKIA2")).unwrap();
            keys.keyring.write(&account(&base, "AKIA1"), "AKIA1", &old).unwrap();
            match next {
                Some(id) => keys.put(&base, &key(id)).unwrap(),
                None => assert!(keys.remove(&base).unwrap()),
            }
            assert_eq!((entry("AKIA1"), entry("AKIA2")), (None, None), "{next:?}");
        }
        // A removal that was killed after the entry.
        keys.put(&base, &key("AKIA1")).unwrap();
        keys.keyring.remove(&account(&base, "AKIA1")).unwrap();
        assert!(keys.remove(&base).unwrap() && keys.known().is_empty());
    }

    #[test]
    fn a_key_in_both_places_is_taken_from_where_keys_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let keyring = KeyringKeys::new(dir.path(), Rc::new(Keyring::in_memory()));
        keyring.put(&section("both"), &key("AKIA1")).unwrap();
        keyring.put(&section("keyring"), &key("AKIA1")).unwrap();
        let in_file = [("both", "AKIA2"), ("file", "AKIA2")].map(|(name, id)| (section(name), key(id)));
        for (store, both) in [(SecretStore::File, "AKIA2"), (SecretStore::Keyring, "AKIA1")] {
            let keys = LongTermKeys::new(in_file.iter().cloned(), keyring.clone(), store);
            for (name, id) in [("both", both), ("keyring", "AKIA1"), ("file", "AKIA2")] {
                assert_eq!(keys.read(&section(name)), Ok(Some(key(id))), "{store:?} {name}");
                assert_eq!(keys.fingerprint(&section(name)), Some(KeyFingerprint::of(&section(name), &key(id))));
            }
            assert!(!keys.contains(&section("none")) && keys.read(&section("none")) == Ok(None));
        }
    }
}

//! Owns where long-term keys are kept: sections of the credentials file, or the system's keyring. The only place that writes and
//! removes them, except for `apply --adopt` and `store move`, which move them.

use crate::apply::{ApplyError, Keep};
use crate::cli::app::App;
use crate::cli::apply::prune::Prune;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::service::LoginService;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::ini::{Document, FileKind};
use crate::model::{KeyFingerprint, LongTermKey, Profile, ProfileName, SecretStore};
use crate::plan::{self, Overwrite};
use crate::store::AppliedDigests;
use crate::system::clock;
use crate::system::files::backups::BackupTime;
use crate::system::files::disk;

#[derive(Clone, Copy)]
pub(crate) struct KeyStore<'s> {
    app: App<'s>,
    service: &'s LoginService<'s>,
}

/// The fate of a key that is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replace<'k> {
    /// It is not: another key is refused.
    Never,
    /// It is kept in a backup, which `apply --undo` puts back.
    WithBackup,
    /// The key with this id is lost, wherever it is: it ends at AWS, too.
    ForGood(&'k str),
}

impl<'s> KeyStore<'s> {
    pub(crate) fn new(app: App<'s>, service: &'s LoginService<'s>) -> Self {
        Self { app, service }
    }

    pub(crate) fn get(&self, section: &ProfileName) -> Result<Option<LongTermKey>, Failure> {
        let keys = self.service.long_term_keys(&self.bytes()?);
        keys.read(section).map_err(|error| explain::keyring::failure(&error, &error))
    }

    /// The key in the place of the profile's session, from where `apply --adopt` moves it.
    pub(crate) fn misplaced(&self, profile: &Profile) -> Result<Option<LongTermKey>, Failure> {
        let Some(section) = self.service.misplaced_key(profile) else { return Ok(None) };
        Ok(plan::long_term_key(&Document::parse(&self.bytes()?, FileKind::Credentials), section))
    }

    /// The id of the stored key; does not ask the keyring for its secret.
    pub(crate) fn stored_id(&self, section: &ProfileName) -> Result<Option<String>, Failure> {
        Ok(self.service.long_term_keys(&self.bytes()?).access_key_id(section).map(str::to_owned))
    }

    fn is_keyring(&self) -> bool {
        self.service.manifest.store() == SecretStore::Keyring
    }

    /// Refuses what [`Self::put`] would refuse.
    pub(crate) fn check(&self, section: &ProfileName, key: &LongTermKey, replace: Replace<'_>) -> Result<(), Failure> {
        if self.is_keyring() {
            return self.check_keyring(section, key, replace);
        }
        self.service.copies.check_replaceable()?;
        let path = self.app.paths.credentials()?;
        let planned = plan::add_key(&self.bytes()?, section, key, replace.overwrite());
        planned.map(drop).map_err(|source| explain::apply(&ApplyError::Refused { path, source }))
    }

    fn check_keyring(&self, section: &ProfileName, key: &LongTermKey, replace: Replace<'_>) -> Result<(), Failure> {
        let in_file = self.id_in_file(section)?;
        if let Some(id) = in_file.filter(|id| replace != Replace::ForGood(id)) {
            let words = format!("[{section}] of the credentials file still holds the key {id}");
            return Err(Failure::new(Exit::Refused, words)
                .hint("`awsauth store move --to keyring` moves it; after that, `--force` replaces it"));
        }
        let checked = self.service.keyring.check_writable();
        checked.map_err(|error| explain::keyring::failure(&error, &error))?;
        let held = self.service.keyring_keys.known().remove(section).map(|known| known.access_key_id);
        match held.filter(|held| replace == Replace::Never && *held != key.access_key_id) {
            Some(held) => {
                let message = format!("the keyring already holds the key {held} for [{section}]");
                Err(Failure::new(Exit::Refused, message).hint("`--force` replaces it"))
            }
            None => Ok(()),
        }
    }

    fn id_in_file(&self, section: &ProfileName) -> Result<Option<String>, Failure> {
        let bytes = self.bytes()?;
        let held = plan::long_term_key(&Document::parse(&bytes, FileKind::Credentials), section);
        Ok(held.map(|key| key.access_key_id))
    }

    /// Returns false if it was there already.
    fn put_into_keyring(&self, section: &ProfileName, key: &LongTermKey) -> Result<bool, Failure> {
        let keys = &self.service.keyring_keys;
        if keys.has(&KeyFingerprint::of(section, key)) && self.get(section)?.as_ref() == Some(key) {
            return Ok(false);
        }
        keys.put(section, key).map_err(|error| explain::save(&error))?;
        Ok(true)
    }

    /// Stores a key. Returns the sessions of another key that it ended, or none if the key was there already.
    pub(crate) fn put(
        &self,
        section: &ProfileName,
        key: &LongTermKey,
        replace: Replace<'_>,
    ) -> Result<Option<Prune>, Failure> {
        if self.is_keyring() {
            self.check_keyring(section, key, replace)?;
            let is_changed = self.put_into_keyring(section, key)?;
            if self.id_in_file(section)?.is_some() {
                self.service.copies.write_section(Keep::Nothing, |bytes| plan::remove_key(bytes, section))?;
            }
            return is_changed.then(|| self.end_sessions(section)).transpose();
        }
        let stamp = BackupTime::of(clock::now());
        // A key that is added takes no other away.
        let keep = if replace == Replace::WithBackup { Keep::Backup(&stamp) } else { Keep::Nothing };
        let make = |bytes: &[u8]| plan::add_key(bytes, section, key, replace.overwrite());
        if !self.service.copies.write_section(keep, make)? {
            return Ok(None);
        }
        let ended = self.end_sessions(section)?;
        if replace == Replace::WithBackup {
            self.remember()?;
        }
        Ok(Some(ended))
    }

    /// Removes a key. Returns the sessions that it ended.
    pub(crate) fn remove(&self, section: &ProfileName) -> Result<Prune, Failure> {
        self.service.copies.write_section(Keep::Nothing, |bytes| plan::remove_key(bytes, section))?;
        self.service.keyring_keys.remove(section).map_err(|error| explain::save(&error))?;
        self.end_sessions(section)
    }

    /// The place of a key, for messages.
    pub(crate) fn shown(&self, section: &ProfileName) -> Result<String, Failure> {
        if self.is_keyring() {
            return Ok(format!("the system's keyring, for [{section}]"));
        }
        Ok(format!("[{section}] of {}", Paths::shown(&self.app.paths.credentials()?)))
    }

    /// Ends the sessions that were made with another key than `section` has now, in the state directory and in AWS's files.
    fn end_sessions(&self, section: &ProfileName) -> Result<Prune, Failure> {
        let service = self.service;
        let keys = service.long_term_keys(&self.bytes()?);
        let prune = Prune::of_key(section, &service.manifest.catalog, &service.sessions, &keys);
        service.copies.remove_sections(|name| prune.ends(name))?;
        prune.carry_out(&service.sessions, self.app.out)?;
        Ok(prune)
    }

    fn bytes(&self) -> Result<Vec<u8>, Failure> {
        Ok(disk::read(&self.app.paths.credentials()?).map_err(|error| explain::disk(&error))?.unwrap_or_default())
    }

    /// Tells `apply --undo` that the file is as awsauth left it. A key that was added without a backup is not told: an undo of
    /// an earlier run would take it away.
    fn remember(&self) -> Result<(), Failure> {
        let bytes = self.bytes()?;
        let digests = [bytes.as_slice(), &plan::without_sessions(&bytes)].map(AppliedDigests::digest);
        // Without it, an undo only warns of a change.
        drop(AppliedDigests::new(&self.app.paths.state()?).remember_also(digests));
        Ok(())
    }
}

impl Replace<'_> {
    fn overwrite(self) -> Overwrite {
        if self == Self::Never { Overwrite::Intact } else { Overwrite::Edited }
    }
}

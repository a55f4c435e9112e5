//! Owns moving secrets between files and the system's keyring. Everything is in its new place before the setting says so, and
//! leaves the old one after that, so that a run that is killed loses nothing and the next one finishes.

use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use crate::apply::Keep;
use crate::cli::app::App;
use crate::cli::config::personal;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::keys::store::KeyStore;
use crate::cli::login::service::LoginService;
use crate::cli::mfa::user::service;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::ini::{Document, FileKind};
use crate::model::{LongTermKey, Profile, ProfileName, SecretPlace, SecretStore, Session};
use crate::plan::{self, Overwrite, Plan};
use crate::store::{Saved, Sessions};
use crate::system::files::backups::Backups;
use crate::system::files::disk;
use crate::system::files::snapshot::Snapshot;
use crate::system::files::trust;

/// How long another awsauth that renews a session is waited for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(crate) struct MovedSecrets {
    /// By section of the credentials file.
    pub(crate) keys: Vec<String>,
    pub(crate) sessions: Vec<String>,
    /// Keys whose secret the keyring does not have any more.
    pub(crate) lost: Vec<String>,
    /// The number of backups that held long-term keys, and were deleted.
    pub(crate) backups: usize,
}

impl MovedSecrets {
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.sessions.is_empty()
    }
}

pub(crate) fn run(to: SecretStore, app: App<'_>) -> Result<MovedSecrets, Failure> {
    let service = service(app)?;
    // Keys of profiles that are left out would stay in the file.
    if let Some(failure) = service.manifest.refuse_wrong(|_| to == SecretStore::Keyring) {
        return Err(failure);
    }
    service.manifest.warn_of_errors();
    service.copies.check_replaceable()?;
    let target = Sessions::new(&app.paths.state()?, Rc::clone(&service.keyring), to);
    target.check_writable().map_err(|error| explain::save(&error))?;
    let own = own_settings(service.manifest.store(), app)?;
    if let (SecretStore::File, [serial, ..]) = (to, &service.seeds.serials()[..]) {
        return Err(Failure::new(
            Exit::Refused,
            format!("the keyring has the seed of {serial}, which goes into no file"),
        )
        .hint(format!(
            "`awsauth mfa remove NAME {serial} --seed-only` deletes it; an app that has it still gives codes"
        )));
    }
    forget_rotations(&service, app)?;
    let work = Mover { app, service: &service, target };
    let mut moved = MovedSecrets::default();
    let keys = match to {
        SecretStore::Keyring => work.put_keys_into_keyring()?,
        SecretStore::File => work.put_keys_into_file(&mut moved)?,
    };
    let sessions = work.move_sessions(to)?;
    if service.manifest.store() != to {
        personal::set_setting(&own, "store", to.as_str(), app)?;
        app.out.say(&format!("wrote store = \"{}\" to {}", to.as_str(), Paths::shown(&own)));
    }
    match to {
        SecretStore::Keyring => {
            work.remove_copies()?;
            // First, since the next run of one that is killed here finds the keys in the file.
            moved.backups = work.remove_backups()?;
            work.remove_keys_from_file(&keys)?;
        }
        SecretStore::File => {
            for section in keys.keys() {
                service.keyring_keys.remove(section).map_err(|error| explain::save(&error))?;
            }
        }
    }
    moved.keys = keys.keys().map(ProfileName::to_string).collect();
    moved.keys.sort();
    moved.sessions = sessions;
    Ok(moved)
}

/// Refuses if the notes of a rotation have a key that is nowhere else. Others are of no use but to end the old key.
fn forget_rotations(service: &LoginService<'_>, app: App<'_>) -> Result<(), Failure> {
    let (rotations, store) = (service.rotations(app)?, KeyStore::new(app, service));
    for section in service.manifest.catalog.profiles().iter().filter_map(Profile::long_term_section) {
        if rotations.is_open(section, store.stored_id(section)?.as_deref()) {
            return Err(Failure::new(Exit::Refused, format!("a rotation of the key of [{section}] was interrupted"))
                .hint("`awsauth keys rotate` with its profile ends it; after that, everything can be moved"));
        }
        rotations.remove(section).map_err(|error| explain::save(&error))?;
    }
    Ok(())
}

/// The person's own file, which must be one that `[settings]` is taken from. Only one that exists can be judged, so a new one
/// says what holds anyway.
fn own_settings(store: SecretStore, app: App<'_>) -> Result<PathBuf, Failure> {
    let own = Paths::own_local()
        .ok_or_else(|| Failure::new(Exit::Usage, "there is no configuration directory for `[settings]`"))?;
    let is_new = !disk::exists(&own);
    if is_new {
        personal::set_setting(&own, "store", store.as_str(), app)?;
    }
    let Some(reason) = trust::distrust(&own) else { return Ok(own) };
    if is_new {
        drop(disk::remove(&own));
    }
    let message = format!("`[settings]` is not taken from {}: {reason}", Paths::shown(&own));
    Err(Failure::new(Exit::Refused, message)
        .hint("let nobody else own or change the file and its directories, and keep it out of repositories"))
}

type KeysToMove = HashMap<ProfileName, LongTermKey>;

struct Mover<'s> {
    app: App<'s>,
    service: &'s LoginService<'s>,
    /// Writes to the new place.
    target: Sessions,
}

impl Mover<'_> {
    fn keys_in(&self, bytes: &[u8]) -> impl Iterator<Item = (ProfileName, LongTermKey)> {
        let sections = self.service.manifest.catalog.profiles().iter().filter_map(Profile::long_term_section);
        plan::long_term_keys(bytes, sections)
    }

    fn put_keys_into_keyring(&self) -> Result<KeysToMove, Failure> {
        let bytes = self.service.copies.credentials().map_err(|error| explain::disk(&error))?;
        let keys: KeysToMove = self.keys_in(&bytes).collect();
        let keyring = &self.service.keyring_keys;
        let known = keyring.known();
        let other = |(section, key): (&ProfileName, &LongTermKey)| {
            let held = known.get(section).filter(|known| known.access_key_id != key.access_key_id)?;
            Some((section.clone(), key.access_key_id.clone(), held.access_key_id.clone()))
        };
        if let Some((section, id, held)) = keys.iter().find_map(other) {
            let message = format!("[{section}] has the key {id} in the credentials file and {held} in the keyring");
            return Err(Failure::new(Exit::Refused, message)
                .hint(format!("if the one in the credentials file is the old one: delete its section [{section}]"))
                .hint(
                    "else: `awsauth keys remove NAME --local`, and `awsauth keys add NAME` with the one that is used",
                ));
        }
        for (section, key) in &keys {
            keyring.put(section, key).map_err(|error| explain::save(&error))?;
        }
        Ok(keys)
    }

    /// A key whose secret is gone can't be moved, and is not worth keeping in mind.
    fn put_keys_into_file(&self, moved: &mut MovedSecrets) -> Result<KeysToMove, Failure> {
        let mut keys = KeysToMove::new();
        let bytes = self.service.copies.credentials().map_err(|error| explain::disk(&error))?;
        let in_file: KeysToMove = self.keys_in(&bytes).collect();
        for (section, known) in self.service.keyring_keys.known() {
            let read = self.service.keyring_keys.read(&section, &known);
            let Some(key) = read.map_err(|error| explain::keyring::failure(&error, &error))? else {
                let id = &known.access_key_id;
                // Else a move that was interrupted has done it.
                if in_file.get(&section).is_none_or(|key| key.access_key_id != *id) {
                    let words = format!("[{section}]: the keyring has no secret for {id}; `keys add` stores a new key");
                    self.app.out.warn(&words);
                    moved.lost.push(section.to_string());
                }
                self.service.keyring_keys.remove(&section).map_err(|error| explain::save(&error))?;
                continue;
            };
            let put = |bytes: &[u8]| plan::add_key(bytes, &section, &key, Overwrite::Intact);
            self.service.copies.write_section(Keep::Nothing, put)?;
            keys.insert(section, key);
        }
        let bytes = self.service.copies.credentials().map_err(|error| explain::disk(&error))?;
        let document = Document::parse(&bytes, FileKind::Credentials);
        let is_there = |(section, key): (&ProfileName, &LongTermKey)| {
            plan::long_term_key(&document, section).as_ref() == Some(key)
        };
        if keys.iter().all(is_there) {
            Ok(keys)
        } else {
            Err(Failure::new(Exit::Unavailable, "another program has changed the credentials file meanwhile")
                .hint("nothing was removed from the keyring; run the same command again"))
        }
    }

    /// Each session is in one place at any time: its file says where its secret is.
    fn move_sessions(&self, to: SecretStore) -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        for name in self.target.names().map_err(|error| explain::disk(&error))? {
            let _lock = self.target.lock(name.as_str(), LOCK_TIMEOUT).map_err(|error| {
                Failure::of(Exit::Unavailable, &error).hint("run the same command again: it goes on from here")
            })?;
            let Some(Saved { session, seen, facts }) = self.target.get(&name) else { continue };
            if (session.secret == SecretPlace::Keyring) == (to == SecretStore::Keyring) {
                continue;
            }
            let credentials = self.target.credentials(&session);
            let credentials = credentials.map_err(|error| explain::keyring::failure(&error, &error))?;
            // Without its secret it is no session; the next login replaces it.
            let Some(credentials) = credentials else { continue };
            let session = Session { secret: SecretPlace::Here(credentials.secret()), ..session };
            self.target.put(&Saved { session, seen, facts }).map_err(|error| explain::save(&error))?;
            names.push(name.to_string());
        }
        Ok(names)
    }

    /// Removes the copies of sessions in AWS's files.
    fn remove_copies(&self) -> Result<(), Failure> {
        let sessions = self.target.all().map_err(|error| explain::disk(&error))?;
        self.service.copies.remove_sections(|_| true)?;
        for session in sessions {
            let removed = self.service.copies.roles.remove_key(&session.access_key_id);
            removed.map_err(|error| explain::disk(&error))?;
        }
        Ok(())
    }

    fn remove_keys_from_file(&self, keys: &KeysToMove) -> Result<(), Failure> {
        for (section, key) in keys {
            self.service.copies.write_section(Keep::Nothing, |bytes| {
                let held = plan::long_term_key(&Document::parse(bytes, FileKind::Credentials), section);
                // Another key was put there meanwhile.
                if held.as_ref() == Some(key) { plan::remove_key(bytes, section) } else { Ok(Plan::default()) }
            })?;
        }
        Ok(())
    }

    /// Deletes the backups of the credentials file that hold long-term keys of the manifest's: an undo would bring them back.
    fn remove_backups(&self) -> Result<usize, Failure> {
        let file = Snapshot::read(&self.app.paths.credentials()?).map_err(|error| explain::disk(&error))?;
        let backups = Backups::of(&self.app.paths.state()?, &file.target);
        backups.remove_if(|bytes| self.keys_in(bytes).next().is_some()).map_err(|error| explain::disk(&error))
    }
}

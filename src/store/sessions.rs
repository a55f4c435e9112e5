//! Owns the sessions in the state directory: one 0600 file for each profile.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::file_names::{FileNames, file_stem, is_own_name, name_of};
use super::json;
use super::keyring::{Keyring, KeyringError, SaveError};
use super::logouts::LogoutLog;
use super::profile_facts::ProfileFacts;
use crate::model::{
    ChainFingerprint, Credentials, KeyFingerprint, KeySecret, ProfileName, SecretPlace, SecretStore, Session,
    is_sendable,
};
use crate::secret::Secret;
use crate::system::files::atomic::{check_writable, is_temporary, sweep};
use crate::system::files::disk::{self, DiskError};
use crate::system::files::lock::{Lock, LockError};
use crate::system::files::private::{self, FileOwner};
use crate::system::files::stamp::FileStamp;

pub(crate) struct Sessions {
    dir: PathBuf,
    logouts: LogoutLog,
    keyring: Rc<Keyring>,
    /// Where the secrets of new sessions go.
    store: SecretStore,
}

/// The definition for which AWS refused credentials.
#[derive(Serialize, Deserialize)]
struct RefusedRole {
    definition: String,
}

/// A saved session, with the places that its definition was last read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Saved {
    pub(crate) session: Session,
    pub(crate) seen: Vec<FileStamp>,
    /// Of its profile, if the manifest has no errors to be warned of.
    pub(crate) facts: Option<ProfileFacts>,
}

#[derive(Serialize, Deserialize)]
struct SessionFile {
    profile: String,
    definition: String,
    obtained_at: Timestamp,
    access_key_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_access_key: Option<String>,
    session_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<InKeyring>,
    expiration: Timestamp,
    long_term_section: Option<String>,
    long_term_key: Option<String>,
    read_from: Vec<FileStamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<ProfileFacts>,
}

/// Says that the secret half is in the keyring.
#[derive(Serialize, Deserialize)]
pub(super) enum InKeyring {
    #[serde(rename = "keyring")]
    Keyring,
}

/// The part of a session's file that all versions have.
#[derive(Deserialize)]
struct Header {
    profile: String,
}

impl Sessions {
    pub(crate) fn new(state_dir: &Path, keyring: Rc<Keyring>, store: SecretStore) -> Self {
        Self { dir: state_dir.join("sessions"), logouts: LogoutLog::new(state_dir), keyring, store }
    }

    /// Refuses a state directory that somebody else could write to.
    pub(crate) fn check(&self) -> Result<(), DiskError> {
        private::check(&self.dir, FileOwner::Awsauth)
    }

    /// Tests that sessions can be saved, before a person is asked for a code.
    pub(crate) fn check_writable(&self) -> Result<(), SaveError> {
        for dir in [&self.dir, &self.dir.with_file_name("locks")] {
            private::make_dir(dir, FileOwner::Awsauth)?;
        }
        check_writable(&self.dir)?;
        if self.store == SecretStore::Keyring {
            self.keyring.check_writable()?;
        }
        Ok(())
    }

    /// Removes what killed runs and earlier versions left here, and old records of logouts.
    pub(crate) fn sweep(&self, now: Timestamp) {
        sweep(&self.dir);
        self.remove_old_names();
        self.logouts.sweep(now);
    }

    /// Removes sessions under the names that earlier versions gave their files: nothing else finds them.
    pub(super) fn remove_old_names(&self) {
        let files = private::list(&self.dir, FileOwner::Awsauth).unwrap_or_default();
        for path in files.iter().filter(|path| !is_temporary(path) && name_of(path).is_none()) {
            let session: Option<Header> = json::read(path, FileOwner::Awsauth);
            if session.is_some() && self.name_in(path).is_none() {
                drop(disk::remove(path));
            }
        }
    }

    /// None if the file is missing, damaged or of another version.
    pub(crate) fn get(&self, profile: &ProfileName) -> Option<Saved> {
        let file: SessionFile =
            json::load(&self.path(profile)).filter(|file: &SessionFile| file.profile == profile.as_str())?;
        let secret = match (file.store, file.secret_access_key) {
            (None, Some(secret_access_key)) => SecretPlace::Here(KeySecret {
                secret_access_key: Secret::new(secret_access_key),
                session_token: file.session_token.map(Secret::new),
            }),
            (Some(InKeyring::Keyring), None) => SecretPlace::Keyring,
            _ => return None,
        };
        let key = match (file.long_term_section, file.long_term_key) {
            (Some(section), Some(digest)) => Some(KeyFingerprint { section: ProfileName::new(&section).ok()?, digest }),
            _ => None,
        };
        let session = Session {
            key,
            profile: profile.clone(),
            definition: ChainFingerprint::from_saved(file.definition),
            obtained_at: file.obtained_at,
            expiration: file.expiration,
            access_key_id: file.access_key_id,
            secret,
        };
        let is_fit = match &session.secret {
            SecretPlace::Here(secret) => session.with_secret(secret.clone()).is_sendable(),
            SecretPlace::Keyring => is_sendable(&session.access_key_id),
        };
        is_fit.then_some(Saved { session, seen: file.read_from, facts: file.facts })
    }

    /// Asks the keyring if the secret is there. None if it is not there any more.
    pub(crate) fn credentials(&self, session: &Session) -> Result<Option<Credentials>, KeyringError> {
        let secret = match &session.secret {
            SecretPlace::Here(secret) => Some(secret.clone()),
            SecretPlace::Keyring => self.keyring.read(&account(&session.profile), &session.access_key_id)?,
        };
        Ok(secret.map(|secret| session.with_secret(secret)).filter(Credentials::is_sendable))
    }

    pub(crate) fn key_id(&self, name: &str) -> Option<String> {
        Some(self.get(&ProfileName::new(name).ok()?)?.session.access_key_id)
    }

    /// Saves a session. A secret that is in a keyring already stays there.
    ///
    /// The keyring has the secret before the file says so, and loses it after the file is gone: a run that is killed in between
    /// leaves at worst an entry that nothing refers to, until the next login.
    pub(crate) fn put(&self, saved: &Saved) -> Result<(), SaveError> {
        let Saved { session, seen, facts } = saved;
        let account = account(&session.profile);
        let here = match &session.secret {
            SecretPlace::Here(secret) if self.store == SecretStore::Keyring => {
                self.keyring.write(&account, &session.access_key_id, secret)?;
                None
            }
            SecretPlace::Here(secret) => Some(secret),
            SecretPlace::Keyring => None,
        };
        let was_in_keyring = here.is_some() && self.is_in_keyring(&session.profile);
        let file = SessionFile {
            profile: session.profile.to_string(),
            definition: session.definition.as_str().to_owned(),
            obtained_at: session.obtained_at,
            access_key_id: session.access_key_id.clone(),
            secret_access_key: here.map(|secret| secret.secret_access_key.expose().to_owned()),
            session_token: here.and_then(|secret| secret.session_token.as_ref().map(|token| token.expose().to_owned())),
            store: here.is_none().then_some(InKeyring::Keyring),
            expiration: session.expiration,
            long_term_section: session.key.as_ref().map(|key| key.section.to_string()),
            long_term_key: session.key.as_ref().map(|key| key.digest.clone()),
            read_from: seen.clone(),
            facts: facts.clone(),
        };
        json::save(&self.path(&session.profile), &file)?;
        drop(disk::remove(&self.refusal_path(&session.profile)));
        if was_in_keyring {
            self.keyring.remove(&account)?;
        }
        Ok(())
    }

    fn is_in_keyring(&self, profile: &ProfileName) -> bool {
        self.get(profile).is_some_and(|saved| saved.session.secret == SecretPlace::Keyring)
    }

    /// Remembers that AWS refused the credentials of a profile, until it gives some. A failure to is not worth a word.
    pub(crate) fn mark_refused(&self, profile: &ProfileName, definition: &ChainFingerprint) {
        let refusal = RefusedRole { definition: definition.as_str().to_owned() };
        drop(json::save_hint(&self.refusal_path(profile), &refusal));
    }

    /// True if AWS refused the credentials of a profile the last time.
    pub(crate) fn is_refused(&self, profile: &ProfileName, definition: &ChainFingerprint) -> bool {
        let refusal = json::load(&self.refusal_path(profile));
        refusal.is_some_and(|refusal: RefusedRole| refusal.definition == definition.as_str())
    }

    /// Removes a session. Returns false if there was none.
    pub(crate) fn remove(&self, profile: &ProfileName) -> Result<bool, SaveError> {
        self.check()?;
        let is_in_keyring = self.is_in_keyring(profile);
        drop(disk::remove(&self.refusal_path(profile)));
        let was_there = disk::remove(&self.path(profile))?;
        if is_in_keyring {
            self.keyring.remove(&account(profile))?;
        }
        Ok(was_there)
    }

    /// The profiles that have a session here, also those that the manifest no longer has.
    pub(crate) fn names(&self) -> Result<Vec<ProfileName>, DiskError> {
        Ok(private::list(&self.dir, FileOwner::Awsauth)?.iter().filter_map(|path| self.name_in(path)).collect())
    }

    /// The sessions that there are, and the refusals.
    pub(crate) fn file_names(&self) -> [FileNames; 2] {
        [&*self.dir, &self.dir.with_file_name("refused")].map(FileNames::read)
    }

    /// The readable sessions here, also of profiles that the manifest no longer has.
    pub(crate) fn all(&self) -> Result<Vec<Session>, DiskError> {
        Ok(self.names()?.iter().filter_map(|name| Some(self.get(name)?.session)).collect())
    }

    /// The files of sessions that can't be read: cut short, or of an older version. What a newer awsauth, or somebody else, has put
    /// here is not ours.
    pub(crate) fn unreadable(&self) -> Vec<PathBuf> {
        let files = private::list(&self.dir, FileOwner::Awsauth).unwrap_or_default();
        let is_session = |path: &PathBuf| self.name_in(path).is_some_and(|name| self.get(&name).is_some());
        files.into_iter().filter(|path| is_own_name(path) && !is_session(path) && json::is_of_no_use(path)).collect()
    }

    /// The profiles that have a session here and are not `known`. Opens only their files.
    pub(crate) fn unknown(&self, known: impl Fn(&str) -> bool) -> Result<Vec<ProfileName>, DiskError> {
        let is_known = |path: &PathBuf| name_of(path).is_some_and(|name| known(&name));
        let files = private::list(&self.dir, FileOwner::Awsauth)?.into_iter().filter(|path| !is_known(path));
        Ok(files.filter_map(|path| self.name_in(&path)).filter(|name| !known(name.as_str())).collect())
    }

    /// True if there is a session of a profile, readable or not, or another process gets one.
    pub(crate) fn exists_or_is_renewed(&self, profile: &ProfileName) -> bool {
        disk::exists(&self.path(profile)) || Lock::is_held(&self.lock_file(profile.as_str()))
    }

    /// Remembers that the sessions of profiles were ended at `now`, for renewals that began before.
    pub(crate) fn mark_ended(&self, profiles: &[ProfileName], now: Timestamp) -> Result<(), DiskError> {
        self.logouts.sweep(now);
        self.logouts.mark(profiles, now)
    }

    pub(crate) fn was_ended(&self, profile: &ProfileName, since: Timestamp) -> bool {
        self.logouts.has(profile, since)
    }

    /// Takes the lock for renewing `what`: one process calls AWS, the others wait for its result.
    pub(crate) fn try_lock(&self, what: &str) -> Result<Lock, LockError> {
        self.lock(what, Duration::ZERO)
    }

    /// Like [`Sessions::try_lock`], waiting up to `patience` for another process.
    pub(crate) fn lock(&self, what: &str, patience: Duration) -> Result<Lock, LockError> {
        Lock::acquire(&self.lock_file(what), patience)
    }

    pub(crate) fn lock_file(&self, what: &str) -> PathBuf {
        self.dir.with_file_name("locks").join(format!("{}.lock", file_stem(what)))
    }

    fn refusal_path(&self, profile: &ProfileName) -> PathBuf {
        self.dir.with_file_name("refused").join(format!("{}.json", file_stem(profile.as_str())))
    }

    pub(crate) fn path(&self, profile: &ProfileName) -> PathBuf {
        self.dir.join(format!("{}.json", file_stem(profile.as_str())))
    }

    /// The profile whose session is at `path`; none for a file under another name than [`file_stem`] gives it.
    fn name_in(&self, path: &Path) -> Option<ProfileName> {
        let header: Header = json::read(path, FileOwner::Awsauth)?;
        ProfileName::new(&header.profile).ok().filter(|name| self.path(name) == path)
    }
}

/// The name of a session's entry in the keyring.
fn account(profile: &ProfileName) -> String {
    format!("session/{profile}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::files::atomic::write_private;

    fn saved(name: &str) -> Saved {
        let expiration = "2026-01-01T12:00:00Z".parse().unwrap();
        Saved {
            session: Session {
                profile: ProfileName::new(name).unwrap(),
                definition: ChainFingerprint::from_saved("d".to_owned()),
                key: Some(KeyFingerprint { section: ProfileName::new("base").unwrap(), digest: "k".to_owned() }),
                obtained_at: "2026-01-01T00:00:00.25Z".parse().unwrap(),
                expiration,
                access_key_id: "ASIA".to_owned(),
                secret: SecretPlace::Here(KeySecret {
                    secret_access_key: Secret::new("s"),
                    session_token: Some(Secret::new("t")),
                }),
            },
            seen: Vec::new(),
            facts: None,
        }
    }

    fn in_files(dir: &Path) -> Sessions {
        Sessions::new(dir, Rc::new(Keyring::in_memory()), SecretStore::File)
    }

    #[test]
    fn a_secret_is_in_the_keyring_or_in_the_file_and_never_in_both() {
        let dir = tempfile::tempdir().unwrap();
        let keyring = Rc::new(Keyring::in_memory());
        let files = Sessions::new(dir.path(), Rc::clone(&keyring), SecretStore::File);
        let sessions = Sessions::new(dir.path(), Rc::clone(&keyring), SecretStore::Keyring);
        let (saved, name) = (saved("prod"), ProfileName::new("prod").unwrap());
        let SecretPlace::Here(secret) = &saved.session.secret else { unreachable!() };
        let credentials = saved.session.with_secret(secret.clone());
        let text = || String::from_utf8(disk::read(&sessions.path(&name)).unwrap().unwrap()).unwrap();
        sessions.put(&saved).unwrap();
        assert!(
            text().contains(r#""session_token": null, "store": "keyring""#) && !text().contains("secret"),
            "{}",
            text()
        );
        let kept = sessions.get(&name).unwrap();
        assert_eq!(kept.session.secret, SecretPlace::Keyring);
        assert_eq!(files.credentials(&kept.session), Ok(Some(credentials.clone())));
        // New stamps alone.
        files.put(&kept).unwrap();
        assert_eq!(sessions.get(&name).as_ref(), Some(&kept));
        files.put(&saved).unwrap();
        assert_eq!(sessions.get(&name).as_ref(), Some(&saved));
        assert_eq!(sessions.credentials(&saved.session), Ok(Some(credentials)));
        assert_eq!(sessions.credentials(&kept.session), Ok(None), "the entry is gone");
        sessions.put(&saved).unwrap();
        assert_eq!((files.remove(&name).unwrap(), files.remove(&name).unwrap()), (true, false));
        assert_eq!(keyring.remove(&account(&name)), Ok(false));
    }

    #[test]
    fn what_was_put_is_got_back_under_every_legal_name() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = in_files(dir.path());
        for name in ["prod", "../../etc/passwd", "a/b:c%2F@+.", ".", "..", &"/".repeat(128)] {
            sessions.put(&saved(name)).unwrap();
            assert_eq!(sessions.get(&ProfileName::new(name).unwrap()), Some(saved(name)), "{name}");
        }
        assert_eq!(sessions.names().unwrap().len(), 6);
        let unknown = sessions.unknown(|name| ["prod", "../../etc/passwd", ".", ".."].contains(&name)).unwrap();
        let unknown: Vec<&str> = unknown.iter().map(ProfileName::as_str).collect();
        assert_eq!(unknown, [&"/".repeat(128), "a/b:c%2F@+."]);
        assert_eq!(disk::list(&dir.path().join("sessions")).unwrap().len(), 6);
    }

    #[test]
    fn a_profile_without_a_file_is_known_from_the_directory_alone() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = in_files(dir.path());
        let may_have = |name: &str| sessions.file_names()[0].may_have(&ProfileName::new(name).unwrap());
        assert!(!may_have("prod"));
        sessions.put(&saved("a/b:c%2F@+.")).unwrap();
        assert!(may_have("a/b:c%2F@+.") && !may_have("prod") && !may_have("Prod"));
        sessions.put(&saved(&"/".repeat(128))).unwrap();
        assert!(may_have(&"/".repeat(128)), "its file has a digest for a name");
    }

    /// A profile with a long name has a file without `+`, and so has its temporary file.
    #[test]
    fn a_file_that_another_run_is_writing_is_no_session_of_an_earlier_version() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = in_files(dir.path());
        sessions.put(&saved(&"/".repeat(128))).unwrap();
        let kept = disk::list(&dir.path().join("sessions")).unwrap().remove(0);
        let temporary = kept.with_file_name(".0123.json.abc123.awsauth-tmp");
        write_private(&temporary, &disk::read(&kept).unwrap().unwrap()).unwrap();
        sessions.remove_old_names();
        assert!(temporary.exists());
    }

    #[test]
    fn a_session_under_the_name_of_an_earlier_version_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = in_files(dir.path());
        for name in ["prod", "other", &"/".repeat(128)] {
            sessions.put(&saved(name)).unwrap();
        }
        let old = dir.path().join("sessions/prod.json");
        disk::remove(&sessions.path(&ProfileName::new("prod").unwrap())).unwrap();
        write_private(&old, br#"{"version": 1, "profile": "prod", "read_from": [{"sort": "file"}]}"#).unwrap();
        assert_eq!(sessions.names().unwrap().len(), 2);
        sessions.sweep(Timestamp::UNIX_EPOCH);
        assert!(!disk::exists(&old));
        assert_eq!(sessions.names().unwrap().len(), 2);
    }

    #[test]
    fn what_a_newer_awsauth_or_somebody_else_put_here_is_not_unreadable() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = in_files(dir.path());
        sessions.put(&saved("whole")).unwrap();
        let path = |name: &str| sessions.path(&ProfileName::new(name).unwrap());
        for (path, text) in [
            (path("cut"), r#"{"version": 1"#),
            (path("old"), r#"{"version": 0, "profile": "old"}"#),
            (path("newer"), r#"{"version": 2, "profile": "newer"}"#),
            (dir.path().join("sessions/notes.txt"), "x"),
        ] {
            write_private(&path, text.as_bytes()).unwrap();
        }
        private::make_dir(&path("dir"), FileOwner::Awsauth).unwrap();
        assert_eq!(sessions.unreadable(), [path("cut"), path("old")]);
    }

    #[test]
    fn a_file_that_is_cut_short_or_of_another_version_is_a_miss() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = in_files(dir.path());
        let name = ProfileName::new("prod").unwrap();
        sessions.put(&saved("prod")).unwrap();
        let text = String::from_utf8(disk::read(&sessions.path(&name)).unwrap().unwrap()).unwrap();
        for broken in [&text[..text.len() / 2], "", "[]", &text.replace("\"version\": 1", "\"version\": 2")] {
            write_private(&sessions.path(&name), broken.as_bytes()).unwrap();
            assert_eq!(sessions.get(&name), None);
        }
    }
}

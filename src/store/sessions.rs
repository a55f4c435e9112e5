//! Owns the sessions in the state directory: one 0600 file for each profile.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use sha1::Digest as _;

use super::json;
use super::logouts::LogoutLog;
use crate::model::{ChainFingerprint, Credentials, KeyFingerprint, ProfileName, Session};
use crate::secret::Secret;
use crate::system::files::atomic::{check_writable, is_temporary, sweep};
use crate::system::files::disk::{self, DiskError};
use crate::system::files::lock::{Lock, LockError};
use crate::system::files::private::{self, FileOwner};
use crate::system::files::stamp::FileStamp;

/// File systems allow 255 bytes, and the names of temporary files are longer.
const LONGEST_STEM: usize = 200;
/// Characters of a profile's name that a file's name must not have.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'/').add(b'\\').add(b':').add(b'%').add(b'.').add(b'@').add(b'+');

#[derive(Debug)]
pub(crate) struct Sessions {
    dir: PathBuf,
    logouts: LogoutLog,
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
}

#[derive(Serialize, Deserialize)]
struct SessionFile {
    profile: String,
    definition: String,
    obtained_at: Timestamp,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Timestamp,
    long_term_section: Option<String>,
    long_term_key: Option<String>,
    read_from: Vec<FileStamp>,
}

/// The part of a session's file that all versions have.
#[derive(Deserialize)]
struct Header {
    profile: String,
}

impl Sessions {
    pub(crate) fn new(state_dir: &Path) -> Self {
        Self { dir: state_dir.join("sessions"), logouts: LogoutLog::new(state_dir) }
    }

    /// Refuses a state directory that somebody else could write to.
    pub(crate) fn check(&self) -> Result<(), DiskError> {
        private::check(&self.dir, FileOwner::Awsauth)
    }

    /// Tests that sessions can be saved, before a person is asked for a code.
    pub(crate) fn check_writable(&self) -> Result<(), DiskError> {
        for dir in [&self.dir, &self.dir.with_file_name("locks")] {
            private::make_dir(dir, FileOwner::Awsauth)?;
        }
        check_writable(&self.dir)
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
        let credentials = Credentials {
            access_key_id: file.access_key_id,
            secret_access_key: Secret::new(file.secret_access_key),
            session_token: file.session_token.map(Secret::new),
            expiration: Some(file.expiration),
        };
        if !credentials.is_sendable() {
            return None;
        }
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
            credentials,
        };
        Some(Saved { session, seen: file.read_from })
    }

    pub(crate) fn key_id(&self, name: &str) -> Option<String> {
        Some(self.get(&ProfileName::new(name).ok()?)?.session.credentials.access_key_id)
    }

    pub(crate) fn put(&self, saved: &Saved) -> Result<(), DiskError> {
        let Saved { session, seen } = saved;
        let credentials = &session.credentials;
        let file = SessionFile {
            profile: session.profile.to_string(),
            definition: session.definition.as_str().to_owned(),
            obtained_at: session.obtained_at,
            access_key_id: credentials.access_key_id.clone(),
            secret_access_key: credentials.secret_access_key.expose().to_owned(),
            session_token: credentials.session_token.as_ref().map(|token| token.expose().to_owned()),
            expiration: session.expiration,
            long_term_section: session.key.as_ref().map(|key| key.section.to_string()),
            long_term_key: session.key.as_ref().map(|key| key.digest.clone()),
            read_from: seen.clone(),
        };
        json::save(&self.path(&session.profile), &file)?;
        drop(disk::remove(&self.refusal_path(&session.profile)));
        Ok(())
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
    pub(crate) fn remove(&self, profile: &ProfileName) -> Result<bool, DiskError> {
        self.check()?;
        drop(disk::remove(&self.refusal_path(profile)));
        disk::remove(&self.path(profile))
    }

    /// The profiles that have a session here, also those that the manifest no longer has.
    pub(crate) fn names(&self) -> Result<Vec<ProfileName>, DiskError> {
        Ok(private::list(&self.dir, FileOwner::Awsauth)?.iter().filter_map(|path| self.name_in(path)).collect())
    }

    /// The readable sessions here, also of profiles that the manifest no longer has.
    pub(crate) fn all(&self) -> Result<Vec<Session>, DiskError> {
        Ok(self.names()?.iter().filter_map(|name| Some(self.get(name)?.session)).collect())
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

    fn path(&self, profile: &ProfileName) -> PathBuf {
        self.dir.join(format!("{}.json", file_stem(profile.as_str())))
    }

    /// The profile whose session is at `path`; none for a file under another name than [`file_stem`] gives it.
    fn name_in(&self, path: &Path) -> Option<ProfileName> {
        let header: Header = json::read(path, FileOwner::Awsauth)?;
        ProfileName::new(&header.profile).ok().filter(|name| self.path(name) == path)
    }
}

/// The profile whose session is at `path`, read from the path alone; none if it was too long for that.
fn name_of(path: &Path) -> Option<String> {
    let (escaped, _) = path.file_stem()?.to_str()?.rsplit_once('+')?;
    Some(percent_decode_str(escaped).decode_utf8().ok()?.into_owned())
}

/// The name of a profile's files without its extension, such as `prod+0a1b2c3d`.
///
/// The digest tells `Prod` from `prod` where the file system ignores case, and `con` from the device of that name on Windows.
pub(super) fn file_stem(name: &str) -> String {
    let digest = hex::encode(sha1::Sha1::digest(name));
    let escaped = utf8_percent_encode(name, ESCAPED).to_string();
    if escaped.len() <= LONGEST_STEM { format!("{escaped}+{}", &digest[..8]) } else { digest }
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
                credentials: Credentials {
                    access_key_id: "ASIA".to_owned(),
                    secret_access_key: Secret::new("s"),
                    session_token: Some(Secret::new("t")),
                    expiration: Some(expiration),
                },
            },
            seen: Vec::new(),
        }
    }

    #[test]
    fn what_was_put_is_got_back_under_every_legal_name() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = Sessions::new(dir.path());
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
    fn no_two_profiles_share_a_file_where_case_is_ignored_and_none_is_a_device_of_windows() {
        let stem = |name: &str| file_stem(name).to_lowercase();
        let names = ["prod", "Prod", "PROD", "con", "CON", "nul", "com1"];
        let stems: std::collections::HashSet<String> = names.into_iter().map(stem).collect();
        assert_eq!(stems.len(), names.len(), "{stems:?}");
        assert!(["con", "nul", "com1"].iter().all(|device| !stems.contains(*device)));
    }

    /// A profile with a long name has a file without `+`, and so has its temporary file.
    #[test]
    fn a_file_that_another_run_is_writing_is_no_session_of_an_earlier_version() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = Sessions::new(dir.path());
        sessions.put(&saved(&"/".repeat(128))).unwrap();
        let kept = disk::list(&dir.path().join("sessions")).unwrap().remove(0);
        let temporary = kept.with_file_name(".0123.json.abc.awsauth-tmp");
        write_private(&temporary, &disk::read(&kept).unwrap().unwrap()).unwrap();
        sessions.remove_old_names();
        assert!(temporary.exists());
    }

    #[test]
    fn a_session_under_the_name_of_an_earlier_version_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = Sessions::new(dir.path());
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
    fn a_file_that_is_cut_short_or_of_another_version_is_a_miss() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = Sessions::new(dir.path());
        let name = ProfileName::new("prod").unwrap();
        sessions.put(&saved("prod")).unwrap();
        let text = String::from_utf8(disk::read(&sessions.path(&name)).unwrap().unwrap()).unwrap();
        for broken in [&text[..text.len() / 2], "", "[]", &text.replace("\"version\": 1", "\"version\": 2")] {
            write_private(&sessions.path(&name), broken.as_bytes()).unwrap();
            assert_eq!(sessions.get(&name), None);
        }
    }
}

//! Owns `~/.aws/login/cache`: console sign-ins, as AWS CLI writes them (aws-facts §13.2), and the record of those that awsauth
//! made or AWS refused, since their files do not tell.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{fingerprint, json};
use crate::model::{Credentials, LoginSession, LoginToken, Region, is_sendable, utc};
use crate::secret::Secret;
use crate::system::files::atomic::sweep;
use crate::system::files::disk::{self, DiskError};
use crate::system::files::private::{self, FileOwner};

#[derive(Debug)]
pub(crate) struct LoginCache {
    dir: PathBuf,
    records_dir: PathBuf,
}

/// The fields without which no reader uses a file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoginFile {
    access_token: AccessToken,
    client_id: String,
    refresh_token: String,
    dpop_key: String,
    sign_in_region: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessToken {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expires_at: String,
}

/// Belongs to a file with the same key: each sign-in makes one.
#[derive(PartialEq, Serialize, Deserialize)]
struct Record {
    login_session: String,
    key: String,
    signed_in_at: Option<Timestamp>,
    is_refused: bool,
}

impl LoginCache {
    /// The cache in `dir`, with records of its files under the state directory.
    pub(crate) fn new(dir: PathBuf, state_dir: &Path) -> Self {
        Self { dir, records_dir: state_dir.join("logins") }
    }

    /// The name of the lock under which a sign-in is renewed or removed.
    pub(crate) fn lock_name(session: &LoginSession) -> String {
        format!("login {}", session.as_str())
    }

    pub(crate) fn sweep(&self) {
        sweep(&self.dir);
        sweep(&self.records_dir);
    }

    pub(crate) fn token(&self, session: &LoginSession) -> Option<LoginToken> {
        let LoginFile { access_token, client_id, refresh_token, dpop_key, sign_in_region } =
            json::read(&self.path(session), FileOwner::AwsCli)?;
        let credentials = Credentials {
            access_key_id: access_token.access_key_id,
            secret_access_key: Secret::new(access_token.secret_access_key),
            session_token: Some(Secret::new(access_token.session_token)),
            expiration: Some(json::parse_timestamp(&access_token.expires_at)?),
        };
        let dpop_key = Secret::new(dpop_key);
        let record = self.record(session).filter(|record| record.key == fingerprint(&dpop_key));
        let is_refused = record.as_ref().is_some_and(|record| record.is_refused);
        (credentials.is_sendable() && is_sendable(&client_id)).then(|| LoginToken {
            credentials,
            client_id,
            refresh_token: Some(refresh_token).filter(|token| is_sendable(token) && !is_refused).map(Secret::new),
            dpop_key,
            region: sign_in_region.and_then(|region| Region::new(&region).ok()),
            signed_in_at: record.and_then(|record| record.signed_in_at),
        })
    }

    /// Saves a new sign-in.
    pub(crate) fn put(
        &self,
        session: &LoginSession,
        token: &LoginToken,
        token_type: &str,
        id_token: &Secret,
    ) -> Result<(), DiskError> {
        let file = json!({
            "accessToken": access_token(session, token),
            "tokenType": token_type,
            "clientId": token.client_id,
            "refreshToken": token.refresh_token.as_ref().map(Secret::expose),
            "idToken": id_token.expose(),
            "dpopKey": token.dpop_key.expose(),
            "signInRegion": token.region.as_ref().map(Region::as_str),
        });
        self.save_record(session, token, false);
        json::write(&self.path(session), FileOwner::AwsCli, &file)
    }

    /// Saves a refreshed sign-in. Fields that awsauth does not know stay. Does nothing if the file was removed or replaced since it
    /// was read, as by `aws logout` or `aws login`: another sign-in has another `dpopKey`.
    pub(crate) fn put_refreshed(&self, session: &LoginSession, token: &LoginToken) -> Result<(), DiskError> {
        let path = self.path(session);
        let is_its_own =
            |file: &Map<String, Value>| file.get("dpopKey").and_then(Value::as_str) == Some(token.dpop_key.expose());
        let Some(mut file) = json::read(&path, FileOwner::AwsCli).filter(is_its_own) else { return Ok(()) };
        file.insert("accessToken".to_owned(), access_token(session, token));
        file.insert("refreshToken".to_owned(), json!(token.refresh_token.as_ref().map(Secret::expose)));
        json::write(&path, FileOwner::AwsCli, &file)
    }

    /// Records that AWS refused the refresh token for good.
    pub(crate) fn mark_refused(&self, session: &LoginSession, token: &LoginToken) {
        self.save_record(session, token, true);
    }

    /// Returns true if there was one.
    pub(crate) fn remove(&self, session: &LoginSession) -> Result<bool, DiskError> {
        disk::remove(&self.record_path(session))?;
        disk::remove(&self.path(session))
    }

    /// The sign-ins that awsauth has made.
    pub(crate) fn recorded(&self) -> Result<Vec<LoginSession>, DiskError> {
        let record = |path: &PathBuf| json::load(path);
        let records = private::list(&self.records_dir, FileOwner::Awsauth)?;
        let records = records.iter().filter_map(record).filter(|record: &Record| record.signed_in_at.is_some());
        Ok(records.filter_map(|record| LoginSession::new(&record.login_session).ok()).collect())
    }

    fn record(&self, session: &LoginSession) -> Option<Record> {
        json::load(&self.record_path(session))
    }

    /// A failure to is not worth a word.
    fn save_record(&self, session: &LoginSession, token: &LoginToken, is_refused: bool) {
        let (login_session, key) = (session.as_str().to_owned(), fingerprint(&token.dpop_key));
        let record = Record { login_session, key, signed_in_at: token.signed_in_at, is_refused };
        drop(json::save_hint(&self.record_path(session), &record));
    }

    pub(crate) fn path(&self, session: &LoginSession) -> PathBuf {
        self.dir.join(file_name(session))
    }

    fn record_path(&self, session: &LoginSession) -> PathBuf {
        self.records_dir.join(file_name(session))
    }
}

fn file_name(session: &LoginSession) -> String {
    format!("{}.json", hex::encode(Sha256::digest(session.as_str())))
}

fn access_token(session: &LoginSession, token: &LoginToken) -> Value {
    let Credentials { access_key_id, secret_access_key, session_token, expiration } = &token.credentials;
    json!({
        "accessKeyId": access_key_id,
        "secretAccessKey": secret_access_key.expose(),
        "sessionToken": session_token.as_ref().map(Secret::expose),
        "accountId": session.account(),
        "expiresAt": expiration.map(utc),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::files::atomic::write_private;

    fn session(text: &str) -> LoginSession {
        LoginSession::new(text).unwrap()
    }

    fn alice() -> LoginSession {
        session("arn:aws:sts::123456789012:assumed-role/Admin/alice")
    }

    fn token(number: u32) -> LoginToken {
        LoginToken {
            credentials: Credentials {
                access_key_id: format!("ASIAFAKE{number}"),
                secret_access_key: Secret::new("secret"),
                session_token: Some(Secret::new("token")),
                expiration: Some("2026-11-29T12:20:48Z".parse().unwrap()),
            },
            client_id: "arn:aws:signin:::devtools/same-device".to_owned(),
            refresh_token: Some(Secret::new(format!("refresh-{number}"))),
            dpop_key: Secret::new("-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n"),
            region: Some(Region::new("us-east-1").unwrap()),
            signed_in_at: Some("2026-11-29T12:05:48Z".parse().unwrap()),
        }
    }

    /// The file of the vector (aws-facts §13.2), but for a shorter key and identity.
    const FILE: &str = r#"{"accessToken": {"accessKeyId": "ASIAFAKE1", "secretAccessKey": "secret", "sessionToken": "token", "accountId": "123456789012", "expiresAt": "2026-11-29T12:20:48Z"}, "tokenType": "aws_sigv4", "clientId": "arn:aws:signin:::devtools/same-device", "refreshToken": "refresh-1", "idToken": "a.b.c", "dpopKey": "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n"}"#;

    fn text(path: &Path) -> String {
        String::from_utf8(disk::read(path).unwrap().unwrap()).unwrap()
    }

    fn cache() -> (tempfile::TempDir, LoginCache) {
        let dir = tempfile::tempdir().unwrap();
        let cache = LoginCache::new(dir.path().join("login/cache"), &dir.path().join("state"));
        (dir, cache)
    }

    #[test]
    fn files_are_named_as_aws_cli_names_them() {
        for (text, digest) in [
            (
                "arn:aws:sts::123456789012:assumed-role/Admin/alice",
                "68afef069a49e0c940bc8515a36649850d686bdd2e3c07927360d151553fc4d3",
            ),
            (
                "arn:aws:iam::123456789012:user/alice",
                "b7d71d383b9557a9bad4c3346c50365819226484c6824a0fdef66637be339db0",
            ),
            ("arn:aws:iam::123456789012:root", "1921ac8a06e305954f769df5e0f8b3d24ee1d6bf5231d901157e44d7c4d0f4cf"),
        ] {
            assert_eq!(file_name(&session(text)), format!("{digest}.json"));
        }
    }

    #[test]
    fn a_sign_in_is_written_as_aws_cli_writes_it_and_read_back() {
        let (_dir, cache) = cache();
        cache.put(&alice(), &token(1), "aws_sigv4", &Secret::new("a.b.c")).unwrap();
        let region = r#", "signInRegion": "us-east-1"}"#;
        assert_eq!(text(&cache.path(&alice())), FILE.trim_end_matches('}').to_owned() + region);
        assert_eq!(cache.token(&alice()), Some(token(1)));
        assert_eq!(cache.recorded().unwrap(), [alice()]);
        assert!(cache.remove(&alice()).unwrap() && !cache.remove(&alice()).unwrap());
        assert_eq!((cache.token(&alice()), cache.recorded().unwrap()), (None, Vec::new()));
    }

    #[test]
    fn a_refresh_keeps_what_awsauth_does_not_know_and_the_order() {
        let (_dir, cache) = cache();
        let path = cache.path(&alice());
        let (first, last) = FILE.split_once(r#""tokenType""#).unwrap();
        let file = format!(r#"{first}"new": [1, null], "tokenType"{last}"#);
        private::make_dir(&cache.dir, FileOwner::AwsCli).unwrap();
        write_private(&path, file.as_bytes()).unwrap();
        let read = cache.token(&alice()).unwrap();
        assert_eq!(read, LoginToken { region: None, signed_in_at: None, ..token(1) });
        cache.put_refreshed(&alice(), &token(2)).unwrap();
        assert_eq!(text(&path), file.replace("FAKE1", "FAKE2").replace("refresh-1", "refresh-2"));
        assert_eq!(cache.recorded().unwrap(), [], "another program made it");
    }

    #[test]
    fn a_file_that_another_program_has_removed_or_made_anew_stays_so() {
        let (_dir, cache) = cache();
        cache.put_refreshed(&alice(), &token(2)).unwrap();
        assert!(!cache.path(&alice()).exists());
        private::make_dir(&cache.dir, FileOwner::AwsCli).unwrap();
        let anew = FILE.replace("MHcC", "MHcD");
        write_private(&cache.path(&alice()), anew.as_bytes()).unwrap();
        cache.put_refreshed(&alice(), &token(2)).unwrap();
        assert_eq!(text(&cache.path(&alice())), anew);
    }

    #[test]
    fn a_refused_refresh_token_is_left_out_until_somebody_signs_in_again() {
        let (_dir, cache) = cache();
        cache.put(&alice(), &token(1), "aws_sigv4", &Secret::new("a.b.c")).unwrap();
        cache.mark_refused(&alice(), &token(1));
        assert_eq!(cache.token(&alice()), Some(LoginToken { refresh_token: None, ..token(1) }));
        // AWS CLI signs in, with a key of its own.
        write_private(&cache.path(&alice()), FILE.replace("MHcC", "MHcD").as_bytes()).unwrap();
        let token = cache.token(&alice()).unwrap();
        assert!(token.refresh_token.is_some() && token.signed_in_at.is_none());
    }

    #[test]
    fn a_file_that_is_cut_short_foreign_or_of_another_version_is_a_miss() {
        let (_dir, cache) = cache();
        private::make_dir(&cache.dir, FileOwner::AwsCli).unwrap();
        let write = |text: &str| write_private(&cache.path(&alice()), text.as_bytes()).unwrap();
        for content in ["", "{", "[]", "null", "{}", "\u{feff}{}", &FILE[..FILE.len() / 2]] {
            write(content);
            assert_eq!(cache.token(&alice()), None, "{content}");
        }
        for (from, to) in [
            (r#""ASIAFAKE1""#, "7"),
            (r#""secret""#, r#""two\nlines""#),
            ("2026-11-29T12:20:48Z", "soon"),
            ("dpopKey", "key"),
            ("refreshToken", "refresh"),
            ("clientId", "client"),
        ] {
            write(&FILE.replace(from, to));
            assert_eq!(cache.token(&alice()), None, "{to}");
        }
        // As Rust's SDK writes it, with other members that nobody else knows.
        write(&FILE.replace("48Z", "48.123456789Z").replace(r#""tokenType": "aws_sigv4", "#, ""));
        assert!(cache.token(&alice()).is_some());
    }
}

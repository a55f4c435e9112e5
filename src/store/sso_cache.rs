//! Owns `~/.aws/sso/cache`: tokens and client registrations, byte for byte as AWS CLI writes them (aws-facts §4.2, §4.3).

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{fingerprint, json};
use crate::model::{ClientUse, ConfigText, Region, SsoAccess, SsoClient, SsoToken, StartUrl, is_sendable, utc};
use crate::secret::Secret;
use crate::system::files::atomic::sweep;
use crate::system::files::disk::{self, DiskError};
use crate::system::files::private::FileOwner;

#[derive(Debug)]
pub(crate) struct SsoCache {
    pub(super) dir: PathBuf,
    pub(super) records_dir: PathBuf,
}

/// The fields in AWS CLI's order.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenFile {
    start_url: String,
    region: String,
    access_token: String,
    expires_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    client_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    client_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    registration_expires_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text")]
    refresh_token: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientFile {
    client_id: String,
    client_secret: String,
    expires_at: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    grant_types: Vec<String>,
}

/// The key that a registration's file is named after; the fields in Python's sorted order.
#[derive(Serialize)]
struct ClientKey<'a> {
    region: &'a str,
    scopes: Option<Vec<&'a str>>,
    session_name: Option<&'a str>,
    #[serde(rename = "startUrl")]
    start_url: &'a str,
    tool: &'static str,
}

impl SsoCache {
    /// The cache in `dir`, with records of awsauth's own tokens in it under the state directory.
    pub(crate) fn new(dir: PathBuf, state_dir: &Path) -> Self {
        Self { dir, records_dir: state_dir.join("sign-ins") }
    }

    pub(crate) fn sweep(&self) {
        sweep(&self.dir);
        sweep(&self.records_dir);
    }

    /// The token that was saved for `access`, for whichever portal. A refused access token has ended; a refused refresh token is
    /// left out.
    pub(crate) fn token(&self, access: &SsoAccess) -> Option<SsoToken> {
        let mut token = self.saved_token(access)?;
        let refused = self.refused(access);
        if refused.contains(&fingerprint(&token.access_token)) {
            token.expires_at = Timestamp::UNIX_EPOCH;
        }
        token.refresh_token = token.refresh_token.filter(|token| !refused.contains(&fingerprint(token)));
        Some(token)
    }

    fn saved_token(&self, access: &SsoAccess) -> Option<SsoToken> {
        let file: TokenFile = json::read(&self.token_path(access), FileOwner::AwsCli)?;
        if !is_sendable(&file.access_token) {
            return None;
        }
        let client = match (file.client_id, file.client_secret, file.registration_expires_at) {
            (Some(client_id), Some(secret), Some(expires_at)) => json::parse_timestamp(&expires_at)
                .map(|expires_at| SsoClient { client_id, client_secret: Secret::new(secret), expires_at }),
            _ => None,
        };
        Some(SsoToken {
            start_url: StartUrl::new(&file.start_url).ok()?.0,
            region: Region::new(&file.region).ok()?,
            access_token: Secret::new(file.access_token),
            expires_at: json::parse_timestamp(&file.expires_at)?,
            refresh_token: file.refresh_token.map(Secret::new),
            client,
        })
    }

    pub(crate) fn put_token(&self, access: &SsoAccess, token: &SsoToken) -> Result<(), DiskError> {
        let client = token.client.as_ref();
        let file = TokenFile {
            start_url: token.start_url.as_str().to_owned(),
            region: token.region.as_str().to_owned(),
            access_token: token.access_token.expose().to_owned(),
            expires_at: utc(token.expires_at),
            client_id: client.map(|client| client.client_id.clone()),
            client_secret: client.map(|client| client.client_secret.expose().to_owned()),
            registration_expires_at: client.map(|client| utc(client.expires_at)),
            refresh_token: token.refresh_token.as_ref().map(|token| token.expose().to_owned()),
        };
        // Recorded first, so that a token of awsauth's is never taken for another program's.
        self.remember(access);
        json::write(&self.token_path(access), FileOwner::AwsCli, &file)
    }

    /// The client that was registered for `client_use` through `access`. AWS CLI keeps both kinds in one file, where the last one
    /// is.
    pub(crate) fn client(&self, access: &SsoAccess, client_use: ClientUse) -> Option<SsoClient> {
        let file: ClientFile = json::read(&self.client_path(access).ok()?, FileOwner::AwsCli)?;
        let is_for_codes = file.grant_types.iter().any(|grant| grant == "authorization_code");
        let is_sound = is_sendable(&file.client_id) && is_sendable(&file.client_secret);
        if !is_sound || is_for_codes != (client_use == ClientUse::AuthorizationCode) {
            return None;
        }
        Some(SsoClient {
            client_id: file.client_id,
            client_secret: Secret::new(file.client_secret),
            expires_at: json::parse_timestamp(&file.expires_at)?,
        })
    }

    /// Saves a client that was registered for `client_use`, in place of one for another use.
    pub(crate) fn put_client(
        &self,
        access: &SsoAccess,
        client: &SsoClient,
        client_use: ClientUse,
    ) -> Result<(), DiskError> {
        let file = ClientFile {
            client_id: client.client_id.clone(),
            client_secret: client.client_secret.expose().to_owned(),
            expires_at: utc(client.expires_at),
            scopes: access.scopes().iter().map(|scope| scope.as_str().to_owned()).collect(),
            grant_types: client_use.grant_types().iter().map(|grant| (*grant).to_owned()).collect(),
        };
        json::write(&self.client_path(access)?, FileOwner::AwsCli, &file)
    }

    /// For a registration that AWS no longer takes.
    pub(crate) fn remove_client(&self, access: &SsoAccess) -> Result<bool, DiskError> {
        disk::remove(&self.client_path(access)?)
    }

    pub(crate) fn token_path(&self, access: &SsoAccess) -> PathBuf {
        self.dir.join(json::cache_file_name(access.token_key()))
    }

    fn client_path(&self, access: &SsoAccess) -> Result<PathBuf, DiskError> {
        let (scopes, session_name) = match access {
            SsoAccess::Session(session) => {
                (Some(session.scopes.iter().map(ConfigText::as_str).collect()), Some(session.name.as_str()))
            }
            SsoAccess::Legacy { .. } => (None, None),
        };
        let key = ClientKey {
            region: access.region().as_str(),
            scopes,
            session_name,
            start_url: access.start_url().as_str(),
            tool: "botocore",
        };
        json::path_in(&self.dir, &key)
    }
}

/// A text that can be sent. None for anything else: the token is good without it.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) if is_sendable(&text) => Ok(Some(text)),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{SessionName, SsoSession};
    use crate::system::files::atomic::write_private;

    fn legacy(url: &str) -> SsoAccess {
        SsoAccess::Legacy { start_url: StartUrl::new(url).unwrap().0, region: Region::new("us-east-1").unwrap() }
    }

    fn session(name: &str, url: &str) -> SsoAccess {
        SsoAccess::Session(Arc::new(SsoSession {
            name: SessionName::new(name).unwrap(),
            start_url: StartUrl::new(url).unwrap().0,
            region: Region::new("us-east-1").unwrap(),
            scopes: vec![ConfigText::new("sso:account:access").unwrap()],
        }))
    }

    fn name(path: &Path) -> &str {
        path.file_stem().unwrap().to_str().unwrap()
    }

    #[test]
    fn files_are_named_as_aws_cli_names_them() {
        let cache = SsoCache::new(PathBuf::new(), Path::new(""));
        let url = "https://d-123.awsapps.com/start";
        assert_eq!(name(&cache.token_path(&session("corp", url))), "ee0bfd2552fbd840c02cc48b6e823320543c450f");
        assert_eq!(name(&cache.token_path(&legacy(url))), "2b829a45f04c9828cb45b7d092d8e4aa30818393");
        assert_eq!(name(&cache.token_path(&session("admin", url))), "d033e22ae348aeb5660fc2140aec35850c4da997");
        assert_eq!(
            name(&cache.client_path(&session("corp", url)).unwrap()),
            "394fa0df1cde5086b80bd1cdd4b45e359ceef9a2"
        );
        assert_eq!(name(&cache.client_path(&legacy(url)).unwrap()), "334df8a025b4d748342a2fb4eaa316ea48c5576c");
    }

    fn token(refresh: bool) -> SsoToken {
        SsoToken {
            start_url: StartUrl::new("https://d-123.awsapps.com/start").unwrap().0,
            region: Region::new("us-east-1").unwrap(),
            access_token: Secret::new("a\"t"),
            expires_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            refresh_token: refresh.then(|| Secret::new("rt")),
            client: Some(SsoClient {
                client_id: "ci".to_owned(),
                client_secret: Secret::new("cs"),
                expires_at: "2026-03-01T00:00:00Z".parse().unwrap(),
            }),
        }
    }

    #[test]
    fn a_token_is_written_as_aws_cli_writes_it_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let cache = SsoCache::new(dir.path().join("sso/cache"), dir.path());
        let access = session("corp", "https://d-123.awsapps.com/start");
        cache.put_token(&access, &token(true)).unwrap();
        let text = String::from_utf8(disk::read(&cache.token_path(&access)).unwrap().unwrap()).unwrap();
        assert_eq!(
            text,
            r#"{"startUrl": "https://d-123.awsapps.com/start", "region": "us-east-1", "accessToken": "a\"t", "expiresAt": "2026-01-01T00:00:00Z", "clientId": "ci", "clientSecret": "cs", "registrationExpiresAt": "2026-03-01T00:00:00Z", "refreshToken": "rt"}"#
        );
        assert_eq!(cache.token(&access), Some(token(true)));
    }

    #[test]
    fn a_registration_that_cannot_be_read_is_missing_and_the_token_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let cache = SsoCache::new(dir.path().join("sso/cache"), dir.path());
        let access = session("corp", "https://d-123.awsapps.com/start");
        cache.put_token(&access, &token(true)).unwrap();
        let path = cache.token_path(&access);
        let good = String::from_utf8(disk::read(&path).unwrap().unwrap()).unwrap();
        let without_client = SsoToken { client: None, ..token(true) };
        for (from, to) in [
            (r#""2026-03-01T00:00:00Z""#, r#""soon""#),
            (r#""2026-03-01T00:00:00Z""#, "1772323200"),
            (r#""2026-03-01T00:00:00Z""#, "null"),
            (r#""ci""#, "7"),
            (r#""cs""#, "[]"),
        ] {
            write_private(&path, good.replace(from, to).as_bytes()).unwrap();
            assert_eq!(cache.token(&access).as_ref(), Some(&without_client), "{to}");
        }
        write_private(&path, good.replace(r#""rt""#, "{}").as_bytes()).unwrap();
        assert_eq!(cache.token(&access), Some(token(false)));
    }

    #[test]
    fn who_reads_while_a_token_is_written_a_thousand_times_always_finds_a_whole_one() {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let cache = SsoCache::new(dir.path().to_path_buf(), &dir.path().join("state"));
        let access = session("corp", "https://d-123.awsapps.com/start");
        cache.put_token(&access, &token(true)).unwrap();
        let is_over = std::sync::atomic::AtomicBool::new(false);
        let reads = std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut reads = 0;
                while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                    assert!(cache.token(&access).is_some(), "read {reads}");
                    reads += 1;
                }
                reads
            });
            for number in 1..=1000 {
                // Of many lengths, so that a mixture would show.
                let refreshed = SsoToken { access_token: Secret::new("t".repeat(number)), ..token(number % 2 == 0) };
                cache.put_token(&access, &refreshed).unwrap();
            }
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
            reader.join().unwrap()
        });
        assert!(reads > 0);
    }

    #[test]
    fn a_file_that_is_cut_short_or_foreign_is_a_miss() {
        let dir = tempfile::tempdir().unwrap();
        let cache = SsoCache::new(dir.path().to_path_buf(), &dir.path().join("state"));
        let access = legacy("https://d-123.awsapps.com/start");
        for content in ["", "{", "[]", "null", "{\"accessToken\": 1}", "{\"startUrl\": \"x\"}", "\u{feff}{}"] {
            write_private(&cache.token_path(&access), content.as_bytes()).unwrap();
            write_private(&cache.client_path(&access).unwrap(), content.as_bytes()).unwrap();
            assert_eq!(cache.token(&access), None, "{content}");
            for client_use in [ClientUse::DeviceCode, ClientUse::AuthorizationCode] {
                assert_eq!(cache.client(&access, client_use), None, "{content}");
            }
        }
    }

    #[test]
    fn a_registration_is_used_for_what_it_was_made_and_the_last_one_is_kept() {
        use ClientUse::{AuthorizationCode, DeviceCode};
        let dir = tempfile::tempdir().unwrap();
        let cache = SsoCache::new(dir.path().to_path_buf(), &dir.path().join("state"));
        let access = session("corp", "https://d-123.awsapps.com/start");
        let client = token(false).client.unwrap();
        let head = r#"{"clientId": "ci", "clientSecret": "cs", "expiresAt": "2026-03-01T00:00:00Z", "scopes": ["sso:account:access"]"#;
        for (made, other, tail) in [
            (DeviceCode, AuthorizationCode, "}"),
            (AuthorizationCode, DeviceCode, r#", "grantTypes": ["authorization_code", "refresh_token"]}"#),
            (DeviceCode, AuthorizationCode, "}"),
        ] {
            cache.put_client(&access, &client, made).unwrap();
            assert_eq!(cache.client(&access, made).as_ref(), Some(&client));
            assert_eq!(cache.client(&access, other), None);
            let text = String::from_utf8(disk::read(&cache.client_path(&access).unwrap()).unwrap().unwrap()).unwrap();
            assert_eq!(text, format!("{head}{tail}"), "as AWS CLI writes it");
        }
    }
}

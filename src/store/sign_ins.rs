//! Owns finding sign-ins in `~/.aws/sso/cache` to be ended, whichever program made them, and the record of those that awsauth
//! made, since their files do not tell. Must not decide which ones end.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sso_cache::SsoCache;
use super::{fingerprint, json};
use crate::model::{Region, SsoAccess, SsoClient, StartUrl};
use crate::secret::Secret;
use crate::system::files::disk::{self, DiskError};
use crate::system::files::private::{self, FileOwner};

const REFUSED: &str = "refused";

/// A file with an `accessToken`, which is all that makes a sign-in for `aws sso logout` (aws-facts §4.2).
#[derive(Debug)]
pub(crate) struct SignIn {
    path: PathBuf,
    pub(crate) start_url: Option<StartUrl>,
    pub(crate) region: Option<Region>,
    pub(crate) access_token: Secret,
    /// The refresh token, and the client that it was given to.
    pub(crate) refresh: Option<(Secret, SsoClient)>,
}

/// The record of a sign-in that awsauth made.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct SignInRecord {
    name: String,
    start_url: String,
}

/// The fingerprints of tokens that AWS refused. A file of its own, since the sign-in may be another program's.
#[derive(Default, Serialize, Deserialize)]
struct Refusals {
    refused: Vec<String>,
}

impl SignIn {
    /// True if the tokens of `access` are kept in this file.
    pub(crate) fn is_named_by(&self, access: &SsoAccess) -> bool {
        self.path.file_name().is_some_and(|name| name == json::cache_file_name(access.token_key()).as_str())
    }

    /// None if the file is gone.
    pub(crate) fn reread(&self) -> Option<Self> {
        Self::read(&self.path)
    }

    fn read(path: &Path) -> Option<Self> {
        let file: Value = json::read(path, FileOwner::AwsCli)?;
        let text = |key: &str| file.get(key)?.as_str();
        let client = || {
            Some(SsoClient {
                client_id: text("clientId")?.to_owned(),
                client_secret: Secret::new(text("clientSecret")?),
                expires_at: json::parse_timestamp(text("registrationExpiresAt")?)?,
            })
        };
        Some(Self {
            path: path.to_path_buf(),
            start_url: text("startUrl").and_then(|url| Some(StartUrl::new(url).ok()?.0)),
            region: text("region").and_then(|region| Region::new(region).ok()),
            access_token: Secret::new(text("accessToken")?),
            refresh: text("refreshToken").and_then(|token| Some((Secret::new(token), client()?))),
        })
    }
}

impl SsoCache {
    pub(crate) fn sign_ins(&self) -> Result<Vec<SignIn>, DiskError> {
        let is_json = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
        Ok(private::list(&self.dir, FileOwner::AwsCli)?
            .iter()
            .filter(|path| is_json(path))
            .filter_map(|path| SignIn::read(path))
            .collect())
    }

    /// Removes a sign-in, and what is recorded of it. Its client's registration stays.
    pub(crate) fn remove(&self, sign_in: &SignIn) -> Result<bool, DiskError> {
        let is_there = disk::remove(&sign_in.path)?;
        if let Some(name) = sign_in.path.file_name() {
            let record = self.records_dir.join(name);
            disk::remove(&record)?;
            disk::remove(&record.with_extension(REFUSED))?;
        }
        Ok(is_there)
    }

    /// The SSO session or start URL for which awsauth made a sign-in. None for another program's, also where that replaced one of
    /// awsauth's for another portal.
    pub(crate) fn recorded_name(&self, sign_in: &SignIn) -> Option<String> {
        let record: SignInRecord = json::load(&self.records_dir.join(sign_in.path.file_name()?))?;
        let is_same = sign_in.start_url.as_ref().is_some_and(|url| url.as_str() == record.start_url);
        is_same.then_some(record.name)
    }

    /// Records that the sign-in of `access` is awsauth's. A failure to is not worth a word.
    pub(super) fn remember(&self, access: &SsoAccess) {
        let path = self.record_path(access);
        let (name, start_url) = (access.token_key().to_owned(), access.start_url().as_str().to_owned());
        let record = SignInRecord { name, start_url };
        if json::load(&path).as_ref() != Some(&record) {
            drop(json::save_hint(&path, &record));
        }
    }

    /// Records that AWS refused `token`, an access or refresh token of `access`, for good. A failure to is not worth a word.
    pub(crate) fn mark_refused(&self, access: &SsoAccess, token: &Secret) {
        let (print, mut refused) = (fingerprint(token), self.refused(access));
        if !refused.contains(&print) {
            refused.push(print);
            // The file has one token of each kind.
            let refused = refused.split_off(refused.len().saturating_sub(2));
            drop(json::save_hint(&self.refused_path(access), &Refusals { refused }));
        }
    }

    pub(super) fn refused(&self, access: &SsoAccess) -> Vec<String> {
        json::load(&self.refused_path(access)).unwrap_or_else(Refusals::default).refused
    }

    fn refused_path(&self, access: &SsoAccess) -> PathBuf {
        self.record_path(access).with_extension(REFUSED)
    }

    fn record_path(&self, access: &SsoAccess) -> PathBuf {
        self.records_dir.join(json::cache_file_name(access.token_key()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SsoToken;
    use crate::system::files::atomic::write_private;

    fn access(url: &str) -> SsoAccess {
        SsoAccess::Legacy { start_url: StartUrl::new(url).unwrap().0, region: Region::new("us-east-1").unwrap() }
    }

    fn token(url: &str) -> SsoToken {
        SsoToken {
            start_url: StartUrl::new(url).unwrap().0,
            region: Region::new("us-east-1").unwrap(),
            access_token: Secret::new("a"),
            expires_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            refresh_token: None,
            client: None,
        }
    }

    #[test]
    fn what_awsauth_made_is_known_until_another_portal_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let cache = SsoCache::new(dir.path().join("cache"), dir.path());
        let (mine, other) = ("https://mine.awsapps.com/start", "https://other.awsapps.com/start");
        cache.put_token(&access(mine), &token(mine)).unwrap();
        let found = cache.sign_ins().unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].is_named_by(&access(mine)) && !found[0].is_named_by(&access(other)));
        assert_eq!(cache.recorded_name(&found[0]).as_deref(), Some(mine));
        // Another program may write the same file for another portal.
        let text = String::from_utf8(disk::read(&found[0].path).unwrap().unwrap()).unwrap().replace("mine", "other");
        write_private(&found[0].path, text.as_bytes()).unwrap();
        assert_eq!(cache.recorded_name(&cache.sign_ins().unwrap()[0]), None);
        assert!(cache.remove(&found[0]).unwrap() && !cache.remove(&found[0]).unwrap());
        assert!(found[0].reread().is_none());
        assert!(disk::list(&cache.records_dir).unwrap().is_empty());
    }

    #[test]
    fn a_file_with_a_token_and_nothing_else_that_is_good_is_a_sign_in_too() {
        let dir = tempfile::tempdir().unwrap();
        let cache = SsoCache::new(dir.path().to_path_buf(), &dir.path().join("state"));
        let write = |name: &str, text: &str| write_private(&dir.path().join(name), text.as_bytes()).unwrap();
        write("a.json", r#"{"accessToken": "t", "startUrl": "ftp://x", "region": "", "expiresAt": "soon"}"#);
        write("registration.json", r#"{"clientId": "c", "clientSecret": "s", "expiresAt": "2030-01-01T00:00:00Z"}"#);
        write("other.txt", r#"{"accessToken": "t"}"#);
        write("half.json", r#"{"accessToken": "t"#);
        let found = cache.sign_ins().unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].start_url.is_none() && found[0].region.is_none() && found[0].refresh.is_none());
    }
}

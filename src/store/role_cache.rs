//! Owns AWS CLI's role cache, `~/.aws/cli/cache`: with an entry there `aws --profile` does not ask for an MFA code that awsauth
//! has used already (aws-facts §5).

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::json;
use crate::model::{Credentials, ExternalId, MfaSerial, Role, RoleSessionName, SessionDuration};
use crate::system::files::atomic::sweep;
use crate::system::files::disk::{self, DiskError};
use crate::system::files::private::{self, FileOwner};

#[derive(Debug)]
pub(crate) struct RoleCache {
    dir: PathBuf,
}

/// The arguments of AssumeRole that AWS CLI hashes; the fields in Python's sorted order.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CacheKey<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_seconds: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    role_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_session_name: Option<&'a str>,
    serial_number: &'a str,
}

/// The key that AWS CLI names its entry of an assigned role after; the fields in Python's sorted order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SsoRole<'a> {
    pub(crate) account_id: &'a str,
    pub(crate) role_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session_name: Option<&'a str>,
    /// Only in the legacy form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_url: Option<&'a str>,
}

/// The part that tells an entry of an assigned role from others.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProviderType {
    provider_type: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CacheEntry {
    credentials: Keys,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Keys {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: String,
}

/// A time as AWS CLI writes it there.
fn utc_of_python(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SUTC").to_string()
}

impl RoleCache {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    pub(crate) fn sweep(&self) {
        sweep(&self.dir);
    }

    /// Gives AWS CLI the session of a role whose section has `mfa_serial`, unless it has it already.
    pub(crate) fn put(&self, role: &Role, serial: &MfaSerial, credentials: &Credentials) -> Result<(), DiskError> {
        let path = self.path(role, serial)?;
        if Self::key_id(&path).as_ref() == Some(&credentials.access_key_id) {
            return Ok(());
        }
        let entry = CacheEntry {
            credentials: Keys {
                access_key_id: credentials.access_key_id.clone(),
                secret_access_key: credentials.secret_access_key.expose().to_owned(),
                session_token: credentials.session_token.as_ref().map_or_else(String::new, |t| t.expose().to_owned()),
                expiration: credentials.expiration.map(utc_of_python).unwrap_or_default(),
            },
        };
        json::write(&path, FileOwner::AwsCli, &entry)
    }

    /// Removes the copies of the session with this access key, and leaves AWS CLI's own. All entries are read, since the definition
    /// after which one is named may be gone. Returns the first failure.
    pub(crate) fn remove_key(&self, access_key_id: &str) -> Result<(), DiskError> {
        let is_copy = |path: &Path| Self::key_id(path).is_some_and(|id| id == access_key_id);
        self.remove_all(is_copy).1.map_or(Ok(()), Err)
    }

    /// Removes AWS CLI's own entry of an assigned role. Returns false if there was none.
    pub(crate) fn remove_sso_role(&self, role: &SsoRole<'_>) -> Result<bool, DiskError> {
        disk::remove(&self.sso_path(role)?)
    }

    /// Removes AWS CLI's own entries of all assigned roles, as `aws sso logout` does. Returns their number and the first failure.
    pub(crate) fn remove_sso_roles(&self) -> (usize, Option<DiskError>) {
        self.remove_all(|path| {
            let provider = json::read(path, FileOwner::AwsCli);
            provider.is_some_and(|provider: ProviderType| provider.provider_type == "sso")
        })
    }

    fn remove_all(&self, is_meant: impl Fn(&Path) -> bool) -> (usize, Option<DiskError>) {
        let paths = match private::list(&self.dir, FileOwner::AwsCli) {
            Ok(paths) => paths,
            Err(error) => return (0, Some(error)),
        };
        let (mut count, mut failure) = (0, None);
        for path in paths.iter().filter(|path| is_meant(path)) {
            match disk::remove(path) {
                Ok(was_there) => count += usize::from(was_there),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        (count, failure)
    }

    /// AWS CLI minifies this one (aws-facts §5).
    fn sso_path(&self, role: &SsoRole<'_>) -> Result<PathBuf, DiskError> {
        let key =
            serde_json::to_string(role).map_err(|error| DiskError::io("name a file in", &self.dir)(error.into()))?;
        Ok(self.dir.join(json::cache_file_name(&key)))
    }

    fn key_id(path: &Path) -> Option<String> {
        let entry: CacheEntry = json::read(path, FileOwner::AwsCli)?;
        Some(entry.credentials.access_key_id)
    }

    fn path(&self, role: &Role, serial: &MfaSerial) -> Result<PathBuf, DiskError> {
        let key = CacheKey {
            duration_seconds: role.duration.map(SessionDuration::seconds),
            external_id: role.external_id.as_ref().map(ExternalId::as_str),
            role_arn: role.arn.as_str(),
            role_session_name: role.session_name.as_ref().map(RoleSessionName::as_str),
            serial_number: serial.as_str(),
        };
        json::path_in(&self.dir, &key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProfileName, RoleArn, RoleSource};

    #[test]
    fn entries_are_named_as_aws_cli_names_them() {
        let cache = RoleCache::new(PathBuf::new());
        let serial = MfaSerial::new("arn:aws:iam::123456789012:mfa/alice").unwrap();
        let plain = Role {
            arn: RoleArn::new("arn:aws:iam::123456789012:role/Admin").unwrap(),
            source: RoleSource::Profile(ProfileName::new("base").unwrap()),
            duration: None,
            session_name: None,
            external_id: None,
        };
        let full = Role {
            duration: Some(SessionDuration::for_role(3600).unwrap()),
            session_name: Some(RoleSessionName::new("alice").unwrap()),
            external_id: Some(ExternalId::new("ext").unwrap()),
            ..plain.clone()
        };
        let name = |role| cache.path(role, &serial).unwrap().file_stem().unwrap().to_str().unwrap().to_owned();
        assert_eq!(name(&plain), "f6ee4f1f2e3b86d03f2a2cfc0f0c56c26c32ff64");
        assert_eq!(name(&full), "0104e5f431eadd2299e12f82844110633dc6a7d7");
    }

    #[test]
    fn entries_of_assigned_roles_are_named_as_aws_cli_names_them() {
        let cache = RoleCache::new(PathBuf::new());
        let role =
            SsoRole { account_id: "123456789012", role_name: "Dev", session_name: Some("corp"), start_url: None };
        let name = |role| cache.sso_path(role).unwrap().file_stem().unwrap().to_str().unwrap().to_owned();
        assert_eq!(name(&role), "ecc1e3c8d4fe9b118d11b9cfe1c4a2a4f4a548ae");
    }
}

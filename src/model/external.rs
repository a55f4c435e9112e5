//! Owns what gives the credentials that no login of awsauth makes: a section of the person's own, or the environment. Must not
//! know where they are read.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{Credentials, KeyFingerprint, Kind, Profile, ProfileName, Region, Setting};
use crate::secret::Secret;

/// What AWS CLI would take a profile's credentials from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExternalSource {
    Keys(Credentials),
    Process(CredentialProcess),
}

impl ExternalSource {
    /// `name` is the profile that it gives credentials to.
    pub(crate) fn fingerprint(&self, name: &ProfileName) -> KeyFingerprint {
        let text = Zeroizing::new(match self {
            Self::Keys(keys) => {
                let token = keys.session_token.as_ref().map_or("", Secret::expose);
                format!("keys {} {} {token}", keys.access_key_id, keys.secret_access_key.expose())
            }
            Self::Process(process) => format!("process {}", process.command),
        });
        KeyFingerprint { section: name.clone(), digest: hex::encode(Sha256::digest(text.as_bytes())) }
    }
}

/// A `credential_process` of the person's own. Its arguments may hold a secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CredentialProcess {
    /// As it is written.
    pub(crate) command: String,
    pub(crate) program: String,
    pub(crate) args: Vec<String>,
}

impl fmt::Debug for CredentialProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialProcess").field("program", &self.program).finish_non_exhaustive()
    }
}

/// Nothing gives credentials, or nothing that awsauth can use. The words follow the name of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ExternalError {
    #[error("AWS's files have no section for it, outside awsauth's block")]
    NoSection,
    #[error("its section in AWS's files has neither keys nor `credential_process`")]
    NoCredentials,
    #[error("its section in AWS's files has `{has}` and no `{lacks}`")]
    HalfKey { has: &'static str, lacks: &'static str },
    #[error("its section in AWS's files has `{0}`, which awsauth does not follow")]
    Unsupported(&'static str),
    #[error("its `credential_process` is no command line: a quote is open, or it ends with a backslash")]
    BadCommand,
    #[error("its `credential_process` leads back to awsauth, which runs it to get these very credentials")]
    Circle,
    #[error("the environment has no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")]
    NoVariables,
    #[error("its keys have characters that AWS never uses")]
    UnfitKeys,
}

/// What the section of an `external` profile says of its requests: the manifest has none of it.
#[derive(Debug, Default)]
pub(crate) struct Destination {
    pub(crate) region: Option<Region>,
    pub(crate) settings: Vec<Setting>,
}

/// The sources of all profiles that have one, as they are at one moment.
#[derive(Debug, Default)]
pub(crate) struct Externals {
    /// The names of the profiles whose `credential_process` started this process, with commas between them.
    inside: String,
    by_name: HashMap<ProfileName, Result<ExternalSource, ExternalError>>,
    destinations: HashMap<ProfileName, Destination>,
}

impl Externals {
    pub(crate) fn new(inside: &str) -> Self {
        Self { inside: inside.to_owned(), ..Self::default() }
    }

    pub(crate) fn insert(
        &mut self,
        name: ProfileName,
        source: Result<ExternalSource, ExternalError>,
        destination: Destination,
    ) {
        let is_inside = self.inside.split(',').any(|other| other == name.as_str());
        let is_fit = |source: ExternalSource| match source {
            ExternalSource::Keys(keys) if !keys.is_sendable() => Err(ExternalError::UnfitKeys),
            ExternalSource::Process(_) if is_inside => Err(ExternalError::Circle),
            source => Ok(source),
        };
        let source = source.and_then(is_fit);
        self.destinations.insert(name.clone(), destination);
        self.by_name.insert(name, source);
    }

    /// The names for a process that is started for `name`.
    pub(crate) fn within(&self, name: &ProfileName) -> String {
        if self.inside.is_empty() { name.to_string() } else { format!("{},{name}", self.inside) }
    }

    /// None for a profile without an external source.
    pub(crate) fn get(&self, profile: &Profile) -> Option<&Result<ExternalSource, ExternalError>> {
        self.by_name.get(&profile.name)
    }

    /// True if a role over the profile is assumed with a long-term key, false with a session. None if only the program knows that
    /// gives the credentials. A role with `credential_source` is over itself.
    pub(crate) fn gives_long_term_key(&self, source: &Profile) -> Option<bool> {
        match (&source.kind, self.get(source)) {
            (Kind::Iam, _) => Some(true),
            (_, Some(Ok(ExternalSource::Keys(keys)))) => Some(keys.session_token.is_none()),
            (Kind::External, _) | (_, Some(_)) => None,
            _ => Some(false),
        }
    }

    /// The profile, with what its own section says of its requests.
    pub(crate) fn complete<'p>(&self, profile: &'p Profile) -> Cow<'p, Profile> {
        match self.destinations.get(&profile.name) {
            Some(Destination { region, settings }) if profile.external_section().is_some() => {
                Cow::Owned(Profile { region: region.clone(), settings: settings.clone(), ..profile.clone() })
            }
            _ => Cow::Borrowed(profile),
        }
    }

    /// The fingerprint of what gives the credentials of a profile now.
    pub(crate) fn fingerprint(&self, profile: &Profile) -> Option<KeyFingerprint> {
        let source = self.get(profile)?.as_ref().ok()?;
        Some(source.fingerprint(&profile.name))
    }
}

//! Owns long-term keys and temporary credentials, which sign calls.

pub(super) mod duration;
pub(super) mod fingerprint;

use jiff::Timestamp;

use crate::secret::Secret;

/// An IAM user's access key, which never expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LongTermKey {
    /// `AKIA…`; an identifier, not a secret.
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret,
}

/// A time as every SDK reads it: `YYYY-MM-DDTHH:MM:SSZ` (Rust and Java take no other form, aws-facts §0.9).
pub(crate) fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl LongTermKey {
    /// AWS begins the ids of long-term keys with `AKIA`, and no session's.
    pub(crate) fn is_long_term(access_key_id: &str) -> bool {
        access_key_id.starts_with("AKIA")
    }
}

/// A session, or a long-term key, which has neither token nor expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// `ASIA…` or `AKIA…`
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret,
    pub(crate) session_token: Option<Secret>,
    pub(crate) expiration: Option<Timestamp>,
}

/// The secret half of a session or of a long-term key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeySecret {
    pub(crate) secret_access_key: Secret,
    /// None for a long-term key.
    pub(crate) session_token: Option<Secret>,
}

impl Credentials {
    pub(crate) fn secret(&self) -> KeySecret {
        KeySecret { secret_access_key: self.secret_access_key.clone(), session_token: self.session_token.clone() }
    }

    /// Applies [`is_sendable`] to each part.
    pub(crate) fn is_sendable(&self) -> bool {
        is_sendable(&self.access_key_id)
            && is_sendable(self.secret_access_key.expose())
            && self.session_token.as_ref().is_none_or(|token| is_sendable(token.expose()))
    }
}

/// True for a key's id, a secret or a token as AWS gives them: visible ASCII, and not empty. Anything else can't be sent in a
/// header, or ends the line of the file that it is written to.
pub(crate) fn is_sendable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl From<LongTermKey> for Credentials {
    fn from(key: LongTermKey) -> Self {
        Self {
            access_key_id: key.access_key_id,
            secret_access_key: key.secret_access_key,
            session_token: None,
            expiration: None,
        }
    }
}

//! Owns saved credentials with what made them. Must not know where they are saved.

use jiff::Timestamp;

use super::{Credentials, Definition, KeyFingerprint, ProfileName};

/// Temporary credentials as they are saved, with what they were made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) profile: ProfileName,
    pub(crate) definition: Definition,
    /// None for patterns without a long-term key.
    pub(crate) key: Option<KeyFingerprint>,
    pub(crate) obtained_at: Timestamp,
    pub(crate) expiration: Timestamp,
    pub(crate) credentials: Credentials,
}

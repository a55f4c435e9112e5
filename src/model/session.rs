//! Owns saved credentials with what made them. Must not know where they are saved.

use jiff::Timestamp;

use super::{Credentials, Definition, KeyPrint, ProfileName};

/// Temporary credentials as they are kept: whose they are, since when, and what made them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// The profile.
    pub(crate) profile: ProfileName,
    /// What it was made from.
    pub(crate) definition: Definition,
    /// The long-term key at its bottom, for the patterns that have one.
    pub(crate) key: Option<KeyPrint>,
    /// When it was made.
    pub(crate) obtained_at: Timestamp,
    /// When it ends.
    pub(crate) expiration: Timestamp,
    /// What signs.
    pub(crate) credentials: Credentials,
}

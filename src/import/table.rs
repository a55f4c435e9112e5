//! Owns a profile of the manifest before it is text. Must not know AWS's files.

use crate::plan::SectionValue;

/// A profile of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) pattern: &'static str,
    pub(super) keys: Vec<(&'static str, String)>,
    pub(super) settings: Vec<(String, SectionValue)>,
    /// Settings that only the person's own file may give.
    pub(super) personal: Vec<(String, SectionValue)>,
    /// The MFA device of its chain.
    pub(super) device: Option<String>,
    /// Keys of the files that the pattern stands for.
    pub(super) used: Vec<&'static str>,
    /// Keys that no tool of AWS's reads.
    pub(super) dropped: Vec<String>,
    pub(super) notes: Vec<Note>,
}

/// Something that the person should know about one profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Note {
    /// No tool of AWS's reads these keys, and the manifest does not have them.
    Dropped(Vec<String>),
    /// A key that counts for no tool but the SDK for Java, since the profile is a role.
    Beside(&'static str),
    /// Its key is in the keyring of that program.
    KeyElsewhere(&'static str),
    NoKey,
    /// Its pattern does what its `credential_process` did.
    Process,
    /// It has no session in the file, and this one in the manifest.
    Session(String),
    /// Its role asks for an MFA code of its own.
    OwnCode,
    /// The line of a `[default]` that no tool reads beside its `[profile default]`.
    Hidden(usize),
    /// granted's registry writes it anew.
    Registry,
    /// A comment that may hold a secret is not in the manifest.
    SecretComment,
}

impl Table {
    pub(super) fn new(pattern: &'static str) -> Self {
        Self {
            pattern,
            keys: Vec::new(),
            settings: Vec::new(),
            personal: Vec::new(),
            device: None,
            used: Vec::new(),
            dropped: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn external() -> Self {
        Self::new("external")
    }

    /// The profile of a long-term key.
    pub(super) fn key() -> Self {
        Self::new("iam")
    }

    pub(super) fn put(&mut self, key: &'static str, value: &str) {
        self.keys.push((key, value.to_owned()));
    }

    pub(super) fn put_some(&mut self, key: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }
}

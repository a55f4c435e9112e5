//! Owns what has to change in AWS's two files, as a value: edits, their summary, the diff, and the proof that nothing
//! else changes. Must not read files, know TOML, or know the clock.

mod block;
mod config;
mod credentials;
mod desired;
mod diff;
mod proof;
mod refusal;
#[cfg(test)]
mod tests;

use crate::ini::{Edit, splice};

pub(crate) use config::{Overwrite, config, missing_sections};
pub(crate) use credentials::{
    Missing, add_key, check_session_section, credentials, long_term_key, long_term_keys, remove_session, save_session,
};
pub(crate) use diff::unified;
pub(crate) use refusal::Refusal;

/// How one section changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is new.
    Added,
    /// It says something else.
    Changed,
    /// It goes.
    Removed,
}

impl Change {
    /// The word for it in `--json`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// What is to be done to one file. Has no `Debug`: the texts may hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The file as it is.
    pub(crate) before: Vec<u8>,
    /// The file as it will be; equal to `before` if there is nothing to do.
    pub(crate) after: Vec<u8>,
    /// What that means, by the text between the brackets.
    pub(crate) changes: Vec<(String, Change)>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.before == self.after
    }

    fn new(before: &[u8], edits: &[Edit], changes: Vec<(String, Change)>) -> Result<Self, Refusal> {
        let after = splice(before, edits).map_err(|error| Refusal::bug(error.to_string()))?;
        Ok(Self { before: before.to_vec(), after, changes })
    }
}

//! Owns why a file is left as it is: facts, no advice.

use thiserror::Error;

use crate::ini::{EditError, Fault};

/// A reason to write nothing.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    /// AWS CLI itself can't read the file.
    #[error("AWS CLI can't read this file: {}", .0.first().map(|fault| format!("line {}: {}", fault.line, fault.kind)).unwrap_or_default())]
    Unreadable(Vec<Fault>),
    /// Sections of the manifest also stand outside the managed block.
    #[error("{} that awsauth would write already {} outside its block", sections(.0.len()), if .0.len() == 1 { "stands" } else { "stand" })]
    Outside(Vec<Outside>),
    /// The managed block is not as awsauth left it.
    #[error("the managed block was changed by hand since awsauth wrote it (line {line})")]
    Edited {
        /// The line of its begin marker.
        line: usize,
    },
    /// The markers make no block.
    #[error("line {line}: {what}")]
    Markers {
        /// Where.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// Settings follow the block without a header of their own.
    #[error("line {line} follows the managed block without a section header, and would belong to its last section")]
    Trailing {
        /// Where.
        line: usize,
    },
    /// Keys of the user's own stand in the credentials file under a name that gets its credentials elsewhere.
    #[error("[{section}] on line {line} of the credentials file holds keys, and would come in the way of the profile")]
    Shadowed {
        /// The section.
        section: String,
        /// The line of its header.
        line: usize,
        /// Where the profile's long-term key belongs, if it has one.
        long_term: Option<String>,
    },
    /// The section has a long-term key already.
    #[error("[{section}] on line {line} of the credentials file already holds the key {access_key_id}")]
    KeyExists {
        /// The section.
        section: String,
        /// The line of its header.
        line: usize,
        /// The key that stands there.
        access_key_id: String,
    },
    /// What was to be written can't be written portably.
    #[error("can't be written so that every SDK reads the same")]
    Unportable(#[from] EditError),
    /// The file is no longer the one that the change was shown for.
    #[error("it was changed by another program since the change was shown")]
    Moved,
    /// The proof failed: a bug of awsauth.
    #[error("the new text does not say what was planned: {0}")]
    Bug(String),
}

/// A section of the manifest that stands outside the block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outside {
    /// The text between the brackets.
    pub(crate) header: String,
    /// The line of the header outside.
    pub(crate) line: usize,
    /// The line of the same header in the block, if it is there already.
    pub(crate) inside: Option<usize>,
}

impl Refusal {
    /// A failed proof.
    pub(super) fn bug(what: impl Into<String>) -> Self {
        Self::Bug(what.into())
    }
}

fn sections(count: usize) -> String {
    if count == 1 { "1 section".to_owned() } else { format!("{count} sections") }
}

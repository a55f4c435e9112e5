//! Owns the reasons for which a file is left as it is: facts, no advice.

use thiserror::Error;

use super::compare::SectionDifference;
use crate::ini::{EditError, Fault, FileKind};

/// Lines count from 1.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    /// AWS CLI itself can't read the file.
    #[error("AWS CLI can't read this file: {}", .0.first().map(|fault| format!("line {}: {}", fault.line, fault.kind)).unwrap_or_default())]
    Unreadable(Vec<Fault>),
    /// Sections of the manifest are outside the managed block too.
    #[error("{} that awsauth would write {} already in the file, outside awsauth's block", sections(.0.len()), if .0.len() == 1 { "is" } else { "are" })]
    Outside(Vec<Outside>),
    /// Sections of the user's own hold more than the manifest gives, so that taking them over would lose it.
    #[error(
        "{}{} {} settings that the manifest does not give",
        sections(.1.len()),
        if *.0 == FileKind::Config { " outside its block" } else { "" },
        if .1.len() == 1 { "has" } else { "have" }
    )]
    WouldLose(FileKind, Vec<SectionDifference>),
    /// Sections of the credentials file have settings that the managed block does not say too.
    #[error("its settings of profiles win over those that awsauth writes into the config file")]
    Overridden(Vec<SectionDifference>),
    /// The managed block is not as awsauth left it.
    #[error("awsauth's block, from line {line} on, was changed since awsauth wrote it")]
    Edited {
        /// The line of its begin marker.
        line: usize,
        /// Empty if only comments, blank lines or the markers differ.
        sections: Vec<SectionDifference>,
        /// The faults in the block that make AWS CLI refuse the file.
        faults: Vec<Fault>,
    },
    #[error("line {line}: {what}")]
    Markers { line: usize, what: &'static str, is_second: bool },
    #[error(
        "line {line} is in the managed block above its first section, so it belongs to the section above the block"
    )]
    Leading { line: usize },
    /// Settings follow the block without a header of their own, or with one that is indented.
    #[error(
        "line {line} follows the managed block without an unindented section header, so it would belong to its last section"
    )]
    Trailing { line: usize },
    /// Keys of the user's own have the name of a profile that gets its credentials elsewhere.
    #[error("[{section}] on line {line} of the credentials file holds {}", remedy.of(section, *has_session))]
    Shadowed { section: String, line: usize, remedy: Remedy, has_session: bool },
    /// `[DEFAULT]` gives a token to every section, so that no key is read as a long-term key.
    #[error("[DEFAULT] on line {line} of the credentials file gives {key} to every section")]
    Defaults { line: usize, key: &'static str },
    #[error("[{section}] on line {line} of the credentials file already holds the key {access_key_id}")]
    KeyExists { section: String, line: usize, access_key_id: String },
    #[error("can't be written so that every SDK reads the same")]
    Unportable(#[from] EditError),
    /// The file is no longer the one that the change was shown for.
    #[error("it was changed by another program since the change was shown")]
    ChangedMeanwhile,
    /// The proof failed: a bug of awsauth.
    #[error("the new text does not say what was planned: {0}")]
    Bug(String),
}

/// The remedy for keys in a profile's way. `long_term` is the section of the profile's long-term key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// They are a long-term key, and its place is free: `--adopt` moves it there.
    Adopt { long_term: String },
    /// They are a long-term key, and its place is taken, by the section on that line.
    Taken { long_term: String, line: usize },
    /// They are temporary credentials, which another tool put there.
    OtherTool,
    /// The profile has no use for keys at all.
    None,
}

impl Remedy {
    /// What the section of that name holds, and why it can't stay.
    fn of(&self, section: &str, has_session: bool) -> String {
        let what = match self {
            Self::Adopt { .. } | Self::Taken { .. } => "a long-term key",
            Self::OtherTool => "keys that awsauth did not write",
            Self::None => "keys",
        };
        if has_session {
            format!("{what}, where awsauth puts the session of `{section}`")
        } else {
            format!("{what}, but `{section}` gets its credentials in another way")
        }
    }
}

/// A section of the manifest that is outside the block.
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

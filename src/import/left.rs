//! Owns what stays where it is, each with the reason. Must not decide it.

use crate::ini::FileKind;

/// A line of one of the files, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileLine {
    pub(crate) file: FileKind,
    pub(crate) line: usize,
}

/// A section that the manifest does not replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Left {
    /// The text between its brackets.
    pub(crate) header: String,
    pub(crate) at: FileLine,
    pub(crate) why: Why,
    /// True if the manifest has it, with the pattern `external`.
    pub(crate) is_external: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Why {
    pub(crate) reason: String,
    /// What would make it possible; empty if nothing would.
    pub(crate) remedy: String,
}

impl Why {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), remedy: String::new() }
    }

    pub(super) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: remedy.into(), ..self }
    }

    pub(super) fn template() -> Self {
        Self::new("it is a template, with no values yet").remedy("import the file that is made of it")
    }
}

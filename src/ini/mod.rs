//! Owns AWS's INI dialect, byte-lossless: parse, look up, edit as (range, bytes), splice. Must not know what a profile is.
//!
//! A [`Document`] is botocore's reading: Python's strict `RawConfigParser`, then `botocore/configloader.py` for headers and nested
//! blocks. [`Document::faults`] lists what makes botocore refuse a whole file; such a file can still be looked at and edited.
//!
//! [`Document::read_as`] reads the file as one of AWS's SDKs does ([`Dialect`]).
//!
//! Edits are values. Each is sound against the text that its [`Document`] was parsed from, and several of them can be spliced
//! together; the caller that combines edits parses the result once more as proof.

mod command_line;
mod dialect;
mod document;
mod edit;
mod fault;
mod line;
mod lint;
mod parse;
#[cfg(any(test, feature = "fuzzing"))]
#[path = "tests/pieces.rs"]
pub(crate) mod pieces;
mod portable;
mod python_space;
mod section;
mod shlex;
mod splice;
mod style;
#[cfg(test)]
mod tests;

pub(crate) use command_line::split_words;
pub(crate) use dialect::{Dialect, LoadError, Name, Reading, SectionType, Settings};
pub(crate) use document::Document;
pub(crate) use edit::{NewSection, NewValue};
pub(crate) use fault::{Fault, FaultKind};
pub(crate) use line::{Line, LineKind};
pub(crate) use lint::Warning;
pub(crate) use portable::EditError;
pub(crate) use section::{Entry, FileKind, Section, SectionId};
pub(crate) use splice::{Edit, splice};
pub(crate) use style::Style;

//! Tests of the `ini` room.

mod differential;
mod edits;
mod faults;
mod files;
mod lint;
mod readers;
mod reading;
mod real;
mod table;

use super::{Document, FileKind, SectionId};

fn config(text: &str) -> Document<'_> {
    Document::parse(text.as_bytes(), FileKind::Config)
}

fn profile(name: &str) -> SectionId {
    SectionId::Profile(name.to_owned())
}

fn other(name: &str) -> SectionId {
    SectionId::Other(name.to_owned())
}

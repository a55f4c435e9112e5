//! Tests of the `ini` room.

mod differential;
mod edits;
mod faults;
mod files;
mod lint;
mod reading;
mod real;
mod table;

use super::{Document, FileKind, SectionId};

fn config(text: &str) -> Document<'_> {
    Document::parse(text.as_bytes(), FileKind::Config)
}

/// One setting of a nested block; the last one where it is repeated.
fn get_nested(document: &Document<'_>, id: &SectionId, key: &str, nested: &str) -> Option<String> {
    let pairs = document.nested(document.entry(id, key)?);
    pairs.into_iter().rfind(|(key, _)| key == nested).map(|(_, value)| value)
}

fn profile(name: &str) -> SectionId {
    SectionId::Profile(name.to_owned())
}

fn other(name: &str) -> SectionId {
    SectionId::Other(name.to_owned())
}

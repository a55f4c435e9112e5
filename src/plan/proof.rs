//! Owns the proof that a new text says what was planned and nothing else, by a second parser and by the editor's own.

use ini::{Ini, ParseOption};

use super::block::Block;
use super::refusal::Refusal;
use crate::ini::{Document, FileKind, NewSection, NewValue, SectionId};

use super::desired;

/// Proves a new config file: the block reads as `sections`, and every section outside it is where and what it was.
pub(super) fn config(
    before: &Document<'_>,
    block: Option<&Block>,
    after: &[u8],
    sections: &[NewSection<'_>],
    body: &str,
) -> Result<(), Refusal> {
    read_back(sections, body, desired::header)?;
    let end = before.bytes().len();
    let replaced = block.map_or(end..end, |block| block.range.clone());
    let (front, back) = (&before.bytes()[..replaced.start], &before.bytes()[replaced.end..]);
    if !after.starts_with(front) || !after.ends_with(back) || after.len() < front.len() + back.len() {
        return Err(Refusal::bug("bytes outside the managed block changed"));
    }
    let document = Document::parse(after, FileKind::Config);
    if let Some(fault) = document.faults().first() {
        return Err(Refusal::bug(format!("line {}: {}", fault.line, fault.kind)));
    }
    let is_outside = |offset: usize| !replaced.contains(&offset);
    let kept = before.sections().iter().filter(|section| is_outside(section.header.start)).map(|section| &section.id);
    let new_end = after.len() - back.len();
    let still = document
        .sections()
        .iter()
        .filter(|section| section.header.start < replaced.start || section.header.start >= new_end);
    if kept.eq(still.map(|section| &section.id)) {
        Ok(())
    } else {
        Err(Refusal::bug("sections outside the managed block would be read differently"))
    }
}

/// Proves a new credentials file: AWS CLI can read it, and every section but those of `changed` says what it said.
pub(super) fn credentials(before: &Document<'_>, after: &[u8], changed: &[SectionId]) -> Result<(), Refusal> {
    let after = Document::parse(after, FileKind::Credentials);
    if let Some(fault) = after.faults().first() {
        return Err(Refusal::bug(format!("line {}: {}", fault.line, fault.kind)));
    }
    if others(before, changed).eq(others(&after, changed)) {
        Ok(())
    } else {
        Err(Refusal::bug("another section would be read differently"))
    }
}

/// Each section but those of `changed`, with its text from the header through the last entry.
fn others<'d>(document: &'d Document<'_>, changed: &'d [SectionId]) -> impl Iterator<Item = (&'d SectionId, &'d [u8])> {
    let kept = document.sections().iter().filter(|section| !changed.contains(&section.id));
    kept.map(|section| (&section.id, document.bytes()[section.header.start..section.body_end].trim_ascii_end()))
}

/// Reads rendered text with `rust-ini`, which shares no code with the editor, and compares every key and value. `header`
/// is what stands between the brackets of a section.
pub(super) fn read_back(
    sections: &[NewSection<'_>],
    body: &str,
    header: impl Fn(&SectionId) -> String,
) -> Result<(), Refusal> {
    let options = ParseOption {
        enabled_quote: false,
        enabled_escape: false,
        enabled_preserve_key_leading_whitespace: true,
        ..ParseOption::default()
    };
    let read = Ini::load_from_str_opt(body, options).map_err(|error| Refusal::bug(error.to_string()))?;
    let mut read = read.iter().filter_map(|(name, section)| name.map(|name| (name, section)));
    let is_equal = sections.iter().all(|section| {
        read.next().is_some_and(|(name, pairs)| name == header(&section.id) && is_same(section, pairs.iter()))
    });
    if is_equal && read.next().is_none() { Ok(()) } else { Err(Refusal::bug("rust-ini reads the block differently")) }
}

/// Whether `pairs` is a section as `rust-ini` sees it: a nested block is its empty key, then the keys with their blanks.
fn is_same<'p>(section: &NewSection<'_>, mut pairs: impl Iterator<Item = (&'p str, &'p str)>) -> bool {
    let mut is_next = |indent: &str, key: &str, value: &str| {
        pairs.next().is_some_and(|(read_key, read)| read_key.strip_prefix(indent) == Some(key) && read == value)
    };
    let is_same = section.entries.iter().all(|(key, value)| match value {
        NewValue::Text(text) => is_next("", key, text),
        NewValue::Nested(nested) => is_next("", key, "") && nested.iter().all(|(key, value)| is_next("  ", key, value)),
    });
    is_same && pairs.next().is_none()
}

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
    sections: &[NewSection],
    body: &str,
) -> Result<(), Refusal> {
    read_back(sections, body)?;
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

/// Reads the rendered text with `rust-ini`, which shares no code with the editor, and compares every key and value.
fn read_back(sections: &[NewSection], body: &str) -> Result<(), Refusal> {
    let options = ParseOption {
        enabled_quote: false,
        enabled_escape: false,
        enabled_preserve_key_leading_whitespace: true,
        ..ParseOption::default()
    };
    let read = Ini::load_from_str_opt(body, options).map_err(|error| Refusal::bug(error.to_string()))?;
    let read: Vec<(&str, Vec<(&str, &str)>)> =
        read.iter().filter_map(|(name, section)| name.map(|name| (name, section.iter().collect()))).collect();
    let is_equal = read.len() == sections.len()
        && read.iter().zip(sections).all(|((name, pairs), section)| {
            *name == desired::header(&section.id)
                && flattened(section).eq(pairs.iter().map(|(key, value)| (own(key), own(value))))
        });
    if is_equal { Ok(()) } else { Err(Refusal::bug("rust-ini reads the block differently")) }
}

fn own(text: &str) -> String {
    text.to_owned()
}

/// A section as `rust-ini` sees it: a nested block is its empty key and indented keys.
fn flattened(section: &NewSection) -> impl Iterator<Item = (String, String)> {
    section.entries.iter().flat_map(|(key, value)| match value {
        NewValue::Text(text) => vec![(key.clone(), text.clone())],
        NewValue::Nested(pairs) => {
            let nested = pairs.iter().map(|(key, value)| (format!("  {key}"), value.clone()));
            std::iter::once((key.clone(), String::new())).chain(nested).collect()
        }
    })
}

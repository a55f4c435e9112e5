//! Owns the proof that a new text says what was planned and nothing else, by a second parser and by the editor's own.

use std::collections::HashSet;

use ini::{Ini, ParseOption};

use super::config::block::Block;
use super::config::config_file::ConfigFile;
use super::file_plan::{Plan, section_text};
use super::refusal::Refusal;
use crate::ini::{Document, Fault, FileKind, NewSection, NewValue, Section, SectionId};

/// Proves a new config file: the block reads as `sections`, and every section outside it is where and what it was.
pub(super) fn config(
    file: &ConfigFile<'_>,
    plan: &Plan,
    sections: &[NewSection<'_>],
    body: &str,
) -> Result<(), Refusal> {
    let before = &file.document;
    untouched(before.bytes(), plan)?;
    let after = Document::parse(&plan.after, FileKind::Config);
    readable(&file.faults, &after)?;
    let is_found_again = match Block::find(&after)? {
        Some(found) => found.is_sealed && found.says(&after, body.as_bytes()),
        None => body.is_empty(),
    };
    if !is_found_again {
        return Err(Refusal::bug("the managed block would not be found again"));
    }
    let end = before.bytes().len();
    let block = file.block.as_ref().map_or(end..end, |block| block.range.clone());
    let replaced =
        plan.edits.iter().fold(block, |range, edit| range.start.min(edit.range.start)..range.end.max(edit.range.end));
    let new_end = plan.after.len() - (end - replaced.end);
    let kept = texts(before, |section| !replaced.contains(&section.header.start));
    let still = texts(&after, |section| section.header.start < replaced.start || section.header.start >= new_end);
    if !kept.eq(still) {
        return Err(Refusal::bug("sections outside the managed block would be read differently"));
    }
    read_back(sections, body, FileKind::Config)
}

/// Proves a config file without the sections `removed`: all others read as before.
pub(super) fn removal(before: &Document<'_>, plan: &Plan, removed: &[&Section]) -> Result<(), Refusal> {
    untouched(before.bytes(), plan)?;
    let after = Document::parse(&plan.after, FileKind::Config);
    let removed: HashSet<usize> = removed.iter().map(|section| section.header.start).collect();
    if texts(before, |section| !removed.contains(&section.header.start)).eq(texts(&after, |_| true)) {
        Ok(())
    } else {
        Err(Refusal::bug("a section that stays would be read differently"))
    }
}

/// The sections that are to be kept, each with its text.
fn texts<'d>(
    document: &'d Document<'_>,
    is_kept: impl Fn(&Section) -> bool + 'd,
) -> impl Iterator<Item = (&'d SectionId, &'d [u8])> {
    let kept = document.sections().iter().filter(move |section| is_kept(section));
    kept.map(|section| (&section.id, section_text(document, section)))
}

/// Proves that every byte outside the edits is where it should be. Shares no code with `ini::splice`.
fn untouched(before: &[u8], plan: &Plan) -> Result<(), Refusal> {
    let mut rest = plan.after.as_slice();
    let mut at = 0;
    let mut skip = |part: Option<&[u8]>| match part.and_then(|part| rest.strip_prefix(part)) {
        Some(left) => {
            rest = left;
            Ok(())
        }
        None => Err(Refusal::bug("bytes outside the planned edits changed")),
    };
    for edit in &plan.edits {
        skip(before.get(at..edit.range.start))?;
        skip(Some(&edit.bytes))?;
        at = edit.range.end;
    }
    skip(before.get(at..))?;
    if rest.is_empty() { Ok(()) } else { Err(Refusal::bug("the new text is longer than planned")) }
}

/// Proves that AWS CLI can read the new file. A file that it could read neither before nor now is refused for that.
fn readable(before: &[Fault], after: &Document<'_>) -> Result<(), Refusal> {
    match after.faults().first() {
        None => Ok(()),
        Some(fault) if before.is_empty() => Err(Refusal::bug(format!("line {}: {}", fault.line, fault.kind))),
        Some(_) => Err(Refusal::Unreadable(before.to_vec())),
    }
}

/// Proves a new credentials file: AWS CLI can read it, and every section but those of `changed` reads as before.
pub(super) fn credentials(before: &Document<'_>, plan: &Plan, changed: &[SectionId]) -> Result<(), Refusal> {
    if plan.is_empty() {
        return Ok(());
    }
    untouched(before.bytes(), plan)?;
    let after = Document::parse(&plan.after, FileKind::Credentials);
    readable(&before.faults(), &after)?;
    let is_kept = |section: &Section| !changed.contains(&section.id);
    if texts(before, is_kept).eq(texts(&after, is_kept)) {
        Ok(())
    } else {
        Err(Refusal::bug("another section would be read differently"))
    }
}

/// Reads rendered text with `rust-ini`, which shares no code with the editor, and compares every key and value.
pub(super) fn read_back(sections: &[NewSection<'_>], body: &str, kind: FileKind) -> Result<(), Refusal> {
    let options = ParseOption {
        enabled_quote: false,
        enabled_escape: false,
        enabled_preserve_key_leading_whitespace: true,
        ..ParseOption::default()
    };
    let read = Ini::load_from_str_opt(body, options).map_err(|error| Refusal::bug(error.to_string()))?;
    let mut read = read.iter().filter_map(|(name, section)| name.map(|name| (name, section)));
    let is_equal = sections.iter().all(|section| {
        read.next().is_some_and(|(name, pairs)| name == section.id.header(kind) && is_same(section, pairs.iter()))
    });
    if is_equal && read.next().is_none() { Ok(()) } else { Err(Refusal::bug("rust-ini reads the block differently")) }
}

/// Compares a section with its keys and values as `rust-ini` sees them: a nested block is an empty value, and then keys
/// that begin with their indentation.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::config::block;

    #[test]
    fn rust_ini_finds_one_wrong_value_wherever_it_stands() {
        let section = |number: usize| NewSection {
            id: SectionId::Profile(format!("p{number}")),
            entries: vec![("region".into(), NewValue::Text("eu-west-1".into()))],
        };
        let sections: Vec<NewSection<'_>> = (0..3).map(section).collect();
        let body = block::body(&sections).ok().unwrap();
        assert!(read_back(&sections, &body, FileKind::Config).is_ok());
        assert_eq!(body.matches("eu-west-1").count(), 3);
        for (start, value) in body.match_indices("eu-west-1") {
            let mut text = body.clone();
            text.replace_range(start..start + value.len(), "eu-west-2");
            assert!(read_back(&sections, &text, FileKind::Config).is_err());
        }
    }
}

//! Owns the proof that a new text says what was planned and nothing else, by a second parser and by the editor's own.

use std::collections::HashSet;

use ini::{Ini, ParseOption};

use super::Plan;
use super::block::Block;
use super::refusal::Refusal;
use crate::ini::{Document, Fault, FileKind, NewSection, NewValue, Section, SectionId};

/// Proves a new config file: the block reads as `sections`, and every section outside it is where and what it was.
pub(super) fn config(
    before: &Document<'_>,
    faults: &[Fault],
    block: Option<&Block>,
    plan: &Plan,
    sections: &[NewSection<'_>],
    body: &str,
) -> Result<(), Refusal> {
    untouched(before.bytes(), plan)?;
    let after = Document::parse(&plan.after, FileKind::Config);
    readable(faults, &after)?;
    let is_found_again = match Block::find(&after)? {
        Some(found) => found.is_sealed && found.says(&after, body.as_bytes()),
        None => body.is_empty(),
    };
    if !is_found_again {
        return Err(Refusal::bug("the managed block would not be found again"));
    }
    let end = before.bytes().len();
    let replaced = plan.edits.iter().fold(block.map_or(end..end, |block| block.range.clone()), |range, edit| {
        range.start.min(edit.range.start)..range.end.max(edit.range.end)
    });
    let new_end = plan.after.len() - (end - replaced.end);
    let kept = outside(before, |offset| !replaced.contains(&offset));
    let still = outside(&after, |offset| offset < replaced.start || offset >= new_end);
    if !kept.eq(still) {
        return Err(Refusal::bug("sections outside the managed block would be read differently"));
    }
    read_back(sections, body, SectionId::to_string)
}

/// Proves a config file without the sections `removed`: all others are what they were.
pub(super) fn removal(before: &Document<'_>, plan: &Plan, removed: &[&Section]) -> Result<(), Refusal> {
    untouched(before.bytes(), plan)?;
    let after = Document::parse(&plan.after, FileKind::Config);
    let removed: HashSet<usize> = removed.iter().map(|section| section.header.start).collect();
    let is_kept = |offset: usize| !removed.contains(&offset);
    if outside(before, is_kept).eq(outside(&after, |_| true)) {
        Ok(())
    } else {
        Err(Refusal::bug("a section that stays would be read differently"))
    }
}

/// The sections whose header stands at such an offset, each with its text from there through the last entry.
fn outside<'d>(
    document: &'d Document<'_>,
    is_outside: impl Fn(usize) -> bool + 'd,
) -> impl Iterator<Item = (&'d SectionId, &'d [u8])> {
    let kept = document.sections().iter().filter(move |section| is_outside(section.header.start));
    kept.map(|section| (&section.id, document.bytes()[section.header.start..section.body_end].trim_ascii_end()))
}

/// Proves that every byte outside the edits is where it should be. Shares no code with `ini::splice`.
fn untouched(before: &[u8], plan: &Plan) -> Result<(), Refusal> {
    let mut rest = plan.after.as_slice();
    let mut at = 0;
    let mut skip = |part: Option<&[u8]>| match part.and_then(|part| rest.strip_prefix(part)) {
        Some(behind) => {
            rest = behind;
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

/// Proves that AWS CLI can read the new file. One that it could not read before, and can't now, is refused for that.
fn readable(before: &[Fault], after: &Document<'_>) -> Result<(), Refusal> {
    match after.faults().first() {
        None => Ok(()),
        Some(fault) if before.is_empty() => Err(Refusal::bug(format!("line {}: {}", fault.line, fault.kind))),
        Some(_) => Err(Refusal::Unreadable(before.to_vec())),
    }
}

/// Proves a new credentials file: AWS CLI can read it, and every section but those of `changed` says what it said.
pub(super) fn credentials(before: &Document<'_>, plan: &Plan, changed: &[SectionId]) -> Result<(), Refusal> {
    if plan.is_empty() {
        return Ok(());
    }
    untouched(before.bytes(), plan)?;
    let after = Document::parse(&plan.after, FileKind::Credentials);
    readable(&before.faults(), &after)?;
    let changed = &changed.iter().collect();
    if others(before, changed).eq(others(&after, changed)) {
        Ok(())
    } else {
        Err(Refusal::bug("another section would be read differently"))
    }
}

/// Each section but those of `changed`, with its text from the header through the last entry.
fn others<'d>(
    document: &'d Document<'_>,
    changed: &'d HashSet<&SectionId>,
) -> impl Iterator<Item = (&'d SectionId, &'d [u8])> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::block::Body;

    #[test]
    fn rust_ini_finds_one_wrong_value_wherever_it_stands() {
        let section = |number: usize| NewSection {
            id: SectionId::Profile(format!("p{number}")),
            entries: vec![("region".into(), NewValue::Text("eu-west-1".into()))],
        };
        let sections: Vec<NewSection<'_>> = (0..3).map(section).collect();
        let body = Body::render(&sections).ok().unwrap();
        assert!(read_back(&sections, &body.text, SectionId::to_string).is_ok());
        for range in &body.ranges {
            let mut text = body.text.clone();
            text.replace_range(range.end - 2..range.end - 1, "2");
            assert!(read_back(&sections, &text, SectionId::to_string).is_err());
        }
    }
}

//! Owns the laws' view of a file: the keys of each section, its text, and the comments outside sections. Must not judge.

use std::fmt::Debug;
use std::ops::Range;

use crate::ini::{Document, LineKind, Section, SectionId};

/// A planned file is there, and is `expected` to the byte.
pub(super) fn same<E: Debug>(planned: &Result<Vec<u8>, E>, expected: &[u8], what: &str) {
    let planned = planned.as_ref().unwrap_or_else(|refusal| panic!("{what}: {refusal:?}"));
    assert!(planned == expected, "{what}:\n   {}\nis {}", expected.escape_ascii(), planned.escape_ascii());
}

/// The value of a nested block to a parser that takes it for text.
pub(super) fn block_text(pairs: &[(String, String)]) -> String {
    pairs.iter().flat_map(|(key, value)| ["\n", key, " = ", value]).collect()
}

/// The keys in lower case and the values of a section, as they stand in it.
pub(super) fn section(document: &Document<'_>, section: &Section) -> Vec<(String, String)> {
    let entries = document.entries(section).iter();
    entries.map(|entry| (document.text(&entry.key()).to_lowercase(), document.value(entry).into_owned())).collect()
}

/// One setting of a nested block; the last one where it is repeated.
pub(super) fn nested(document: &Document<'_>, id: &SectionId, key: &str, nested: &str) -> Option<String> {
    let pairs = document.nested(document.entry(id, key)?);
    pairs.into_iter().rfind(|(key, _)| key == nested).map(|(_, value)| value)
}

/// [`section`] of every section.
pub(super) fn sections(document: &Document<'_>) -> Vec<Vec<(String, String)>> {
    document.sections().iter().map(|one| section(document, one)).collect()
}

/// Each section that `is_meant`, with its bytes from the header through its last entry, without the last line's end.
pub(super) fn texts<'d>(
    document: &'d Document<'_>,
    is_meant: impl Fn(&Section) -> bool,
) -> Vec<(&'d SectionId, &'d [u8])> {
    let meant = document.sections().iter().filter(|section| is_meant(section));
    meant.map(|section| (&section.id, without_end(&document.bytes()[section.header.start..section.body_end]))).collect()
}

/// The comments outside the sections that `is_meant`.
pub(super) fn comments<'d>(document: &'d Document<'_>, is_meant: impl Fn(&Section) -> bool) -> Vec<&'d [u8]> {
    let bodies = document.sections().iter().filter(|section| is_meant(section));
    let bodies: Vec<Range<usize>> = bodies.map(|section| section.range.start..section.body_end).collect();
    let comments = document.lines().iter().filter(|line| line.kind == LineKind::Comment);
    let outside = comments.filter(|line| !bodies.iter().any(|body| body.contains(&line.range().start)));
    outside.map(|line| &document.bytes()[line.content()]).collect()
}

fn without_end(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\r\n").or_else(|| text.strip_suffix(b"\n")).or_else(|| text.strip_suffix(b"\r")).unwrap_or(text)
}

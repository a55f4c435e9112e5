//! Owns one parsed file and every look-up in it. Must not change it: edits are values.

use std::borrow::Cow;
use std::ops::Range;

use super::line::{Line, LineKind, is_comment, lines, split_nested};
use super::parse::{self, Parsed};
use super::python_space;
use super::section::{DEFAULTS, Entry, FileKind, Section, SectionId};
use super::style::Style;

/// A file as botocore reads it, with the place of everything.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    bytes: &'a [u8],
    kind: FileKind,
    parsed: Parsed,
    /// Positions of the sections, by identity and then by place.
    by_id: Vec<usize>,
}

impl<'a> Document<'a> {
    /// Reads any bytes, in linear time; never fails.
    pub(crate) fn parse(bytes: &'a [u8], kind: FileKind) -> Self {
        let parsed = parse::parse(bytes, kind);
        let mut by_id: Vec<usize> = (0..parsed.sections.len()).collect();
        by_id.sort_by_key(|position| &parsed.sections[*position].id);
        Self { bytes, kind, parsed, by_id }
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn kind(&self) -> FileKind {
        self.kind
    }

    /// All lines; joined they are [`Document::bytes`].
    pub(crate) fn lines(&self) -> &[Line] {
        &self.parsed.lines
    }

    /// All sections in file order, duplicates kept.
    pub(crate) fn sections(&self) -> &[Section] {
        &self.parsed.sections
    }

    /// The entries of a section in file order, repeated keys kept.
    pub(crate) fn entries(&self, section: &Section) -> &[Entry] {
        &self.parsed.entries[section.entries.clone()]
    }

    pub(super) fn all_entries(&self) -> &[Entry] {
        &self.parsed.entries
    }

    /// The last entry of that key in a section, compared without case: the one that counts.
    pub(crate) fn own_entry(&self, section: &Section, key: &str) -> Option<&Entry> {
        let key = python_space::lower(key.as_bytes());
        self.entries(section).iter().rev().find(|entry| entry.lower_key(self.bytes) == key)
    }

    /// The style for text that is added to the file.
    pub(crate) fn style(&self) -> Style {
        Style::infer(self.bytes, &self.parsed)
    }

    /// The number, from 1, of the line that holds the byte at `offset`; the last line for an offset past the end.
    pub(crate) fn line_number(&self, offset: usize) -> usize {
        self.lines().partition_point(|line| line.range().start <= offset).max(1)
    }

    /// All sections of that identity in file order, in logarithmic time.
    pub(crate) fn find(&self, id: &SectionId) -> impl DoubleEndedIterator<Item = &Section> {
        let sections = self.sections();
        let start = self.by_id.partition_point(|position| sections[*position].id < *id);
        let end = self.by_id.partition_point(|position| sections[*position].id <= *id);
        self.by_id[start..end].iter().map(|position| &sections[*position])
    }

    /// The value that botocore gives for the key, compared without case; the last one where it is repeated.
    ///
    /// As in botocore, a section whose header spells the same name differently (`[profile "a"]`) hides the earlier ones;
    /// `[DEFAULT]` fills what the section itself does not say.
    pub(crate) fn get(&self, id: &SectionId, key: &str) -> Option<Cow<'a, str>> {
        let inherited = || {
            self.find(id).next()?;
            let defaults = SectionId::Other(DEFAULTS.to_owned());
            self.find(&defaults).rev().find_map(|section| self.own_entry(section, key))
        };
        self.entry(id, key).or_else(inherited).map(|entry| self.value(entry))
    }

    /// The entry that [`Document::get`] reads, unless that is one of `[DEFAULT]`.
    pub(crate) fn entry(&self, id: &SectionId, key: &str) -> Option<&Entry> {
        let name = self.name(self.find(id).next_back()?);
        let mut merged = self.find(id).rev().filter(|section| self.name(section) == name);
        merged.find_map(|section| self.own_entry(section, key))
    }

    /// The bytes between a section's brackets.
    pub(crate) fn name(&self, section: &Section) -> &'a [u8] {
        &self.bytes[section.name.clone()]
    }

    /// A part of the file as text, U+FFFD where it is not UTF-8.
    pub(crate) fn text(&self, range: &Range<usize>) -> Cow<'a, str> {
        String::from_utf8_lossy(&self.bytes[range.clone()])
    }

    /// An entry's whole value: lines trimmed and joined with `\n`, comments between them left out.
    pub(crate) fn value(&self, entry: &Entry) -> Cow<'a, str> {
        let mut parts = vec![&self.bytes[entry.value()]];
        parts.extend(self.continuations(entry).map(|range| &self.bytes[range]));
        if let [only] = parts.as_slice() {
            return String::from_utf8_lossy(only);
        }
        Cow::Owned(String::from_utf8_lossy(&parts.join(&b'\n')).into_owned())
    }

    /// The keys and values of a nested block, `key =` with deeper lines below; empty for any other entry. The case of these
    /// keys counts.
    ///
    /// A line without `=` is left out here and listed by [`Document::faults`].
    pub(crate) fn nested(&self, entry: &Entry) -> Vec<(String, String)> {
        let text = |range| self.text(&range).into_owned();
        self.nested_ranges(entry).map(|(key, value)| (text(key), text(value))).collect()
    }

    /// The places of [`Document::nested`].
    pub(crate) fn nested_ranges(&self, entry: &Entry) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        self.nested_lines(entry).filter_map(|line| self.split_nested_entry(&line))
    }

    /// The visible lines of a nested block.
    pub(super) fn nested_lines(&self, entry: &Entry) -> impl Iterator<Item = Range<usize>> {
        let lines = entry.value().is_empty().then(|| self.continuations(entry));
        let parts = lines.into_iter().flatten().flat_map(|range| split_nested(self.bytes, range));
        parts.filter(|range| !range.is_empty())
    }

    /// The key and the value of one line of a nested block; none if it has no `=`.
    pub(super) fn split_nested_entry(&self, line: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
        let delimiter = line.start + memchr::memchr(b'=', &self.bytes[line.clone()])?;
        let trim = |part| python_space::trim(self.bytes, part);
        Some((trim(line.start..delimiter), trim(delimiter + 1..line.end)))
    }

    /// The trimmed lines of a value after its first one; blank lines are part of a value, comments are not.
    fn continuations(&self, entry: &Entry) -> impl Iterator<Item = Range<usize>> {
        let start = entry.range().start;
        let lines = lines(&self.bytes[entry.range()]).into_iter().skip(1);
        let visible = lines.map(move |line| {
            let content = line.content();
            python_space::trim(self.bytes, start + content.start..start + content.end)
        });
        visible.filter(|range| !is_comment(self.bytes, range))
    }

    /// True for `[DEFAULT]`, whose keys go to every other section.
    pub(super) fn is_defaults(&self, section: &Section) -> bool {
        self.name(section) == DEFAULTS.as_bytes()
    }

    /// The first line that begins in `range` and is neither blank nor a comment.
    pub(crate) fn first_visible(&self, range: Range<usize>) -> Option<&Line> {
        let mut lines = self.lines().iter().filter(|line| range.contains(&line.range().start));
        lines.find(|line| !matches!(line.kind, LineKind::Blank | LineKind::Comment))
    }

    /// The index of a section in [`Document::sections`].
    pub(super) fn position(&self, section: &Section) -> usize {
        self.sections().partition_point(|other| other.range.start < section.range.start)
    }
}

//! Owns the laws of reading a file: each byte has its place, and no look-up fails. Must not change anything.

use std::collections::HashSet;

use crate::ini::{Document, FileKind, LineKind, Section, SectionId, splice};

/// Reads any bytes as either file: every byte belongs to exactly one line, sections and entries are in order and within each
/// other on the bounds of lines, and no look-up panics.
///
/// # Panics
///
/// If the law does not hold.
pub fn parse_is_identity(bytes: &[u8]) {
    for kind in [FileKind::Config, FileKind::Credentials] {
        let document = Document::parse(bytes, kind);
        lines_are_the_file(&document);
        sections_are_in_order(&document);
        look_ups_work(&document);
    }
    assert_eq!(splice(bytes, &[]).as_deref(), Some(bytes));
}

fn lines_are_the_file(document: &Document<'_>) {
    let mut end = 0;
    for (line, number) in document.lines().iter().zip(1..) {
        let content = line.content();
        assert_eq!(line.range().start, end, "a byte is in no line or in two");
        assert!(end <= content.start && content.start <= content.end && content.end <= line.range().end);
        let ending = &document.bytes()[content.end..line.range().end];
        assert!(matches!(ending, b"" | b"\n" | b"\r" | b"\r\n"), "{ending:?} ends a line");
        assert_eq!(document.line_number(line.range().start), number);
        assert!(line.range().end > end, "an empty line without an end");
        end = line.range().end;
    }
    assert_eq!(end, document.bytes().len());
    let inner = document.lines().iter().rev().skip(1);
    assert!(inner.map(|line| line.content().end..line.range().end).all(|ending| !ending.is_empty()));
}

fn sections_are_in_order(document: &Document<'_>) {
    let headers = document.lines().iter().enumerate().filter(|(_, line)| line.kind == LineKind::Header);
    assert!(headers.map(|(number, _)| number).eq(document.sections().iter().map(|section| section.header_line)));
    let ends = document.sections().iter().skip(1).map(|next| next.range.start).chain([document.bytes().len()]);
    let line_ends: HashSet<usize> = document.lines().iter().map(|line| line.range().end).collect();
    for (section, end) in document.sections().iter().zip(ends) {
        assert_eq!(section.range.end, end, "sections leave a gap or overlap");
        assert_eq!(section.range.start, document.lines()[section.header_line].content().start);
        assert!(section.range.start <= section.header.start && section.header.end <= section.body_end);
        assert!(section.body_end <= section.range.end && line_ends.contains(&section.body_end));
        assert_eq!(section.name, section.header.start + 1..section.header.end - 1);
        entries_are_in_order(document, section, &line_ends);
    }
}

fn entries_are_in_order(document: &Document<'_>, section: &Section, line_ends: &HashSet<usize>) {
    let mut end = section.header.end;
    for entry in document.entries(section) {
        assert!(
            end <= entry.range().start && entry.range().end <= section.body_end,
            "entries overlap or leave their section"
        );
        assert!(line_ends.contains(&entry.range().start) && line_ends.contains(&entry.range().end));
        assert!(entry.range().start <= entry.key().start && entry.key().start < entry.key().end);
        assert!(entry.key().end < entry.value().start && entry.value().start <= entry.value().end);
        assert!(entry.value().end <= entry.range().end);
        for (key, value) in document.nested_ranges(entry) {
            assert!(entry.value().end <= key.start && key.end < value.start);
            assert!(value.end <= entry.range().end);
        }
        end = entry.range().end;
    }
}

fn look_ups_work(document: &Document<'_>) {
    for section in document.sections() {
        assert!(document.find(&section.id).any(|found| found == section), "a section does not find itself");
        for entry in document.entries(section) {
            let key = document.text(&entry.key());
            let found = document.get(&section.id, &key);
            let is_utf8 = std::str::from_utf8(&document.bytes()[entry.key()]).is_ok();
            let is_read = document.find(&section.id).next_back() == Some(section);
            assert!(found.is_some() || !is_utf8 || !is_read, "{key:?} is not found");
            super::view::nested(document, &section.id, &key, "a");
        }
    }
    let strange = [SectionId::Profile(String::new()), SectionId::Other("]\n".to_owned())];
    for id in strange {
        document.get(&id, "");
        document.get(&id, "ß");
    }
    let most = document.lines().len();
    assert!(document.faults().iter().all(|fault| (1..=most).contains(&fault.line)), "a fault of no line");
    assert!(document.faults().is_sorted_by_key(|fault| fault.line));
    assert!(document.line_number(usize::MAX) <= most.max(1));
    document.style();
    document.gap();
}

//! Owns the reading of lines into sections as `RawConfigParser._read` does it. Must not know look-up or edits.

use std::ops::Range;

use super::line::{Line, LineError, LineKind, is_comment, lines};
use super::python_space;
use super::section::{Entry, FileKind, Section, SectionId};

/// Reads all of `bytes`; never fails.
pub(super) fn parse(bytes: &[u8], kind: FileKind) -> Parsed {
    let mut parser = Parser { bytes, kind, parsed: Parsed::default(), open: None };
    for mut line in lines(bytes) {
        line.kind = parser.read(&line);
        parser.parsed.lines.push(line);
    }
    parser.end_section(bytes.len());
    parser.parsed
}

/// The parts of a text, each in file order.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) lines: Vec<Line>,
    pub(super) sections: Vec<Section>,
    /// The entries of all sections.
    pub(super) entries: Vec<Entry>,
}

struct Parser<'a> {
    bytes: &'a [u8],
    kind: FileKind,
    parsed: Parsed,
    /// The depth of the entry that a deeper line continues.
    open: Option<usize>,
}

impl Parser<'_> {
    fn read(&mut self, line: &Line) -> LineKind {
        let visible = python_space::trim(self.bytes, line.content());
        if visible.is_empty() {
            return LineKind::Blank;
        }
        if is_comment(self.bytes, &visible) {
            return LineKind::Comment;
        }
        let depth = python_space::depth(&self.bytes[line.content()]);
        let kind = if self.open.is_some_and(|open| depth > open) {
            if let Some(entry) = self.parsed.entries.last_mut() {
                entry.range.end = line.range().end;
            }
            LineKind::Continuation
        } else if let Some(header) = header(self.bytes, &visible) {
            self.begin_section(line, header);
            LineKind::Header
        } else {
            self.begin_entry(line, &visible, depth)
        };
        if let Some(section) = self.parsed.sections.last_mut() {
            section.body_end = line.range().end;
        }
        kind
    }

    fn begin_section(&mut self, line: &Line, header: Range<usize>) {
        let start = line.content().start;
        self.end_section(start);
        let name = header.start + 1..header.end - 1;
        let text = String::from_utf8_lossy(&self.bytes[name.clone()]);
        self.open = None;
        let entries = self.parsed.entries.len();
        self.parsed.sections.push(Section {
            id: SectionId::parse(&text, self.kind),
            header,
            name,
            header_line: self.parsed.lines.len(),
            range: start..self.bytes.len(),
            body_end: line.range().end,
            entries: entries..entries,
        });
    }

    /// Where the last section ends is known when the next one begins.
    fn end_section(&mut self, at: usize) {
        if let Some(section) = self.parsed.sections.last_mut() {
            section.range.end = at;
            section.entries.end = self.parsed.entries.len();
        }
    }

    fn begin_entry(&mut self, line: &Line, visible: &Range<usize>, depth: usize) -> LineKind {
        let entry = split_entry(self.bytes, line, visible);
        self.open = None;
        match (entry, self.parsed.sections.last()) {
            (Ok(entry), Some(_)) => {
                self.parsed.entries.push(entry);
                self.open = Some(depth);
                LineKind::Entry
            }
            (Ok(_) | Err(LineError::MissingSeparator | LineError::MissingKey), None) => {
                LineKind::Invalid(LineError::BeforeFirstSection)
            }
            (Err(refusal), _) => LineKind::Invalid(refusal),
        }
    }
}

/// From `[` through the last `]` of the line, if it is a header; what follows does not matter.
fn header(bytes: &[u8], visible: &Range<usize>) -> Option<Range<usize>> {
    let text = &bytes[visible.clone()];
    let close = text.strip_prefix(b"[")?.iter().rposition(|byte| *byte == b']').filter(|length| *length > 0)?;
    Some(visible.start..visible.start + close + 2)
}

fn split_entry(bytes: &[u8], line: &Line, visible: &Range<usize>) -> Result<Entry, LineError> {
    let text = &bytes[visible.clone()];
    let Some(delimiter) = memchr::memchr2(b'=', b':', text) else {
        return Err(match text {
            [b'[', b']', ..] => LineError::EmptyHeader,
            [b'[', ..] => LineError::UnclosedHeader,
            _ => LineError::MissingSeparator,
        });
    };
    let delimiter = visible.start + delimiter;
    let key = python_space::trim(bytes, visible.start..delimiter);
    if key.is_empty() {
        return Err(LineError::MissingKey);
    }
    let value = python_space::trim(bytes, delimiter + 1..visible.end);
    Ok(Entry { key, value, range: line.range() })
}

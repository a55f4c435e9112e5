//! Owns the reading of lines into sections as `RawConfigParser._read` does it. Must not know look-up or edits.

use std::ops::Range;

use super::blank;
use super::line::{Line, LineKind, Lines, Refusal, is_comment};
use super::section::{Entry, FileKind, Section, SectionId};

/// Reads all of `bytes`; never fails.
pub(super) fn parse(bytes: &[u8], kind: FileKind) -> (Vec<Line>, Vec<Section>) {
    let mut parser = Parser { bytes, kind, lines: Vec::new(), sections: Vec::new(), open: None };
    for mut line in Lines::new(bytes) {
        line.kind = parser.read(&line);
        parser.lines.push(line);
    }
    (parser.lines, parser.sections)
}

struct Parser<'a> {
    bytes: &'a [u8],
    kind: FileKind,
    lines: Vec<Line>,
    sections: Vec<Section>,
    /// The depth of the entry that a deeper line continues.
    open: Option<usize>,
}

impl Parser<'_> {
    fn read(&mut self, line: &Line) -> LineKind {
        let visible = blank::trim(self.bytes, line.content());
        if visible.is_empty() {
            return LineKind::Blank;
        }
        if is_comment(self.bytes, &visible) {
            return LineKind::Comment;
        }
        let depth = blank::depth(&self.bytes[line.content()]);
        let kind = if self.open.is_some_and(|open| depth > open) {
            self.continue_entry(line);
            LineKind::Continuation
        } else if let Some(header) = header(self.bytes, &visible) {
            self.begin_section(line, header);
            LineKind::Header
        } else {
            self.begin_entry(line, &visible, depth)
        };
        if let Some(section) = self.sections.last_mut() {
            section.body_end = line.range.end;
        }
        kind
    }

    fn begin_section(&mut self, line: &Line, header: Range<usize>) {
        let start = line.content().start;
        if let Some(previous) = self.sections.last_mut() {
            previous.range.end = start;
        }
        let name = header.start + 1..header.end - 1;
        let text = String::from_utf8_lossy(&self.bytes[name.clone()]);
        self.open = None;
        self.sections.push(Section {
            id: SectionId::parse(&text, self.kind),
            header,
            name,
            header_line: self.lines.len(),
            range: start..self.bytes.len(),
            body_end: line.range.end,
            entries: Vec::new(),
        });
    }

    fn begin_entry(&mut self, line: &Line, visible: &Range<usize>, depth: usize) -> LineKind {
        let entry = split_entry(self.bytes, line, visible);
        self.open = None;
        match (entry, self.sections.last_mut()) {
            (Ok(entry), Some(section)) => {
                section.entries.push(entry);
                self.open = Some(depth);
                LineKind::Entry
            }
            (Ok(_) | Err(Refusal::MissingSeparator | Refusal::MissingKey), None) => {
                LineKind::Refused(Refusal::BeforeFirstSection)
            }
            (Err(refusal), _) => LineKind::Refused(refusal),
        }
    }

    fn continue_entry(&mut self, line: &Line) {
        let entry = self.sections.last_mut().and_then(|section| section.entries.last_mut());
        if let Some(entry) = entry {
            entry.range.end = line.range.end;
        }
    }
}

/// From `[` through the last `]` of the line, if it is a header; what follows does not matter.
fn header(bytes: &[u8], visible: &Range<usize>) -> Option<Range<usize>> {
    let text = &bytes[visible.clone()];
    let close = text.strip_prefix(b"[")?.iter().rposition(|byte| *byte == b']').filter(|length| *length > 0)?;
    Some(visible.start..visible.start + close + 2)
}

fn split_entry(bytes: &[u8], line: &Line, visible: &Range<usize>) -> Result<Entry, Refusal> {
    let text = &bytes[visible.clone()];
    let Some(delimiter) = text.iter().position(|byte| matches!(byte, b'=' | b':')) else {
        return Err(match text {
            [b'[', b']', ..] => Refusal::EmptyHeader,
            [b'[', ..] => Refusal::UnclosedHeader,
            _ => Refusal::MissingSeparator,
        });
    };
    let delimiter = visible.start + delimiter;
    let key = blank::trim(bytes, visible.start..delimiter);
    if key.is_empty() {
        return Err(Refusal::MissingKey);
    }
    let value = blank::trim(bytes, delimiter + 1..visible.end);
    Ok(Entry { key, value, range: line.range.clone() })
}

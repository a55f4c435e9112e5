//! Owns the quick look at what every reader reads alike, so that only the rest is compared. Must not know the readers.
//!
//! The rules are those of `portable`, as far as lines by themselves can keep them.

use std::ops::Range;

use crate::ini::line::{Line, LineKind};
use crate::ini::portable::{defect, is_key, is_name};
use crate::ini::{Document, FileKind};

/// The runs of lines, by index, that are not plain. Each begins with a header that every reader takes for one, or with the
/// file. Linear, and allocates only for what it finds; the lines in `ignored` are taken for plain.
pub(super) fn odd_runs(document: &Document<'_>, ignored: &Range<usize>) -> Vec<Range<usize>> {
    let mut odd = Vec::new();
    let mut run = Run::default();
    for (index, line) in document.lines().iter().enumerate() {
        let content = &document.bytes()[line.content()];
        if let Some(header) = header(content, document.kind()) {
            run.end(index, &mut odd);
            let is_ignored = ignored.contains(&line.range().start);
            run = Run { start: index, header, is_odd: false, needs: Needs::below(header, is_ignored) };
        }
        if !ignored.contains(&line.range().start) {
            run.read(line, content, document);
        }
    }
    run.end(document.lines().len(), &mut odd);
    odd
}

/// Whether every reader takes the line for a header of the same name.
pub(super) fn is_header(line: &[u8], kind: FileKind) -> bool {
    header(line, kind).is_some()
}

/// Lines from one header to the next.
#[derive(Default)]
struct Run {
    start: usize,
    header: Header,
    is_odd: bool,
    needs: Needs,
}

/// What must follow, or may.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Nothing must; a nested setting may not.
    #[default]
    Nothing,
    /// A section without any setting is not there to JavaScript.
    Setting,
    /// A key without a value is not there to JavaScript, unless a block follows.
    Nested,
    /// More of a block may follow.
    MoreNested,
}

impl Needs {
    fn below(header: Header, is_ignored: bool) -> Self {
        if header == Header::Unknown || is_ignored { Self::Nothing } else { Self::Setting }
    }
}

impl Run {
    fn end(&self, end: usize, odd: &mut Vec<Range<usize>>) {
        if self.is_odd || matches!(self.needs, Needs::Setting | Needs::Nested) {
            odd.push(self.start..end);
        }
    }

    fn read(&mut self, line: &Line, content: &[u8], document: &Document<'_>) {
        let next = match line.kind {
            _ if self.is_odd || &document.bytes()[line.ending()] == b"\r" => None,
            LineKind::Comment if matches!(content[0], b'#' | b';') => Some(self.needs),
            LineKind::Blank if content.iter().all(|byte| is_blank(*byte)) => Some(self.needs),
            LineKind::Header if is_header(content, document.kind()) => Some(self.needs),
            LineKind::Entry if self.needs != Needs::Nested => self.setting(content),
            LineKind::Continuation if matches!(self.needs, Needs::Nested | Needs::MoreNested) => nested(content),
            _ => None,
        };
        match next {
            Some(next) => self.needs = next,
            None => self.is_odd = true,
        }
    }

    fn setting(&self, line: &[u8]) -> Option<Needs> {
        match split(line)? {
            b"" => Some(Needs::Nested),
            value => (self.header != Header::Services && defect(value).is_none()).then_some(Needs::Nothing),
        }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// A header that every reader takes for one.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Header {
    /// All know the section, and by the same name.
    Known,
    /// That too, but the Rust SDK looks only for nested settings in it.
    Services,
    /// All pass over it: `[preview]`. Also what is above the first header.
    #[default]
    Unknown,
}

fn header(line: &[u8], kind: FileKind) -> Option<Header> {
    let name = line.strip_prefix(b"[")?.strip_suffix(b"]")?;
    if name == b"default" {
        return Some(Header::Known);
    }
    if kind == FileKind::Credentials {
        return is_name(name).then_some(Header::Known);
    }
    let types = [(&b"profile"[..], Header::Known), (b"sso-session", Header::Known), (b"services", Header::Services)];
    let known = types.iter().find_map(|(word, header)| Some((name.strip_prefix(*word)?, *header)));
    let (name, header) = match known {
        Some((rest, header)) => (rest.strip_prefix(b" ")?, header),
        None => (name, Header::Unknown),
    };
    let is_typed_to_javascript = header == Header::Unknown && name.contains(&b'.');
    (is_name(name) && !is_typed_to_javascript).then_some(header)
}

fn nested(line: &[u8]) -> Option<Needs> {
    let indent = line.iter().take_while(|byte| is_blank(**byte)).count();
    let value = split(&line[indent..])?;
    (indent > 0 && defect(value).is_none()).then_some(Needs::MoreNested)
}

/// The value after a plain key.
fn split(line: &[u8]) -> Option<&[u8]> {
    let delimiter = line.iter().position(|byte| *byte == b'=')?;
    is_key(trim_end(&line[..delimiter])).then(|| trim_end(trim_start(&line[delimiter + 1..])))
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1)]
}

fn trim_start(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.iter().position(|byte| !is_blank(*byte)).unwrap_or(bytes.len())..]
}

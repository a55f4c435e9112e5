//! Owns the cut of a file into lines, each byte in exactly one. Must not know sections.

use std::ops::Range;

use super::python_space;

/// U+FEFF in UTF-8, which botocore takes for text.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The kinds of lines that botocore tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// Only white space; inside a value of several lines it is part of that value.
    Blank,
    /// First visible character `#` or `;`, indented or not, even between the lines of a value.
    Comment,
    /// A section header.
    Header,
    /// A key, a delimiter and a value.
    Entry,
    /// Indented deeper than the entry above, so part of its value.
    Continuation,
    /// Nothing that botocore accepts; it refuses the whole file.
    Invalid(LineError),
}

/// Why botocore can't read a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LineError {
    #[error("text before the first section header")]
    BeforeFirstSection,
    #[error("a section header without its `]`")]
    UnclosedHeader,
    #[error("a section header without a name")]
    EmptyHeader,
    #[error("a line without `=`")]
    MissingSeparator,
    #[error("no key before the `=`")]
    MissingKey,
}

/// One line; all lines of a file, joined, are the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    range: Range<usize>,
    pub(crate) kind: LineKind,
    mark: usize,
    ending: usize,
}

impl Line {
    /// Its bytes with a byte order mark and the line end.
    pub(crate) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Its bytes without a byte order mark and without the line end.
    pub(crate) fn content(&self) -> Range<usize> {
        let Range { start, end } = self.range();
        start + self.mark..end - self.ending
    }

    /// Its line end: `\n`, `\r\n`, `\r` or nothing.
    pub(super) fn ending(&self) -> Range<usize> {
        self.range.end - self.ending..self.range.end
    }
}

/// The lines of a text under universal newlines, all still of kind [`LineKind::Blank`].
pub(super) fn lines(bytes: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let rest = &bytes[start..];
        let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let ending = match &rest[length..] {
            [] => 0,
            [b'\r', b'\n', ..] => 2,
            [_, ..] => 1,
        };
        let mark = if start == 0 && rest.starts_with(BYTE_ORDER_MARK) { 3 } else { 0 };
        let end = start + length + ending;
        lines.push(Line { range: start..end, kind: LineKind::Blank, mark, ending });
        start = end;
    }
    lines
}

pub(super) fn is_comment(bytes: &[u8], visible: &Range<usize>) -> bool {
    matches!(bytes[visible.clone()], [b'#' | b';', ..])
}

/// Cuts a line of a nested block where `str.splitlines` would, which knows more line ends than a file does.
pub(super) fn split_nested(bytes: &[u8], content: Range<usize>) -> Vec<Range<usize>> {
    let Range { start, end } = content;
    let (mut part, mut parts) = (start, Vec::new());
    for at in start..end {
        let length = nested_ending(&bytes[at..end]);
        if length > 0 {
            parts.push(python_space::trim(bytes, part..at));
            part = at + length;
        }
    }
    parts.push(python_space::trim(bytes, part..end));
    parts
}

fn nested_ending(bytes: &[u8]) -> usize {
    match bytes {
        [0x0b | 0x0c | 0x1c..=0x1e, ..] => 1,
        [0xc2, 0x85, ..] => 2,
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
        _ => 0,
    }
}

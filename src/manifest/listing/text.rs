//! Owns places in a text: lines, the edits that are made to it, and how they are put in.

use std::ops::Range;

/// One edit: what stands in that range gives way to the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

impl Edit {
    /// Puts `text` at `at`.
    pub(super) fn insert(at: usize, text: String) -> Self {
        Self { range: at..at, text }
    }

    /// Puts a whole line behind the one that holds `at`.
    pub(super) fn insert_line(source: &str, at: usize, line: &str) -> Self {
        let (end, eol) = (line_end(source, at), eol(source));
        let is_open = end == source.len() && !source.is_empty() && !source.ends_with('\n') && source != BOM;
        Self::insert(end, if is_open { format!("{eol}{line}") } else { format!("{line}{eol}") })
    }
}

/// A mark that some editors put at the beginning of a file.
pub(super) const BOM: &str = "\u{feff}";

/// Where the line begins that holds `at`.
pub(super) fn line_start(source: &str, at: usize) -> usize {
    let first = if source.starts_with(BOM) { BOM.len() } else { 0 };
    source[..at].rfind('\n').map_or(first, |newline| newline + 1)
}

/// Where the next line begins, or the text ends.
pub(super) fn line_end(source: &str, at: usize) -> usize {
    source[at..].find('\n').map_or(source.len(), |newline| at + newline + 1)
}

/// The line above the one that begins at `start`; none above the first, in front of which may be the editors' mark.
fn line_above(source: &str, start: usize) -> Option<Range<usize>> {
    (start > line_start(source, 0)).then(|| line_start(source, start - 1)..start)
}

/// How lines end, by the first one.
pub(super) fn eol(source: &str) -> &'static str {
    let first = source.split_inclusive('\n').next().unwrap_or_default();
    if first.ends_with("\r\n") { "\r\n" } else { "\n" }
}

/// The text with its edits, which do not overlap; those at one place in their order.
pub(super) fn splice(source: &str, mut edits: Vec<Edit>) -> Option<String> {
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut text = String::with_capacity(source.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in &edits {
        text.push_str(source.get(at..edit.range.start)?);
        text.push_str(&edit.text);
        at = edit.range.end;
    }
    text.push_str(source.get(at..)?);
    Some(text)
}

/// The lines of what stands at `range`, with the comments right above them.
pub(super) fn with_comments(source: &str, range: Range<usize>) -> Range<usize> {
    let mut start = line_start(source, range.start);
    while let Some(above) = line_above(source, start).filter(|line| source[line.clone()].trim_start().starts_with('#'))
    {
        start = above.start;
    }
    start..line_end(source, range.end)
}

/// The same lines, and an empty one above them if one stands, or the text ends, below them as well.
pub(super) fn with_empty_line(source: &str, range: Range<usize>) -> Range<usize> {
    let is_empty = |range: Range<usize>| !range.is_empty() && source[range].trim().is_empty();
    let below = range.end..line_end(source, range.end);
    let above = line_above(source, range.start).unwrap_or(range.start..range.start);
    if (below.is_empty() || is_empty(below)) && is_empty(above.clone()) { above.start..range.end } else { range }
}

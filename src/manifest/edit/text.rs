//! Owns lines of a text, and edits to it. Must not know TOML.

use std::ops::Range;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextEdit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

impl TextEdit {
    pub(super) fn insert(at: usize, text: String) -> Self {
        Self { range: at..at, text }
    }

    /// Inserts a line after the one that holds `at`.
    pub(super) fn insert_line(source: &str, at: usize, line: &str) -> Self {
        let (end, eol) = (line_end(source, at), eol(source));
        let is_open = end == source.len() && !source.is_empty() && !source.ends_with('\n') && source != BOM;
        Self::insert(end, if is_open { format!("{eol}{line}") } else { format!("{line}{eol}") })
    }
}

/// The byte order mark that some editors write.
pub(super) const BOM: &str = "\u{feff}";

/// The start of the line that holds `at`.
pub(super) fn line_start(source: &str, at: usize) -> usize {
    source[..at].rfind('\n').map_or_else(|| first_line(source), |newline| newline + 1)
}

fn first_line(source: &str) -> usize {
    if source.starts_with(BOM) { BOM.len() } else { 0 }
}

/// Empty if there is none.
fn line_above(source: &str, start: usize) -> Range<usize> {
    if start > first_line(source) { line_start(source, start - 1)..start } else { start..start }
}

/// The start of the next line, or the end of the text.
pub(super) fn line_end(source: &str, at: usize) -> usize {
    source[at..].find('\n').map_or(source.len(), |newline| at + newline + 1)
}

pub(super) fn eol(source: &str) -> &'static str {
    let first = source.split_inclusive('\n').next().unwrap_or_default();
    if first.ends_with("\r\n") { "\r\n" } else { "\n" }
}

/// Applies edits that do not overlap; edits at one place keep their order.
pub(super) fn splice(source: &str, mut edits: Vec<TextEdit>) -> Option<String> {
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

/// Extends `range` to whole lines, and to the comments right above it unless these may be about something else:
/// comments at the top of the file, a `#:schema`, and the heading of a group of lines.
pub(super) fn with_comments(source: &str, range: Range<usize>) -> Range<usize> {
    let lines = line_start(source, range.start)..line_end(source, range.end);
    let comments = comments_above(source, lines.start);
    let is_top = comments.start == first_line(source);
    let is_directive = source[comments.clone()].lines().any(|line| line.trim_start().starts_with("#:"));
    if is_top || is_directive || !is_end_of_group(source, lines.end) {
        return lines;
    }
    comments.start..lines.end
}

/// The comment lines right above `start`.
fn comments_above(source: &str, start: usize) -> Range<usize> {
    let mut first = start;
    loop {
        let above = line_above(source, first);
        if !source[above.clone()].trim_start().starts_with('#') {
            return first..start;
        }
        first = above.start;
    }
}

/// True for an empty line, a header, a closing brace, and the end of the text.
fn is_end_of_group(source: &str, at: usize) -> bool {
    let line = source[at..line_end(source, at)].trim_start();
    line.is_empty() || line.starts_with(['[', '}'])
}

/// Adds the empty line above the range if the text ends, or another empty line follows, below it.
pub(super) fn with_empty_line(source: &str, range: Range<usize>) -> Range<usize> {
    let is_empty = |range: Range<usize>| !range.is_empty() && source[range].trim().is_empty();
    let below = range.end..line_end(source, range.end);
    let above = line_above(source, range.start);
    if (below.is_empty() || is_empty(below)) && is_empty(above.clone()) { above.start..range.end } else { range }
}

/// Deletes ranges, which may overlap.
pub(super) fn deletions(mut ranges: Vec<Range<usize>>) -> Vec<TextEdit> {
    ranges.sort_by_key(|range| range.start);
    let mut edits: Vec<TextEdit> = Vec::new();
    for range in ranges {
        match edits.last_mut() {
            Some(last) if range.start < last.range.end => last.range.end = last.range.end.max(range.end),
            _ => edits.push(TextEdit { range, text: String::new() }),
        }
    }
    edits
}

//! Owns the style of a file, for text that is added to it. Must not know what is added.

use super::line::{Line, LineKind};
use super::parse::Parsed;
use super::section::Entry;

/// The habits of a file, by majority; AWS CLI's own where it shows none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// `"\n"` or `"\r\n"`.
    pub(crate) newline: &'static str,
    /// `" = "` or `"="`.
    pub(crate) separator: &'static str,
    pub(crate) blank_between: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { newline: "\n", separator: " = ", blank_between: true }
    }
}

impl Style {
    /// The text between the delimiter and a value.
    pub(super) fn after_delimiter(&self) -> &'static str {
        self.separator.trim_start().trim_start_matches('=')
    }

    pub(super) fn infer(bytes: &[u8], parsed: &Parsed) -> Self {
        let default = Self::default();
        let crlf = most(parsed.lines.iter().filter_map(|line| match &bytes[line.ending()] {
            b"\r\n" => Some(true),
            b"\n" => Some(false),
            _ => None,
        }));
        let between = |entry: &Entry| entry.key().end..entry.value().start;
        let spaced = most(parsed.entries.iter().filter_map(|entry| match &bytes[between(entry)] {
            b" = " => Some(true),
            b"=" if !entry.value().is_empty() => Some(false),
            _ => None,
        }));
        let headers = parsed.sections.iter().skip(1).map(|section| section.header_line);
        let blank = most(headers.map(|line| blank_above(&parsed.lines, line)));
        Self {
            newline: if crlf.unwrap_or(false) { "\r\n" } else { default.newline },
            separator: if spaced.unwrap_or(true) { default.separator } else { "=" },
            blank_between: blank.unwrap_or(default.blank_between),
        }
    }
}

/// None for a tie.
fn most(votes: impl Iterator<Item = bool>) -> Option<bool> {
    let balance: i64 = votes.map(|vote| if vote { 1 } else { -1 }).sum();
    (balance != 0).then_some(balance > 0)
}

/// True if a blank line is above a header and the comments right above it.
fn blank_above(lines: &[Line], header_line: usize) -> bool {
    let above = lines[..header_line].iter().rev();
    above.map(|line| line.kind).find(|kind| *kind != LineKind::Comment) == Some(LineKind::Blank)
}

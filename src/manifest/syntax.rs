//! Owns TOML's own rules: text → tables with spans, and every breach of the syntax. Must not know what a key means.
//!
//! What TOML makes of a text is thirty times as large as it, so the profiles of a long text are read some at a time. That
//! is sound where each piece is in order by itself: a piece that ends within a string or a list is not, so the next one
//! begins where a table can begin, and says there what it would say in the whole text, as long as no two pieces have
//! anything to do with one table. The reader makes sure that no name is in two of them.

use toml::de::{DeTable, DeValue};

use super::codes;
use super::reading::{Name, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};

/// How many duplicate keys get their first place looked up; each look-up reads the text before it.
const MOST_LOOK_UPS: usize = 100;
/// So many bytes a piece of a long text has at least.
pub(super) const PIECE: usize = 64 * 1024;
/// How a piece begins.
const HEADER: &str = "[profiles.";
/// Where the word `profiles` stands in a piece that has no other header for that table.
const FIRST_KEY: std::ops::Range<usize> = 1.."[profiles".len();

/// What TOML made of a text.
#[derive(Debug)]
pub(super) struct Parsed<'t> {
    /// The tables, as far as they could be read.
    pub(super) table: DeTable<'t>,
    /// Whether they hold everything that was written, so that a missing key is really missing.
    pub(super) complete: bool,
}

/// Profiles as TOML has them.
#[derive(Debug)]
pub(super) struct Profiles<'t> {
    /// By name; their places count from `base`.
    pub(super) table: DeTable<'t>,
    /// The first byte of the piece that they were read from.
    pub(super) base: usize,
}

impl<'t> Profiles<'t> {
    /// Each with its name, in the order of the file.
    pub(super) fn into_sorted(self) -> Vec<(Name<'t>, Value<'t>)> {
        let mut profiles: Vec<_> = self.table.into_iter().collect();
        profiles.sort_by_key(|(name, _)| name.span().start);
        profiles
    }
}

/// A part of a text, from the beginning of a line on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'t> {
    text: &'t str,
    base: usize,
}

impl<'t> Piece<'t> {
    /// The tables of the first piece, if they are in order and no profile is among them.
    pub(super) fn head(self) -> Option<DeTable<'t>> {
        self.tables().filter(|tables| !tables.contains_key("profiles"))
    }

    /// The profiles of another piece, if they are in order and it has nothing else.
    pub(super) fn profiles(self) -> Option<Profiles<'t>> {
        let mut tables = self.tables()?.into_iter();
        match (tables.next()?, tables.next()) {
            ((key, value), None) if key.span() == FIRST_KEY => match value.into_inner() {
                DeValue::Table(table) => Some(Profiles { table, base: self.base }),
                _ => None,
            },
            _ => None,
        }
    }

    fn tables(self) -> Option<DeTable<'t>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        errors.is_empty().then(|| table.into_inner())
    }
}

/// What stands above the first header of a profile if that is in order by itself, else all that can be read.
pub(super) fn head(text: &str) -> DeTable<'_> {
    let above = pieces(text, PIECE, 0).next().and_then(Piece::head);
    above.unwrap_or_else(|| DeTable::parse_recoverable(text).0.into_inner())
}

/// Cuts a text in front of headers of profiles: what stands above them, then pieces of at least `size` bytes. Their places
/// count from `base` on.
pub(super) fn pieces(text: &str, size: usize, base: usize) -> impl Iterator<Item = Piece<'_>> {
    let mut next = Some((0, 0));
    std::iter::from_fn(move || {
        let (start, least) = next?;
        let end = header_from(text, start + least);
        next = end.map(|end| (end, size.max(1)));
        Some(Piece { text: &text[start..end.unwrap_or(text.len())], base: base + start })
    })
}

/// Where the first header of a profile stands at `offset` or behind it.
fn header_from(text: &str, offset: usize) -> Option<usize> {
    let rest = text.get(text.ceil_char_boundary(offset)..)?;
    let mut headers = rest.match_indices(HEADER).map(|(at, _)| text.len() - rest.len() + at);
    let is_header = |at: &usize| {
        let (before, name) = (&text[..*at], &text[at + HEADER.len()..]);
        (before.is_empty() || before.ends_with('\n')) && is_whole_name(name.lines().next().unwrap_or_default())
    };
    headers.find(is_header)
}

/// Whether the rest of a header is one name: one with a dot in it may be a part of the profile above.
fn is_whole_name(rest: &str) -> bool {
    let name = rest.split(']').next().unwrap_or_default();
    match name.strip_prefix('"') {
        Some(quoted) => quoted.find('"') == Some(quoted.len().wrapping_sub(1)),
        None => name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'),
    }
}

/// Reads `source` as TOML; its places count from `base` on. Duplicate keys leave the tables usable, any other error makes
/// them incomplete.
pub(super) fn parse<'t>(source: &'t Source, base: usize, out: &mut Diagnostics) -> Parsed<'t> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let mut complete = true;
    for (count, error) in errors.iter().enumerate() {
        let span = visible(&source.text, error.span().map_or_else(Span::default, Span::from));
        if error.message() == "duplicate key" {
            out.push(duplicate(source, span, base, count < MOST_LOOK_UPS));
        } else {
            complete = false;
            if let Some(value) = bare_value(&source.text, span.start) {
                out.push(unquoted(&source.text[value.start..value.end], value.behind(base)));
                continue;
            }
            let line = source.text[..span.start].rfind('\n').map_or(0, |end| end + 1);
            let text = &source.text[span.start..span.end];
            out.push(breach(&source.text[line..], text, span.behind(base), error.message()));
        }
    }
    Parsed { table: table.into_inner(), complete }
}

/// The value without quotes in which the parser stumbled at `at`, if it is one that is all of a value.
fn bare_value(text: &str, at: usize) -> Option<Span> {
    let at = text.floor_char_boundary(at);
    let is_part = |one: char| !one.is_whitespace() && !"=,[]{}\"'#".contains(one);
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let before = text[line..at].char_indices().rev().find(|(_, one)| !is_part(*one));
    let start = before.map_or(line, |(offset, one)| line + offset + one.len_utf8());
    let end = text[at..].find(|one| !is_part(one)).map_or(text.len(), |length| at + length);
    let before = text[line..start].trim_end();
    let behind = text[end..].lines().next().unwrap_or_default().trim_start();
    let is_element = behind.starts_with([',', ']']) && (before.is_empty() || before.ends_with(['[', ',']));
    let is_whole = behind.is_empty() || behind.starts_with(['#', ',', ']', '}']);
    let is_value = is_element || before.ends_with('=') && is_whole;
    let word = &text[start..end];
    let is_truth_value = ["true", "false"].iter().any(|value| word.eq_ignore_ascii_case(value));
    (is_value && !word.is_empty() && !is_truth_value).then(|| Span::new(start, end))
}

/// A text that stands without quotes. It is not repeated, unless it is a number: it may be a secret.
fn unquoted(value: &str, at: Span) -> Diagnostic {
    let is_number = value.starts_with('0') && value.bytes().all(|byte| byte.is_ascii_digit());
    let message = if is_number {
        "this is not TOML: a number can't begin with 0; account numbers and serials stand in quotes"
    } else {
        "this is not TOML: a text stands in quotes"
    };
    let help = if is_number { format!("write `\"{value}\"`") } else { "put it in quotes".to_owned() };
    Diagnostic::error(codes::SYNTAX, at, message).help(help)
}

/// Any other breach of the syntax.
fn breach(line: &str, text: &str, span: Span, message: &str) -> Diagnostic {
    if ["[profile ", "[sso-session "].iter().any(|header| line.starts_with(header)) {
        return Diagnostic::error(codes::SYNTAX, span, "this is the form of ~/.aws/config, not of TOML")
            .help("here it is `[profiles.NAME]` or `[sso_sessions.NAME]`, and texts stand in quotes");
    }
    if let Some(control) = text.chars().next().filter(|first| first.is_control()) {
        let message = format!("this is not TOML: a text can't contain the control character {control:?}");
        return Diagnostic::error(codes::SYNTAX, span, message).help("take it out");
    }
    if message.starts_with("missing escaped value") {
        let message = "this is not TOML: between double quotes, `\\` stands in front of certain characters alone";
        return Diagnostic::error(codes::SYNTAX, span, message)
            .help("leave the `\\` out, or write it twice, or put the text into single quotes");
    }
    Diagnostic::error(codes::SYNTAX, span, format!("this is not TOML: {message}"))
        .help("the other rules are checked when the file can be read")
}

/// The same place, but never empty where there is a character to underline.
fn visible(text: &str, span: Span) -> Span {
    if span.start < span.end {
        return span;
    }
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let length = text[start..].chars().next().filter(|next| *next != '\n').map_or(0, char::len_utf8);
    Span::new(start, start + length)
}

fn duplicate(source: &Source, span: Span, base: usize, look_up: bool) -> Diagnostic {
    let name = &source.text[span.start..span.end];
    let found = Diagnostic::error(codes::DUPLICATE_KEY, span.behind(base), format!("`{name}` is defined twice"))
        .help("keep one of them: TOML allows each name once");
    match if look_up { first_place(&source.text, span) } else { None } {
        Some(first) => found.related(first.behind(base), "it is defined here first"),
        None => found,
    }
}

/// Where the key or table of the line at `span` stood before.
fn first_place(text: &str, span: Span) -> Option<Span> {
    let start = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next()?.trim();
    let is_header = line.starts_with('[');
    let name = &text[span.start..span.end];
    let mut end = start;
    while end > 0 {
        let before = &text[..end - 1];
        let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        let other = &text[begin..end - 1];
        let key = other.split('=').next().unwrap_or_default().trim();
        if is_header && other.trim() == line {
            let offset = other.rfind(name)?;
            return Some(Span::new(begin + offset, begin + offset + name.len()));
        }
        if !is_header && key == name {
            let offset = other.find(name)?;
            return Some(Span::new(begin + offset, begin + offset + name.len()));
        }
        if !is_header && other.trim_start().starts_with('[') {
            return None;
        }
        end = begin;
    }
    None
}

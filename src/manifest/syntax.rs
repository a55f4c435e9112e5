//! Owns TOML's own rules: text → tables with spans, and every breach of the syntax. Must not know what a key means.

use toml::de::DeTable;

use super::codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};

/// How many duplicate keys get their first place looked up; each look-up reads the text before it.
const MOST_LOOK_UPS: usize = 100;

/// What TOML made of a text.
#[derive(Debug)]
pub(super) struct Parsed<'t> {
    /// The tables, as far as they could be read.
    pub(super) table: DeTable<'t>,
    /// Whether they hold everything that was written, so that a missing key is really missing.
    pub(super) complete: bool,
}

/// Reads `source` as TOML. Duplicate keys leave the tables usable, any other error makes them incomplete.
pub(super) fn parse<'t>(source: &'t Source, out: &mut Diagnostics) -> Parsed<'t> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let mut complete = true;
    for (count, error) in errors.iter().enumerate() {
        let span = visible(&source.text, error.span().map_or_else(Span::default, Span::from));
        if error.message() == "duplicate key" {
            out.push(duplicate(source, span, count < MOST_LOOK_UPS));
        } else {
            complete = false;
            let line = source.text[..span.start].rfind('\n').map_or(0, |end| end + 1);
            out.push(breach(&source.text[line..], &source.text[span.start..span.end], span, error.message()));
        }
    }
    Parsed { table: table.into_inner(), complete }
}

/// Any breach of the syntax. A bare word is what people write most often, and the parser takes it for half a number or truth value.
fn breach(line: &str, text: &str, span: Span, message: &str) -> Diagnostic {
    if ["[profile ", "[sso-session "].iter().any(|header| line.starts_with(header)) {
        return Diagnostic::error(codes::SYNTAX, span, "this is the form of ~/.aws/config, not of TOML")
            .help("here it is `[profiles.NAME]` or `[sso_sessions.NAME]`, and texts stand in quotes");
    }
    let is_half_known = ["invalid float", "invalid boolean"].iter().any(|start| message.starts_with(start));
    let is_truth_value = ["true", "false"].iter().any(|value| text.eq_ignore_ascii_case(value));
    if is_half_known && !is_truth_value && text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Diagnostic::error(codes::SYNTAX, span, "this is not TOML: a text stands in quotes")
            .help(format!("write `\"{text}\"`"));
    }
    if let Some(control) = text.chars().next().filter(|first| first.is_control()) {
        let message = format!("this is not TOML: a text can't contain the control character {control:?}");
        return Diagnostic::error(codes::SYNTAX, span, message).help("take it out");
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

fn duplicate(source: &Source, span: Span, look_up: bool) -> Diagnostic {
    let name = &source.text[span.start..span.end];
    let found = Diagnostic::error(codes::DUPLICATE_KEY, span, format!("`{name}` is defined twice"))
        .help("keep one of them: TOML allows each name once");
    match if look_up { first_place(&source.text, span) } else { None } {
        Some(first) => found.related(first, "it is defined here first"),
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

//! Owns parsing TOML into a tree, and findings about its syntax. Must not know what a key means.

use toml::de::DeTable;

use super::tree::{self, Table};
use crate::diagnostic::Diagnostic;
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::Sink;
use crate::source::{Source, Span};

/// How many errors are looked into; each look reads the text before it.
const MOST_LOOK_UPS: usize = 100;

/// Parses the part above the first profile, or everything if that part is not valid TOML by itself.
pub(crate) fn head(text: &str, base: usize) -> Table<'_> {
    let end = text.find("\n[profiles.").map_or(text.len(), |newline| newline + 1);
    let (table, errors) = DeTable::parse_recoverable(&text[..end]);
    let table = if errors.is_empty() { table } else { DeTable::parse_recoverable(text).0 };
    tree::table(table.into_inner(), base)
}

/// Parses `source`; spans count from `base`. None if a key of the file may be missing in the tree. A duplicate key is
/// reported, and its first value counts.
pub(crate) fn parse<'t>(source: &'t Source, base: usize, sink: &mut Sink) -> Option<Table<'t>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let mut is_complete = true;
    // The parser reports one error for each part of a dotted header.
    let is_repeated = |count: usize| count > 0 && errors[count] == errors[count - 1];
    for (count, error) in errors.iter().enumerate().filter(|(count, _)| !is_repeated(*count)) {
        let span = non_empty(&source.text, error.span().map_or_else(Span::default, Span::from));
        if error.message() == "duplicate key" {
            sink.push(duplicate(source, span, base, count < MOST_LOOK_UPS));
        } else {
            is_complete = false;
            if is_aws_header(&source.text, span) {
                // Each line of such a file is the same mistake.
                sink.push(aws_config(span.offset_by(base)));
                break;
            }
            if count >= MOST_LOOK_UPS {
                let message = format!("this is not TOML: {}", error.message());
                sink.push(Diagnostic::error(codes::SYNTAX, span.offset_by(base), message));
                continue;
            }
            sink.push(syntax_error(&source.text, span, base, error.message()));
        }
    }
    is_complete.then(|| tree::table(table.into_inner(), base))
}

/// Returns the whole value without quotes around `at`, if the parser stumbled in one.
fn bare_value(text: &str, at: usize) -> Option<Span> {
    let at = text.floor_char_boundary(at);
    let is_part = |one: char| !one.is_whitespace() && !"=,[]{}\"'#".contains(one);
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let before = text[line..at].char_indices().rev().find(|(_, one)| !is_part(*one));
    let start = before.map_or(line, |(offset, one)| line + offset + one.len_utf8());
    let end = text[at..].find(|one| !is_part(one)).map_or(text.len(), |length| at + length);
    let before = text[line..start].trim_end();
    let behind = text[end..].lines().next().unwrap_or_default().trim_start();
    // A line that is `[name]` is the header of a table.
    let is_element =
        before != "[" && behind.starts_with([',', ']']) && (before.is_empty() || before.ends_with(['[', ',']));
    let is_whole = behind.is_empty() || behind.starts_with(['#', ',', ']', '}']);
    let is_value = is_element || before.ends_with('=') && is_whole;
    let word = &text[start..end];
    let is_truth_value = ["true", "false"].iter().any(|value| word.eq_ignore_ascii_case(value));
    (is_value && !word.is_empty() && !is_truth_value).then(|| Span::new(start, end))
}

/// The finding repeats no value but a number: it may be a secret.
fn unquoted(value: &str, at: Span) -> Diagnostic {
    let is_number = value.starts_with('0') && value.bytes().all(|byte| byte.is_ascii_digit());
    let message = if is_number {
        "this is not TOML: a number can't begin with 0; account numbers and serials need quotes"
    } else {
        "this is not TOML: strings need quotes"
    };
    let help = if is_number { format!("write `\"{value}\"`") } else { "put it in quotes".to_owned() };
    Diagnostic::error(codes::SYNTAX, at, message).help(help)
}

fn is_aws_header(text: &str, at: Span) -> bool {
    let line = text[..at.start].rfind('\n').map_or(0, |end| end + 1);
    ["[profile ", "[sso-session "].iter().any(|header| text[line..].starts_with(header))
}

fn aws_config(at: Span) -> Diagnostic {
    Diagnostic::error(codes::SYNTAX, at, "this is the form of ~/.aws/config, not of TOML")
        .help("`awsauth import` prints a manifest of your ~/.aws/config; by hand, write `[profiles.NAME]`, and strings in quotes")
}

fn syntax_error(text: &str, at: Span, base: usize, message: &str) -> Diagnostic {
    if let Some(value) = bare_value(text, at.start) {
        return unquoted(&text[value.start..value.end], value.offset_by(base));
    }
    let error = |message: &str| Diagnostic::error(codes::SYNTAX, at.offset_by(base), message);
    if let Some(control) = text[at.start..at.end].chars().next().filter(|first| first.is_control()) {
        return error(&format!("this is not TOML: a string can't contain the control character {control:?}"))
            .help("remove it");
    }
    if message.starts_with("missing escaped value") {
        return error("this is not TOML: in double quotes, `\\` may only precede certain characters")
            .help("remove the `\\`, double it, or use single quotes");
    }
    error(&format!("this is not TOML: {message}")).help("correct it; the rest is checked once this file is valid TOML")
}

/// Extends an empty span to the next character, so that there is something to underline.
fn non_empty(text: &str, span: Span) -> Span {
    if span.start < span.end {
        return span;
    }
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let length = text[start..].chars().next().filter(|next| *next != '\n').map_or(0, char::len_utf8);
    Span::new(start, start + length)
}

fn duplicate(source: &Source, span: Span, base: usize, look_up: bool) -> Diagnostic {
    let name = &source.text[span.start..span.end];
    let found = Diagnostic::error(codes::DUPLICATE_KEY, span.offset_by(base), format!("`{name}` is defined twice"))
        .help("keep one of them: TOML allows each name once");
    match if look_up { first_place(&source.text, span) } else { None } {
        Some(first) => found.related(first.offset_by(base), "it is defined here first"),
        None => found,
    }
}

/// Returns the earlier place of the key or table header in the line of `span`.
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

//! Owns the reading of the AWS SDK for Go v2 (`internal/ini`, `config/shared_config.go`). Must not know the other readers.
//!
//! It passes over what it does not understand. Header and key lines are trimmed of Unicode's white space, but a line is
//! indented only by space and tab.

use std::borrow::Cow;

use super::trace::{Name, Role, SectionType, Step, Trace, lines, nest};
use crate::ini::FileKind;

const BLANK: [char; 2] = [' ', '\t'];
const COMMENT: [char; 2] = ['#', ';'];

/// Follows the SDK through `text`.
pub(super) fn trace(text: &str, kind: FileKind) -> Trace<'_> {
    let mut parser = Parser { kind, trace: Vec::new(), section: None, open: Open::None };
    for (at, line) in lines(text) {
        if let Err(reason) = parser.read(at, line) {
            parser.trace.push(Step { at, role: Role::Invalid(reason) });
            break;
        }
    }
    parser.trace
}

/// The setting that an indented line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    None,
    /// Its value is empty, or a block already.
    Block,
    /// It has a value.
    Value,
}

struct Parser<'a> {
    kind: FileKind,
    trace: Trace<'a>,
    section: Option<Name>,
    open: Open,
}

impl<'a> Parser<'a> {
    fn read(&mut self, at: usize, line: &'a str) -> Result<(), &'static str> {
        if line.trim().is_empty() || line.trim_start_matches(BLANK).starts_with(COMMENT) {
            return Ok(());
        }
        if let Some(header) = header(line) {
            self.section = name(header, self.kind);
            self.open = Open::None;
            self.trace.push(Step { at, role: Role::Section(self.section.clone()) });
            return Ok(());
        }
        let is_indented = line.starts_with(BLANK);
        let text = if is_indented { line.trim_start_matches(BLANK) } else { without_comment(line) };
        match (split(text), is_indented) {
            (Some((key, value)), false) => self.set(at, key, unquote(value)?),
            (Some((key, value)), true) => self.set_nested(at, key, unquote(value)?),
            (None, true) => self.continue_value(at, text),
            (None, false) => {}
        }
        Ok(())
    }

    fn push(&mut self, at: usize, role: Role<'a>) {
        if self.section.is_some() {
            self.trace.push(Step { at, role });
        }
    }

    fn set(&mut self, at: usize, key: &'a str, value: &'a str) {
        self.open = match (key, value) {
            ("", _) => Open::None,
            (_, "") => Open::Block,
            _ => Open::Value,
        };
        self.push(at, Role::Setting(lower(key), value.into()));
    }

    fn set_nested(&mut self, at: usize, key: &'a str, value: &'a str) {
        if self.open != Open::Block {
            self.set(at, key, without_comment(value).trim());
        } else if self.section.is_some() {
            nest(&mut self.trace, at, lower(key), value);
        }
    }

    fn continue_value(&mut self, at: usize, text: &'a str) {
        if self.open == Open::Value {
            self.push(at, Role::More(text.into()));
        }
    }
}

fn header(line: &str) -> Option<&str> {
    let line = line.find(COMMENT).map_or(line, |at| &line[..at]);
    Some(line.trim().strip_prefix('[')?.strip_suffix(']')?.trim())
}

fn without_comment(line: &str) -> &str {
    let mut marks = line.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'#' | b';'));
    let end = marks.find(|(at, _)| line[..*at].ends_with(BLANK));
    line[..end.map_or(line.len(), |(at, _)| at)].trim_end_matches(BLANK)
}

fn split(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(['=', ':'])?;
    Some((key.trim(), value.trim()))
}

/// The SDK slices between a pair of quotes without asking whether they are two.
fn unquote(value: &str) -> Result<&str, &'static str> {
    match value.as_bytes() {
        [b'"' | b'\''] => Err("a value that is only a quote"),
        [first @ (b'"' | b'\''), .., last] if first == last => Ok(&value[1..value.len() - 1]),
        _ => Ok(value),
    }
}

fn lower(key: &str) -> Cow<'_, str> {
    if key.chars().any(char::is_uppercase) { key.to_lowercase().into() } else { key.into() }
}

/// The name between the brackets; `[DEFAULT]` is a profile of that name.
fn name(header: &str, kind: FileKind) -> Option<Name> {
    let words = header.split_once(BLANK).map(|(word, name)| (word, name.trim_start_matches(BLANK)));
    match (words, kind) {
        (None, _) if header == "default" => Some(Name::default()),
        (None, FileKind::Config) => {
            header.eq_ignore_ascii_case("default").then(|| Name::new(SectionType::Profile, header))
        }
        (None, FileKind::Credentials) => (!header.is_empty()).then(|| Name::new(SectionType::Profile, header)),
        (Some((word, name)), FileKind::Config) => Name::typed(word, name),
        (Some(("profile", _)), FileKind::Credentials) => None,
        (Some((word, name)), FileKind::Credentials) => Some(Name::new(SectionType::Profile, format!("{word} {name}"))),
    }
}

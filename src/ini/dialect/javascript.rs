//! Owns the reading of the AWS SDK for JavaScript v3 (`@smithy/core`, `parseIni.js`). Must not know the other readers.
//!
//! It passes over what it does not understand, a section without settings is not there, and keys keep their case.

use super::trace::{Name, Role, SectionType, Step, Trace, lines};
use crate::ini::FileKind;

/// Follows the SDK through `text`.
pub(super) fn trace(text: &str, kind: FileKind) -> Trace<'_> {
    let mut parser = Parser { kind, trace: Vec::new(), is_known: false, block: None };
    for (at, line) in lines(text) {
        if let Err(reason) = parser.read(at, line.strip_suffix('\r').unwrap_or(line)) {
            parser.trace.push(Step { at, role: Role::Invalid(reason) });
            break;
        }
    }
    parser.drop_empty_block();
    parser.trace
}

struct Parser<'a> {
    kind: FileKind,
    trace: Trace<'a>,
    /// True if the loader asks for the section.
    is_known: bool,
    /// The key without a value that the indented lines below belong to.
    block: Option<&'a str>,
}

impl<'a> Parser<'a> {
    fn read(&mut self, at: usize, line: &'a str) -> Result<(), &'static str> {
        let text = trim(without_comment(line));
        if let Some(header) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            return self.read_header(at, header);
        }
        if let Some((key, value)) = text.split_once('=').filter(|(key, _)| self.is_known && !key.is_empty()) {
            self.read_setting(at, line.starts_with(is_blank), trim(key), trim(value));
        }
        Ok(())
    }

    fn read_header(&mut self, at: usize, header: &str) -> Result<(), &'static str> {
        if matches!(header, "__proto__" | "profile __proto__") {
            return Err("a section named `__proto__`");
        }
        self.drop_empty_block();
        let name = name(header, self.kind);
        self.is_known = name.is_some();
        self.block = None;
        self.trace.push(Step { at, role: Role::Section(name) });
        Ok(())
    }

    fn read_setting(&mut self, at: usize, is_indented: bool, key: &'a str, value: &'a str) {
        if value.is_empty() {
            self.drop_empty_block();
            self.block = Some(key);
            self.push(at, Role::Block(key.into()));
            return;
        }
        self.block = self.block.filter(|_| is_indented);
        if let Some(block) = self.block {
            self.push(at, Role::Nested(block.into(), key.into(), value.into()));
            return;
        }
        self.drop_empty_block();
        if key != "__proto__" {
            self.push(at, Role::Setting(key.into(), value.into()));
        }
    }

    fn push(&mut self, at: usize, role: Role<'a>) {
        self.trace.push(Step { at, role });
    }

    /// A key without a value, below which nothing came, is not there.
    fn drop_empty_block(&mut self) {
        self.trace.pop_if(|step| matches!(step.role, Role::Block(_)));
    }
}

/// `\s` of a regular expression, and what `trim` takes off.
fn is_blank(char: char) -> bool {
    matches!(char, '\t'..='\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}')
        || matches!(char, '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}')
}

fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// Up to a `#` or `;` that begins the line or follows white space.
fn without_comment(line: &str) -> &str {
    let is_comment = |at: &usize| line[..*at].chars().next_back().is_none_or(is_blank);
    let mut marks = line.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'#' | b';')).map(|(at, _)| at);
    marks.find(is_comment).map_or(line, |at| &line[..at])
}

/// The name between the brackets.
fn name(header: &str, kind: FileKind) -> Option<Name> {
    let words = words(header);
    let name = match (words, kind) {
        (Some((word, name)), FileKind::Config) => Name::typed(word, name),
        (Some((word, name)), FileKind::Credentials) => {
            Name::typed(word, name).map(|_| Name::new(SectionType::Profile, format!("{word}.{name}")))
        }
        (None, _) if header == "default" => Some(Name::default()),
        (None, FileKind::Config) => header.split_once('.').and_then(|(word, name)| Name::typed(word, name)),
        (None, FileKind::Credentials) => (!header.is_empty()).then(|| Name::new(SectionType::Profile, header)),
    };
    name.filter(|name| name.name != "__proto__")
}

/// `word "name"`: one white space between them, and quotes or none.
fn words(header: &str) -> Option<(&str, &str)> {
    let is_word = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
    let (word, name) = header.split_once(is_blank)?;
    let quote = name.chars().next().filter(|char| matches!(char, '"' | '\''));
    let name = match quote {
        Some(quote) => name.strip_prefix(quote)?.strip_suffix(quote)?,
        None => name,
    };
    let is_name = |char: char| is_word(char) || "@+.%:/".contains(char);
    let is_match = !word.is_empty() && word.chars().all(is_word) && !name.is_empty() && name.chars().all(is_name);
    is_match.then_some((word, name))
}

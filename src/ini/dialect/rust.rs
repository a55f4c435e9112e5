//! Owns the reading of the AWS SDKs for Rust (`aws-runtime` 1.10, `env_config`) and Java (`ProfileFileReader`). Must not know the other readers.
//!
//! White space is space and tab. The SDK gives up on all files at once when a line is not what it expects. Sections whose
//! headers differ only in blanks it merges in an order that changes from run to run; here the later one wins.

use std::borrow::Cow;

use super::trace::{Name, Role, SectionType, Step, Trace, begin_block, lines, nest};
use crate::ini::FileKind;

const BLANK: [char; 2] = [' ', '\t'];
const COMMENT: [char; 2] = ['#', ';'];

/// Java's SDK keeps the case of keys (aws-facts §1.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyCase {
    Lower,
    Kept,
}

/// Follows the SDK through `text`.
pub(super) fn trace(text: &str, kind: FileKind, case: KeyCase) -> Trace<'_> {
    let mut parser = Parser { kind, case, trace: Vec::new(), place: Place::Start };
    for (at, line) in lines(text) {
        let line = if at + line.len() < text.len() { line.strip_suffix('\r').unwrap_or(line) } else { line };
        if let Err(reason) = parser.read(at, line) {
            parser.trace.push(Step { at, role: Role::Invalid(reason) });
            break;
        }
    }
    parser.trace
}

/// The state of the parser.
enum Place<'a> {
    Start,
    /// Below a header; without a name its settings are dropped.
    Section(Option<Name>),
    Setting {
        section: Option<Name>,
        key: Cow<'a, str>,
        is_block: bool,
    },
}

struct Parser<'a> {
    kind: FileKind,
    case: KeyCase,
    trace: Trace<'a>,
    place: Place<'a>,
}

impl<'a> Parser<'a> {
    fn read(&mut self, at: usize, line: &'a str) -> Result<(), &'static str> {
        if line.trim_matches(BLANK).is_empty() || line.starts_with(COMMENT) {
            Ok(())
        } else if line.starts_with('[') {
            self.read_header(at, line)
        } else if line.starts_with(BLANK) {
            self.read_continuation(at, line)
        } else {
            self.read_setting(at, line)
        }
    }

    fn read_header(&mut self, at: usize, line: &str) -> Result<(), &'static str> {
        let text = without_comment(line, Comment::Anywhere);
        let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let name = name(text.ok_or("a section header that does not end with `]`")?, self.kind);
        self.trace.push(Step { at, role: Role::Section(name.clone()) });
        self.place = Place::Section(name);
        Ok(())
    }

    fn read_setting(&mut self, at: usize, line: &'a str) -> Result<(), &'static str> {
        let section = match &self.place {
            Place::Start => return Err("text before the first section header"),
            Place::Section(section) | Place::Setting { section, .. } => section.clone(),
        };
        let (key, value) = split(without_comment(line, Comment::AfterBlank))?;
        let key = if self.case == KeyCase::Lower { lower(key) } else { key.into() };
        if let Some(section) = &section
            && is_identifier(&key)
        {
            self.push_setting(at, section.section_type, key.clone(), value);
        }
        self.place = Place::Setting { section, key, is_block: value.is_empty() };
        Ok(())
    }

    /// In a `services` section only nested settings count, even one on the line of the key.
    fn push_setting(&mut self, at: usize, section_type: SectionType, key: Cow<'a, str>, value: &'a str) {
        let text = if section_type == SectionType::Services { "" } else { value };
        self.trace.push(Step { at, role: Role::Setting(key, text.into()) });
        if let Some((nested, value)) = value.split_once('=').filter(|_| section_type == SectionType::Services) {
            nest(&mut self.trace, at, trim(nested), trim(value));
        }
    }

    fn read_continuation(&mut self, at: usize, line: &'a str) -> Result<(), &'static str> {
        let (section, key, is_block) = match &self.place {
            Place::Start => return Err("text before the first section header"),
            Place::Section(_) => return Err("an indented line right below a section header"),
            Place::Setting { section, key, is_block } => (section, key, *is_block),
        };
        let section = section.as_ref().filter(|_| is_identifier(key));
        if is_block {
            if section.is_some() {
                begin_block(&mut self.trace);
            }
            split(without_comment(line, Comment::AfterBlank))?;
        }
        let Some(section) = section else {
            return Ok(());
        };
        let line = line.trim_matches(BLANK);
        let is_nested = is_block || section.section_type == SectionType::Services;
        match line.split_once('=').filter(|_| is_nested) {
            Some((nested, value)) => nest(&mut self.trace, at, trim(nested), trim(value)),
            None if is_nested => {}
            None => self.trace.push(Step { at, role: Role::More(line.into()) }),
        }
        Ok(())
    }
}

fn trim(text: &str) -> Cow<'_, str> {
    text.trim_matches(BLANK).into()
}

fn lower(key: &str) -> Cow<'_, str> {
    if key.bytes().any(|byte| byte.is_ascii_uppercase()) { key.to_ascii_lowercase().into() } else { key.into() }
}

fn split(line: &str) -> Result<(&str, &str), &'static str> {
    let (key, value) = line.split_once('=').ok_or("a line without `=`")?;
    match key.trim_matches(BLANK) {
        "" => Err("no key before the `=`"),
        key => Ok((key, value.trim_matches(BLANK))),
    }
}

/// The places where a comment may begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comment {
    Anywhere,
    AfterBlank,
}

fn without_comment(line: &str, comment: Comment) -> &str {
    let line = line.trim_matches(BLANK);
    let follows_blank = |at: usize| line[..at].chars().next_back().is_some_and(char::is_whitespace);
    let mut marks = line.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'#' | b';'));
    let end = marks.find(|(at, _)| comment == Comment::Anywhere || follows_blank(*at));
    line[..end.map_or(line.len(), |(at, _)| at)].trim_matches(BLANK)
}

/// The name between the brackets.
fn name(header: &str, kind: FileKind) -> Option<Name> {
    let header = header.trim_matches(BLANK);
    match (header.split_once(BLANK), kind) {
        (None, FileKind::Config) => (header.trim() == "default").then(Name::default),
        (None, FileKind::Credentials) if header.trim() == "default" => Some(Name::default()),
        (None, FileKind::Credentials) => {
            is_identifier(header.trim()).then(|| Name::new(SectionType::Profile, header.trim()))
        }
        (Some((word, name)), FileKind::Config) if is_identifier(name.trim()) => Name::typed(word.trim(), name.trim()),
        (Some(_), _) => None,
    }
}

fn is_identifier(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-/.%@:+".contains(&byte))
}

//! Owns the warnings about lines that AWS's tools do not all read alike. Must not show a value, which may be a secret.
//!
//! The rules are those of `portable`, without those that all tools break in the same way. The tests hold them against the
//! parsers of AWS CLI and of three SDKs (`dialect`).

use std::ops::Range;

use super::line::{Line, LineKind};
use super::portable::{Defect, defect, is_key, is_name};
use super::section::DEFAULTS;
use super::{Document, FileKind, Section, SectionId};
use crate::source::display_safe;

/// A secret that lost its own key is longer than any key.
const LONGEST_KEY: usize = 39;

const COLON: &str = "some tools take the `:` for the `=`, others do not; write `key = value`";
const NO_EQUALS: &str = "the SDK for Rust cannot read a file with `:` instead of `=`; write `key = value`";
const INDENTED_FIRST: &str =
    "the SDK for Rust cannot read a file with an indented line right below a section header; remove the indentation";
const INDENTED: &str = "some tools take an indented line as part of the value above; remove the indentation";
const KEY: &str = "some tools do not find this key; write it in lower-case letters, digits and `_`";
const EMPTY: &str = "the SDK for JavaScript ignores a key without a value; add one or remove the line";
const COMMENT: &str = "AWS CLI and boto3 take the comment as part of the value; move it to a line of its own";
const QUOTED: &str = "some tools remove the quotes around a value, others keep them; write it without quotes";
const QUOTED_ENDS: &str = "some tools remove the first and the last quote of a value, others keep both; write it so that it does \
                           not begin and end with a quote";
const CHARACTER: &str =
    "some tools read control characters and those outside ASCII differently; write it in plain ASCII";
const SEVERAL_LINES: &str = "some tools read only the first line of a value; write it on one line";
const NOT_NESTED: &str = "only nested settings count here, such as an indented `endpoint_url` below `sts =`";
const INDENTED_COMMENT: &str = "the SDK for Rust does not take an indented line as a comment; remove the indentation";
const WHITE_SPACE: &str = "some tools do not take this line as blank; remove what is on it";
const CARRIAGE_RETURN: &str = "only AWS CLI and boto3 end a line at a lone carriage return; end it with a line feed";
const HEADER: &str =
    "some tools do not take this line as a section header; remove the indentation and what follows the `]`";
const NAME: &str = "some tools do not find a section of this name; use letters, digits and `_.@%+:/-`, without quotes";
const RESERVED: &str = "some tools give this name a meaning of its own; use another one";
const FOR_ALL: &str = "only AWS CLI and boto3 give these settings to every section; write them where they are needed";
const NO_SETTINGS: &str = "the SDK for JavaScript ignores a section without settings; add one or remove the section";

/// A line that not all of AWS's tools read alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Warning {
    /// From 1.
    pub(crate) line: usize,
    /// Place, cause and remedy in one line.
    pub(crate) text: String,
}

impl Document<'_> {
    /// One warning for each line outside `managed`, a range of bytes, that not all tools read alike.
    ///
    /// Meant for a file without [`Document::faults`]: AWS CLI can't read any other.
    pub(crate) fn lint(&self, managed: &Range<usize>) -> Vec<Warning> {
        let mut linter = Linter { document: self, section: None, above: Above::Header };
        let mut sections = self.sections().iter();
        let mut warnings = Vec::new();
        for (index, line) in self.lines().iter().enumerate() {
            if line.kind == LineKind::Header {
                linter.section = sections.next();
            }
            let text = linter.read(index, line);
            if let Some(text) = text.filter(|_| !managed.contains(&line.range().start)) {
                warnings.push(Warning { line: index + 1, text });
            }
        }
        warnings
    }
}

struct Linter<'d, 'a> {
    document: &'d Document<'a>,
    section: Option<&'d Section>,
    above: Above<'a>,
}

/// The line above, which an indented line continues.
#[derive(Clone, Copy)]
enum Above<'a> {
    Header,
    /// A key without a value: a nested block begins.
    Block,
    /// The key of a value on one line.
    Value(&'a [u8]),
    /// A value of several lines that has its warning, or needs none.
    SeveralLines,
}

impl<'a> Linter<'_, 'a> {
    fn read(&mut self, index: usize, line: &Line) -> Option<String> {
        let bytes = self.document.bytes();
        let text = &bytes[line.content()];
        let warning = match line.kind {
            LineKind::Header => self.header(index, text),
            LineKind::Entry => self.setting(index, text),
            LineKind::Continuation => self.indented(text),
            LineKind::Comment if !matches!(text[0], b'#' | b';') => Some(self.about_line(INDENTED_COMMENT)),
            LineKind::Blank if !trim(text).is_empty() => Some(self.about_line(WHITE_SPACE)),
            LineKind::Comment | LineKind::Blank | LineKind::Invalid(_) => None,
        };
        let is_lone = &bytes[line.ending()] == b"\r";
        if is_lone { Some(self.about_line(CARRIAGE_RETURN)) } else { warning }
    }

    fn header(&mut self, index: usize, text: &[u8]) -> Option<String> {
        self.above = Above::Header;
        let section = self.section?;
        let rule = header_rule(self.document, section, text);
        let is_ignored = rule.is_none() && matches!(section.id, SectionId::Other(_));
        let first = self.document.find(&section.id).next()?;
        if first != section && !matches!(section.id, SectionId::Other(_)) {
            let line = first.header_line + 1;
            let rule = format!("the same section as on line {line}, but some tools read only one of them; join them");
            return Some(self.about_header(&rule));
        }
        let is_empty = !is_ignored && self.next(index) != Some(LineKind::Entry);
        rule.or(is_empty.then_some(NO_SETTINGS)).map(|rule| self.about_header(rule))
    }

    fn setting(&mut self, index: usize, text: &'a [u8]) -> Option<String> {
        let LintedPair { key, delimiter, value } = LintedPair::split(text)?;
        let is_first = matches!(self.above, Above::Header);
        let is_cli = key.to_ascii_lowercase().starts_with(b"cli_");
        self.above = match value {
            b"" => Above::Block,
            _ if is_cli => Above::SeveralLines,
            _ => Above::Value(key),
        };
        let is_services = self.section.is_some_and(|section| matches!(section.id, SectionId::Services(_)));
        let rule = match value {
            _ if is_blank(text[0]) => Some(if is_first { INDENTED_FIRST } else { INDENTED }),
            _ if delimiter == b':' => Some(if text.contains(&b'=') { COLON } else { NO_EQUALS }),
            // No other tool reads AWS CLI's own settings.
            _ if is_cli => None,
            _ if !is_key(key) => Some(KEY),
            b"" => (self.next(index) != Some(LineKind::Continuation)).then_some(EMPTY),
            _ if is_services => Some(NOT_NESTED),
            value => value_rule(key, value),
        };
        rule.map(|rule| self.about_key(key, rule))
    }

    fn indented(&mut self, text: &'a [u8]) -> Option<String> {
        match self.above {
            Above::Header | Above::SeveralLines => None,
            Above::Value(key) => {
                self.above = Above::SeveralLines;
                Some(self.about_key(key, SEVERAL_LINES))
            }
            Above::Block => {
                let LintedPair { key, delimiter, value } = LintedPair::split(text)?;
                let rule = match value {
                    _ if delimiter == b':' => Some(COLON),
                    _ if !is_key(key) => Some(KEY),
                    b"" => Some(EMPTY),
                    value => value_rule(key, value),
                };
                rule.map(|rule| self.about_key(key, rule))
            }
        }
    }

    /// The next line that is neither blank nor a comment.
    fn next(&self, index: usize) -> Option<LineKind> {
        let mut kinds = self.document.lines()[index + 1..].iter().map(|line| line.kind);
        kinds.find(|kind| !matches!(kind, LineKind::Blank | LineKind::Comment))
    }

    fn about_header(&self, rule: &str) -> String {
        format!("{}: {rule}", self.section_text())
    }

    /// Does not show a key of odd length or with odd characters: it may be a part of a secret.
    fn about_key(&self, key: &[u8], rule: &str) -> String {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:/ ".contains(byte);
        if key.len() > LONGEST_KEY || !key.iter().all(is_plain) {
            return self.about_line(rule);
        }
        format!("key {:?} of {}: {rule}", String::from_utf8_lossy(key), self.section_text())
    }

    fn about_line(&self, rule: &str) -> String {
        if self.section.is_none() {
            format!("the line: {rule}")
        } else {
            format!("a line of {}: {rule}", self.section_text())
        }
    }

    /// A header with its brackets, and without what follows them.
    fn section_text(&self) -> String {
        self.section.map_or_else(String::new, |section| display_safe(&self.document.text(&section.header)))
    }
}

/// The rule that a header breaks, so that not every tool finds its section by the name that AWS CLI finds it by.
fn header_rule(document: &Document<'_>, section: &Section, text: &[u8]) -> Option<&'static str> {
    let behind = &text[text.iter().rposition(|byte| *byte == b']').map_or(0, |at| at + 1)..];
    let is_comment = behind.first().is_some_and(|byte| is_blank(*byte)) && matches!(trim(behind), [b'#' | b';', ..]);
    if text[0] != b'[' || !trim(behind).is_empty() && !is_comment {
        return Some(HEADER);
    }
    let header = document.name(section);
    let words = match (document.kind(), header.iter().position(|byte| *byte == b' ')) {
        (FileKind::Config, Some(blank)) => Some((&header[..blank], &header[blank + 1..])),
        _ => None,
    };
    let (is_typed, name) = match words {
        Some((b"profile" | b"sso-session" | b"services", name)) => (true, name),
        Some((word, name)) if is_name(word) => (false, name),
        _ => (false, header),
    };
    if header == DEFAULTS.as_bytes() {
        Some(FOR_ALL)
    } else if name.eq_ignore_ascii_case(b"default") && name != b"default" || name == b"__proto__" {
        Some(RESERVED)
    } else if (is_name(name) || name == b"default") && (is_typed || !is_nearly_typed(header, document.kind())) {
        None
    } else {
        Some(NAME)
    }
}

/// True for `[profile.a]` and `[profile-x y]`, which some tools read as profiles.
fn is_nearly_typed(header: &[u8], kind: FileKind) -> bool {
    let begins = |word: &[u8]| header.starts_with(word);
    kind == FileKind::Config && [&b"profile"[..], b"sso-session", b"services"].into_iter().any(begins)
}

fn value_rule(key: &[u8], value: &[u8]) -> Option<&'static str> {
    let is_mark = |byte: u8| matches!(byte, b'#' | b';');
    if is_mark(value[0]) || value.windows(2).any(|pair| is_blank(pair[0]) && is_mark(pair[1])) {
        return Some(COMMENT);
    }
    match defect(value)? {
        Defect::Comment => Some(COMMENT),
        // Without its quotes, a command line or a list of quoted words would mean something else.
        Defect::Quoted
            if key == b"credential_process"
                || value.iter().skip(1).filter(|byte| **byte == value[0]).nth(1).is_some() =>
        {
            Some(QUOTED_ENDS)
        }
        Defect::Quoted => Some(QUOTED),
        Defect::Character => Some(CHARACTER),
        Defect::Empty => Some(EMPTY),
        // All of AWS's tools trim blanks and keep a backslash.
        Defect::OuterBlank | Defect::Continued => None,
    }
}

/// The parts of a setting, without the blanks around them.
struct LintedPair<'l> {
    key: &'l [u8],
    delimiter: u8,
    value: &'l [u8],
}

impl<'l> LintedPair<'l> {
    fn split(line: &'l [u8]) -> Option<Self> {
        let at = line.iter().position(|byte| matches!(byte, b'=' | b':'))?;
        Some(Self { key: trim(&line[..at]), delimiter: line[at], value: trim(&line[at + 1..]) })
    }
}

/// All tools take these for white space.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn trim(text: &[u8]) -> &[u8] {
    let is_visible = |byte: &u8| !is_blank(*byte);
    match (text.iter().position(is_visible), text.iter().rposition(is_visible)) {
        (Some(first), Some(last)) => &text[first..=last],
        _ => b"",
    }
}

//! Owns sections and entries as places in the bytes, and what a header names. Must not know what keys mean.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::blank;
use super::shlex;

/// The header whose keys `RawConfigParser` gives to every other section.
pub(super) const DEFAULTS: &str = "DEFAULT";

/// Which of the two files a text is: headers mean different things in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `~/.aws/config`.
    Config,
    /// `~/.aws/credentials`.
    Credentials,
}

/// What a header names to botocore, however it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum SectionId {
    /// `[default]`, and in the config file also `[profile default]`.
    Default,
    /// `[profile NAME]` in the config file, unquoted; in the credentials file the text between the brackets.
    /// `Profile("default")` finds what [`SectionId::Default`] finds.
    Profile(String),
    /// `[sso-session NAME]` of the config file.
    SsoSession(String),
    /// `[services NAME]` of the config file.
    Services(String),
    /// The text between the brackets of any other header: `[preview]`, `[profile a b]`, `[DEFAULT]`.
    Other(String),
}

impl SectionId {
    /// What the text between the brackets names.
    pub(crate) fn parse(header: &str, kind: FileKind) -> Self {
        match (header, kind) {
            ("default", _) => Self::Default,
            (DEFAULTS, _) => Self::Other(header.to_owned()),
            (_, FileKind::Credentials) => Self::Profile(header.to_owned()),
            (_, FileKind::Config) => Self::typed(header).unwrap_or_else(|| Self::Other(header.to_owned())),
        }
    }

    /// botocore looks only at how the header begins, so `[profile-foo bar]` is the profile `bar`.
    fn typed(header: &str) -> Option<Self> {
        let make = if header.starts_with("profile") {
            Self::profile
        } else if header.starts_with("sso-session") {
            Self::SsoSession
        } else if header.starts_with("services") {
            Self::Services
        } else {
            return None;
        };
        // Nearly all headers are such, and there are thousands.
        let is_plain = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if let Some((sort, name)) = header.split_once(' ')
            && !name.is_empty()
            && is_plain(sort)
            && is_plain(name)
        {
            return Some(make(name.to_owned()));
        }
        let [_, name] = <[String; 2]>::try_from(shlex::split(header)?).ok()?;
        Some(make(name))
    }

    fn profile(name: String) -> Self {
        if name == "default" { Self::Default } else { Self::Profile(name) }
    }

    /// What look-up compares: the sort of section and its name.
    pub(super) fn key(&self) -> (u8, &str) {
        match self {
            Self::Default => (0, ""),
            Self::Profile(name) if name == "default" => (0, ""),
            Self::Profile(name) => (1, name),
            Self::SsoSession(name) => (2, name),
            Self::Services(name) => (3, name),
            Self::Other(name) => (4, name),
        }
    }
}

/// The text between the brackets of a section of the config file, as awsauth writes it.
impl fmt::Display for SectionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::Profile(name) => write!(formatter, "profile {name}"),
            Self::SsoSession(name) => write!(formatter, "sso-session {name}"),
            Self::Services(name) => write!(formatter, "services {name}"),
            Self::Other(name) => formatter.write_str(name),
        }
    }
}

/// One header with the lines below it, up to the next header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// What the header names.
    pub(crate) id: SectionId,
    /// From `[` through the last `]`.
    pub(crate) header: Range<usize>,
    /// What stands between them.
    pub(crate) name: Range<usize>,
    /// The header's index in the document's lines.
    pub(crate) header_line: usize,
    /// From the header's line, without a byte order mark, to the next header's line or the end.
    pub(crate) range: Range<usize>,
    /// The end of the last line that is neither blank nor a comment: what comes after may belong to the next section.
    pub(crate) body_end: usize,
    /// Its entries, as places in the list of all.
    pub(super) entries: Range<usize>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    key: Range<usize>,
    value: Range<usize>,
    range: Range<usize>,
}

impl Entry {
    /// An entry of one line so far.
    pub(super) fn new(key: Range<usize>, value: Range<usize>, range: Range<usize>) -> Self {
        Self { key, value, range }
    }

    /// Takes the lines up to `end` into it.
    pub(super) fn extend(&mut self, end: usize) {
        self.range.end = end;
    }

    /// The key as written.
    pub(crate) fn key(&self) -> Range<usize> {
        self.key.clone()
    }

    /// The value on the key's own line, trimmed; it ends with the visible text, so ` # this` is part of it.
    pub(crate) fn value(&self) -> Range<usize> {
        self.value.clone()
    }

    /// All its lines, continuation lines and the comments between them included, line ends too.
    pub(crate) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The key as botocore compares it.
    pub(super) fn lower_key<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        blank::lower(&bytes[self.key()])
    }

    /// One past the `=` or `:`.
    pub(super) fn after_delimiter(&self, bytes: &[u8]) -> usize {
        let (key, value) = (self.key(), self.value());
        let between = &bytes[key.end..value.start];
        key.end + between.iter().position(|byte| matches!(byte, b'=' | b':')).map_or(0, |at| at + 1)
    }
}

/// One setting inside a nested block such as `s3 =`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NestedEntry {
    /// The key as written; its case counts.
    pub(crate) key: Range<usize>,
    /// The value, trimmed.
    pub(crate) value: Range<usize>,
}

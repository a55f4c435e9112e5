//! Owns sections and entries as places in the bytes, and which section a header names. Must not know what keys mean.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::python_space;
use super::shlex;

/// The header whose keys `RawConfigParser` gives to every other section.
pub(super) const DEFAULTS: &str = "DEFAULT";

/// Which of the two files a text is: headers mean different things in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `~/.aws/config`
    Config,
    /// `~/.aws/credentials`
    Credentials,
}

impl FileKind {
    /// The name of the file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Credentials => "credentials",
        }
    }
}

/// A section by its type and name, however its header is written. The order is the one that look-up needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SectionId {
    /// `[profile NAME]` in the config file, unquoted; in the credentials file the text between the brackets. The profile
    /// `default` is `[default]` in both, and in the config file also `[profile default]`.
    Profile(String),
    /// `[sso-session NAME]` of the config file.
    SsoSession(String),
    /// `[services NAME]` of the config file.
    Services(String),
    /// The text between the brackets of any other header: `[preview]`, `[profile a b]`, `[DEFAULT]`.
    Other(String),
}

impl SectionId {
    /// Reads the text between the brackets.
    pub(crate) fn parse(header: &str, kind: FileKind) -> Self {
        match (header, kind) {
            (DEFAULTS, _) => Self::Other(header.to_owned()),
            ("default", _) | (_, FileKind::Credentials) => Self::Profile(header.to_owned()),
            (_, FileKind::Config) => Self::typed(header).unwrap_or_else(|| Self::Other(header.to_owned())),
        }
    }

    /// botocore looks only at how the header begins, so `[profile-foo bar]` is the profile `bar`.
    fn typed(header: &str) -> Option<Self> {
        let make = if header.starts_with("profile") {
            Self::Profile
        } else if header.starts_with("sso-session") {
            Self::SsoSession
        } else if header.starts_with("services") {
            Self::Services
        } else {
            return None;
        };
        let [_, name] = <[String; 2]>::try_from(shlex::split(header)?).ok()?;
        Some(make(name))
    }

    /// The name without the type.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Profile(name) | Self::SsoSession(name) | Self::Services(name) | Self::Other(name) => name,
        }
    }

    /// The profile's name; none for a section of another type.
    pub(crate) fn profile(&self) -> Option<&str> {
        if let Self::Profile(name) = self { Some(name) } else { None }
    }

    /// The text between the brackets as awsauth writes it.
    pub(crate) fn header(&self, kind: FileKind) -> String {
        if kind == FileKind::Config { self.to_string() } else { self.name().to_owned() }
    }
}

/// The header in the config file.
impl fmt::Display for SectionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(name) if name == "default" => formatter.write_str(name),
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
    pub(crate) id: SectionId,
    /// From `[` through the last `]`.
    pub(crate) header: Range<usize>,
    /// The text between the brackets.
    pub(crate) name: Range<usize>,
    /// The header's index in the document's lines.
    pub(crate) header_line: usize,
    /// From the header's line, without a byte order mark, to the next header's line or the end.
    pub(crate) range: Range<usize>,
    /// The end of the last line that is neither blank nor a comment: what comes after may belong to the next section.
    pub(crate) body_end: usize,
    /// Places in the document's list of all entries.
    pub(super) entries: Range<usize>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
    pub(super) range: Range<usize>,
}

impl Entry {
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
        python_space::lower(&bytes[self.key()])
    }

    /// One past the `=` or `:`.
    pub(super) fn after_delimiter(&self, bytes: &[u8]) -> usize {
        let between = &bytes[self.key.end..self.value.start];
        self.key.end + memchr::memchr2(b'=', b':', between).map_or(0, |at| at + 1)
    }
}

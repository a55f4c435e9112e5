//! Owns text that may be shown on a terminal. Must not know which text that is.

use crate::source::display_safe;

/// Lines for a terminal. Their colours and line ends are awsauth's own; control characters of anything they quote are
/// replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TerminalText(String);

impl TerminalText {
    /// Each of `lines` without colours, whatever it quotes. A newline in one of them becomes a blank, so that nothing quoted
    /// can look like a line of awsauth's.
    pub(crate) fn lines(lines: impl IntoIterator<Item: AsRef<str>>) -> Self {
        Self(lines.into_iter().map(|line| display_safe(line.as_ref()) + "\n").collect())
    }

    /// Text that is taken as it is, colours too. The caller has passed everything that it quotes through [`display_safe`].
    pub(crate) fn trusted(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::ops::AddAssign<Self> for TerminalText {
    fn add_assign(&mut self, more: Self) {
        self.0.push_str(&more.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_line_end_or_escape_begins_no_line_and_no_colour() {
        let text = TerminalText::lines(["a\nerror: forged", "\u{1b}[31mred"]);
        assert_eq!(text.as_str(), "a error: forged\n␛[31mred\n");
    }
}

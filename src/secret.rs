//! Owns values that must never reach a log, an error or a `Debug` print. Must not know what they are for.

use std::fmt;

use zeroize::Zeroize;

/// A text that shows itself only through [`Secret::expose`], and is wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// Takes the text over.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Each call is a place where a secret becomes visible: keep them few.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[REDACTED]")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Words that make a key's value a secret.
const SECRET_WORDS: [&str; 4] = ["secret", "token", "password", "private"];

/// `text`, TOML or INI, with `*` for every byte of the values of keys that sound secret; as long as before, so that
/// places in it stay true.
pub(crate) fn mask_values(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let mut masked = String::with_capacity(text.len());
    // How deep the secret is indented that deeper lines go on with.
    let mut open: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        if open.is_some_and(|open| indent(line) > open) && !line.trim().is_empty() {
            masked.extend(line.chars().map(mask_char));
            continue;
        }
        let done = mask_line(line);
        if !line.trim().is_empty() {
            open = line.find(['=', ':']).filter(|at| is_secret_key(&line[..=*at])).map(|_| indent(line));
        }
        masked.push_str(&done);
    }
    masked
}

fn mask_char(character: char) -> String {
    if character.is_whitespace() { character.to_string() } else { "*".repeat(character.len_utf8()) }
}

fn mask_line(line: &str) -> String {
    let mut masked = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(delimiter) = rest.find(['=', ':']) {
        let (before, after) = rest.split_at(delimiter + 1);
        masked.push_str(before);
        let value = if is_secret_key(before) { value_length(after) } else { 0 };
        masked.extend(after[..value].chars().map(mask_char));
        rest = &after[value..];
    }
    masked + rest
}

/// Whether the word before a delimiter names a secret.
fn is_secret_key(before: &str) -> bool {
    let word = before[..before.len() - 1].trim_end_matches(|c: char| c.is_whitespace() || "\"'".contains(c));
    let start = word.rfind(|c: char| !(c.is_alphanumeric() || "_-".contains(c))).map_or(0, |at| at + 1);
    let word = word.get(start..).unwrap_or(word).to_ascii_lowercase();
    SECRET_WORDS.iter().any(|secret| word.contains(secret))
}

/// How many bytes a value takes: through its closing quote, or to the end of the line.
fn value_length(after: &str) -> usize {
    let blanks = after.len() - after.trim_start().len();
    let value = &after[blanks..];
    match value.chars().next().filter(|first| "\"'".contains(*first)) {
        Some(quote) => value[1..].find(quote).map_or(after.len(), |end| blanks + end + 2),
        None => after.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secret_keys_are_masked_in_place() {
        for (text, expected) in [
            ("aws_secret_access_key = abc\n", "aws_secret_access_key = ***\n"),
            ("# AWS_SESSION_TOKEN: äb\r\n", "# AWS_SESSION_TOKEN: ***\r\n"),
            ("s = { \"my_token\" = \"a=b\", region = \"x\" }", "s = { \"my_token\" = *****, region = \"x\" }"),
            ("password = 'unclosed", "password = *********"),
            ("region = \"secret\"\n[a]\n", "region = \"secret\"\n[a]\n"),
            ("my_token =\n  ab\n\n\tc=d\nregion = x\n", "my_token =\n  **\n\n\t***\nregion = x\n"),
            (" my_token = a\n region = x\n", " my_token = *\n region = x\n"),
        ] {
            assert_eq!(mask_values(text), expected);
            assert_eq!(mask_values(text).len(), text.len());
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let shown = format!("{:?}", Some(Secret::new("wJalrXUtnFEMI")));
        assert_eq!(shown, "Some([REDACTED])");
    }
}

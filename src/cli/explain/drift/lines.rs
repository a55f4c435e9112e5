//! Owns lines of a manifest as text, without values that may be secrets. Must not know sections of files.

use crate::manifest::{TableForm, TableForms, toml_key, toml_text};
use crate::plan::SectionValue;
use crate::secret::mask_values;

/// The differences of sections in words.
#[derive(Debug, Default)]
pub(crate) struct Explanation {
    /// One sentence for each difference.
    pub(crate) sentences: Vec<String>,
    /// TOML that would make the manifest give the file's values.
    pub(crate) lines: Vec<String>,
    /// One sentence for each value that no manifest can give.
    pub(crate) impossible: Vec<String>,
    /// One sentence for each source profile that the manifest does not have.
    pub(crate) other_sources: Vec<String>,
}

impl Explanation {
    /// Adds keys for a table of the manifest. A table that has a header can't be begun again.
    pub(super) fn add(&mut self, path: &[&str], forms: &TableForms<'_>, keys: Vec<String>) {
        let table = path.iter().map(|name| toml_key(name)).collect::<Vec<_>>().join(".");
        let opening = match forms.get(path) {
            TableForm::Header => format!("# in [{table}]:"),
            TableForm::Keys => format!("# next to the other keys of {table}:"),
            TableForm::Missing => format!("[{table}]"),
        };
        if !keys.is_empty() && !self.lines.contains(&opening) {
            self.lines.push(opening);
            self.lines.extend(keys);
        }
    }
}

/// False for a line that could hold a secret: by its key or its form, as an address with a user, as a command, or in a
/// second line, which may be anything.
pub(super) fn is_harmless(key: &str, line: &str) -> bool {
    let has_user = |rest: &str| rest.split(['/', '?', '#', ' ', '"']).next().is_some_and(|host| host.contains('@'));
    !line.split("://").skip(1).any(has_user)
        && key != "credential_process"
        && !line.contains('\n')
        && mask_values(line) == line
}

/// A line of the manifest, with a comment about the value that it replaces.
pub(super) fn instead(line: String, key: &str, given: Option<&SectionValue>) -> String {
    match given {
        Some(given) => format!("{line}  # instead of {}", toml(key, given)),
        None => line,
    }
}

/// Seconds and lists are no strings in a manifest.
pub(super) fn toml(key: &str, value: &SectionValue) -> String {
    match value {
        SectionValue::Text(text) if key == "duration_seconds" && text.parse::<u32>().is_ok() => text.clone(),
        SectionValue::Text(text) if key == "sso_registration_scopes" => {
            let scopes: Vec<String> = text.split(',').map(|scope| toml_text(scope.trim())).collect();
            format!("[{}]", scopes.join(", "))
        }
        SectionValue::Text(text) => toml_text(text),
        SectionValue::Nested(pairs) => {
            let pairs: Vec<String> =
                pairs.iter().map(|(name, value)| format!("{} = {}", toml_key(name), toml_text(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_the_manifest_are_toml() {
        let text = |text: &str| SectionValue::Text(text.to_owned());
        assert_eq!(toml("duration_seconds", &text("900")), "900");
        assert_eq!(toml("sso_registration_scopes", &text("a:b, c")), r#"["a:b", "c"]"#);
        assert_eq!(toml("region", &text("a\"b\\${x}")), r#""a\"b\\$${x}""#);
        let nested = SectionValue::Nested(vec![("max_queue_size".to_owned(), "9".to_owned())]);
        assert_eq!(toml("s3", &nested), r#"{ max_queue_size = "9" }"#);
        assert_eq!((toml_key("a-b_1"), toml_key("a.b@c")), ("a-b_1".to_owned(), "\"a.b@c\"".to_owned()));
    }
}

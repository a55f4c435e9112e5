//! Owns lines of a manifest as text, and which values they may show. Must not know sections of files.

use crate::manifest::{toml_key, toml_text};
use crate::plan::Value;
use crate::secret::mask_values;

/// What there is to say about sections that differ.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// One line for each difference.
    pub(crate) told: Vec<String>,
    /// The manifest's lines that would give what the file holds; TOML.
    pub(crate) lines: Vec<String>,
    /// What no manifest can give, one line each.
    pub(crate) impossible: Vec<String>,
}

/// Whether a line holds nothing that could be a secret: none by its key or its shape, no address with a user, no command,
/// and no second line, which may be anything.
pub(super) fn is_harmless(key: &str, line: &str) -> bool {
    let is_address_with_name = line.split("://").skip(1).any(|rest| {
        let host = rest.split(['/', '?', '#', ' ', '"']).next().unwrap_or_default();
        host.contains('@')
    });
    !is_address_with_name && key != "credential_process" && !line.contains('\n') && mask_values(line) == line
}

/// A line of the manifest that takes the place of the one that is `given`.
pub(super) fn instead(line: String, key: &str, given: Option<&Value>) -> String {
    match given {
        Some(given) => format!("{line}  # instead of {}", toml(key, given)),
        None => line,
    }
}

/// A value as TOML. Seconds and lists are no strings in a manifest.
pub(super) fn toml(key: &str, value: &Value) -> String {
    match value {
        Value::Text(text) if key == "duration_seconds" && text.parse::<u32>().is_ok() => text.clone(),
        Value::Text(text) if key == "sso_registration_scopes" => {
            let scopes: Vec<String> = text.split(',').map(|scope| toml_text(scope.trim())).collect();
            format!("[{}]", scopes.join(", "))
        }
        Value::Text(text) => toml_text(text),
        Value::Nested(pairs) => {
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
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(toml("duration_seconds", &text("900")), "900");
        assert_eq!(toml("sso_registration_scopes", &text("a:b, c")), r#"["a:b", "c"]"#);
        assert_eq!(toml("region", &text("a\"b\\${x}")), r#""a\"b\\$${x}""#);
        let nested = Value::Nested(vec![("max_queue_size".to_owned(), "9".to_owned())]);
        assert_eq!(toml("s3", &nested), r#"{ max_queue_size = "9" }"#);
        assert_eq!((toml_key("a-b_1"), toml_key("a.b@c")), ("a-b_1".to_owned(), "\"a.b@c\"".to_owned()));
    }
}

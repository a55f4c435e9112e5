//! Owns texts that end up as values in AWS's files or calls, each within its own alphabet.

use thiserror::Error;

/// The reasons for which a text can't be such a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum TextError {
    #[error("{what} has {least} to {most} characters, this one has {length}")]
    Length { what: &'static str, least: usize, most: usize, length: usize },
    #[error("{what} can't contain {character:?}")]
    Character { what: &'static str, character: char },
    #[error("{0}")]
    Unportable(&'static str),
}

fn within(
    text: &str,
    what: &'static str,
    (least, most): (usize, usize),
    extra: &'static str,
) -> Result<Box<str>, TextError> {
    if let Some(character) = text
        .chars()
        .find(|character| !(character.is_ascii_alphanumeric() || *character == '_' || extra.contains(*character)))
    {
        return Err(TextError::Character { what, character });
    }
    let length = text.len();
    if (least..=most).contains(&length) {
        Ok(text.into())
    } else {
        Err(TextError::Length { what, least, most, length })
    }
}

macro_rules! text {
    ($(#[$meta:meta])* $name:ident, $check:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub(crate) struct $name(Box<str>);

        impl $name {
            pub(crate) fn new(text: &str) -> Result<Self, TextError> {
                let check: fn(&str) -> Result<Box<str>, TextError> = $check;
                check(text).map(Self)
            }

            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

text! {
    /// STS's `RoleSessionName`: 2–64 of `[\w+=,.@-]`.
    RoleSessionName, |text| within(text, "a role session name", (2, 64), "+=,.@-")
}
text! {
    /// STS's `ExternalId`: 2–1224 of `[\w+=,.@:/-]`.
    ExternalId, |text| within(text, "an external id", (2, 1224), "+=,.@:/-")
}
text! {
    /// The name of an IAM Identity Center permission set: 1–32 of `[\w+=,.@-]`.
    SsoRoleName, |text| within(text, "an SSO role name", (1, 32), "+=,.@-")
}
text! {
    /// A value that every AWS SDK reads from a config file exactly as it is written (aws-facts §1.3).
    ConfigText, portable
}

impl ConfigText {
    /// The empty value, which JavaScript's SDK reads as none at all (aws-facts §1.2): only for keys where that means the same.
    pub(crate) fn empty() -> Self {
        Self("".into())
    }
}

fn portable(text: &str) -> Result<Box<str>, TextError> {
    let what = "a value in ~/.aws/config";
    if text.is_empty() {
        return Err(TextError::Unportable("an empty value is read differently by AWS's SDKs"));
    }
    if let Some(character) = text.chars().find(|character| !(' '..='~').contains(character)) {
        return Err(TextError::Character { what, character });
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return Err(TextError::Unportable("blanks at the ends of a value are lost in ~/.aws/config"));
    }
    if text.starts_with(['#', ';']) || text.contains(" #") || text.contains(" ;") {
        return Err(TextError::Unportable("some of AWS's SDKs take `#` or `;` after a blank for a comment"));
    }
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''));
    if quote.is_some_and(|quote| text.ends_with(quote)) {
        return Err(TextError::Unportable("some of AWS's SDKs take quotes around a value away"));
    }
    if text.ends_with('\\') {
        return Err(TextError::Unportable("many readers go on with the next line after a `\\` at the end of a value"));
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_text_can_not_leave_its_line_or_be_misread() {
        for good in ["a", "https://x/start#/", "a b", "\"a", "x\"y", "50%", "a\\b"] {
            assert_eq!(ConfigText::new(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            " a",
            "a ",
            "a\nb",
            "a\rb",
            "a\0",
            "a\u{2028}b",
            "a\tb",
            "a #b",
            "a ;b",
            "#a",
            ";a",
            "\"a\"",
            "'",
            "é",
            "a\\",
        ] {
            assert!(ConfigText::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_alphabets_of_sts_hold() {
        assert!(RoleSessionName::new("alice@example.com").is_ok());
        assert!(RoleSessionName::new("a").is_err());
        assert!(RoleSessionName::new("alice smith").is_err());
        assert!(ExternalId::new("partner:42/x").is_ok());
        assert!(ExternalId::new("partner#42").is_err());
        assert!(SsoRoleName::new("").is_err());
    }
}

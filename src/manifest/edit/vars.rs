//! Owns edits that set variables in `[vars]` of a file. Must not know what they are for.

use super::keys::{Unfit, set_keys};
use crate::manifest::vars::is_name;
use crate::source::Source;

#[derive(Debug, thiserror::Error)]
pub(crate) enum SetError {
    #[error(transparent)]
    Unfit(#[from] Unfit),
    #[error("`{0}` can't be the name of a variable: use letters, digits, `_` and `-`")]
    Name(String),
    #[error("the value of `{0}` can't contain `${{`")]
    Nested(String),
}

/// Sets variables by name and value in `[vars]` of a file.
pub(crate) fn set_variables(source: &Source, values: &[(String, String)]) -> Result<String, SetError> {
    for (name, value) in values {
        match () {
            () if !is_name(name) => return Err(SetError::Name(name.clone())),
            () if value.contains("${") => return Err(SetError::Nested(name.clone())),
            () => {}
        }
    }
    Ok(set_keys(source, &["vars"], values)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, values: &[(&str, &str)]) -> Result<String, SetError> {
        let values: Vec<_> = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        set_variables(&Source::new("profiles.local.toml", text), &values)
    }

    #[test]
    fn values_are_set_and_everything_else_stays() {
        for (text, expected) in [
            ("", "[vars]\nuser = \"alice\"\n"),
            (
                "# mine\n[settings]\nprompt = \"tty\" # so\n",
                "# mine\n[settings]\nprompt = \"tty\" # so\n\n[vars]\nuser = \"alice\"\n",
            ),
            ("[vars] # v\n# b\nb = '1'\n\n[settings]\n", "[vars] # v\n# b\nb = '1'\nuser = \"alice\"\n\n[settings]\n"),
            ("vars = { user = \"bob\", b = \"1\" }\n", "vars = { user = \"alice\", b = \"1\" }\n"),
            ("vars.user = 'bob'  # me\n", "vars.user = \"alice\"  # me\n"),
            ("[vars]\r\na = '1'\n[settings]\r\n", "[vars]\r\na = '1'\nuser = \"alice\"\r\n[settings]\r\n"),
            ("[vars]\nuser = 'bob'", "[vars]\nuser = \"alice\""),
            ("version = 1", "version = 1\n\n[vars]\nuser = \"alice\""),
        ] {
            assert_eq!(set(text, &[("user", "alice")]).unwrap(), expected, "{text}");
        }
        assert_eq!(
            set("", &[("a", "\"\\\n\u{1b}é")]).unwrap().parse::<toml_edit::DocumentMut>().unwrap()["vars"]["a"]
                .as_str(),
            Some("\"\\\n\u{1b}é")
        );
    }

    #[test]
    fn what_can_not_be_set_is_refused() {
        assert!(matches!(set("x = ", &[("a", "b")]), Err(SetError::Unfit(_))));
        assert!(matches!(set("vars = 1\n", &[("a", "b")]), Err(SetError::Unfit(_))));
        assert!(matches!(set("", &[("a b", "c")]), Err(SetError::Name(_))));
        assert!(matches!(set("", &[("a", "${b}")]), Err(SetError::Nested(_))));
    }
}

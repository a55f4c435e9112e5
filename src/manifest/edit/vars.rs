//! Owns edits that set variables in `[vars]` of a file. Must not know what they are for.

use toml_edit::Document;

use super::form::{Form, add_section};
use super::text::{TextEdit, splice};
use crate::manifest::vars::is_name;
use crate::source::Source;

#[derive(Debug, thiserror::Error)]
pub(crate) enum SetError {
    /// The file is not TOML, or its `vars` is no table.
    #[error("[vars] can't be written into this file: {0}")]
    Unfit(String),
    #[error("`{0}` can't be the name of a variable: use letters, digits, `_` and `-`")]
    Name(String),
    #[error("the value of `{0}` can't contain `${{`")]
    Nested(String),
}

/// Sets variables by name and value in `[vars]` of a file.
pub(crate) fn set_variables(source: &Source, values: &[(String, String)]) -> Result<String, SetError> {
    let unfit = |reason: &str| SetError::Unfit(reason.to_owned());
    let source = &source.text;
    let document = Document::parse(source.as_str()).map_err(|error| unfit(error.message()))?;
    let vars = document.as_table().get_key_value("vars");
    let table = vars.map(|(_, item)| item.as_table_like().ok_or_else(|| unfit("`vars` is not a table there")));
    let table = table.transpose()?;
    let (mut edits, mut new) = (Vec::new(), Vec::new());
    for (name, value) in values {
        match () {
            () if !is_name(name) => return Err(SetError::Name(name.clone())),
            () if value.contains("${") => return Err(SetError::Nested(name.clone())),
            () => {}
        }
        let text = toml_edit::Value::from(value.as_str()).to_string();
        match table.and_then(|table| table.get(name)) {
            Some(old) => {
                let range = old.as_value().and_then(toml_edit::Value::span);
                edits.push(TextEdit { range: range.ok_or_else(|| unfit("a variable is a table there"))?, text });
            }
            None => new.push(format!("{name} = {text}")),
        }
    }
    match vars.and_then(|(key, item)| Form::of(source, key, item, None)) {
        _ if new.is_empty() => {}
        Some(form) => edits.extend(form.add(source, &new)),
        None => edits.push(add_section(source, "vars", &new)),
    }
    splice(source, edits).ok_or_else(|| unfit("its parts overlap"))
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

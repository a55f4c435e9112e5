//! Owns putting the values of variables into the text of a file; every other byte stays. Must not know what they are for.

use crate::manifest::vars::is_name;
use crate::source::Source;

#[derive(Debug, thiserror::Error)]
pub(crate) enum SetError {
    /// The file is not TOML, or its `vars` is no table.
    #[error("[vars] can't be written into this file: {0}")]
    Unfit(String),
    #[error("`{0}` can't be the name of a variable: use letters, digits, `_` and `-`")]
    Name(String),
    /// A variable in the value of another one.
    #[error("the value of `{0}` can't contain `${{`")]
    Nested(String),
}

/// Sets variables by name and value in `[vars]` of a file.
pub(crate) fn set_variables(source: &Source, values: &[(String, String)]) -> Result<String, SetError> {
    let unfit = |error: toml_edit::TomlError| SetError::Unfit(error.message().to_owned());
    let mut document: toml_edit::DocumentMut = source.text.parse().map_err(unfit)?;
    let is_new = !document.contains_key("vars");
    let vars = document.entry("vars").or_insert_with(toml_edit::table);
    let Some(vars) = vars.as_table_like_mut() else {
        return Err(SetError::Unfit("`vars` is not a table there".to_owned()));
    };
    for (name, value) in values {
        match () {
            () if !is_name(name) => return Err(SetError::Name(name.clone())),
            () if value.contains("${") => return Err(SetError::Nested(name.clone())),
            () => {}
        }
        match vars.get_mut(name).and_then(toml_edit::Item::as_value_mut) {
            Some(old) => {
                // What stands around the value, such as a comment behind it, stays.
                let decor = old.decor().clone();
                *old = toml_edit::Value::from(value.as_str());
                *old.decor_mut() = decor;
            }
            None => drop(vars.insert(name, toml_edit::value(value.as_str()))),
        }
    }
    if is_new
        && !source.text.trim().is_empty()
        && let Some(vars) = document["vars"].as_table_mut()
    {
        vars.decor_mut().set_prefix("\n");
    }
    Ok(with_ends_of(&source.text, &document.to_string()))
}

/// Keeps the line endings of `before`, since `toml_edit` writes `\n` everywhere; new lines end like the first one.
fn with_ends_of(before: &str, after: &str) -> String {
    fn plain(line: &str) -> &str {
        line.trim_end_matches('\n').trim_end_matches('\r')
    }
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let same = |(one, other): &(&&str, &&str)| plain(one) == plain(other);
    let above = old.iter().zip(&new).take_while(same).count();
    let below = old[above..].iter().rev().zip(new[above..].iter().rev()).take_while(same).count();
    let end = if old.first().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
    let mut text = old[..above].concat();
    // Only the last line of a file can have no end.
    if above > 0 && !text.ends_with('\n') && above < new.len() {
        text.push_str(end);
    }
    for line in &new[above..new.len() - below] {
        text.extend([plain(line), end]);
    }
    text + &old[old.len() - below..].concat()
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
            ("[vars]\nuser = 'bob'", "[vars]\nuser = \"alice\"\n"),
            ("version = 1", "version = 1\n\n[vars]\nuser = \"alice\"\n"),
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

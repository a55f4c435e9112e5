//! Owns edits that set and remove keys of one table of a file, whose values are strings. Must not know what they are for.

use std::ops::Range;

use toml_edit::{Document, Item, Key};

use super::form::{Form, add_section, keys};
use super::text::{TextEdit, deletions, splice, with_comments, with_empty_line};
use crate::manifest::raw::values::toml_key;
use crate::source::Source;

/// The file is not TOML, or has the table in a form that can't be edited.
#[derive(Debug, thiserror::Error)]
#[error("[{table}] can't be written into this file: {reason}")]
pub(crate) struct Unfit {
    table: String,
    reason: String,
}

/// Sets keys by name and value in the table of that path.
pub(crate) fn set_keys(source: &Source, path: &[&str], values: &[(String, String)]) -> Result<String, Unfit> {
    let unfit = |reason: &str| unfit(path, reason);
    let source = &source.text;
    let document = Document::parse(source.as_str()).map_err(|error| unfit(error.message()))?;
    let found = find(&document, path).map_err(unfit)?;
    let (mut edits, mut new) = (Vec::new(), Vec::new());
    for (name, value) in values {
        let text = toml_edit::Value::from(value.as_str()).to_string();
        match found.as_ref().and_then(|found| found.item.get(name)) {
            Some(old) => {
                let range = old.as_value().and_then(toml_edit::Value::span);
                edits.push(TextEdit { range: range.ok_or_else(|| unfit("a key is a table there"))?, text });
            }
            None => new.push(format!("{} = {text}", toml_key(name))),
        }
    }
    match found.and_then(|found| Form::of(source, found.key, found.item, found.around.as_ref())) {
        _ if new.is_empty() => {}
        Some(form) => edits.extend(form.add(source, &new)),
        None => edits.push(add_section(source, &header(path), &new)),
    }
    let text = splice(source, edits).ok_or_else(|| unfit("its parts overlap"))?;
    // A header can't begin a table that dotted or inline keys have begun.
    Document::parse(text.as_str()).map_err(|_| unfit("the tables around it are written in another form"))?;
    Ok(text)
}

/// Removes a key that stands on a line of its own, with its comments. None if the table has no such key.
pub(crate) fn remove_key(source: &Source, path: &[&str], name: &str) -> Result<Option<String>, Unfit> {
    let unfit = |reason: &str| unfit(path, reason);
    let source = &source.text;
    let document = Document::parse(source.as_str()).map_err(|error| unfit(error.message()))?;
    let Some(found) = find(&document, path).map_err(unfit)? else { return Ok(None) };
    let of_table = found.item.as_table_like().map(keys).unwrap_or_default();
    let Some((_, range)) = of_table.into_iter().find(|(key, _)| key.get() == name) else { return Ok(None) };
    if !matches!(Form::of(source, found.key, found.item, found.around.as_ref()), Some(Form::Lines(..))) {
        return Err(unfit("it is not on lines of its own"));
    }
    let range = with_empty_line(source, with_comments(source, range));
    splice(source, deletions(vec![range])).map(Some).ok_or_else(|| unfit("its parts overlap"))
}

struct FoundTable<'d> {
    key: &'d Key,
    item: &'d Item,
    /// The inline table that it is a part of.
    around: Option<Range<usize>>,
}

/// None if the file has no such table.
fn find<'d>(document: &'d Document<&str>, path: &[&str]) -> Result<Option<FoundTable<'d>>, &'static str> {
    let (mut at, mut around, mut found) = (document.as_item(), None, None);
    for name in path {
        let table = at.as_table_like().ok_or("a table around it is none there")?;
        let Some((key, item)) = table.get_key_value(name) else { return Ok(None) };
        if !item.is_table_like() {
            return Err("it is not a table there");
        }
        found = Some(FoundTable { key, item, around: around.clone() });
        around =
            item.as_inline_table().filter(|table| !table.is_dotted()).and_then(toml_edit::InlineTable::span).or(around);
        at = item;
    }
    Ok(found)
}

fn header(path: &[&str]) -> String {
    path.iter().map(|name| toml_key(name)).collect::<Vec<_>>().join(".")
}

fn unfit(path: &[&str], reason: &str) -> Unfit {
    Unfit { table: header(path), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: [&str; 2] = ["profiles", "main"];

    fn source(text: &str) -> Source {
        Source::new("profiles.local.toml", text)
    }

    fn set(text: &str) -> Result<String, Unfit> {
        set_keys(&source(text), &PATH, &[("mfa_serial".to_owned(), "GAHT12345678".to_owned())])
    }

    #[test]
    fn a_key_is_set_in_each_form_of_a_table() {
        for (text, expected) in [
            ("", "[profiles.main]\nmfa_serial = \"GAHT12345678\"\n"),
            ("[vars]\na = 'b'\n", "[vars]\na = 'b'\n\n[profiles.main]\nmfa_serial = \"GAHT12345678\"\n"),
            (
                "[profiles.main]\nmfa_serial = 'x' # old\nregion = 'y'\n",
                "[profiles.main]\nmfa_serial = \"GAHT12345678\" # old\nregion = 'y'\n",
            ),
            (
                "[profiles]\nmain = { region = 'y' }\n",
                "[profiles]\nmain = { region = 'y', mfa_serial = \"GAHT12345678\" }\n",
            ),
            (
                "profiles.main.region = 'y'\n",
                "profiles.main.region = 'y'\nprofiles.main.mfa_serial = \"GAHT12345678\"\n",
            ),
            (
                "[profiles.other]\nregion = 'y'\n",
                "[profiles.other]\nregion = 'y'\n\n[profiles.main]\nmfa_serial = \"GAHT12345678\"\n",
            ),
        ] {
            assert_eq!(set(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_table_that_can_not_be_added_is_refused_and_nothing_is_broken() {
        for text in ["x = ", "profiles = 1\n", "profiles.main = 'x'\n", "profiles = { other = {} }\n"] {
            assert!(set(text).is_err(), "{text}: {:?}", set(text));
        }
    }

    #[test]
    fn a_key_on_its_own_line_is_removed_and_others_stay() {
        let remove = |text: &str| remove_key(&source(text), &PATH, "mfa_serial");
        let text = "[profiles.main]\nregion = 'y'\n# my phone\nmfa_serial = 'x' # old\n\n[vars]\na = 'b'\n";
        let left = remove(text).unwrap().unwrap();
        assert!(left.starts_with("[profiles.main]\nregion = 'y'\n") && left.ends_with("\n[vars]\na = 'b'\n"), "{left}");
        assert!(!left.contains("mfa_serial"));
        assert_eq!(remove("[vars]\n").unwrap(), None);
        assert!(remove("profiles.main = { mfa_serial = 'x' }\n").is_err());
    }
}

//! Owns `[accounts]` as it is written in one file, in any of TOML's forms: its entries and their places. Must not decide
//! anything.

use std::collections::HashMap;
use std::iter;
use std::ops::Range;

use toml_edit::{Document, Item, Key, Value};

use crate::manifest::edit::form::{Form, between_commas, children, keys};
use crate::manifest::vars::expand;

pub(super) type Variables = HashMap<String, String>;

#[derive(Debug)]
pub(super) struct FileEntry {
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) session: Option<String>,
    pub(super) roles: Option<Roles>,
    pub(super) form: EntryForm,
    /// The places of its keys with their values; a section is one place with its header.
    pub(super) places: Vec<Range<usize>>,
}

#[derive(Debug)]
pub(super) enum EntryForm {
    /// The id alone, at this place.
    Id(Range<usize>),
    Table(Form),
}

#[derive(Debug, Clone)]
pub(super) struct Roles {
    pub(super) span: Range<usize>,
    /// Each string's place, and its value with variables expanded.
    pub(super) elements: Vec<(Range<usize>, String)>,
}

impl Roles {
    /// In the order of the file.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.elements.iter().map(|(_, name)| name.as_str())
    }
}

/// `[accounts]` of one file.
#[derive(Debug)]
pub(super) struct AccountsTable {
    /// In the order of the file.
    pub(super) entries: Vec<FileEntry>,
    /// None if all entries are sections.
    pub(super) form: Option<Form>,
}

pub(super) type UnfitReason = String;

/// None if the file has no `[accounts]`.
pub(super) fn read(source: &str, variables: &Variables) -> Result<Option<AccountsTable>, UnfitReason> {
    let document = Document::parse(source).map_err(|error| error.message().to_owned())?;
    let Some((key, item)) = document.as_table().get_key_value("accounts") else { return Ok(None) };
    let table = item.as_table_like().ok_or("`accounts` is not a table there")?;
    let form = Form::of(source, key, item, None);
    let braces = if let Some(Form::Inline { braces, .. }) = &form { Some(braces) } else { None };
    let entry = |(key, item)| entry(source, key, item, braces, variables);
    let mut entries = children(table).map(entry).collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|entry| entry.places.iter().map(|place| place.start).min());
    Ok(Some(AccountsTable { entries, form }))
}

/// `around` is an inline `accounts = { … }`.
fn entry(
    source: &str,
    key: &Key,
    item: &Item,
    around: Option<&Range<usize>>,
    variables: &Variables,
) -> Result<FileEntry, UnfitReason> {
    let name = key.get().to_owned();
    let start = key.span().ok_or_else(no_place)?.start;
    if let Some(id) = item.as_str() {
        let span = item.span().ok_or_else(no_place)?;
        let (id, places) = (expanded(id, variables), iter::once(start..span.end).collect());
        return Ok(FileEntry { name, id, session: None, roles: None, form: EntryForm::Id(span), places });
    }
    let table = item.as_table_like();
    let table = table.ok_or_else(|| format!("`{name}` of `[accounts]` is neither a string nor a table"))?;
    let form = Form::of(source, key, item, around);
    let form = form.ok_or_else(|| format!("`{name}` of `[accounts]` has no `id`"))?;
    let text = |name: &str| table.get(name).and_then(Item::as_str).and_then(|text| expanded(text, variables));
    let keys = keys(table).into_iter().map(|(_, range)| range);
    let places = match (item, &form) {
        (Item::Table(section), Form::Lines(_, end)) if !section.is_dotted() => {
            iter::once(section.span().ok_or_else(no_place)?.start..*end).collect()
        }
        (Item::Table(_), _) => keys.collect(),
        (Item::Value(Value::InlineTable(table)), _) if table.is_dotted() => {
            keys.map(|range| between_commas(source, &range)).collect()
        }
        _ => iter::once(start..item.span().ok_or_else(no_place)?.end).collect(),
    };
    let roles = table.get("roles").map(|item| roles(&name, item, variables)).transpose()?;
    Ok(FileEntry { id: text("id"), session: text("sso_session"), roles, form: EntryForm::Table(form), places, name })
}

/// None if the literal has an undefined variable.
fn expanded(literal: &str, variables: &Variables) -> Option<String> {
    expand(literal, |name| variables.get(name).map(|value| value.as_str().into())).ok()
}

fn no_place() -> UnfitReason {
    "the places in it are not known".to_owned()
}

fn roles(name: &str, item: &Item, variables: &Variables) -> Result<Roles, UnfitReason> {
    let wrong = || format!("`roles` of `{name}` in `[accounts]` is not a list of strings");
    let array = item.as_array().ok_or_else(wrong)?;
    let element = |value: &Value| Some((value.span()?, expanded(value.as_str()?, variables)?));
    let elements: Option<Vec<_>> = array.iter().map(element).collect();
    Ok(Roles { span: array.span().ok_or_else(no_place)?, elements: elements.ok_or_else(wrong)? })
}

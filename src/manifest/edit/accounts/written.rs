//! Owns `[accounts]` as one file has it, in whichever of TOML's forms: which entries there are, and where each part of them
//! stands. Must not decide anything.

use std::collections::HashMap;
use std::ops::Range;

use toml_edit::{Document, Item, Key, TableLike, Value};

use crate::manifest::edit::text::line_start;
use crate::manifest::vars::expand;

pub(super) type Variables = HashMap<String, String>;

/// An account as one file has it.
#[derive(Debug)]
pub(super) struct FileEntry {
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) session: Option<String>,
    pub(super) roles: Option<Roles>,
    pub(super) form: Form,
    /// The places of its keys with their values; a section is one place with its header.
    pub(super) places: Vec<Range<usize>>,
}

/// The form of an entry, which says how to add a key to it.
#[derive(Debug)]
pub(super) enum Form {
    /// Its id alone, at this place.
    Id(Range<usize>),
    /// Keys between commas.
    Inline {
        /// The text before each key.
        prefix: String,
        /// The last key with its value.
        last: Option<Range<usize>>,
        /// The inline table, which may have other entries too.
        braces: Range<usize>,
    },
    /// Keys on lines of their own: the text before each, and the end of the last value.
    Lines(String, usize),
}

/// The form of `[accounts]`, which says how to add an entry to it.
#[derive(Debug)]
pub(super) enum InsertAt {
    /// Entries on lines of their own: the text before each, and the end of the last one.
    Lines(String, usize),
    /// An inline table, and the last key in it with its value.
    Inline(Range<usize>, Option<Range<usize>>),
    /// Each entry is a section.
    Sections,
}

/// A list of strings.
#[derive(Debug, Clone)]
pub(super) struct Roles {
    /// From `[` to `]`.
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
    pub(super) insert_at: InsertAt,
}

/// The reason why a file can't be read.
pub(super) type Unfit = String;

/// None if the file has no `[accounts]`.
pub(super) fn read(source: &str, variables: &Variables) -> Result<Option<AccountsTable>, Unfit> {
    let document = Document::parse(source).map_err(|error| error.message().to_owned())?;
    let Some((key, item)) = document.as_table().get_key_value("accounts") else { return Ok(None) };
    let table = item.as_table_like().ok_or("`accounts` is not a table there")?;
    let mut insert_at = insert_at(source, key, item)?;
    let braces = if let InsertAt::Inline(braces, _) = &insert_at { Some(braces.clone()) } else { None };
    let entry = |(key, item)| entry(source, key, item, braces.as_ref(), variables);
    let mut entries = children(table).map(entry).collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|entry| entry.places.iter().map(|place| place.start).min());
    if let InsertAt::Inline(_, last) = &mut insert_at {
        *last = entries.iter().flat_map(|entry| &entry.places).max_by_key(|place| place.end).cloned();
    }
    Ok(Some(AccountsTable { entries, insert_at }))
}

fn children(table: &dyn TableLike) -> impl Iterator<Item = (&Key, &Item)> {
    table.iter().filter_map(|(name, _)| table.get_key_value(name))
}

fn no_place() -> Unfit {
    "the places in it are not known".to_owned()
}

fn insert_at(source: &str, key: &Key, item: &Item) -> Result<InsertAt, Unfit> {
    if let Item::Value(Value::InlineTable(table)) = item {
        return Ok(InsertAt::Inline(table.span().ok_or_else(no_place)?, None));
    }
    let Item::Table(table) = item else { return Err("`accounts` is not a table there".to_owned()) };
    let last = children(table).filter_map(|(key, item)| Some((end(item)?, key.span()?)));
    let last = last.max_by_key(|(end, _)| *end);
    match last {
        _ if table.is_implicit() && !table.is_dotted() => Ok(InsertAt::Sections),
        // A key before the last one may stand on a line above: what it begins with is the same.
        Some((end, name)) if table.is_dotted() => {
            let first = key.span().ok_or_else(no_place)?.start;
            let line = &source[line_start(source, first)..first];
            let written = source.get(first..name.start).filter(|text| !text.contains('\n')).unwrap_or("accounts.");
            Ok(InsertAt::Lines(format!("{line}{written}"), end))
        }
        Some((end, name)) => Ok(InsertAt::Lines(blanks_before(source, name.start), end)),
        None => Ok(InsertAt::Lines(String::new(), table.span().ok_or_else(no_place)?.end)),
    }
}

/// None if the literal has an undefined variable.
fn expanded(literal: &str, variables: &Variables) -> Option<String> {
    expand(literal, |name| variables.get(name).map(|value| value.as_str().into())).ok()
}

/// The indentation of the line of `at`.
fn blanks_before(source: &str, at: usize) -> String {
    let line = &source[line_start(source, at)..at];
    line[..line.len() - line.trim_start().len()].to_owned()
}

/// The end of the last value in an item; None for a section, which stands elsewhere.
fn end(item: &Item) -> Option<usize> {
    match item {
        Item::Value(Value::InlineTable(table)) if table.is_dotted() => {
            children(table).filter_map(|(_, item)| end(item)).max()
        }
        Item::Value(value) => Some(value.span()?.end),
        Item::Table(table) if table.is_dotted() => children(table).filter_map(|(_, item)| end(item)).max(),
        _ => None,
    }
}

/// Extends the range of a key and value in an inline table to the names before the key.
fn between_commas(source: &str, range: Range<usize>) -> Range<usize> {
    let line = line_start(source, range.start);
    let begin = source[line..range.start].rfind([',', '{']).map_or(line, |before| line + before + 1);
    let blanks = source[begin..range.start].len() - source[begin..range.start].trim_start().len();
    begin + blanks..range.end
}

/// `braces` is the place of an inline `accounts = { … }`.
fn entry(
    source: &str,
    key: &Key,
    item: &Item,
    braces: Option<&Range<usize>>,
    variables: &Variables,
) -> Result<FileEntry, Unfit> {
    let name = key.get().to_owned();
    let at = key.span().ok_or_else(no_place)?;
    if let Some(id) = item.as_str() {
        let span = item.span().ok_or_else(no_place)?;
        let (id, places) = (expanded(id, variables), vec![at.start..span.end]);
        return Ok(FileEntry { name, id, session: None, roles: None, form: Form::Id(span), places });
    }
    let table = item.as_table_like();
    let table = table.ok_or_else(|| format!("`{name}` of `[accounts]` is neither a string nor a table"))?;
    let text = |name: &str| table.get(name).and_then(Item::as_str).and_then(|text| expanded(text, variables));
    let keys = children(table).filter_map(|(key, item)| Some((key, key.span()?.start..end(item)?)));
    let keys: Vec<(&Key, Range<usize>)> = keys.collect();
    let last = keys.iter().max_by_key(|(_, range)| range.end);
    let (form, places) = match (item, last) {
        (Item::Table(section), last) if !section.is_dotted() && !section.is_implicit() => {
            let header = section.span().ok_or_else(no_place)?;
            let end = last.map_or(header.end, |(_, range)| range.end);
            let indent = last.map_or_else(String::new, |(_, range)| blanks_before(source, range.start));
            (Form::Lines(indent, end), vec![header.start..end])
        }
        (Item::Table(_), Some((key, range))) => {
            let first = key.span().ok_or_else(no_place)?.start;
            let prefix = source[line_start(source, first)..first].to_owned();
            (Form::Lines(prefix, range.end), keys.iter().map(|(_, range)| range.clone()).collect())
        }
        (Item::Value(Value::InlineTable(table)), Some((_, range))) if table.is_dotted() => {
            let braces = braces.ok_or_else(no_place)?.clone();
            let first = keys.iter().map(|(_, range)| range.start).min().unwrap_or(at.start);
            let prefix = source.get(at.start..first).unwrap_or_default().to_owned();
            let last = Some(between_commas(source, range.clone()));
            let places = keys.iter().map(|(_, range)| between_commas(source, range.clone())).collect();
            (Form::Inline { prefix, last, braces }, places)
        }
        (Item::Value(value), last) => {
            let braces = value.span().ok_or_else(no_place)?;
            let place = at.start..braces.end;
            let last = last.map(|(_, range)| range.clone());
            (Form::Inline { prefix: String::new(), last, braces }, vec![place])
        }
        _ => return Err(format!("`{name}` of `[accounts]` has no `id`")),
    };
    let roles = table.get("roles").map(|item| roles(&name, item, variables)).transpose()?;
    Ok(FileEntry { id: text("id"), session: text("sso_session"), roles, form, places, name })
}

fn roles(name: &str, item: &Item, variables: &Variables) -> Result<Roles, Unfit> {
    let wrong = || format!("`roles` of `{name}` in `[accounts]` is not a list of strings");
    let array = item.as_array().ok_or_else(wrong)?;
    let element = |value: &Value| Some((value.span()?, expanded(value.as_str()?, variables)?));
    let elements: Option<Vec<_>> = array.iter().map(element).collect();
    Ok(Roles { span: array.span().ok_or_else(no_place)?, elements: elements.ok_or_else(wrong)? })
}

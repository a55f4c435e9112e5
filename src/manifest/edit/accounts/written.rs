//! Owns `[accounts]` as one file has it, in whichever of TOML's forms: which entries there are, and where each part of them
//! stands. Must not decide anything.

use std::collections::HashMap;
use std::ops::Range;

use toml_edit::{Document, Item, Key, TableLike, Value};

use super::roles::Roles;
use crate::manifest::edit::text::line_start;
use crate::manifest::vars::expand;

/// The variables of a manifest, by name.
pub(super) type Variables = HashMap<String, String>;

/// One file's word on one account.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) id: Option<String>,
    /// The SSO session that lists it, if that stands here.
    pub(super) session: Option<String>,
    /// The roles in it, if they stand here.
    pub(super) roles: Option<Roles>,
    pub(super) shape: Shape,
    /// Where its keys stand, each with its value; of a section also its header.
    pub(super) places: Vec<Range<usize>>,
}

/// How an entry is written, and so how a key is added to it.
#[derive(Debug)]
pub(super) enum Shape {
    /// As its number alone, which stands there.
    Number(Range<usize>),
    /// As keys between commas.
    Commas {
        /// What stands before the name of each.
        before: String,
        /// Where the last one stands with its value, if there is one.
        last: Option<Range<usize>>,
        /// The table in braces that holds them, maybe with other entries.
        braces: Range<usize>,
    },
    /// As keys on lines of their own: what stands before the name of each, and where the last value ends.
    Lines(String, usize),
}

/// How `[accounts]` is written, and so how an entry is added to it.
#[derive(Debug)]
pub(super) enum InsertAt {
    /// As entries on lines of their own: what stands before the name of each, and where the last one ends.
    Lines(String, usize),
    /// As a table in braces, which stand there; and where the last key in it stands with its value.
    Braces(Range<usize>, Option<Range<usize>>),
    /// As sections of its entries only.
    Sections,
}

/// `[accounts]` of one file.
#[derive(Debug)]
pub(super) struct Written {
    /// The entries in the order of the file.
    pub(super) parts: Vec<Part>,
    pub(super) home: InsertAt,
}

/// Why a file can't be read.
pub(super) type Unfit = String;

/// Reads `[accounts]` of one file; none if it has none.
pub(super) fn read(source: &str, variables: &Variables) -> Result<Option<Written>, Unfit> {
    let document = Document::parse(source).map_err(|error| error.message().to_owned())?;
    let Some((key, item)) = document.as_table().get_key_value("accounts") else { return Ok(None) };
    let table = item.as_table_like().ok_or("`accounts` is not a table there")?;
    let mut home = home(source, key, item)?;
    let braces = if let InsertAt::Braces(braces, _) = &home { Some(braces.clone()) } else { None };
    let mut parts = Vec::new();
    for (key, item) in children(table) {
        parts.push(part(source, (key, item), braces.as_ref(), variables)?);
    }
    parts.sort_by_key(|part: &Part| part.places.iter().map(|place| place.start).min());
    if let InsertAt::Braces(_, last) = &mut home {
        *last = parts.iter().flat_map(|part| &part.places).max_by_key(|place| place.end).cloned();
    }
    Ok(Some(Written { parts, home }))
}

fn children(table: &dyn TableLike) -> impl Iterator<Item = (&Key, &Item)> {
    table.iter().filter_map(|(name, _)| table.get_key_value(name))
}

fn no_place() -> Unfit {
    "the places in it are not known".to_owned()
}

fn home(source: &str, key: &Key, item: &Item) -> Result<InsertAt, Unfit> {
    if let Item::Value(Value::InlineTable(table)) = item {
        return Ok(InsertAt::Braces(table.span().ok_or_else(no_place)?, None));
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

/// A literal with every `${name}` filled in; none if it has one that is not among `variables`.
fn fill_in_plainly(literal: &str, variables: &Variables) -> Option<String> {
    expand(literal, |name| variables.get(name).map(|value| value.as_str().into())).ok()
}

/// The blanks that the line of `at` begins with.
fn blanks_before(source: &str, at: usize) -> String {
    let line = &source[line_start(source, at)..at];
    line[..line.len() - line.trim_start().len()].to_owned()
}

/// Where the last value ends that stands with the keys before it, not in a section of its own.
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

/// A key and its value in a table in braces, with the names before the key, which stand on its line.
fn between_commas(source: &str, range: Range<usize>) -> Range<usize> {
    let line = line_start(source, range.start);
    let begin = source[line..range.start].rfind([',', '{']).map_or(line, |before| line + before + 1);
    let blanks = source[begin..range.start].len() - source[begin..range.start].trim_start().len();
    begin + blanks..range.end
}

/// Reads one entry; `braces` are those of all `[accounts]`, if it has such.
fn part(
    source: &str,
    (key, item): (&Key, &Item),
    braces: Option<&Range<usize>>,
    variables: &Variables,
) -> Result<Part, Unfit> {
    let name = key.get().to_owned();
    let at = key.span().ok_or_else(no_place)?;
    let table = match item {
        Item::Value(value) if value.is_str() => {
            let span = value.span().ok_or_else(no_place)?;
            let id = value.as_str().and_then(|id| fill_in_plainly(id, variables));
            let place = at.start..span.end;
            return Ok(Part { name, id, session: None, roles: None, shape: Shape::Number(span), places: vec![place] });
        }
        other => {
            other.as_table_like().ok_or_else(|| format!("`{name}` of `[accounts]` is neither a string nor a table"))?
        }
    };
    let text = |name: &str| table.get(name).and_then(Item::as_str).and_then(|text| fill_in_plainly(text, variables));
    let leaves: Vec<(&Key, Range<usize>)> =
        children(table).filter_map(|(key, item)| Some((key, key.span()?.start..end(item)?))).collect();
    let last = leaves.iter().max_by_key(|(_, range)| range.end);
    let (shape, places) = match (item, last) {
        (Item::Table(section), last) if !section.is_dotted() && !section.is_implicit() => {
            let header = section.span().ok_or_else(no_place)?;
            let end = last.map_or(header.end, |(_, range)| range.end);
            let blanks = last.map_or_else(String::new, |(_, range)| blanks_before(source, range.start));
            let place = header.start..end;
            (Shape::Lines(blanks, end), vec![place])
        }
        (Item::Table(_), Some((key, range))) => {
            let first = key.span().ok_or_else(no_place)?.start;
            let before = source[line_start(source, first)..first].to_owned();
            (Shape::Lines(before, range.end), leaves.iter().map(|(_, range)| range.clone()).collect())
        }
        (Item::Value(Value::InlineTable(table)), Some((_, range))) if table.is_dotted() => {
            let braces = braces.ok_or_else(no_place)?.clone();
            let first = leaves.iter().map(|(_, range)| range.start).min().unwrap_or(at.start);
            let before = source.get(at.start..first).unwrap_or_default().to_owned();
            let whole = |(_, range): &(&Key, Range<usize>)| between_commas(source, range.clone());
            let last = Some(between_commas(source, range.clone()));
            (Shape::Commas { before, last, braces }, leaves.iter().map(whole).collect())
        }
        (Item::Value(value), last) => {
            let span = value.span().ok_or_else(no_place)?;
            let last = last.map(|(_, range)| range.clone());
            let place = at.start..span.end;
            (Shape::Commas { before: String::new(), last, braces: span }, vec![place])
        }
        _ => return Err(format!("`{name}` of `[accounts]` has no `id`")),
    };
    let roles = table.get("roles").map(|item| roles(&name, item, variables)).transpose()?;
    Ok(Part { id: text("id"), session: text("sso_session"), roles, shape, places, name })
}

fn roles(name: &str, item: &Item, variables: &Variables) -> Result<Roles, Unfit> {
    let wrong = || format!("`roles` of `{name}` in `[accounts]` is not a list of strings");
    let array = item.as_array().ok_or_else(wrong)?;
    let element = |value: &Value| Some((value.span()?, fill_in_plainly(value.as_str()?, variables)?));
    let elements: Option<Vec<_>> = array.iter().map(element).collect();
    Ok(Roles { span: array.span().ok_or_else(no_place)?, elements: elements.ok_or_else(wrong)? })
}

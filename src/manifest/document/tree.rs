//! Owns the tree of a file, in which everything has its place. Must not know which keys there are.

use std::borrow::Cow;

use toml::de::{DeInteger, DeTable, DeValue};

use crate::source::Span;

/// In the order of the file.
pub(crate) type Table<'t> = Vec<KeyValue<'t>>;

#[derive(Debug, Clone)]
pub(crate) struct KeyValue<'t> {
    pub(crate) name: Cow<'t, str>,
    /// The key. For a table in several files, its place in the lowest one.
    pub(crate) at: Span,
    /// The key in the file that wins.
    pub(crate) over: Span,
    /// True if two files define it, and neither wins.
    pub(crate) is_disputed: bool,
    pub(crate) node: Node<'t>,
}

#[derive(Debug, Clone)]
pub(crate) struct Node<'t> {
    pub(crate) at: Span,
    pub(crate) value: Value<'t>,
}

#[derive(Debug, Clone)]
pub(crate) enum Value<'t> {
    Text(Cow<'t, str>),
    /// A string after expansion of its variables.
    Filled(String, FilledBy),
    /// A string with unknown variables, which are noted, and stand in it as they are written.
    Unfilled(String),
    /// None if it has more than 64 bits.
    Integer(Option<i64>),
    Float,
    Flag(bool),
    Date,
    List(Vec<Node<'t>>),
    Table(Table<'t>),
}

/// Why a string differs from what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FilledBy {
    Nothing,
    Vars,
    /// It differs between accounts and roles.
    Matrix,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'e> {
    pub(crate) value: &'e str,
    pub(crate) at: Span,
    pub(crate) filled: FilledBy,
}

/// `base` is added to all spans.
pub(crate) fn table(keys: DeTable<'_>, base: usize) -> Table<'_> {
    let entry = |(key, value): (toml::Spanned<_>, toml::Spanned<_>)| {
        let at = Span::from(key.span()).offset_by(base);
        KeyValue { name: key.into_inner(), at, over: at, is_disputed: false, node: node(value, base) }
    };
    let mut table: Table<'_> = keys.into_iter().map(entry).collect();
    table.sort_by_key(|entry| entry.at);
    table
}

fn node(value: toml::Spanned<DeValue<'_>>, base: usize) -> Node<'_> {
    let at = Span::from(value.span()).offset_by(base);
    let integer = |integer: &DeInteger<'_>| i64::from_str_radix(integer.as_str(), integer.radix()).ok();
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text),
        DeValue::Integer(number) => Value::Integer(integer(&number)),
        DeValue::Float(_) => Value::Float,
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(list) => Value::List(list.into_iter().map(|value| node(value, base)).collect()),
        DeValue::Table(keys) => Value::Table(table(keys, base)),
    };
    Node { at, value }
}

pub(crate) fn find<'e, 't>(table: &'e [KeyValue<'t>], name: &str) -> Option<&'e KeyValue<'t>> {
    table.iter().find(|entry| entry.name == name)
}

/// Removes the table of that name; an empty one if there is none.
pub(crate) fn take<'t>(table: &mut Table<'t>, name: &str) -> Table<'t> {
    let place = table.iter().position(|entry| entry.name == name);
    match place.map(|place| table.remove(place).node.value) {
        Some(Value::Table(table)) => table,
        _ => Vec::new(),
    }
}

/// The length of all strings.
pub(crate) fn bytes(table: &[KeyValue<'_>]) -> usize {
    table.iter().map(|entry| entry.node.bytes()).sum()
}

impl<'t> Node<'t> {
    pub(crate) fn table(&self) -> Option<&Table<'t>> {
        if let Value::Table(table) = &self.value { Some(table) } else { None }
    }

    pub(crate) fn list(&self) -> Option<&[Self]> {
        if let Value::List(list) = &self.value { Some(list) } else { None }
    }

    pub(crate) fn text(&self) -> Option<Text<'_>> {
        let (value, filled) = match &self.value {
            Value::Text(text) => (&**text, FilledBy::Nothing),
            Value::Filled(text, by) => (text.as_str(), *by),
            _ => return None,
        };
        Some(Text { value, at: self.at, filled })
    }

    /// Puts what `replace` returns in place of every string with a `${` in it. `replace` gets the string, its place, and
    /// `path` with the keys below it.
    pub(crate) fn replace_templates(
        &mut self,
        path: &mut String,
        replace: &mut dyn FnMut(&str, Span, &str) -> Option<Value<'t>>,
    ) {
        match &mut self.value {
            Value::Text(text) if text.contains("${") => {
                if let Some(value) = replace(text, self.at, path) {
                    self.value = value;
                }
            }
            Value::List(list) => list.iter_mut().for_each(|node| node.replace_templates(path, replace)),
            Value::Table(table) => {
                for entry in table {
                    let length = path.len();
                    path.extend([".", &*entry.name]);
                    entry.node.replace_templates(path, replace);
                    path.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn bytes(&self) -> usize {
        match &self.value {
            Value::List(list) => list.iter().map(Node::bytes).sum(),
            Value::Table(table) => bytes(table),
            _ => self.text().map_or(0, |text| text.value.len()),
        }
    }

    /// The value for people, on one line and without quotes.
    pub(crate) fn shown(&self) -> String {
        match &self.value {
            Value::Text(text) => text.to_string(),
            Value::Filled(text, _) | Value::Unfilled(text) => text.clone(),
            Value::Integer(number) => number.map_or_else(|| self.type_words().to_owned(), |number| number.to_string()),
            Value::Flag(flag) => flag.to_string(),
            Value::Float | Value::Date => self.type_words().to_owned(),
            Value::List(list) => list.iter().map(Node::shown).collect::<Vec<_>>().join(", "),
            Value::Table(table) => {
                let entries = table.iter().map(|entry| format!("{} = {}", entry.name, entry.node.shown()));
                entries.collect::<Vec<_>>().join(", ")
            }
        }
    }

    pub(crate) fn type_words(&self) -> &'static str {
        match &self.value {
            Value::Text(_) | Value::Filled(..) | Value::Unfilled(_) => "a string",
            Value::Integer(None) => "a number of more than 64 bits",
            Value::Integer(Some(_)) => "a whole number",
            Value::Float => "a decimal number",
            Value::Flag(_) => "a boolean",
            Value::Date => "a date or time",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

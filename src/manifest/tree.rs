//! Owns what a file says as a tree in which everything has its place. Must not know which keys there are.

use std::borrow::Cow;

use toml::de::{DeInteger, DeTable, DeValue};

use crate::source::Span;

/// The entries of a table, in the order of the file.
pub(super) type Table<'t> = Vec<Entry<'t>>;

/// One `key = value`, or a table under its name.
#[derive(Debug, Clone)]
pub(super) struct Entry<'t> {
    pub(super) name: Cow<'t, str>,
    /// Where the key stands. Of a table in several files, that is the lowest of them.
    pub(super) at: Span,
    /// Where it stands in the file that wins.
    pub(super) over: Span,
    /// Two files define it, and neither of them wins.
    pub(super) is_disputed: bool,
    pub(super) node: Node<'t>,
}

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Node<'t> {
    pub(super) at: Span,
    pub(super) value: Value<'t>,
}

/// A value as TOML has it.
#[derive(Debug, Clone)]
pub(super) enum Value<'t> {
    Text(Cow<'t, str>),
    /// A string with its variables filled in.
    Filled(String, FilledBy),
    /// A string whose variables can't be filled in, which is noted.
    Unfilled,
    /// None if it has more than 64 bits.
    Integer(Option<i64>),
    Float,
    Flag(bool),
    Date,
    List(Vec<Node<'t>>),
    Table(Table<'t>),
}

/// Provenance a string reads otherwise in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FilledBy {
    /// It does not.
    Nothing,
    Vars,
    /// It is another one for each account and role.
    Matrix,
}

/// A string and its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'e> {
    pub(super) value: &'e str,
    pub(super) at: Span,
    pub(super) filled: FilledBy,
}

/// The tree of what TOML made of a file whose first byte is `base`.
pub(super) fn table(keys: DeTable<'_>, base: usize) -> Table<'_> {
    let entry = |(key, value): (toml::Spanned<_>, toml::Spanned<_>)| {
        let at = Span::from(key.span()).behind(base);
        Entry { name: key.into_inner(), at, over: at, is_disputed: false, node: node(value, base) }
    };
    let mut table: Table<'_> = keys.into_iter().map(entry).collect();
    table.sort_by_key(|entry| entry.at);
    table
}

fn node(value: toml::Spanned<DeValue<'_>>, base: usize) -> Node<'_> {
    let at = Span::from(value.span()).behind(base);
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

/// The entry of that name.
pub(super) fn find<'e, 't>(table: &'e [Entry<'t>], name: &str) -> Option<&'e Entry<'t>> {
    table.iter().find(|entry| entry.name == name)
}

/// The table of that name, which is not there any more; an empty one where there is none.
pub(super) fn take<'t>(table: &mut Table<'t>, name: &str) -> Table<'t> {
    let place = table.iter().position(|entry| entry.name == name);
    match place.map(|place| table.remove(place).node.value) {
        Some(Value::Table(table)) => table,
        _ => Vec::new(),
    }
}

/// How many bytes the strings of a table have.
pub(super) fn bytes(table: &[Entry<'_>]) -> usize {
    table.iter().map(|entry| entry.node.bytes()).sum()
}

impl<'t> Node<'t> {
    pub(super) fn table(&self) -> Option<&Table<'t>> {
        if let Value::Table(table) = &self.value { Some(table) } else { None }
    }

    pub(super) fn list(&self) -> Option<&[Self]> {
        if let Value::List(list) = &self.value { Some(list) } else { None }
    }

    pub(super) fn text(&self) -> Option<Text<'_>> {
        let (value, filled) = match &self.value {
            Value::Text(text) => (&**text, FilledBy::Nothing),
            Value::Filled(text, by) => (text.as_str(), *by),
            _ => return None,
        };
        Some(Text { value, at: self.at, filled })
    }

    fn bytes(&self) -> usize {
        match &self.value {
            Value::List(list) => list.iter().map(Node::bytes).sum(),
            Value::Table(table) => bytes(table),
            _ => self.text().map_or(0, |text| text.value.len()),
        }
    }

    /// Its type with an article.
    pub(super) fn type_words(&self) -> &'static str {
        match &self.value {
            Value::Text(_) | Value::Filled(..) | Value::Unfilled => "a string",
            Value::Integer(None) => "a number of more than 64 bits",
            Value::Integer(Some(_)) => "a whole number",
            Value::Float => "a decimal number",
            Value::Flag(_) => "a truth value",
            Value::Date => "a date or time",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

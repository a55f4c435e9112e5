//! Owns the forms in which a TOML table is written, and how a key is added to each. Must not know what the keys mean.

use std::ops::Range;

use toml_edit::{Document, Item, Key, TableLike, Value};

use super::items;
use super::text::{BOM, TextEdit, eol, line_start};
use crate::manifest::files::Layers;

/// How the files of a manifest have a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableForm {
    /// With a header of its own.
    Header,
    /// As an inline table, or by dotted keys: no header can begin it.
    Keys,
    /// Not at all, or only by tables in it.
    Missing,
}

#[derive(Debug)]
pub(crate) struct TableForms<'l>(Vec<Document<&'l str>>);

impl<'l> TableForms<'l> {
    pub(crate) fn read(files: &'l Layers) -> Self {
        Self(files.sources().iter().filter_map(|source| Document::parse(source.text.as_str()).ok()).collect())
    }

    pub(crate) fn get(&self, path: &[&str]) -> TableForm {
        let find = |document: &'_ Document<&str>| match path
            .iter()
            .try_fold(document.as_item(), |item, name| item.get(name))
        {
            Some(Item::Table(table)) if !table.is_dotted() && !table.is_implicit() => TableForm::Header,
            Some(Item::Table(table)) if !table.is_dotted() => TableForm::Missing,
            Some(_) => TableForm::Keys,
            None => TableForm::Missing,
        };
        let forms: Vec<_> = self.0.iter().map(find).collect();
        let first = [TableForm::Header, TableForm::Keys].into_iter().find(|form| forms.contains(form));
        first.unwrap_or(TableForm::Missing)
    }
}

#[derive(Debug)]
pub(super) enum Form {
    /// Keys between commas.
    Inline {
        /// The text before each key.
        prefix: String,
        /// The last key with its value.
        last: Option<Range<usize>>,
        /// The inline table, which may have keys of other tables too.
        braces: Range<usize>,
    },
    /// Keys on lines of their own: the text before each, and the end of the last value.
    Lines(String, usize),
}

pub(super) fn children(table: &dyn TableLike) -> impl Iterator<Item = (&Key, &Item)> {
    table.iter().filter_map(|(name, _)| table.get_key_value(name))
}

/// The keys of a table, each with its value; not those that are sections.
pub(super) fn keys(table: &dyn TableLike) -> Vec<(&Key, Range<usize>)> {
    children(table).filter_map(|(key, item)| Some((key, key.span()?.start..last_value(item)?.end))).collect()
}

/// None for a section.
fn last_value(item: &Item) -> Option<Range<usize>> {
    match item {
        Item::Value(Value::InlineTable(table)) if table.is_dotted() => last_in(table),
        Item::Value(value) => value.span(),
        Item::Table(table) if table.is_dotted() => last_in(table),
        _ => None,
    }
}

fn last_in(table: &dyn TableLike) -> Option<Range<usize>> {
    children(table).filter_map(|(_, item)| last_value(item)).max_by_key(|value| value.end)
}

impl Form {
    /// `around` is the inline table that `item` is a part of. None if `item` is no table, or only a header could begin it.
    pub(super) fn of(source: &str, key: &Key, item: &Item, around: Option<&Range<usize>>) -> Option<Self> {
        let table = item.as_table_like()?;
        let keys = keys(table);
        let last_inline = || last_in(table).map(|value| between_commas(source, &value));
        let last = keys.iter().max_by_key(|(_, range)| range.end);
        match (item, last) {
            (Item::Table(section), last) if !section.is_dotted() && !section.is_implicit() => {
                let indent = last.map_or_else(String::new, |(_, range)| indent(source, range.start));
                Some(Self::Lines(indent, last.map_or(section.span()?.end, |(_, range)| range.end)))
            }
            (Item::Table(_), Some((key, range))) => {
                let first = key.span()?.start;
                Some(Self::Lines(source[line_start(source, first)..first].to_owned(), range.end))
            }
            (Item::Value(Value::InlineTable(table)), _) if table.is_dotted() => {
                let start = key.span()?.start;
                let first = keys.iter().map(|(_, range)| range.start).min()?;
                let prefix = source.get(start..first).unwrap_or_default().to_owned();
                Some(Self::Inline { prefix, last: last_inline(), braces: around?.clone() })
            }
            (Item::Value(value), _) => {
                Some(Self::Inline { prefix: String::new(), last: last_inline(), braces: value.span()? })
            }
            _ => None,
        }
    }

    pub(super) fn add(&self, source: &str, keys: &[String]) -> Vec<TextEdit> {
        let keys = |prefix: &str| keys.iter().map(|key| format!("{prefix}{key}")).collect::<Vec<_>>();
        match self {
            Self::Inline { prefix, last, braces } => items::add(source, braces, last.as_ref(), &keys(prefix)),
            Self::Lines(prefix, at) => vec![TextEdit::insert_line(source, *at, &keys(prefix).join(eol(source)))],
        }
    }
}

pub(super) fn add_section(source: &str, name: &str, keys: &[String]) -> TextEdit {
    let (text, eol) = (source.trim_start_matches(BOM), eol(source));
    let empty = if text.is_empty() || text.ends_with(&format!("{eol}{eol}")) { "" } else { eol };
    TextEdit::insert_line(source, source.len(), &format!("{empty}[{name}]{eol}{}", keys.join(eol)))
}

fn indent(source: &str, at: usize) -> String {
    let line = &source[line_start(source, at)..at];
    line[..line.len() - line.trim_start().len()].to_owned()
}

/// Extends the range of a key and value in an inline table to the names before the key.
pub(super) fn between_commas(source: &str, range: &Range<usize>) -> Range<usize> {
    let line = line_start(source, range.start);
    let begin = source[line..range.start].rfind([',', '{']).map_or(line, |before| line + before + 1);
    let blanks = source[begin..range.start].len() - source[begin..range.start].trim_start().len();
    begin + blanks..range.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn a_table_has_a_header_or_keys_or_is_missing() {
        let text = "profiles.dotted.pattern = 'iam'\nprofiles.inline = { pattern = 'iam', settings = {} }\n\
                    [sso_sessions.corp]\nsso_region = 'us-east-1'\n[matrix.m.settings]\n";
        let mut layers = Layers::new(Source::new("profiles.toml", text), "profiles.local.toml");
        layers.add_included(0, Source::new("more.toml", "[profiles.written]\nsettings.max_attempts = 3\n"));
        let forms = TableForms::read(&layers);
        for (path, form) in [
            (&["profiles", "written"][..], TableForm::Header),
            (&["profiles", "written", "settings"], TableForm::Keys),
            (&["profiles", "dotted"], TableForm::Keys),
            (&["profiles", "dotted", "settings"], TableForm::Missing),
            (&["profiles", "inline"], TableForm::Keys),
            (&["profiles", "inline", "settings"], TableForm::Keys),
            (&["profiles", "generated"], TableForm::Missing),
            (&["sso_sessions", "corp"], TableForm::Header),
            (&["matrix", "m"], TableForm::Missing),
        ] {
            assert_eq!(forms.get(path), form, "{path:?}");
        }
    }
}

//! Owns the forms in which a TOML table is written, and how a key is added to each. Must not know what the keys mean.

use std::ops::Range;
use std::path::Path;

use toml_edit::{Document, DocumentMut, InlineTable, Item, Key, TableLike, Value};

use super::items;
use super::text::{BOM, TextEdit, eol, line_start};
use crate::manifest::files::{Layers, SettingsTrust};
use crate::manifest::raw::values::toml_key;
use crate::source::{Source, display_safe};

/// How the files of a manifest have a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TableForm {
    /// With a header of its own.
    Header,
    /// By dotted keys, below the header that has so many of its names: no header can begin it.
    Dotted(usize),
    /// As the inline table that has so many of its names, or within it, below such a header.
    Inline { header: usize, table: usize },
    /// Not at all, or only by tables in it.
    Missing,
}

#[derive(Debug)]
pub(crate) struct TableForms<'l> {
    files: Vec<(&'l Source, Document<&'l str>)>,
    /// The path of the file for new tables.
    pub(crate) file: String,
}

impl<'l> TableForms<'l> {
    /// Those of all files.
    pub(crate) fn read(files: &'l Layers) -> Self {
        Self::of(files.sources().iter(), shown(&files.sources().get(0).path))
    }

    /// Those of the person's own file.
    pub(crate) fn personal(files: &'l Layers) -> Self {
        let is_beside = |number: &usize| files.settings_trust(*number) == Some(&SettingsTrust::Beside);
        let own = files.local().filter(|number| !is_beside(number)).map(|number| files.sources().get(number));
        Self::of(own, format!("your own {}", files.own()))
    }

    fn of(sources: impl Iterator<Item = &'l Source>, file: String) -> Self {
        let parsed = |source: &'l Source| Some((source, Document::parse(source.text.as_str()).ok()?));
        Self { files: sources.filter_map(parsed).collect(), file }
    }

    pub(crate) fn get(&self, path: &[&str]) -> TableForm {
        let forms = self.files.iter().map(|(_, document)| form(document.as_item(), path));
        forms.min().unwrap_or(TableForm::Missing)
    }

    /// True if a file has that key or table.
    pub(crate) fn has(&self, path: &[&str]) -> bool {
        self.files.iter().any(|(_, document)| item(document.as_item(), path).is_some())
    }

    /// The file that has a table, and the line of the header that its keys stand below; none at the top of the file.
    pub(crate) fn place(&self, path: &[&str]) -> Option<(String, Option<usize>)> {
        let found = self.get(path);
        let header = match found {
            TableForm::Header => path.len(),
            TableForm::Dotted(header) | TableForm::Inline { header, .. } => header,
            TableForm::Missing => return None,
        };
        let (source, document) = self.files.iter().find(|(_, document)| form(document.as_item(), path) == found)?;
        let span = item(document.as_item(), &path[..header])?.span().filter(|_| header > 0);
        Some((shown(&source.path), span.map(|span| source.lines().position(span.start).line)))
    }

    /// The inline table of the path's first `length` names, with `lines` for the table that the whole path names. Their
    /// comments are lost.
    pub(crate) fn inline(&self, path: &[&str], length: usize, lines: &[String]) -> Option<String> {
        let is_it = |document: &Document<&str>| matches!(form(document.as_item(), path), TableForm::Inline { table, .. } if table == length);
        let (source, _) = self.files.iter().find(|(_, document)| is_it(document))?;
        let document = source.text.parse::<DocumentMut>().ok()?;
        let mut table = item(document.as_item(), &path[..length])?.as_inline_table()?.clone();
        let names: Vec<String> = path[length..].iter().map(|name| format!("{}.", toml_key(name))).collect();
        for line in lines {
            let line = format!("{}{line}", names.concat()).parse::<DocumentMut>().ok()?;
            overlay(&mut table, line.into_table().into_inline_table());
        }
        table.decor_mut().clear();
        Some(table.to_string())
    }
}

fn shown(path: &Path) -> String {
    display_safe(&path.display().to_string())
}

fn item<'i>(root: &'i Item, path: &[&str]) -> Option<&'i Item> {
    path.iter().try_fold(root, |item, name| item.get(name))
}

fn form(root: &Item, path: &[&str]) -> TableForm {
    let (mut item, mut form, mut header) = (root, TableForm::Missing, 0);
    for (depth, name) in (1..).zip(path) {
        let Some(next) = item.get(name) else {
            return if matches!(form, TableForm::Inline { .. }) { form } else { TableForm::Missing };
        };
        form = match (next, form) {
            (_, TableForm::Inline { .. }) => form,
            (Item::Table(table), _) if table.is_dotted() => TableForm::Dotted(header),
            (Item::Table(table), _) if table.is_implicit() => TableForm::Missing,
            (Item::Table(_), _) => {
                header = depth;
                TableForm::Header
            }
            _ => TableForm::Inline { header, table: depth },
        };
        item = next;
    }
    form
}

/// Sets the keys of `upper` in `table`, on the line of a table.
fn overlay(table: &mut InlineTable, upper: InlineTable) {
    for (key, mut value) in upper {
        match (table.get_mut(&key), value) {
            (Some(Value::InlineTable(own)), Value::InlineTable(upper)) => overlay(own, upper),
            (_, other) => {
                value = other;
                value.decor_mut().clear();
                table.insert(key, value);
            }
        }
    }
    if !table.is_dotted() {
        table.fmt();
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

    #[test]
    fn a_table_has_a_header_or_keys_or_is_missing() {
        let text = "profiles.dotted.pattern = 'iam'\nprofiles.inline = { pattern = 'iam', settings = {} }\n\
                    [sso_sessions.corp]\nsso_region = 'us-east-1'\n[matrix.m.settings]\n";
        let mut layers = Layers::new(Source::new("profiles.toml", text), "profiles.local.toml");
        layers.add_included(0, Source::new("more.toml", "[profiles.written]\nsettings.max_attempts = 3\n"));
        let forms = TableForms::read(&layers);
        for (path, form) in [
            (&["profiles", "written"][..], TableForm::Header),
            (&["profiles", "written", "settings"], TableForm::Dotted(2)),
            (&["profiles", "dotted"], TableForm::Dotted(0)),
            (&["profiles", "dotted", "settings"], TableForm::Missing),
            (&["profiles", "inline"], TableForm::Inline { header: 0, table: 2 }),
            (&["profiles", "inline", "settings"], TableForm::Inline { header: 0, table: 2 }),
            (&["profiles", "generated"], TableForm::Missing),
            (&["sso_sessions", "corp"], TableForm::Header),
            (&["matrix", "m"], TableForm::Missing),
        ] {
            assert_eq!(forms.get(path), form, "{path:?}");
        }
    }
}

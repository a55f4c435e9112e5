//! Owns tables whose keys stand in several files, and their merge. Must not know whose tables they are.

use std::fmt::Write as _;

/// The files of one manifest: an included one, the manifest, and the personal one. Each wins over those before it.
pub(super) const FILES: usize = 3;

/// Keys with their values as TOML, each key once.
pub(super) type Lines = Vec<(&'static str, String)>;

/// A table as each file has it.
#[derive(Debug, Default)]
pub(super) struct LayeredTable([Lines; FILES]);

impl LayeredTable {
    /// Writes a key into one of the files, over its old value; no value removes it.
    pub(super) fn put(&mut self, file: usize, key: &'static str, value: &str) {
        if !value.is_empty() {
            self.0[file].retain(|(other, _)| *other != key);
            self.0[file].push((key, value.to_owned()));
        }
    }

    /// Takes out the keys that are not wanted.
    pub(super) fn retain(&mut self, is_wanted: impl Fn(&str) -> bool) {
        self.0.iter_mut().for_each(|lines| lines.retain(|(key, _)| is_wanted(key)));
    }

    /// The table of one file.
    pub(super) fn file(&self, file: usize) -> &Lines {
        &self.0[file]
    }

    /// The merged value of one key.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find_map(|lines| get(lines, key))
    }

    /// The merged table.
    pub(super) fn merged(&self) -> Lines {
        merged(&self.0)
    }
}

/// The value of a key.
pub(super) fn get<'l>(lines: &'l Lines, key: &str) -> Option<&'l str> {
    lines.iter().find(|(other, _)| *other == key).map(|(_, value)| value.as_str())
}

/// `LayeredTable` tables as one, each winning over those before it; the keys in the order in which they come first.
pub(super) fn merged<'l>(tables: impl IntoIterator<Item = &'l Lines>) -> Lines {
    let mut all = Lines::new();
    for (key, value) in tables.into_iter().flatten() {
        match all.iter_mut().find(|(other, _)| other == key) {
            Some(line) => line.1.clone_from(value),
            None => all.push((key, value.clone())),
        }
    }
    all
}

/// The strings of a list, or of a table that has one.
pub(super) fn names(list: &str) -> Vec<&str> {
    list.split('"').skip(1).step_by(2).collect()
}

/// Writes a table, if it has any keys.
pub(super) fn table(text: &mut String, header: &str, lines: &Lines) {
    if !lines.is_empty() {
        let _ = writeln!(text, "[{header}]");
    }
    for (key, value) in lines {
        let _ = writeln!(text, "{key} = {value}");
    }
}

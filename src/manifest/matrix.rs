//! Owns `[matrix]` as it is written: each matrix as all files together say it. Must not know what a pattern needs: what is
//! made of it is checked like what is written.

use std::collections::{HashMap, HashSet};

use toml::de::DeValue;

use super::accounts::Accounts;
use super::drafts::Drafts;
use super::fields::Fields;
use super::keys::{self, Key};
use super::making::{Context, Plan, Products};
use super::reading::{Entry, Reading, entries};
use super::sessions::Sessions;
use super::settings;
use super::values;
use super::why::LeftOut;
use crate::source::Span;

/// The keys that say which profiles there are.
const CHOICES: [&str; 4] = [keys::NAME_KEY, keys::ACCOUNTS, keys::ROLES, keys::EXCLUDE];

/// A matrix as it is written, in one file or several.
#[derive(Debug)]
pub(super) struct Matrix<'t> {
    /// Only for people.
    pub(super) label: &'t str,
    /// Where the label stands.
    pub(super) at: Span,
    /// Where it stands in the file that wins.
    pub(super) over: Span,
    /// Each key once; only `settings` once for each file, those that win over the others last.
    pub(super) entries: Vec<Entry<'t>>,
    /// Whether there is an error in it as a whole.
    pub(super) wrong: bool,
    /// The same without what one person's own files say, where they say which profiles there are.
    shared: Option<Vec<Entry<'t>>>,
}

/// All matrices in the manifest's order.
#[derive(Debug, Default)]
pub(super) struct Matrices<'t> {
    list: Vec<Matrix<'t>>,
    by_label: HashMap<&'t str, usize>,
}

impl<'t> Matrices<'t> {
    /// Reads `[matrix]` of one file over those of the files before.
    pub(super) fn read(&mut self, entry: Entry<'t>, reading: &mut Reading<'t>) {
        let Some(table) = reading.table(entry) else { return };
        for entry in entries(table) {
            let wrong = entry.name.contains("${");
            if wrong {
                reading.out.push(values::variable_in_name(entry.at));
            }
            let Some(table) = reading.table(entry) else { continue };
            let matrix = Matrix {
                label: entry.name,
                at: entry.at,
                over: entry.at,
                entries: entries(table),
                wrong,
                shared: None,
            };
            let Some(index) = self.by_label.get(entry.name).copied() else {
                self.by_label.insert(entry.name, self.list.len());
                self.list.push(matrix);
                continue;
            };
            let below = &mut self.list[index];
            if !reading.layers.wins(matrix.over, below.over) {
                reading.defined_twice(format_args!("the matrix `{}`", entry.name), matrix.at, below.at);
                below.wrong = true;
            }
            below.lay_over(matrix, reading);
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Adds every profile that the matrices make to `drafts`; those that are written there win key by key.
    pub(super) fn expand(
        self,
        accounts: &Accounts<'_>,
        (defaults, sessions): (&Fields, &Sessions<'_>),
        drafts: &mut Drafts<'t>,
        reading: &mut Reading<'t>,
    ) {
        let values = self.list.iter().flat_map(|matrix| &matrix.entries).map(Entry::value_at);
        reading.variables.matrix_values = values.collect();
        reading.variables.matrix_values.sort();
        let is_shared = |matrix: &&Matrix<'_>| !reading.layers.is_local(reading.layers.sources().number(matrix.at));
        let shared: Vec<&str> = self.list.iter().filter(is_shared).map(|matrix| matrix.label).collect();
        let context = Context { defaults, sessions, shared: &shared };
        let mut out = Products::default();
        for matrix in &self.list {
            reading.variables.enter(format_args!("matrix.{}", matrix.label));
            if out.admits(matrix, accounts, reading) {
                match Plan::read(matrix, accounts, context, reading) {
                    Some(plan) => plan.make(&mut out, reading),
                    None => reading.names_are_open = true,
                }
                let off = matrix.shared_names(accounts, context, reading);
                matrix.tell_off(&off, reading);
                out.off.extend(off);
            }
            reading.variables.leave();
        }
        drafts.add_made(out);
    }
}

impl<'t> Matrix<'t> {
    /// Lays the same matrix of another file over this one, key by key; `settings` are all kept.
    fn lay_over(&mut self, over: Self, reading: &Reading<'_>) {
        let names: HashSet<&str> = over.entries.iter().map(|entry| entry.name).collect();
        let is_local = reading.layers.is_local(reading.layers.sources().number(over.over));
        if is_local && self.shared.is_none() && CHOICES.iter().any(|name| names.contains(name)) {
            self.shared = Some(self.entries.clone());
        }
        (self.over, self.wrong) = (over.over, self.wrong | over.wrong);
        self.entries.retain(|old| old.name == "settings" || !names.contains(old.name));
        self.entries.extend(over.entries);
    }

    /// The names that it would make but for what one person's own files say. What is wrong with them is reported elsewhere.
    fn shared_names(&self, accounts: &Accounts<'_>, context: Context<'_>, reading: &mut Reading<'t>) -> Vec<String> {
        let Some(entries) = &self.shared else { return Vec::new() };
        let shared = Matrix { entries: entries.clone(), shared: None, ..*self };
        reading.quietly(|reading| {
            let plan = Plan::read(&shared, accounts, context, reading);
            plan.map(|plan| plan.names(reading)).unwrap_or_default()
        })
    }

    /// Answers the question about one of these names, which one person's own file turns off.
    fn tell_off(&self, names: &[String], reading: &mut Reading<'_>) {
        let is_local = |entry: &&Entry<'_>| reading.layers.is_local(reading.layers.sources().number(entry.at));
        let is_choice = |entry: &&Entry<'_>| CHOICES.contains(&entry.name);
        let Some(by) = self.entries.iter().filter(is_local).find(is_choice).map(|entry| entry.at) else { return };
        for name in names {
            reading.why.leave_out(name, || LeftOut { matrix: self.at, by });
        }
    }

    /// Whether one person's own file says which profiles there are.
    pub(super) fn is_personal(&self) -> bool {
        self.shared.is_some()
    }

    /// The entry of that name.
    pub(super) fn find(&self, name: &str) -> Option<Entry<'t>> {
        self.entries.iter().copied().find(|entry| entry.name == name)
    }

    /// The keys of a profile: those that are the same for all, and the others.
    pub(super) fn fields(&self, reading: &mut Reading<'t>) -> (Box<Fields>, Vec<(&'static Key, Entry<'t>)>) {
        let (mut common, mut varying) = (Box::<Fields>::default(), Vec::new());
        let place = format!("the matrix `{}`", self.label);
        let varies = |name: &str| self.entries.iter().any(|entry| entry.name == name && varies(entry.value.get_ref()));
        for entry in &self.entries {
            if keys::MATRIX.iter().any(|(name, ..)| *name == entry.name) {
                continue;
            }
            let Some(key) = keys::find(keys::PROFILE, entry.name) else {
                let own = keys::MATRIX.iter().map(|(name, ..)| *name);
                let known = own.chain(keys::PROFILE.iter().map(|key| key.name));
                common.meant.extend(reading.unknown_key(*entry, format_args!("{place}"), known));
                continue;
            };
            if varies(key.name) {
                varying.push((key, *entry));
            } else {
                put(&mut common, key, *entry, reading);
            }
        }
        (common, varying)
    }
}

/// Whether a value may depend on the account or the role.
fn varies(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::String(text) => keys::PRODUCT_VARIABLES.iter().any(|name| text.contains(&format!("${{{name}}}"))),
        DeValue::Array(array) => array.iter().any(|value| varies(value.get_ref())),
        DeValue::Table(table) => table.values().any(|value| varies(value.get_ref())),
        _ => false,
    }
}

/// Reads one key over those that are there; `settings` key by key.
pub(super) fn put(fields: &mut Fields, key: &'static Key, entry: Entry<'_>, reading: &mut Reading<'_>) {
    let below = std::mem::take(&mut fields.settings);
    fields.put(key, entry, reading);
    settings::inherit(&mut fields.settings, &below);
    fields.written.push((key, entry.at));
}

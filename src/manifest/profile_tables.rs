//! Owns the tables from which profiles are made. Must not know the profiles.

use super::document::tree::{self, KeyValue, Table, Value, find, take};
use super::findings::sink::Sink;
use super::raw::account::Accounts;
use super::raw::field::Reader;
use super::raw::profile::ProfileKeys;
use super::raw::sso_session::SsoSessions;
use super::spec::keys;
use super::vars::{Vars, varies};

/// The keys that say which profiles a matrix makes.
pub(super) const CHOICES: [&str; 4] = [keys::NAME_KEY, keys::ACCOUNTS, keys::ROLES, keys::EXCLUDE];

#[derive(Debug)]
pub(super) struct Tables<'t> {
    pub(super) defaults: Box<ProfileKeys>,
    /// The length of all strings of `[defaults]`.
    pub(super) defaults_bytes: usize,
    pub(super) sessions: SsoSessions,
    pub(super) accounts: Accounts,
    /// Templates have their `${…}` still: they are another value for each account and role.
    pub(super) matrices: Table<'t>,
}

impl<'t> Tables<'t> {
    pub(super) fn read(
        mut tree: Table<'t>,
        are_defaults_unclear: bool,
        vars: &mut Vars,
        reader: &mut Reader<'_>,
    ) -> Self {
        let mut filled = |name: &str, reader: &mut Reader<'_>| {
            let mut table = take(&mut tree, name);
            vars.fill_table(&mut table, name, &mut reader.sink);
            table
        };
        let table = filled("defaults", reader);
        let mut defaults = ProfileKeys::of_defaults(&table, reader);
        defaults.wrong |= are_defaults_unclear;
        let sessions = SsoSessions::read(&filled("sso_sessions", reader), reader);
        let accounts = Accounts::read(&filled("accounts", reader), &sessions, reader);
        let mut matrices = take(&mut tree, "matrix");
        fill_matrices(&mut matrices, vars, &mut reader.sink);
        Self { defaults, defaults_bytes: tree::bytes(&table), sessions, accounts, matrices }
    }
}

fn fill_matrices(matrices: &mut Table<'_>, vars: &mut Vars, sink: &mut Sink) {
    for matrix in &mut *matrices {
        let Value::Table(table) = &mut matrix.node.value else { continue };
        // Without roles, `${role}` is a variable like others.
        let known = if find(table, keys::ROLES).is_some() { &keys::GENERATED[..] } else { &keys::GENERATED[..2] };
        for entry in table {
            let path = format!("matrix.{}.{}", matrix.name, entry.name);
            if is_template(entry) {
                vars.note_in_matrix(&mut entry.node, path, known);
            } else {
                vars.fill(&mut entry.node, path, sink);
            }
        }
    }
    let values = matrices.iter().filter_map(|matrix| matrix.node.table()).flatten().map(|entry| entry.node.at);
    vars.set_matrix_values(values.collect());
}

/// True for what is filled in for each account and role.
pub(super) fn is_template(entry: &KeyValue<'_>) -> bool {
    let is_choice = CHOICES.contains(&&*entry.name);
    entry.name == keys::NAME_KEY || !is_choice && varies(&entry.node)
}

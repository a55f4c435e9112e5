//! Owns the tables of which profiles are made, each as it was read. Must not know the profiles.

use super::matrix::{self, Context, Defaults};
use super::raw::account::Accounts;
use super::raw::field::{AnyField as _, Layer, Origin};
use super::raw::profile::ProfileKeys;
use super::raw::reader::Reader;
use super::raw::session::Sessions;
use super::tree::{Table, take};
use super::vars::{Path, Vars};

/// All tables but `[profiles]`.
#[derive(Debug)]
pub(super) struct Tables<'t> {
    pub(super) defaults: Defaults<'t>,
    pub(super) sessions: Sessions,
    pub(super) accounts: Accounts,
    /// With the variables filled in that are the same for all profiles.
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
            vars.fill_table(&mut table, &Path::of(name), &mut reader.sink);
            table
        };
        let defaults = defaults(filled("defaults", reader), are_defaults_unclear, reader);
        let sessions = Sessions::read(&filled("sso_sessions", reader), reader);
        let accounts = Accounts::read(&filled("accounts", reader), &sessions, reader);
        let mut matrices = take(&mut tree, "matrix");
        matrix::fill(&mut matrices, vars, &mut reader.sink);
        Self { defaults, sessions, accounts, matrices }
    }

    pub(super) fn context(&self) -> Context<'_, 't> {
        Context { accounts: &self.accounts, defaults: &self.defaults, sessions: &self.sessions }
    }
}

fn defaults<'t>(table: Table<'t>, are_unclear: bool, reader: &mut Reader<'_>) -> Defaults<'t> {
    let layer = Layer { table: &table, origin: Origin::Defaults, is_checked: false };
    let mut fields = ProfileKeys::read(&[layer], reader);
    fields.note_unknown(&table, None, format_args!("`[defaults]`"), &mut reader.sink);
    fields.wrong |= are_unclear || fields.settings.is_invalid() || table.iter().any(|entry| entry.is_disputed);
    Defaults { table, fields }
}

//! Owns what one matrix says: which accounts and roles it takes, and what their profiles have in common. Must not know what
//! a pattern needs: what is made is checked like what is written.

mod combination;
pub(crate) mod expand;
mod select;

use crate::diagnostic::Diagnostic;
use crate::manifest::codes;
use crate::manifest::files::Layers;
use crate::manifest::raw::account::{Account, Accounts};
use crate::manifest::raw::field::{Layer, Origin, Sourced};
use crate::manifest::raw::profile::ProfileKeys;
use crate::manifest::raw::reader::Reader;
use crate::manifest::raw::session::Sessions;
use crate::manifest::raw::values;
use crate::manifest::sink::Sink;
use crate::manifest::spec::keys::{self, Key};
use crate::manifest::table::{self, unknown_key, wrong_type};
use crate::manifest::tree::{self, Entry, Node, Table, find};
use crate::manifest::vars::{Path, Vars, varies};
use crate::model::Pattern;
use combination::Combination;
use select::{Excluded, Roles, select_accounts, select_roles};

/// How `name` is written.
const NAME_EXAMPLE: &str = "\"${account}-${role}\"";
/// The keys that say which profiles there are.
pub(crate) const CHOICES: [&str; 4] = [keys::NAME_KEY, keys::ACCOUNTS, keys::ROLES, keys::EXCLUDE];

/// `[defaults]`, and its values as they were read.
#[derive(Debug)]
pub(crate) struct Defaults<'t> {
    pub(crate) table: Table<'t>,
    pub(crate) fields: Box<ProfileKeys>,
}

impl<'t> Defaults<'t> {
    pub(crate) fn layer(&self) -> Layer<'_, 't> {
        Layer { table: &self.table, origin: Origin::Defaults, is_checked: true }
    }
}

/// What stands beside a matrix.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'c, 't> {
    pub(crate) accounts: &'c Accounts,
    pub(crate) defaults: &'c Defaults<'t>,
    pub(crate) sessions: &'c Sessions,
}

/// A matrix, resolved as far as possible without a concrete account and role.
#[derive(Debug)]
pub(crate) struct MatrixSpec<'m, 't> {
    entry: &'m Entry<'t>,
    table: &'m Table<'t>,
    /// The template of the profiles' names.
    name: &'m Node<'t>,
    accounts: Vec<&'m Account>,
    roles: Roles,
    excluded: Excluded,
    /// The keys that are the same for every profile.
    common: Box<ProfileKeys>,
    varying: Vec<&'m Entry<'t>>,
    /// There is an error that all of its profiles have in common.
    wrong: bool,
}

/// Fills in the variables of all matrices, but for what is another one for each account and role.
pub(crate) fn fill(matrices: &mut Table<'_>, vars: &mut Vars, sink: &mut Sink) {
    let top = Path::of("matrix");
    for matrix in &mut *matrices {
        let tree::Value::Table(table) = &mut matrix.node.value else { continue };
        let path = top.below(&matrix.name);
        // Without roles, these are variables like others.
        let known = if find(table, keys::ROLES).is_some() { &keys::GENERATED[..] } else { &keys::GENERATED[..2] };
        for entry in table {
            let path = path.below(&entry.name);
            if is_template(entry) {
                vars.note_in_matrix(&entry.node, &path, known);
            } else {
                vars.fill(&mut entry.node, &path, sink);
            }
        }
    }
    let values = matrices.iter().filter_map(|matrix| matrix.node.table()).flatten().map(|entry| entry.node.at);
    vars.set_matrix_values(values.collect());
}

/// True for what is filled in for each account and role.
fn is_template(entry: &Entry<'_>) -> bool {
    let is_choice = CHOICES.contains(&&*entry.name);
    entry.name == keys::NAME_KEY || !is_choice && varies(&entry.node)
}

impl<'m, 't> MatrixSpec<'m, 't> {
    /// Reads what does not depend on account and role; none if that does not say which profiles there are.
    pub(crate) fn read(
        entry: &'m Entry<'t>,
        others: &[Entry<'_>],
        context: Context<'m, '_>,
        reader: &mut Reader<'_>,
    ) -> Option<Self> {
        let Context { accounts, defaults, sessions } = context;
        let before = reader.sink.errors();
        if entry.name.contains("${") {
            reader.sink.push(values::variable_in_name(entry.at));
        }
        let table = table::table(entry, &mut reader.sink)?;
        let (varying, common) = split(table);
        let common = common_fields(&common, table, &entry.name, reader);
        let Reader { sink, hosts } = reader;
        let mut needs = |name: &str, example: &str| {
            let found = find(table, name);
            if found.is_none() && !common.meant.contains(&name) {
                let lacks = lacks(entry, name, example, others, hosts.files, sink);
                sink.push(lacks);
            }
            found
        };
        let (name, chosen) = (needs(keys::NAME_KEY, NAME_EXAMPLE), needs(keys::ACCOUNTS, "\"*\""));
        let name = name.filter(|name| is_text(name, sink));
        let session = session(&common, &defaults.fields, &varying);
        if let Some(session) =
            common.sso_session.valid().filter(|_| session.is_some_and(|one| !sessions.has(&one.value)))
        {
            let error = |code, message| Diagnostic::error(code, session.at, message);
            sessions.check_reference(session, error, sink);
            // Which accounts it leads to can't be said.
            return None;
        }
        let session = session.map(|session| session.value.as_str()).filter(|session| sessions.has(session));
        let chosen = chosen.and_then(|entry| select_accounts(entry, accounts, session, sink));
        let roles = match find(table, keys::ROLES) {
            Some(entry) => select_roles(entry, sink),
            None if common.meant.contains(&keys::ROLES) => None,
            None => Some(Roles::None),
        };
        let excluded = find(table, keys::EXCLUDE).map(|entry| Excluded::read(entry, sink)).unwrap_or_default();
        let wrong = entry.is_disputed || sink.errors() > before;
        let (name, accounts, roles) = (&name?.node, chosen?, roles?);
        Some(Self { entry, table, name, accounts, roles, excluded, common, varying, wrong })
    }

    /// How many profiles it would make if it left none out.
    fn count(&self) -> usize {
        match &self.roles {
            Roles::None => self.accounts.len(),
            Roles::These(roles) => self.accounts.len().saturating_mul(roles.len()),
            Roles::Own(_) => self.accounts.iter().map(|account| account.roles.value().map_or(0, Vec::len)).sum(),
        }
    }

    /// Each account with each of its roles.
    fn combinations(&self) -> impl Iterator<Item = Combination<'_>> {
        self.accounts.iter().flat_map(|account| {
            let roles = match &self.roles {
                Roles::None => vec![None],
                Roles::Own(_) => account.roles.value().into_iter().flatten().map(Some).collect(),
                Roles::These(roles) => roles.iter().map(Some).collect::<Vec<_>>(),
            };
            roles.into_iter().map(|role| Combination::new(account, role))
        })
    }

    /// The name of one profile; none if that is wrong, which is reported, or depends on what a person has yet to supply.
    fn name_of(&self, combination: &Combination<'_>, vars: &mut Vars, sink: &mut Sink) -> Option<String> {
        let mut name = self.name.clone();
        vars.fill_for(&mut name, &|name| combination.get(name), sink);
        name.text().map(|text| text.value.to_owned())
    }

    /// The names that it makes, each with its account, as far as they are known.
    pub(crate) fn names(&self, vars: &mut Vars, sink: &mut Sink) -> Vec<(String, String)> {
        let name = |combination: Combination<'_>| {
            let name = self.name_of(&combination, vars, sink)?;
            Some((name, combination.account.name.clone()))
        };
        let names = self.combinations().filter_map(name);
        names.filter(|(name, _)| self.excluded.find(name).is_none()).collect()
    }
}

/// The keys of a profile that are another value for each account and role, and the others.
fn split<'m, 't>(table: &'m Table<'t>) -> (Vec<&'m Entry<'t>>, Table<'t>) {
    let is_choice = |entry: &&Entry<'_>| CHOICES.contains(&&*entry.name);
    let (varying, common): (Vec<_>, Vec<_>) =
        table.iter().filter(|entry| !is_choice(entry)).partition(|entry| is_template(entry));
    (varying, common.into_iter().cloned().collect())
}

/// What all profiles of a matrix have in common. Keys of its `table` that it does not have are reported.
fn common_fields(common: &Table<'_>, table: &Table<'_>, label: &str, reader: &mut Reader<'_>) -> Box<ProfileKeys> {
    let mut fields = ProfileKeys::read(&[Layer { table: common, origin: Origin::Matrix, is_checked: false }], reader);
    let own = keys::MATRIX.iter().map(|(name, ..)| *name);
    let known = own.chain(ProfileKeys::KEYS.iter().map(|key: &Key| key.name));
    for entry in table.iter().filter(|entry| known.clone().all(|name| name != entry.name)) {
        let place = format_args!("the matrix `{label}`");
        fields.meant.extend(unknown_key(entry, place, known.clone(), &mut reader.sink));
    }
    fields
}

/// True for a template that is one, which what it makes shows only where there is anything to make.
fn is_text(entry: &Entry<'_>, sink: &mut Sink) -> bool {
    let is_text = entry.node.text().is_some();
    if !is_text {
        wrong_type(&entry.name, &entry.node, "a string", Some(NAME_EXAMPLE), sink);
    }
    is_text
}

/// What is said where a key is missing without which a matrix makes nothing.
fn lacks(
    entry: &Entry<'_>,
    name: &str,
    example: &str,
    others: &[Entry<'_>],
    files: &Layers,
    sink: &mut Sink,
) -> Diagnostic {
    let is_own = files.is_personal(entry.at);
    let shared = others.iter().filter(|other| is_own && !files.is_personal(other.at));
    let guess = sink.nearest(&entry.name, shared.map(|other| &*other.name));
    let message = format!("the matrix `{}` has no `{name}`", entry.name);
    let help = format!("add `{name} = {example}`");
    Diagnostic::error(codes::MISSING_KEY, entry.at, message).help(match guess {
        Some(guess) => format!("did you mean the matrix `{guess}`? If not, {help}"),
        None => help,
    })
}

/// The SSO session whose accounts a matrix takes; none where it takes any, or where each profile has its own.
fn session<'f>(
    common: &'f ProfileKeys,
    defaults: &'f ProfileKeys,
    varying: &[&Entry<'_>],
) -> Option<&'f Sourced<String>> {
    const DECISIVE: [&str; 3] = ["pattern", "sso_session", "sso_start_url"];
    if varying.iter().any(|entry| DECISIVE.contains(&&*entry.name)) || !common.sso_start_url.is_missing() {
        return None;
    }
    let pattern = if common.pattern.is_missing() { &defaults.pattern } else { &common.pattern };
    let session = if common.sso_session.is_missing() { &defaults.sso_session } else { &common.sso_session };
    session.valid().filter(|_| pattern.value() == Some(&Pattern::Sso))
}

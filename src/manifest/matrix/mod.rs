//! Owns what one matrix says: which accounts and roles it takes, and what their profiles have in common. Must not know what
//! a pattern needs: what is made is checked like what is written.

mod combination;
pub(crate) mod expand;
mod select;

use crate::diagnostic::Diagnostic;
use crate::manifest::codes;
use crate::manifest::files::Layers;
use crate::manifest::raw::account::Account;
use crate::manifest::raw::field::{Origin, Sourced};
use crate::manifest::raw::profile::ProfileKeys;
use crate::manifest::raw::reader::Reader;
use crate::manifest::raw::values;
use crate::manifest::sink::Sink;
use crate::manifest::spec::keys::{self, Key};
use crate::manifest::table::{self, unknown_key, wrong_type};
use crate::manifest::tables::{CHOICES, Tables, is_template};
use crate::manifest::tree::{Entry, Node, Table, find};
use crate::manifest::vars::Vars;
use crate::model::Pattern;
use combination::Combination;
use select::{Excluded, Roles, select_accounts, select_roles};

const NAME_EXAMPLE: &str = "\"${account}-${role}\"";
/// A matrix, resolved as far as possible without a concrete account and role.
#[derive(Debug)]
struct MatrixSpec<'m, 't> {
    entry: &'m Entry<'t>,
    table: &'m Table<'t>,
    /// A template.
    name: &'m Node<'t>,
    accounts: Vec<&'m Account>,
    roles: Roles,
    excluded: Excluded,
    /// The keys without templates, and the mistakes that all profiles of the matrix share.
    common: Box<ProfileKeys>,
    varying: Vec<&'m Entry<'t>>,
}

impl<'m, 't> MatrixSpec<'m, 't> {
    /// None if it can't be known which profiles there are.
    fn read(entry: &'m Entry<'t>, tables: &'m Tables<'t>, reader: &mut Reader<'_>) -> Option<Self> {
        let Tables { accounts, defaults, sessions, matrices, .. } = tables;
        let before = reader.sink.errors();
        if entry.name.contains("${") {
            reader.sink.push(values::variable_in_name(entry.at));
        }
        let table = table::table(entry, &mut reader.sink)?;
        let (varying, common) = split(table);
        let mut common = common_fields(&common, table, &entry.name, reader);
        let Reader { sink, hosts } = reader;
        let mut needs = |name: &str, example: &str| {
            let found = find(table, name);
            if found.is_none() && !common.meant.contains(&name) {
                let lacks = lacks(entry, name, example, matrices, hosts.files, sink);
                sink.push(lacks);
            }
            found
        };
        let (name, chosen) = (needs(keys::NAME_KEY, NAME_EXAMPLE), needs(keys::ACCOUNTS, "\"*\""));
        let name = name.filter(|name| is_text(name, sink));
        let session = session(&common, defaults, &varying);
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
        common.wrong |= entry.is_disputed || sink.errors() > before;
        Some(Self { entry, table, name: &name?.node, accounts: chosen?, roles: roles?, excluded, common, varying })
    }

    /// Counts excluded ones too.
    fn count(&self) -> usize {
        match &self.roles {
            Roles::None => self.accounts.len(),
            Roles::These(roles) => self.accounts.len().saturating_mul(roles.len()),
            Roles::Own(_) => self.accounts.iter().map(|account| account.roles.value().map_or(0, Vec::len)).sum(),
        }
    }

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

    /// None if it is wrong, which is reported, or depends on a variable that a person has yet to supply.
    fn name_of(&self, combination: &Combination<'_>, vars: &mut Vars, sink: &mut Sink) -> Option<String> {
        let mut name = self.name.clone();
        vars.fill_for(&mut name, &|name| combination.get(name), sink);
        name.text().map(|text| text.value.to_owned())
    }

    /// The names that it makes, each with its account.
    fn names(&self, vars: &mut Vars, sink: &mut Sink) -> Vec<(String, String)> {
        let name = |combination: Combination<'_>| {
            let name = self.name_of(&combination, vars, sink)?;
            Some((name, combination.account.name.clone()))
        };
        let names = self.combinations().filter_map(name);
        names.filter(|(name, _)| self.excluded.find(name).is_none()).collect()
    }
}

/// Returns the keys with templates, and the others.
fn split<'m, 't>(table: &'m Table<'t>) -> (Vec<&'m Entry<'t>>, Table<'t>) {
    let is_choice = |entry: &&Entry<'_>| CHOICES.contains(&&*entry.name);
    let (varying, common): (Vec<_>, Vec<_>) =
        table.iter().filter(|entry| !is_choice(entry)).partition(|entry| is_template(entry));
    (varying, common.into_iter().cloned().collect())
}

/// Reports unknown keys of the whole `table`.
fn common_fields(common: &Table<'_>, table: &Table<'_>, label: &str, reader: &mut Reader<'_>) -> Box<ProfileKeys> {
    let mut fields = ProfileKeys::read(common, Origin::Matrix, reader);
    let own = keys::MATRIX.iter().map(|(name, ..)| *name);
    let known = own.chain(ProfileKeys::KEYS.iter().map(|key: &Key| key.name));
    for entry in table.iter().filter(|entry| known.clone().all(|name| name != entry.name)) {
        let place = format_args!("the matrix `{label}`");
        fields.meant.extend(unknown_key(entry, place, known.clone(), &mut reader.sink));
    }
    fields
}

/// Checked here as well, since a matrix without accounts fills in no template.
fn is_text(entry: &Entry<'_>, sink: &mut Sink) -> bool {
    let is_text = entry.node.text().is_some();
    if !is_text {
        wrong_type(&entry.name, &entry.node, "a string", Some(NAME_EXAMPLE), sink);
    }
    is_text
}

/// The finding for a matrix without a key that it needs.
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

/// The SSO session whose accounts a matrix takes; None if it takes any, or if each profile has its own.
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

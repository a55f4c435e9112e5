//! Owns one matrix: its accounts and roles, and what their profiles have in common. Must not know what a pattern needs: its
//! profiles are checked like others.

mod combination;
pub(crate) mod expand;
mod select;

use crate::diagnostic::Diagnostic;
use crate::manifest::document::table::{self, unknown_key, wrong_type};
use crate::manifest::document::tree::{KeyValue, Node, Table, find};
use crate::manifest::files::Layers;
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::Sink;
use crate::manifest::profile_tables::{Tables, is_template};
use crate::manifest::raw::account::Account;
use crate::manifest::raw::field::{KeyTable as _, Origin, Reader, Sourced};
use crate::manifest::raw::profile::ProfileKeys;
use crate::manifest::raw::values;
use crate::manifest::spec::keys;
use crate::manifest::vars::Vars;
use crate::model::Pattern;
use combination::Combination;
use select::{Excluded, RoleSelection, select_accounts, select_roles};

const NAME_EXAMPLE: &str = "\"${account}-${role}\"";
/// A matrix, resolved as far as possible without a concrete account and role.
#[derive(Debug)]
struct MatrixSpec<'m, 't> {
    entry: &'m KeyValue<'t>,
    table: &'m Table<'t>,
    /// A template.
    name: &'m Node<'t>,
    accounts: Vec<&'m Account>,
    roles: RoleSelection,
    excluded: Excluded,
    /// The keys without templates, and the mistakes that all profiles of the matrix share.
    common: Box<ProfileKeys>,
    varying: Vec<&'m KeyValue<'t>>,
}

impl<'m, 't> MatrixSpec<'m, 't> {
    /// None if it can't be known which profiles there are.
    fn read(entry: &'m KeyValue<'t>, tables: &'m Tables<'t>, reader: &mut Reader<'_>) -> Option<Self> {
        let before = reader.sink.errors();
        if entry.name.contains("${") {
            reader.sink.push(values::variable_in_name(entry.at));
        }
        let table = table::table(entry, &mut reader.sink)?;
        let (mut varying, common): (Vec<_>, Vec<_>) = table.iter().partition(|entry| is_template(entry));
        varying.retain(|entry| entry.name != keys::NAME_KEY);
        let (mut common, _) = ProfileKeys::read(common, Origin::Matrix, reader);
        let meant = report_unknown(table, &entry.name, &mut common, &mut reader.sink);
        let files = reader.hosts.files;
        let sink = &mut reader.sink;
        for (name, example) in [(keys::NAME_KEY, NAME_EXAMPLE), (keys::ACCOUNTS, "\"*\"")] {
            if find(table, name).is_none() && !meant.contains(&name) {
                report_missing(entry, name, example, &tables.matrices, files, sink);
            }
        }
        let name = find(table, keys::NAME_KEY).filter(|name| is_text(name, sink));
        let session = session(&common, &tables.defaults, &varying);
        let session = match session {
            Some(session) if !tables.sessions.has(&session.value) => {
                if !common.sso_session.is_missing() {
                    let error = |code, message| Diagnostic::error(code, session.at, message);
                    tables.sessions.check_reference(session, error, sink);
                    // It can't be known which accounts it leads to.
                    return None;
                }
                None
            }
            session => session.map(|session| session.value.as_str()),
        };
        let accounts = find(table, keys::ACCOUNTS);
        let accounts = accounts.and_then(|entry| select_accounts(entry, &tables.accounts, session, sink));
        let roles = match find(table, keys::ROLES) {
            Some(entry) => select_roles(entry, sink),
            None if meant.contains(&keys::ROLES) => None,
            None => Some(RoleSelection::None),
        };
        let excluded = find(table, keys::EXCLUDE).map(|entry| Excluded::read(entry, sink)).unwrap_or_default();
        common.wrong |= entry.is_disputed || sink.errors() > before;
        Some(Self { entry, table, name: &name?.node, accounts: accounts?, roles: roles?, excluded, common, varying })
    }

    /// Counts excluded ones too.
    fn count(&self) -> usize {
        match &self.roles {
            RoleSelection::None => self.accounts.len(),
            RoleSelection::These(roles) => self.accounts.len().saturating_mul(roles.len()),
            RoleSelection::Own(_) => {
                self.accounts.iter().map(|account| account.roles.value().map_or(0, Vec::len)).sum()
            }
        }
    }

    fn combinations(&self) -> impl Iterator<Item = Combination<'_>> {
        self.accounts.iter().flat_map(|account| {
            let roles = match &self.roles {
                RoleSelection::None => vec![None],
                RoleSelection::Own(_) => account.roles.value().into_iter().flatten().map(Some).collect(),
                RoleSelection::These(roles) => roles.iter().map(Some).collect::<Vec<_>>(),
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

    /// Each with its account.
    fn names(&self, vars: &mut Vars, sink: &mut Sink) -> Vec<(String, String)> {
        let name = |combination: Combination<'_>| {
            let name = self.name_of(&combination, vars, sink)?;
            Some((name, combination.account.name.clone()))
        };
        let names = self.combinations().filter_map(name);
        names.filter(|(name, _)| self.excluded.find(name).is_none()).collect()
    }
}

/// Returns the keys that misspelt ones probably stand for.
fn report_unknown(table: &[KeyValue<'_>], label: &str, common: &mut ProfileKeys, sink: &mut Sink) -> Vec<&'static str> {
    let own = keys::MATRIX.iter().map(|(name, ..)| *name);
    let known = own.chain(ProfileKeys::KEYS.iter().map(|key| key.name));
    let unknown = table.iter().filter(|entry| known.clone().all(|name| name != entry.name));
    let report = |entry| unknown_key(entry, format_args!("the matrix `{label}`"), known.clone(), sink);
    unknown.filter_map(report).inspect(|meant| _ = common.mark_invalid(meant)).collect()
}

/// Checked here as well, since a matrix without accounts fills in no template.
fn is_text(entry: &KeyValue<'_>, sink: &mut Sink) -> bool {
    let is_text = entry.node.text().is_some();
    if !is_text {
        wrong_type(&entry.name, &entry.node, "a string", Some(NAME_EXAMPLE), sink);
    }
    is_text
}

fn report_missing(
    entry: &KeyValue<'_>,
    name: &str,
    example: &str,
    others: &[KeyValue<'_>],
    files: &Layers,
    sink: &mut Sink,
) {
    let is_own = files.is_personal(entry.at);
    let shared = others.iter().filter(|other| is_own && !files.is_personal(other.at)).map(|other| &*other.name);
    let help = sink.did_you_mean_or(&entry.name, shared, &format!("add `{name} = {example}`"));
    let message = format!("the matrix `{}` has no `{name}`", entry.name);
    sink.push(Diagnostic::error(codes::MISSING_KEY, entry.at, message).help(help));
}

/// The SSO session whose accounts a matrix takes; None if it takes any, or if each profile has its own.
fn session<'f>(
    common: &'f ProfileKeys,
    defaults: &'f ProfileKeys,
    varying: &[&KeyValue<'_>],
) -> Option<&'f Sourced<String>> {
    const DECISIVE: [&str; 3] = ["pattern", "sso_session", "sso_start_url"];
    if varying.iter().any(|entry| DECISIVE.contains(&&*entry.name)) || !common.sso_start_url.is_missing() {
        return None;
    }
    let pattern = if common.pattern.is_missing() { &defaults.pattern } else { &common.pattern };
    let session = if common.sso_session.is_missing() { &defaults.sso_session } else { &common.sso_session };
    session.valid().filter(|_| pattern.value() == Some(&Pattern::Sso))
}

//! Owns making the profiles of matrices, from the matrix, the account, and the profile's own table. Must not know what a
//! pattern needs.

use std::collections::HashMap;
use std::rc::Rc;

use super::MatrixSpec;
use super::combination::Combination;
use super::select::RoleSelection;
use crate::diagnostic::Diagnostic;
use crate::manifest::check::unchecked::{GeneratedBy, LeftOut, UncheckedProfile, WrittenProfiles};
use crate::manifest::document::tree::{self, KeyValue, Table, find};
use crate::manifest::files::Layers;
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::{About, GeneratedProfile, Sink, quoted};
use crate::manifest::profile_tables::{CHOICES, Tables};
use crate::manifest::raw::account::Account;
use crate::manifest::raw::field::{Field, KeyTable as _, Origin, Reader, Sourced};
use crate::manifest::raw::profile::ProfileKeys;
use crate::manifest::raw::values;
use crate::manifest::spec::keys;
use crate::manifest::vars::Vars;
use crate::model::{Glob, NameError, ProfileName};
use crate::source::Span;

/// The most profiles that all matrices may make, far more than any company has: a short file that somebody else wrote
/// must not exhaust memory or time. A profile with long values, or with a name that is compared with many globs, counts
/// for more than one.
const MOST: usize = 200_000;
/// This many bytes of values count as one more profile.
const BYTES: usize = 1024;
/// This many comparisons count as one more profile.
const COMPARISONS: usize = 100;
const TOO_LONG: &str = "its values are too long, or `exclude` has too many globs";
const MOST_NAMED: usize = 5;

/// A name of a matrix that is invalid, or that another profile has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnusableName {
    pub(crate) matrix: String,
    /// True if the matrix has an `exclude` list already.
    pub(crate) has_exclude: bool,
    /// The name or glob to add to `exclude`.
    pub(crate) exclusion: String,
}

#[derive(Debug, Default)]
pub(crate) struct Expansion {
    pub(crate) generated: Vec<UncheckedProfile>,
    pub(crate) left_out: HashMap<String, Vec<LeftOut>>,
    pub(crate) unusable: Vec<UnusableName>,
}

struct Expander<'e, 't> {
    tables: &'e Tables<'t>,
    written: &'e mut WrittenProfiles<'t>,
    vars: &'e mut Vars,
    out: Expansion,
    /// The index in `generated`, and the place of the name's template.
    by_name: HashMap<Rc<str>, (usize, Span)>,
    /// The rest of [`MOST`].
    budget: usize,
}

/// Makes the profiles of all matrices. An entry of `written` for one of them wins over it key by key, and is removed
/// from there.
pub(crate) fn expand<'t>(
    tables: &Tables<'t>,
    written: &mut WrittenProfiles<'t>,
    vars: &mut Vars,
    reader: &mut Reader<'_>,
) -> Expansion {
    let (out, by_name) = (Expansion::default(), HashMap::new());
    let mut expander = Expander { tables, written, vars, out, by_name, budget: MOST };
    for entry in &tables.matrices {
        match MatrixSpec::read(entry, tables, reader) {
            Some(spec) if expander.budget > 0 => expander.make(&spec, reader),
            Some(_) => {}
            None => reader.sink.profiles_unknown |= entry.node.table().is_some(),
        }
    }
    expander.out
}

/// Returns the names that all matrices make, each with its matrix and account. Reports nothing that [`expand`] reports.
pub(crate) fn names<'m>(
    tables: &'m Tables<'_>,
    vars: &mut Vars,
    reader: &mut Reader<'_>,
) -> Vec<(String, &'m str, String)> {
    let (mut names, mut budget) = (Vec::new(), MOST);
    for entry in &tables.matrices {
        let Some(spec) = MatrixSpec::read(entry, tables, reader) else { continue };
        budget = budget.saturating_sub(spec.cost(tables));
        if budget > 0 {
            let more = spec.names(vars, &mut reader.sink);
            names.extend(more.into_iter().map(|(name, account)| (name, &*entry.name, account)));
        }
    }
    names
}

impl<'t> Expander<'_, 't> {
    /// False, and reported, if there is not that much left.
    fn take(&mut self, cost: usize, what: &str, spec: &MatrixSpec<'_, '_>, sink: &mut Sink) -> bool {
        self.budget = self.budget.saturating_sub(cost);
        if self.budget > 0 {
            return true;
        }
        sink.profiles_unknown = true;
        let message = format!("the matrix `{}` is too large: {what}", spec.entry.name);
        let help = "use fewer accounts, roles or globs, or shorter values";
        sink.push(Diagnostic::error(codes::MATRIX_TOO_LARGE, spec.entry.at, message).help(help));
        false
    }

    fn make(&mut self, spec: &MatrixSpec<'_, 't>, reader: &mut Reader<'_>) {
        let was_unknown = std::mem::take(&mut reader.sink.profiles_unknown);
        let first = self.out.generated.len();
        let too_many = format!("there would be more than {MOST} profiles");
        let what = if spec.count() > MOST { &too_many } else { TOO_LONG };
        if !self.take(spec.cost(self.tables), what, spec, &mut reader.sink) {
            return;
        }
        let mut left_out = 0;
        for combination in spec.combinations() {
            left_out += usize::from(!self.make_one(spec, &combination, reader));
            reader.sink.turn_to(About::Shared);
            if !self.take(0, TOO_LONG, spec, &mut reader.sink) {
                return self.out.generated[first..].iter_mut().for_each(|profile| profile.fields.wrong = true);
            }
        }
        let is_unknown = reader.sink.profiles_unknown || spec.has_unknown_roles();
        reader.sink.profiles_unknown = was_unknown || is_unknown;
        // Something unknown must not be called missing.
        if !is_unknown && !was_unknown {
            spec.report(left_out, &self.out.generated[first..], self.tables, reader);
        }
    }

    /// False if the profile is excluded.
    fn make_one(&mut self, spec: &MatrixSpec<'_, 't>, combination: &Combination<'_>, reader: &mut Reader<'_>) -> bool {
        let before = reader.sink.errors();
        reader.sink.turn_to(combination.about(Rc::default()));
        let Some(name) = spec.name_of(combination, self.vars, &mut reader.sink) else {
            reader.sink.profiles_unknown = true;
            return true;
        };
        if let Some(by) = spec.excluded.find(&name) {
            self.out.left_out.entry(name).or_default().push(LeftOut { matrix: spec.entry.at, by });
            return false;
        }
        if let Some(first) = self.by_name.get(&*name).copied() {
            spec.report_twice(&name, combination, first, &mut self.out, &mut reader.sink);
            return true;
        }
        let written: Rc<str> = Rc::from(&*name);
        reader.sink.turn_to(combination.about(written.clone()));
        let parsed = ProfileName::new(&name);
        if let Err(error) = &parsed {
            self.out.unusable.push(spec.unusable(exclusion(&name, error, combination)));
            reader.sink.push(spec.bad_name(&name, error, combination));
        }
        let own = self.written.take(&name);
        let filled = self.fill(spec, combination, &mut reader.sink);
        let mut fields = self.fields(spec, combination.account, &filled, own.as_ref(), reader);
        fields.wrong |= !combination.account.is_in_order() || reader.sink.errors() > before;
        self.by_name.insert(written.clone(), (self.out.generated.len(), spec.name.at));
        let (account, role) = (combination.account.at, combination.role);
        let KeyValue { at, over, .. } = *own.as_ref().unwrap_or(spec.entry);
        self.out.generated.push(UncheckedProfile {
            written,
            name: parsed.ok(),
            at,
            over,
            generated: Some(GeneratedBy { matrix: spec.entry.at, account, role: role.map(|role| role.at) }),
            role: role.map(|role| role.name.clone()),
            fields,
        });
        true
    }

    /// Fills in the templates, and subtracts the length of the values from the budget.
    fn fill(&mut self, spec: &MatrixSpec<'_, 't>, combination: &Combination<'_>, sink: &mut Sink) -> Table<'t> {
        let mut filled: Table<'t> = spec.varying.iter().map(|entry| (*entry).clone()).collect();
        for entry in &mut filled {
            self.vars.fill_for(&mut entry.node, &|name| combination.get(name), sink);
        }
        let tags: usize = combination.account.tags.value().into_iter().flatten().map(String::len).sum();
        let bytes = tree::bytes(&filled) + tags;
        self.budget = self.budget.saturating_sub(bytes / BYTES);
        filled
    }

    /// A profile's own table wins over its account's keys, those over the matrix, and that over `[defaults]`.
    fn fields(
        &self,
        spec: &MatrixSpec<'_, 't>,
        account: &Account,
        filled: &Table<'_>,
        own: Option<&KeyValue<'_>>,
        reader: &mut Reader<'_>,
    ) -> Box<ProfileKeys> {
        let mut fields = own.map(|own| ProfileKeys::of_profile(own, reader)).unwrap_or_default();
        let (mut made, _) = ProfileKeys::read(filled, Origin::Matrix, reader);
        made.inherit(&spec.common);
        give_account(&mut made, account);
        fields.inherit(&made);
        fields.inherit(&self.tables.defaults);
        fields
    }
}

/// An account's region replaces that of the matrix; its tags come before those of the matrix.
fn give_account(generated: &mut ProfileKeys, account: &Account) {
    if !account.region.is_missing() {
        generated.region = of_account(account.region.clone());
    }
    if let Some(tags) = account.tags.valid().filter(|tags| !tags.value.is_empty()) {
        let more = generated.tags.value().into_iter().flatten().filter(|tag| !tags.value.contains(tag));
        let all = tags.value.iter().chain(more).cloned().collect();
        generated.tags = Field::Valid(Sourced { value: all, at: tags.at, origin: Origin::Account });
    }
}

impl MatrixSpec<'_, '_> {
    /// The cost as far as it is known before any profile is made.
    fn cost(&self, tables: &Tables<'_>) -> usize {
        let compared = tables.accounts.list.len() + self.count().saturating_mul(self.excluded.globs());
        let each = 1 + (tree::bytes(self.table) + tables.defaults_bytes) / BYTES;
        self.count().saturating_mul(each).saturating_add(compared / COMPARISONS)
    }

    fn report_twice(
        &self,
        name: &str,
        combination: &Combination<'_>,
        (first, template): (usize, Span),
        out: &mut Expansion,
        sink: &mut Sink,
    ) {
        // It is unknown which of the two is meant.
        out.generated[first].fields.wrong = true;
        let (first, account) = (&out.generated[first], combination.account);
        let is_same = template == self.name.at;
        let label = &self.entry.name;
        let message = if is_same {
            format!("the matrix `{label}` makes the profile `{name}` twice")
        } else {
            format!("two matrices make the profile `{name}`")
        };
        let found = Diagnostic::error(codes::MADE_TWICE, self.name.at, message);
        let found = if is_same { found } else { found.related(template, "the other one") };
        let accounts = first.generated.as_ref().map(|made| made.account).filter(|at| *at != account.at);
        let found = accounts.into_iter().fold(found, |found, at| found.related(at, "once for this account"));
        let found = found.related(account.at, "and for this account");
        let other = first.generated.filter(|made| made.account == account.at && account.sso_session.is_missing());
        let help = match (self.common.sso_session.value(), other.and(first.fields.sso_session.value())) {
            (Some(own), Some(other)) if own != other => {
                format!("add the session to the account: `sso_session = \"{other}\"` or `\"{own}\"`")
            }
            _ => {
                out.unusable.push(self.unusable(name.to_owned()));
                if is_same {
                    "make `name` unique with `${account}`, `${account_id}` or `${role}`".to_owned()
                } else {
                    "change the `name` of one matrix, or add the profile to its `exclude`".to_owned()
                }
            }
        };
        let (name, role) = (Rc::from(name), combination.role_at());
        sink.turn_to(About::Generated(GeneratedProfile { name, is_named: false, account: account.at, role }));
        sink.push(found.help(help));
    }

    fn unusable(&self, exclusion: String) -> UnusableName {
        let (matrix, has_exclude) = (self.entry.name.to_string(), find(self.table, keys::EXCLUDE).is_some());
        UnusableName { matrix, has_exclude, exclusion }
    }

    fn bad_name(&self, name: &str, error: &NameError, combination: &Combination<'_>) -> Diagnostic {
        let found = Diagnostic::error(codes::BAD_NAME, self.name.at, error.to_string());
        let found = found.label(format!("this makes `{name}`")).related(combination.account.at, "for this account");
        let found = combination.role_at().into_iter().fold(found, |found, at| found.related(at, "and this role"));
        found.help(format!("{}, or add it to `exclude`", values::name_help(error)))
    }

    fn has_unknown_roles(&self) -> bool {
        matches!(self.roles, RoleSelection::Own(_)) && self.accounts.iter().any(|account| account.has_unknown_roles())
    }

    /// Reports parts of the matrix that have no effect.
    fn report(&self, left_out: usize, generated: &[UncheckedProfile], tables: &Tables<'_>, reader: &mut Reader<'_>) {
        let (files, sink) = (reader.hosts.files, &mut reader.sink);
        self.report_roles(sink);
        if self.count() > left_out {
            if !self.is_narrowed(tables, files) {
                self.excluded.report(|| generated.iter().map(|generated| &*generated.written), sink);
            }
        } else if !self.is_turned_off(files) {
            sink.push(self.nothing_made(!tables.accounts.list.is_empty(), left_out > 0));
        }
    }

    /// True if a person's own file makes it smaller than the shared `exclude` was written for.
    fn is_narrowed(&self, tables: &Tables<'_>, files: &Layers) -> bool {
        let is_own = |name: &&str| find(self.table, name).is_some_and(|entry| files.is_personal(entry.over));
        let is_changed = |account: &Account| !files.is_personal(account.at) && files.is_personal(account.over);
        let is_shared = !files.is_personal(self.entry.at) && !is_own(&keys::EXCLUDE);
        is_shared && (CHOICES.iter().any(is_own) || tables.accounts.list.iter().any(is_changed))
    }

    /// True if a person's own file gives it no accounts.
    fn is_turned_off(&self, files: &Layers) -> bool {
        let is_empty = |entry: &&KeyValue<'_>| entry.node.list().is_some_and(<[_]>::is_empty);
        find(self.table, keys::ACCOUNTS).filter(is_empty).is_some_and(|entry| files.is_personal(entry.at))
    }

    fn report_roles(&self, sink: &mut Sink) {
        let RoleSelection::Own(at) = &self.roles else { return };
        let without: Vec<_> = self.accounts.iter().filter(|account| account.lacks("roles")).collect();
        // If all lack them, that is the reason given for making nothing.
        if without.is_empty() || without.len() == self.accounts.len() {
            return;
        }
        let mut names = quoted(without.iter().take(MOST_NAMED).map(|account| &account.name));
        if without.len() > MOST_NAMED {
            names = format!("{names} and {} more", without.len() - MOST_NAMED);
        }
        let message = format!("these accounts have no `roles`, so the matrix makes nothing for them: {names}");
        let found = Diagnostic::warning(codes::ROLES_MISSING, *at, message)
            .help("add `roles = […]` to each, or run `awsauth discover`; an empty list means no roles");
        let without = without.iter().take(MOST_NAMED);
        sink.push(without.fold(found, |found, account| found.related(account.at, "no `roles` here")));
    }

    fn nothing_made(&self, has_accounts: bool, has_combinations: bool) -> Diagnostic {
        let message = format!("the matrix `{}` makes no profile", self.entry.name);
        let (label, help) = match &self.roles {
            _ if !has_accounts => ("there are no accounts", "`awsauth discover` fills `[accounts]`"),
            _ if self.accounts.is_empty() => {
                ("it selects none of the accounts", "check its `accounts`, and the `sso_session` of each account")
            }
            _ if has_combinations => ("`exclude` leaves none", "check its `exclude`"),
            RoleSelection::These(_) => ("its `roles` is an empty list", "add roles, or remove `roles`"),
            _ => (
                "none of its accounts has roles",
                "add `roles = […]` to each account, which `awsauth discover` can do, or to the matrix",
            ),
        };
        Diagnostic::warning(codes::MATRIX_EMPTY, self.entry.at, message).label(label).help(help)
    }
}

fn of_account<T>(field: Field<T>) -> Field<T> {
    match field {
        Field::Valid(given) => Field::Valid(Sourced { origin: Origin::Account, ..given }),
        other => other,
    }
}

/// Returns the `exclude` entry for an invalid name: a glob over all accounts if the role is the reason.
fn exclusion(name: &str, error: &NameError, combination: &Combination<'_>) -> String {
    let is_in_role = |one: char| combination.role.is_some_and(|role| role.name.contains(one));
    let is_role = matches!(error, NameError::Character(one) if is_in_role(*one));
    let glob = name.replacen(&combination.account.name, "*", 1);
    let fits = || Glob::is_meant(&glob) && Glob::new(&glob).is_ok_and(|glob| glob.fits(name));
    if is_role && fits() { glob } else { name.to_owned() }
}

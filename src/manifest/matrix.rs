//! Owns `[matrix]`: which profiles the product of accounts and roles makes, and what each has from it. Must not know what a
//! pattern needs: what is made here is checked like what is written.
//!
//! What does not depend on the account or the role is read once, the rest for each profile.

use std::borrow::Cow;
use std::collections::HashMap;

use toml::de::DeValue;

use super::accounts::{Account, Accounts, RoleName};
use super::choices::{Excluded, Roles, choose, read_roles};
use super::codes;
use super::fields::{Fields, Origin, Slot};
use super::keys::{self, Key};
use super::product::Product;
use super::profiles::{Draft, Drafts, Made};
use super::reading::{Entry, Reading, entries, quoted};
use super::settings;
use super::values;
use super::why::LeftOut;
use crate::diagnostic::Diagnostic;
use crate::model::{Pattern, ProfileName};
use crate::source::Span;

/// The most accounts that one finding names.
const MOST_NAMED: usize = 5;
/// The most profiles that matrices make, far more than any company has, so that a short file of somebody else's does not
/// take a machine's memory.
const MOST_MADE: usize = 200_000;
/// The most bytes that their values have, each value of a matrix counted for every profile.
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// How `name` is written.
const NAME_EXAMPLE: &str = "\"${account}-${role}\"";

/// A matrix as it is written, in one file or several.
#[derive(Debug)]
struct Matrix<'t> {
    label: &'t str,
    /// Where the label stands.
    at: Span,
    /// Where it stands in the file that wins.
    over: Span,
    /// Each key once; only `settings` once for each file, those that win over the others last.
    entries: Vec<Entry<'t>>,
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
            if entry.name.contains("${") {
                reading.out.push(values::variable_in_name(entry.at));
            }
            let Some(table) = reading.table(entry) else { continue };
            let matrix = Matrix { label: entry.name, at: entry.at, over: entry.at, entries: entries(table) };
            let Some(index) = self.by_label.get(entry.name).copied() else {
                self.by_label.insert(entry.name, self.list.len());
                self.list.push(matrix);
                continue;
            };
            let below = &mut self.list[index];
            if !reading.layers.wins(matrix.over, below.over) {
                reading.defined_twice(format_args!("the matrix `{}`", entry.name), matrix.at, below.at);
            }
            below.over = matrix.over;
            let is_replaced =
                |old: &Entry<'_>| old.name != "settings" && matrix.entries.iter().any(|new| new.name == old.name);
            below.entries.retain(|old| !is_replaced(old));
            below.entries.extend(matrix.entries);
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
        defaults: &Fields,
        drafts: &mut Drafts<'t>,
        reading: &mut Reading<'t>,
    ) {
        let mut out = Products::default();
        for matrix in &self.list {
            reading.variables.enter(format_args!("matrix.{}", matrix.label));
            let plan = Plan::read(matrix, accounts, defaults, reading);
            if let Some(plan) = plan.filter(|_| !out.is_full) {
                plan.make(&mut out, reading);
            }
            reading.variables.leave();
        }
        drafts.add_made(out.made);
    }
}

/// The profiles that were made so far.
#[derive(Default)]
struct Products<'t> {
    made: Vec<Draft<'t>>,
    /// The place in the list by name, and where its template stands.
    by_name: HashMap<String, (usize, Span)>,
    /// How many bytes their values have.
    bytes: usize,
    /// Whether there are more than can be meant, so that no more are made.
    is_full: bool,
}

/// Whether a template is one, which what it makes shows only where there is anything to make.
fn is_text(entry: Entry<'_>, reading: &mut Reading<'_>) -> bool {
    let is_text = entry.value.get_ref().as_str().is_some();
    if !is_text {
        reading.wrong_type(entry, "a string", Some(NAME_EXAMPLE));
    }
    is_text
}

/// What a matrix makes: all of it that is the same for every profile, and how the rest is found.
struct Plan<'m, 't> {
    matrix: &'m Matrix<'t>,
    name: Entry<'t>,
    accounts: Vec<&'m Account<'m>>,
    /// Whether there are any accounts that could have been chosen.
    has_accounts: bool,
    roles: Roles,
    excluded: Excluded,
    /// The keys that are the same for every profile.
    common: Box<Fields>,
    /// How many bytes their values have.
    bytes: usize,
    /// The others.
    varying: Vec<(&'static Key, Entry<'t>)>,
}

impl<'m, 't> Plan<'m, 't> {
    /// Reads what does not depend on account and role; none if that says nothing of which profiles there are.
    fn read(
        matrix: &'m Matrix<'t>,
        accounts: &'m Accounts<'m>,
        defaults: &Fields,
        reading: &mut Reading<'t>,
    ) -> Option<Self> {
        let (common, varying) = matrix.fields(reading);
        let find = |name: &str| matrix.entries.iter().copied().find(|entry| entry.name == name);
        let mut needs = |name: &str, example: &str| {
            let found = find(name);
            if found.is_none() && !common.meant.contains(&name) {
                let message = format!("the matrix `{}` has no `{name}`", matrix.label);
                let help = format!("add `{name} = {example}`");
                reading.out.push(Diagnostic::error(codes::MISSING_KEY, matrix.at, message).help(help));
            }
            found
        };
        let (name, chosen) = (needs(keys::NAME_KEY, NAME_EXAMPLE), needs(keys::ACCOUNTS, "\"*\""));
        let session = session(&common, defaults);
        let name = name.filter(|entry| is_text(*entry, reading));
        let chosen = chosen.and_then(|entry| choose(entry, accounts, session, reading));
        let roles = match find(keys::ROLES) {
            Some(entry) => read_roles(entry, reading),
            None if common.meant.contains(&keys::ROLES) => None,
            None => Some(Roles::None),
        };
        let excluded = find(keys::EXCLUDE).map_or_else(Excluded::default, |entry| Excluded::read(entry, reading));
        let has_accounts = !accounts.list.is_empty();
        let is_common = |entry: &&Entry<'_>| varying.iter().all(|(key, _)| key.name != entry.name);
        let bytes = matrix.entries.iter().filter(is_common).map(|entry| entry.value.span().len()).sum();
        let (name, accounts, roles) = (name?, chosen?, roles?);
        Some(Self { matrix, name, accounts, has_accounts, roles, excluded, common, bytes, varying })
    }

    /// Makes every profile.
    fn make(mut self, out: &mut Products<'t>, reading: &mut Reading<'t>) {
        let (mut tried, mut made) = (0, 0);
        let accounts = std::mem::take(&mut self.accounts);
        for account in &accounts {
            let roles: Vec<Option<&RoleName>> = match &self.roles {
                Roles::None => vec![None],
                Roles::Own(_) => account.roles.value().into_iter().flatten().map(Some).collect(),
                Roles::These(roles) => roles.iter().map(Some).collect(),
            };
            for role in roles {
                out.bytes += self.bytes + reading.variables.take_made_bytes();
                out.is_full = out.made.len() >= MOST_MADE || out.bytes > MOST_BYTES;
                if out.is_full {
                    reading.out.push(self.too_large());
                    return;
                }
                tried += 1;
                reading.variables.product = Some(Product::new(account, role));
                let mark = reading.out.len();
                made += usize::from(make_one(&self, &mut *out, account, role, reading));
                reading.fold(mark);
                reading.variables.product = None;
            }
        }
        self.report_roles(&accounts, reading);
        if made == 0 && !self.is_turned_off(reading) {
            reading.out.push(self.nothing_made(&accounts, tried > 0));
        } else {
            let names = || out.made.iter().map(|draft| &*draft.written);
            self.excluded.report(names, reading);
        }
    }

    fn too_large(&self) -> Diagnostic {
        let message = format!(
            "with the matrix `{}` there are more than {MOST_MADE} profiles, or more than {} MB in them",
            self.matrix.label,
            MOST_BYTES / 1024 / 1024
        );
        let found = Diagnostic::error(codes::MATRIX_TOO_LARGE, self.matrix.at, message);
        found.help("let it take fewer accounts and roles, or make its values shorter")
    }

    /// Whether one person's own file says that there are no accounts for it.
    fn is_turned_off(&self, reading: &Reading<'_>) -> bool {
        let accounts = self.matrix.entries.iter().find(|entry| entry.name == keys::ACCOUNTS);
        accounts.is_some_and(|entry| {
            let is_local = reading.layers.is_local(reading.layers.sources().number(entry.at));
            is_local && entry.value.get_ref().as_array().is_some_and(|list| list.is_empty())
        })
    }

    /// Accounts without roles of their own, where those are asked for.
    fn report_roles(&self, accounts: &[&Account<'_>], reading: &mut Reading<'_>) {
        let Roles::Own(at) = &self.roles else { return };
        let without: Vec<_> = accounts.iter().filter(|account| account.roles.is_absent()).collect();
        // Where that is all of them, it is said as the reason why nothing is made.
        if without.is_empty() || without.len() == accounts.len() {
            return;
        }
        let mut names = quoted(without.iter().take(MOST_NAMED).map(|account| account.name));
        if without.len() > MOST_NAMED {
            names = format!("{names} and {} more", without.len() - MOST_NAMED);
        }
        let message = format!("nothing is made for accounts without `roles`: {names}");
        let mut found = Diagnostic::warning(codes::ROLES_MISSING, *at, message).help(
            "give each its `roles = […]`, which `awsauth discover` can do; an empty list says that there are none",
        );
        for account in without.iter().take(MOST_NAMED) {
            found = found.related(account.at, "no `roles` here");
        }
        reading.out.push(found);
    }

    fn nothing_made(&self, accounts: &[&Account<'_>], has_products: bool) -> Diagnostic {
        let message = format!("the matrix `{}` makes no profile", self.matrix.label);
        let found = Diagnostic::warning(codes::MATRIX_EMPTY, self.matrix.at, message);
        match () {
            () if !self.has_accounts => {
                found.label("there are no accounts").help("add `[accounts]`; `awsauth discover` can fill it")
            }
            () if accounts.is_empty() => {
                found.label("it takes none of the accounts").help("see its `accounts`, and the `sso_session` of each")
            }
            () if has_products => found.label("all that it could make is left out").help("see its `exclude`"),
            () if matches!(self.roles, Roles::These(_)) => {
                found.label("its `roles` is an empty list").help("name the roles, or leave `roles` out")
            }
            () => found
                .label("none of its accounts has roles")
                .help("give each its `roles = […]`, which `awsauth discover` can do, or name them here"),
        }
    }
}

/// Makes the profile of one account and role, or leaves it out. Says whether anything was made, be it right or wrong.
fn make_one<'t>(
    plan: &Plan<'_, 't>,
    out: &mut Products<'t>,
    account: &Account<'_>,
    role: Option<&RoleName>,
    reading: &mut Reading<'t>,
) -> bool {
    // What is wrong with the template has been reported.
    let Some(text) = reading.text(plan.name, Some(NAME_EXAMPLE)) else { return true };
    let name = text.value.into_owned();
    if let Some(at) = plan.excluded.has(&name) {
        reading.why.leave_out(&name, || LeftOut { matrix: plan.matrix.at, by: at, account: account.at });
        return false;
    }
    let template = plan.name.value_at();
    if let Some((first, other)) = out.by_name.get(&name) {
        reading.out.push(made_twice(&name, (template, account), (*other, &out.made[*first]), plan.matrix.label));
        return true;
    }
    let parsed = ProfileName::new(&name);
    if let Err(error) = &parsed {
        let found = Diagnostic::error(codes::BAD_NAME, template, error.to_string());
        let found = found.label(format!("this makes `{name}`")).related(account.at, "of this account");
        reading.out.push(found.help(format!("{}, or add it to `exclude`", values::name_help(error))));
    }
    if let Some(product) = &mut reading.variables.product {
        product.profile.clone_from(&name);
    }
    let fields = plan.fields(account, reading);
    out.by_name.insert(name.clone(), (out.made.len(), template));
    let made = Made { matrix: plan.matrix.at, account: account.at, role: role.map(|role| role.at) };
    out.made.push(Draft {
        written: Cow::Owned(name),
        name: parsed.ok(),
        at: plan.matrix.at,
        over: plan.matrix.over,
        made: Some(made),
        fields,
    });
    true
}

fn made_twice(
    name: &str,
    (template, account): (Span, &Account<'_>),
    (other, first): (Span, &Draft<'_>),
    label: &str,
) -> Diagnostic {
    let is_same = template == other;
    let message = if is_same {
        format!("the matrix `{label}` makes two profiles of the name `{name}`")
    } else {
        format!("two matrices make a profile of the name `{name}`")
    };
    let found = Diagnostic::error(codes::MADE_TWICE, template, message);
    let found = if is_same { found } else { found.related(other, "the other one") };
    let accounts = first.made.as_ref().map(|made| made.account).filter(|at| *at != account.at);
    let found = accounts.into_iter().fold(found, |found, at| found.related(at, "one is of this account"));
    found.related(account.at, "it is of this account").help(if is_same {
        "put what tells them apart into `name`: `${account}`, `${account_id}`, `${role}`"
    } else {
        "give the names another form, or leave the name out of one of them with `exclude`"
    })
}

impl Plan<'_, '_> {
    /// What the profile of an account has from here; the product's variables are set.
    fn fields(&self, account: &Account<'_>, reading: &mut Reading<'_>) -> Box<Fields> {
        let mut fields = Box::<Fields>::default();
        fields.written.reserve_exact(self.varying.len() + self.common.written.len());
        for (key, entry) in &self.varying {
            put(&mut fields, key, *entry, reading);
        }
        fields.complete(&self.common);
        fields.came_from(Origin::Matrix);
        if !account.region.is_absent() {
            fields.region = account.region.clone().out_of(Origin::Account);
        }
        if let Some(tags) = account.tags.given() {
            let own = fields.tags.take().unwrap_or_default();
            let more = own.into_iter().filter(|tag| !tags.value.contains(tag));
            let all = tags.value.iter().cloned().chain(more).collect();
            fields.tags = Slot::of(Some(all), tags.at).out_of(Origin::Account);
        }
        fields
    }
}

/// Reads one key over those that are there; `settings` key by key.
fn put(fields: &mut Fields, key: &'static Key, entry: Entry<'_>, reading: &mut Reading<'_>) {
    let below = std::mem::take(&mut fields.settings);
    fields.put(key, entry, reading);
    settings::inherit(&mut fields.settings, &below);
    fields.written.push((key, entry.at));
}

impl<'t> Matrix<'t> {
    /// The keys of a profile: those that are the same for all, and the others.
    fn fields(&self, reading: &mut Reading<'t>) -> (Box<Fields>, Vec<(&'static Key, Entry<'t>)>) {
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

/// The SSO session whose accounts a matrix takes; none where it takes any.
fn session<'f>(common: &'f Fields, defaults: &'f Fields) -> Option<&'f str> {
    let pattern = common.pattern.value().or(defaults.pattern.value())?;
    let session = common.sso_session.value().or(defaults.sso_session.value())?;
    (*pattern == Pattern::Sso && common.sso_start_url.is_absent()).then_some(session)
}

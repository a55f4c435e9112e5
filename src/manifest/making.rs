//! Owns what a matrix makes: which profiles there are, and what each has from it. Must not know what a pattern needs.
//!
//! What does not depend on the account or the role is read once, the rest for each profile.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::accounts::{Account, Accounts, RoleName};
use super::choices::{Excluded, Roles, choose, read_roles};
use super::codes;
use super::drafts::Draft;
use super::fields::{Fields, Given, Origin, Slot};
use super::keys::{self, Key};
use super::matrix::{Matrix, put};
use super::product::Product;
use super::reading::{Entry, Reading, quoted};
use super::sessions::Sessions;
use super::values;
use super::why::{LeftOut, Made, weight};
use crate::diagnostic::Diagnostic;
use crate::model::{NameError, NamePattern, Pattern, ProfileName};
use crate::source::Span;

/// The most profiles that matrices make, far more than any company has, so that a short file of somebody else's does not
/// take a machine's memory.
const MOST_MADE: usize = 200_000;
/// The most bytes that their values have.
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// The most comparisons of accounts, names and patterns that finding out which profiles there are may take.
const MOST_WORK: usize = 50_000_000;
/// The most accounts that one finding names.
const MOST_NAMED: usize = 5;
/// How `name` is written.
const NAME_EXAMPLE: &str = "\"${account}-${role}\"";

/// What matrices have made so far.
#[derive(Default)]
pub(super) struct Products<'t> {
    /// The profiles in their order.
    pub(super) made: Vec<Draft<'t>>,
    /// The names that are left out, with what says so.
    pub(super) left_out: HashMap<String, Span>,
    /// The names that would be made but for what one person's own files say; some of them may be made all the same.
    pub(super) off: HashSet<String>,
    /// The place in the list by name, and where its template stands.
    by_name: HashMap<String, (usize, Span)>,
    bytes: usize,
    work: usize,
    is_full: bool,
}

impl Products<'_> {
    /// Whether there is room for one more matrix.
    pub(super) fn admits(&mut self, matrix: &Matrix<'_>, accounts: &Accounts<'_>, reading: &mut Reading<'_>) -> bool {
        self.has_room(accounts.list.len(), 0, matrix, reading)
    }

    /// Whether there is room for so much more; the first time that there is none is reported.
    fn has_room(&mut self, work: usize, bytes: usize, matrix: &Matrix<'_>, reading: &mut Reading<'_>) -> bool {
        if self.is_full {
            return false;
        }
        (self.work, self.bytes) = (self.work + work, self.bytes + bytes);
        let what = match () {
            () if self.made.len() >= MOST_MADE => format!("there are more than {MOST_MADE} profiles"),
            () if self.bytes > MOST_BYTES => {
                format!("the values of all profiles have more than {} MB", MOST_BYTES / 1024 / 1024)
            }
            () if self.work > MOST_WORK => "it takes too long to find out which profiles there are".to_owned(),
            () => return true,
        };
        (self.is_full, reading.names_are_open) = (true, true);
        let message = format!("with the matrix `{}`, {what}", matrix.label);
        reading.out.push(
            Diagnostic::error(codes::MATRIX_TOO_LARGE, matrix.at, message)
                .help("let it take fewer accounts and roles, leave fewer out by patterns, or make its values shorter"),
        );
        false
    }
}

/// A name that a matrix would make and that its profile can't have: no profile can, or another one has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unmade {
    /// The matrix.
    pub(crate) matrix: String,
    /// Whether it has `exclude` already.
    pub(crate) has_exclude: bool,
    /// What leaves it out there.
    pub(crate) exclusion: String,
}

/// What came of one account and role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// A profile, or a mistake that is reported.
    Made,
    /// Nothing, which is meant.
    LeftOut,
}

/// Whether a template is one, which what it makes shows only where there is anything to make.
fn is_text(entry: Entry<'_>, reading: &mut Reading<'_>) -> bool {
    let is_text = entry.value.get_ref().as_str().is_some();
    if !is_text {
        reading.wrong_type(entry, "a string", Some(NAME_EXAMPLE));
    }
    is_text
}

/// What stands beside a matrix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'c> {
    /// `[defaults]`
    pub(super) defaults: &'c Fields,
    /// The SSO sessions.
    pub(super) sessions: &'c Sessions<'c>,
    /// The labels of the matrices that shared files have.
    pub(super) shared: &'c [&'c str],
}

/// What a matrix makes: all of it that is the same for every profile, and how the rest is found.
pub(super) struct Plan<'m, 't> {
    matrix: &'m Matrix<'t>,
    name: Entry<'t>,
    accounts: Vec<&'m Account<'m>>,
    /// Whether there are any accounts that could have been chosen.
    has_accounts: bool,
    roles: Roles,
    excluded: Excluded,
    /// The keys that are the same for every profile.
    common: Box<Fields>,
    /// How many bytes each profile has of values that are the same for every one.
    bytes: usize,
    /// The others.
    varying: Vec<(&'static Key, Entry<'t>)>,
    /// Whether there is an error in the matrix itself, which all of its profiles have in common.
    wrong: bool,
}

impl<'m, 't> Plan<'m, 't> {
    /// Reads what does not depend on account and role; none if that says nothing of which profiles there are.
    pub(super) fn read(
        matrix: &'m Matrix<'t>,
        accounts: &'m Accounts<'m>,
        Context { defaults, sessions, shared }: Context<'_>,
        reading: &mut Reading<'t>,
    ) -> Option<Self> {
        let mark = reading.out.len();
        let (common, varying) = matrix.fields(reading);
        let mut needs = |name: &str, example: &str| {
            let found = matrix.find(name);
            if found.is_none() && !common.meant.contains(&name) {
                let is_own = reading.layers.is_local(reading.layers.sources().number(matrix.at));
                let shared = shared.iter().copied().filter(|_| is_own);
                let guess = reading.suggester.nearest(matrix.label, shared);
                reading.out.push(matrix.lacks(name, example, guess));
            }
            found
        };
        let (name, chosen) = (needs(keys::NAME_KEY, NAME_EXAMPLE), needs(keys::ACCOUNTS, "\"*\""));
        let name = name.filter(|entry| is_text(*entry, reading));
        let session = session(&common, defaults, &varying);
        let is_known = session.is_none_or(|session| sessions.has(&session.value));
        if let Some(session) = common.sso_session.given().filter(|_| !is_known) {
            let error = |code, message| Diagnostic::error(code, session.at, message);
            sessions.check_reference(session, error, reading);
            // Which accounts it leads to can't be said.
            return None;
        }
        let session = session.filter(|_| is_known).map(|session| session.value.as_str());
        let chosen = chosen.and_then(|entry| choose(entry, accounts, session, reading));
        let roles = match matrix.find(keys::ROLES) {
            Some(entry) => read_roles(entry, reading),
            None if common.meant.contains(&keys::ROLES) => None,
            None => Some(Roles::None),
        };
        let excluded =
            matrix.find(keys::EXCLUDE).map_or_else(Excluded::default, |entry| Excluded::read(entry, reading));
        for entry in varying.iter().map(|(_, entry)| *entry).chain(name) {
            reading.note_uses(entry);
        }
        let has_accounts = !accounts.list.is_empty();
        let bytes = weight(&common) + weight(defaults);
        let (name, accounts, roles) = (name?, chosen?, roles?);
        let wrong = matrix.wrong || reading.out.has_errors_since(mark);
        Some(Self { matrix, name, accounts, has_accounts, roles, excluded, common, bytes, varying, wrong })
    }

    /// Each account with each of its roles.
    fn products(&self) -> impl Iterator<Item = (&'m Account<'m>, Option<&RoleName>)> {
        self.accounts.iter().flat_map(|account| {
            let roles: Vec<Option<&RoleName>> = match &self.roles {
                Roles::None => vec![None],
                Roles::Own(_) => account.roles.value().into_iter().flatten().map(Some).collect(),
                Roles::These(roles) => roles.iter().map(Some).collect(),
            };
            roles.into_iter().map(|role| (*account, role))
        })
    }

    /// The names of all profiles, as far as they are known.
    pub(super) fn names(&self, reading: &mut Reading<'t>) -> Vec<String> {
        let name = |(account, role)| {
            reading.variables.product = Some(Product::new(account, role));
            let name = reading.text(self.name, Some(NAME_EXAMPLE)).map(|text| text.value.into_owned());
            name.filter(|name| self.excluded.has(name).is_none())
        };
        let names = self.products().take(MOST_MADE).filter_map(name).collect();
        reading.variables.product = None;
        names
    }

    /// Makes every profile.
    pub(super) fn make(&self, out: &mut Products<'t>, reading: &mut Reading<'t>) {
        let was_open = std::mem::take(&mut reading.names_are_open);
        let (first, mut tried, mut left_out) = (out.made.len(), 0, 0);
        for (account, role) in self.products() {
            let tags: usize = account.tags.value().into_iter().flatten().map(String::len).sum();
            let bytes = self.bytes + tags + reading.variables.take_made_bytes();
            if !out.has_room(1 + self.excluded.cost(), bytes, self.matrix, reading) {
                out.made[first..].iter_mut().for_each(|draft| draft.fields.wrong = true);
                return;
            }
            tried += 1;
            reading.variables.product = Some(Product::new(account, role));
            let mark = reading.out.len();
            left_out += usize::from(self.make_one(out, account, role, reading) == Outcome::LeftOut);
            let profile = reading.variables.product.take().map(|product| product.profile);
            reading.fold(mark, profile.as_deref().unwrap_or_default());
        }
        let is_open = reading.names_are_open || self.has_unknown_roles();
        reading.names_are_open = was_open || is_open;
        // What is not known yet must not be called missing.
        if !is_open && !was_open {
            self.report_roles(reading);
            if tried > left_out {
                if !self.is_narrowed(reading) {
                    let names = || out.made[first..].iter().map(|draft| &*draft.written);
                    self.excluded.report(names, reading);
                }
            } else if !self.is_turned_off(reading) {
                reading.out.push(self.nothing_made(tried > 0));
            }
        }
    }

    /// Makes the profile of one account and role, or leaves it out.
    fn make_one(
        &self,
        out: &mut Products<'t>,
        account: &Account<'_>,
        role: Option<&RoleName>,
        reading: &mut Reading<'t>,
    ) -> Outcome {
        let mark = reading.out.len();
        let Some(text) = reading.text(self.name, Some(NAME_EXAMPLE)) else {
            reading.names_are_open = true;
            return Outcome::Made;
        };
        let (matrix, template, name) = (self.matrix, text.at, text.value.into_owned());
        if let Some(by) = self.excluded.has(&name) {
            reading.why.leave_out(&name, || LeftOut { matrix: matrix.at, by });
            out.left_out.insert(name, by);
            return Outcome::LeftOut;
        }
        if let Some((first, other)) = out.by_name.get(&name) {
            // Nobody can say which one is meant.
            out.made[*first].fields.wrong = true;
            let first = &out.made[*first];
            let found = made_twice(&name, (template, account), (*other, first), matrix.label);
            let other = first.made.filter(|made| made.account == account.at && account.sso_session.is_absent());
            let sessions = (self.common.sso_session.value(), other.and(first.fields.sso_session.value()));
            reading.out.push(match sessions {
                (Some(own), Some(other)) if own != other => found.help(format!(
                    "say in the account which session leads there: `sso_session = \"{other}\"` or `\"{own}\"`"
                )),
                _ => {
                    reading.unmade.push(self.unmade(name.clone()));
                    found
                }
            });
            reading.out.attribute_since(mark, &name);
            return Outcome::Made;
        }
        let parsed = ProfileName::new(&name);
        if let Err(error) = &parsed {
            reading.unmade.push(self.unmade(exclusion(&name, error, account, role)));
            let found = Diagnostic::error(codes::BAD_NAME, template, error.to_string());
            let found = found.label(format!("this makes `{name}`")).related(account.at, "of this account");
            let found = role.into_iter().fold(found, |found, role| found.related(role.at, "and this role"));
            reading.out.push(found.help(format!("{}, or add it to `exclude`", values::name_help(error))));
        }
        if let Some(product) = &mut reading.variables.product {
            product.profile.clone_from(&name);
        }
        let mut fields = self.fields(account, reading);
        fields.wrong |= self.wrong || !account.is_in_order() || reading.out.has_errors_since(mark);
        out.by_name.insert(name.clone(), (out.made.len(), template));
        let made = Made { matrix: matrix.at, account: account.at, role: role.map(|role| role.at) };
        let (written, name) = (Cow::Owned(name), parsed.ok());
        out.made.push(Draft { written, name, at: matrix.at, over: matrix.over, made: Some(made), fields });
        Outcome::Made
    }

    fn unmade(&self, exclusion: String) -> Unmade {
        let (matrix, has_exclude) = (self.matrix.label.to_owned(), self.matrix.find(keys::EXCLUDE).is_some());
        Unmade { matrix, has_exclude, exclusion }
    }

    /// Whether an account has roles that are not known, because of a mistake or of what each person supplies.
    fn has_unknown_roles(&self) -> bool {
        let is_unknown = |account: &&Account<'_>| account.roles.value().is_none() && !account.lacks_roles();
        matches!(self.roles, Roles::Own(_)) && self.accounts.iter().any(is_unknown)
    }

    /// Whether a person has it make less than what the shared `exclude` is about.
    fn is_narrowed(&self, reading: &Reading<'_>) -> bool {
        let is_local = |entry: Entry<'_>| reading.layers.is_local(reading.layers.sources().number(entry.at));
        self.matrix.is_personal() && !self.matrix.find(keys::EXCLUDE).is_some_and(is_local)
    }

    /// Whether one person's own file says that there are no accounts for it.
    fn is_turned_off(&self, reading: &Reading<'_>) -> bool {
        self.matrix.find(keys::ACCOUNTS).is_some_and(|entry| {
            let is_local = reading.layers.is_local(reading.layers.sources().number(entry.at));
            is_local && entry.value.get_ref().as_array().is_some_and(|list| list.is_empty())
        })
    }

    /// Accounts without roles of their own, where those are asked for.
    fn report_roles(&self, reading: &mut Reading<'_>) {
        let Roles::Own(at) = &self.roles else { return };
        let without: Vec<_> = self.accounts.iter().filter(|account| account.lacks_roles()).collect();
        // Where that is all of them, it is said as the reason why nothing is made.
        if without.is_empty() || without.len() == self.accounts.len() {
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

    fn nothing_made(&self, has_products: bool) -> Diagnostic {
        let message = format!("the matrix `{}` makes no profile", self.matrix.label);
        let found = Diagnostic::warning(codes::MATRIX_EMPTY, self.matrix.at, message);
        match () {
            () if !self.has_accounts => {
                found.label("there are no accounts").help("add `[accounts]`; `awsauth discover` can fill it")
            }
            () if self.accounts.is_empty() => {
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
        if let Some(tags) = account.tags.given().filter(|tags| !tags.value.is_empty()) {
            let own = fields.tags.take().unwrap_or_default();
            let more = own.into_iter().filter(|tag| !tags.value.contains(tag));
            let all = tags.value.iter().cloned().chain(more).collect();
            fields.tags = Slot::of(Some(all), tags.at).out_of(Origin::Account);
        }
        fields
    }
}

/// What leaves a name out that no profile can have: where the role is why, a pattern for the names of all accounts.
fn exclusion(name: &str, error: &NameError, account: &Account<'_>, role: Option<&RoleName>) -> String {
    let is_role = matches!(error, NameError::Character(one) if role.is_some_and(|role| role.name.contains(*one)));
    let pattern = name.replacen(account.name, "*", 1);
    if is_role && NamePattern::is_meant(&pattern) && NamePattern::new(&pattern).is_ok_and(|pattern| pattern.fits(name))
    {
        pattern
    } else {
        name.to_owned()
    }
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

impl Matrix<'_> {
    /// What is said where a key is missing without which it makes nothing.
    fn lacks(&self, name: &str, example: &str, guess: Option<&str>) -> Diagnostic {
        let message = format!("the matrix `{}` has no `{name}`", self.label);
        let help = format!("add `{name} = {example}`");
        Diagnostic::error(codes::MISSING_KEY, self.at, message).help(match guess {
            Some(guess) => format!("did you mean the matrix `{guess}`? If not, {help}"),
            None => help,
        })
    }
}

/// The SSO session whose accounts a matrix takes; none where it takes any, or where each profile has its own.
fn session<'f>(
    common: &'f Fields,
    defaults: &'f Fields,
    varying: &[(&'static Key, Entry<'_>)],
) -> Option<&'f Given<String>> {
    const DECISIVE: [&str; 3] = ["pattern", "sso_session", "sso_start_url"];
    if varying.iter().any(|(key, _)| DECISIVE.contains(&key.name)) || !common.sso_start_url.is_absent() {
        return None;
    }
    let pattern = if common.pattern.is_absent() { &defaults.pattern } else { &common.pattern };
    let session = if common.sso_session.is_absent() { &defaults.sso_session } else { &common.sso_session };
    session.given().filter(|_| pattern.value() == Some(&Pattern::Sso))
}

//! Owns `[accounts]`: each account as all files together say it. Must not know the matrices that choose among them.

use std::collections::{HashMap, HashSet};

use super::codes;
use super::fields::Slot;
use super::keys;
use super::reading::{Entry, Reading, Table, Text, each_once, entries};
use super::sessions::{Fold, Sessions, check_case};
use super::values;
use crate::diagnostic::Diagnostic;
use crate::model::{AccountId, ProfileName, Region};
use crate::source::{Span, is_unsafe};

/// A role of an account, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct RoleName {
    /// Its name.
    pub(super) name: String,
    /// Where that stands.
    pub(super) at: Span,
}

/// An account as it is written, in one file or several.
#[derive(Debug)]
pub(super) struct Account<'t> {
    /// Its name here.
    pub(super) name: &'t str,
    /// Where the name stands.
    pub(super) at: Span,
    /// Where it stands in the file that wins.
    over: Span,
    /// Its number.
    pub(super) id: Slot<AccountId>,
    /// Its region.
    pub(super) region: Slot<Region>,
    /// Its tags.
    pub(super) tags: Slot<Vec<String>>,
    /// Its roles.
    pub(super) roles: Slot<Vec<RoleName>>,
    /// The SSO session that leads there.
    pub(super) sso_session: Slot<String>,
    /// Keys that were probably meant by a misspelt one.
    meant: Vec<&'static str>,
    /// Whether there is any error in it.
    wrong: bool,
}

impl Account<'_> {
    /// Whether it has one of these tags.
    pub(super) fn has_any(&self, tags: &HashSet<&str>) -> bool {
        self.tags.value().into_iter().flatten().any(|own| tags.contains(own.as_str()))
    }

    /// True if everything in it is right.
    pub(super) fn is_in_order(&self) -> bool {
        let Self { id, region, tags, roles, sso_session, wrong, .. } = self;
        let is_broken =
            [id.is_broken(), region.is_broken(), tags.is_broken(), roles.is_broken(), sso_session.is_broken()];
        !wrong && !is_broken.contains(&true)
    }

    /// Whether it says nothing of roles.
    pub(super) fn lacks_roles(&self) -> bool {
        self.roles.is_absent() && !self.meant.contains(&"roles")
    }

    /// Whether another SSO session than this one leads there.
    pub(super) fn is_of_another(&self, session: &str) -> bool {
        self.sso_session.value().is_some_and(|own| own != session)
    }
}

/// All accounts in the manifest's order.
#[derive(Debug, Default)]
pub(super) struct Accounts<'t> {
    /// Each once.
    pub(super) list: Vec<Account<'t>>,
    /// The place in the list by name.
    pub(super) by_name: HashMap<&'t str, usize>,
    /// Every tag that an account has.
    pub(super) tags: HashSet<String>,
    /// Whether all tags are known: there is neither a mistake in them nor what each person supplies.
    pub(super) knows_tags: bool,
}

impl<'t> Accounts<'t> {
    /// Reads `[accounts]` of one file over those of the files before.
    pub(super) fn read(&mut self, entry: Entry<'t>, reading: &mut Reading<'t>) {
        let Some(table) = reading.table(entry) else { return };
        for entry in entries(table) {
            let mut account = account(entry, reading);
            let Some(index) = self.by_name.get(entry.name).copied() else {
                self.by_name.insert(entry.name, self.list.len());
                self.list.push(account);
                continue;
            };
            let place = &mut self.list[index];
            if !reading.layers.wins(account.over, place.over) {
                reading.defined_twice(format_args!("the account `{}`", entry.name), account.at, place.at);
                account.wrong = true;
            }
            account.at = place.at;
            let below = std::mem::replace(place, account);
            place.id.lay_over(below.id);
            place.region.lay_over(below.region);
            place.tags.lay_over(below.tags);
            place.roles.lay_over(below.roles);
            place.sso_session.lay_over(below.sso_session);
            place.meant.extend(below.meant);
            place.wrong |= below.wrong;
        }
    }

    /// Checks each account as a whole.
    pub(super) fn check(&mut self, sessions: &Sessions<'_>, reading: &mut Reading<'_>) {
        let names = self.list.iter().map(|account| (account.name, account.at, Fold::No));
        let mut wrong = check_case(names, "account", reading);
        self.tags = self.list.iter().filter_map(|account| account.tags.value()).flatten().cloned().collect();
        let knows_tags = |account: &Account<'_>| {
            account.tags.value().is_some() || account.tags.is_absent() && !account.meant.contains(&"tags")
        };
        self.knows_tags = self.list.iter().all(knows_tags);
        let mut by_id = HashMap::new();
        for (index, account) in self.list.iter().enumerate() {
            let mark = reading.out.len();
            if account.id.is_absent() && !account.meant.contains(&"id") {
                let found = self.id_missing(account, reading);
                reading.out.push(found);
            }
            if let Some(session) = account.sso_session.given() {
                sessions.check_reference(
                    session,
                    |code, message| Diagnostic::error(code, session.at, message),
                    reading,
                );
                reading.names_are_open |= !sessions.has(&session.value);
            }
            if reading.out.has_errors_since(mark) {
                wrong.push(index);
            }
            let Some(id) = account.id.given() else { continue };
            let key = (id.value.as_str(), account.sso_session.value());
            if let Some(first) = by_id.insert(key, account) {
                let message = format!("the accounts `{}` and `{}` have one number", first.name, account.name);
                reading.out.push(
                    Diagnostic::warning(codes::ACCOUNT_TWICE, id.at, message)
                        .related(first.at, "the other one")
                        .help("leave one of them out, or correct its `id`"),
                );
            }
        }
        for index in wrong {
            self.list[index].wrong = true;
        }
    }
}

impl Accounts<'_> {
    /// In a file of one person's own, such an account was probably meant to be one of the manifest's.
    fn id_missing(&self, account: &Account<'_>, reading: &mut Reading<'_>) -> Diagnostic {
        let message = format!("the account `{}` has no `id`", account.name);
        let found = Diagnostic::error(codes::MISSING_KEY, account.at, message);
        let layers = reading.layers;
        let is_local = |at| layers.is_local(layers.sources().number(at));
        let help = "add `id = \"…\"` with the 12 digits of its number";
        let shared = self.list.iter().filter(|other| is_local(account.at) && !is_local(other.at));
        match reading.suggester.nearest(account.name, shared.map(|other| other.name)) {
            Some(guess) => found.help(format!("did you mean `{guess}`, which the manifest has? If not, {help}")),
            None => found.help(help),
        }
    }
}

fn account<'t>(entry: Entry<'t>, reading: &mut Reading<'t>) -> Account<'t> {
    let mark = reading.out.len();
    if let Err(error) = ProfileName::new(entry.name) {
        reading.out.push(values::bad_name(entry.name, entry.at, &error));
    }
    let mut account = Account {
        name: entry.name,
        at: entry.at,
        over: entry.at,
        id: Slot::Absent,
        region: Slot::Absent,
        tags: Slot::Absent,
        roles: Slot::Absent,
        sso_session: Slot::Absent,
        meant: Vec::new(),
        wrong: false,
    };
    reading.variables.enter("accounts");
    if entry.value.get_ref().as_str().is_some() {
        account.id = id(entry, reading);
    } else if let Some(table) = entry.value.get_ref().as_table() {
        reading.variables.enter(entry.name);
        for inner in entries(Table { keys: table, base: entry.base }) {
            put(&mut account, inner, reading);
        }
        reading.variables.leave();
    } else {
        account.id = Slot::Broken;
        let example = Some("\"111111111111\"");
        reading.wrong_type(entry, "the account's number in quotes, or a table with `id`", example);
    }
    reading.variables.leave();
    account.wrong = reading.out.has_errors_since(mark);
    account
}

fn put<'t>(account: &mut Account<'t>, entry: Entry<'t>, reading: &mut Reading<'t>) {
    let Some(key) = keys::find(keys::ACCOUNT, entry.name) else {
        let known = keys::ACCOUNT.iter().map(|key| key.name);
        account.meant.extend(reading.unknown_key(entry, format_args!("the account `{}`", account.name), known));
        return;
    };
    let (example, at) = (Some(key.examples[0]), entry.value_at());
    match key.name {
        "id" => account.id = id(entry, reading),
        "region" => {
            let region = reading.text(entry, example).and_then(|text| values::region(&text, reading));
            account.region = Slot::of(region, at);
        }
        "tags" => account.tags = Slot::of(values::tags(entry, example, reading), at),
        "roles" => account.roles = Slot::of(roles(entry, example, reading), at),
        "sso_session" => {
            let session = reading.text(entry, example).and_then(|text| values::reference(&text, reading));
            account.sso_session = Slot::of(session, at);
        }
        name => debug_assert!(false, "{name} has no field"),
    }
}

fn id(entry: Entry<'_>, reading: &mut Reading<'_>) -> Slot<AccountId> {
    let example = Some("\"111111111111\"");
    let id = reading.text(entry, example).and_then(|text| values::account_id(&text, reading));
    Slot::of(id, entry.value_at())
}

/// The names of roles in `entry`; what a role may be called is checked where it is used.
pub(super) fn roles(entry: Entry<'_>, example: Option<&str>, reading: &mut Reading<'_>) -> Option<Vec<RoleName>> {
    let texts = reading.texts(entry, example)?;
    let is_name = |text: &Text<'_>| !text.value.is_empty() && !text.value.contains(is_unsafe);
    let mut are_names = true;
    for text in texts.iter().filter(|text| !is_name(text)) {
        let help = "a role's name is one line of visible characters, as the access portal or IAM shows it";
        reading.reject(text, codes::BAD_TEXT, "this can't be the name of a role".to_owned(), help);
        are_names = false;
    }
    let texts = each_once(texts, reading);
    let role = |text: Text<'_>| RoleName { name: text.value.into_owned(), at: text.at };
    are_names.then(|| texts.into_iter().map(role).collect())
}

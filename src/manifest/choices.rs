//! Owns what a matrix chooses: accounts, roles, and the names that it leaves out. Must not know what is made of them.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use toml::de::DeValue;

use super::accounts::{Account, Accounts, RoleName, roles};
use super::codes;
use super::reading::{Entry, Reading, Table, Text, each_once, entries};
use crate::diagnostic::Diagnostic;
use crate::model::NamePattern;
use crate::source::Span;

/// How `accounts` is written.
const ACCOUNTS_EXAMPLE: &str = "[\"prod\", \"dev\"]";
/// How `roles` is written.
const ROLES_EXAMPLE: &str = "[\"Admin\", \"ReadOnly\"]";

/// The roles of a matrix.
#[derive(Debug)]
pub(super) enum Roles {
    /// It has none: one profile for each account.
    None,
    /// Each account's own.
    Own(Span),
    /// The same for all.
    These(Vec<RoleName>),
}

/// The accounts that `entry` chooses, in the manifest's order, or in that of its list.
pub(super) fn choose<'a, 'n>(
    entry: Entry<'_>,
    accounts: &'a Accounts<'n>,
    session: Option<&str>,
    reading: &mut Reading<'_>,
) -> Option<Vec<&'a Account<'n>>> {
    let is_open = |account: &&Account<'_>| session.is_none_or(|session| !account.is_of_another(session));
    match entry.value.get_ref() {
        DeValue::String(text) if *text == "*" => Some(accounts.list.iter().filter(is_open).collect()),
        DeValue::Array(_) => {
            let names = reading.texts(entry, Some(ACCOUNTS_EXAMPLE))?;
            let names = each_once(names, reading);
            Some(names.iter().filter_map(|name| named(name, accounts, session, reading)).collect())
        }
        DeValue::Table(keys) => {
            let tags = tags(Table { keys, base: entry.base }, entry, accounts, reading)?;
            reading.names_are_open |= !accounts.knows_tags;
            let tags: HashSet<&str> = tags.iter().map(|tag| &*tag.value).collect();
            Some(accounts.list.iter().filter(is_open).filter(|account| account.has_any(&tags)).collect())
        }
        _ => {
            let message = "`accounts` is `\"*\"`, a list of names, or `{ tags = […] }`";
            let help = format!("write it as in `accounts = {ACCOUNTS_EXAMPLE}`");
            reading.out.push(Diagnostic::error(codes::BAD_CHOICE, entry.value_at(), message).help(help));
            None
        }
    }
}

fn named<'a, 'n>(
    name: &Text<'_>,
    accounts: &'a Accounts<'n>,
    session: Option<&str>,
    reading: &mut Reading<'_>,
) -> Option<&'a Account<'n>> {
    let Some(account) = accounts.by_name.get(&*name.value).map(|index| &accounts.list[*index]) else {
        let help = match reading.suggester.nearest(&name.value, accounts.list.iter().map(|account| account.name)) {
            Some(guess) => format!("did you mean `{guess}`?"),
            None if name.value == "*" => "all accounts are `accounts = \"*\"`, without a list".to_owned(),
            None => format!("add `{} = \"…\"` with its number to `[accounts]`", name.value),
        };
        reading.reject(name, codes::UNKNOWN_ACCOUNT, format!("there is no account `{}`", name.value), &help);
        reading.names_are_open = true;
        return None;
    };
    if let Some((own, session)) =
        account.sso_session.given().zip(session).filter(|(own, session)| own.value != **session)
    {
        let message = format!("`{session}` does not lead to the account `{}`", name.value);
        let found = Diagnostic::error(codes::OTHER_SESSION, name.at, message);
        reading.out.push(
            found
                .related(own.at, format!("it is reached through `{}`", own.value))
                .help("leave it out here, or correct the account's `sso_session`"),
        );
        reading.names_are_open = true;
        return None;
    }
    Some(account)
}

/// The tags in a table that has nothing else.
fn tags<'e>(
    table: Table<'e>,
    whole: Entry<'_>,
    accounts: &Accounts<'_>,
    reading: &mut Reading<'_>,
) -> Option<Vec<Text<'e>>> {
    let mut tags = None;
    for entry in entries(table) {
        if entry.name == "tags" {
            tags = Some(reading.texts(entry, Some("[\"nonprod\"]"))?);
        } else {
            reading.unknown_key(entry, format_args!("`accounts`, which chooses by tags"), std::iter::once("tags"));
            return None;
        }
    }
    let Some(tags) = tags else {
        let found = Diagnostic::error(codes::BAD_CHOICE, whole.value_at(), "this chooses by nothing");
        reading.out.push(found.help("write it as in `accounts = { tags = [\"nonprod\"] }`"));
        return None;
    };
    let is_unknown = |tag: &&Text<'_>| accounts.knows_tags && !accounts.tags.contains(&*tag.value);
    for tag in tags.iter().filter(is_unknown) {
        let found = Diagnostic::warning(codes::UNKNOWN_TAG, tag.at, format!("no account has the tag `{}`", tag.value));
        // In the order of the manifest, so that the guess is the same each time.
        let known = accounts.list.iter().filter_map(|account| account.tags.value()).flatten().map(String::as_str);
        reading.out.push(match reading.suggester.nearest(&tag.value, known) {
            Some(guess) => found.help(format!("did you mean `{guess}`?")),
            None => found.help("add it to `tags` of the accounts that are meant"),
        });
    }
    Some(tags)
}

/// The roles that `entry` chooses.
pub(super) fn read_roles(entry: Entry<'_>, reading: &mut Reading<'_>) -> Option<Roles> {
    match entry.value.get_ref() {
        DeValue::String(text) if *text == "*" => Some(Roles::Own(entry.value_at())),
        DeValue::Array(_) => roles(entry, Some(ROLES_EXAMPLE), reading).map(Roles::These),
        _ => {
            let found = Diagnostic::error(
                codes::BAD_CHOICE,
                entry.value_at(),
                "`roles` is a list of names, or `\"*\"` for each account's own",
            );
            reading.out.push(found.help(format!("write it as in `roles = {ROLES_EXAMPLE}`")));
            None
        }
    }
}

/// The names that are not made.
#[derive(Default)]
pub(super) struct Excluded {
    names: HashMap<String, Exclusion>,
    patterns: Vec<(NamePattern, Exclusion)>,
}

/// One of them.
struct Exclusion {
    at: Span,
    is_used: Cell<bool>,
}

impl Excluded {
    /// Reads the list in `entry`.
    pub(super) fn read(entry: Entry<'_>, reading: &mut Reading<'_>) -> Self {
        let mut excluded = Self::default();
        for text in reading.texts(entry, Some("[\"prod-Admin\"]")).unwrap_or_default() {
            let exclusion = Exclusion { at: text.at, is_used: Cell::new(false) };
            if !NamePattern::is_meant(&text.value) {
                excluded.names.insert(text.value.into_owned(), exclusion);
                continue;
            }
            match NamePattern::new(&text.value) {
                Ok(pattern) => excluded.patterns.push((pattern, exclusion)),
                Err(error) => {
                    let help = "write a part of the name for what it stands for, as in `prod-*`";
                    reading.reject(&text, codes::BAD_CHOICE, error.to_string(), help);
                }
            }
        }
        excluded
    }

    /// Where it is said that this name is not made.
    pub(super) fn has(&self, name: &str) -> Option<Span> {
        // All that fit are used, also where one would do.
        let by_pattern = self.patterns.iter().filter(|(pattern, _)| pattern.fits(name)).map(|(_, found)| found);
        let found = self.names.get(name).into_iter().chain(by_pattern);
        found.inspect(|found| found.is_used.set(true)).map(|found| found.at).reduce(|first, _| first)
    }

    /// How many comparisons it takes to know whether a name is left out.
    pub(super) fn cost(&self) -> usize {
        self.patterns.len()
    }

    /// Reports what leaves nothing out.
    pub(super) fn report<'n, N: Iterator<Item = &'n str>>(&self, names: impl Fn() -> N, reading: &mut Reading<'_>) {
        let patterns = self.patterns.iter().map(|(pattern, exclusion)| (pattern.as_str(), exclusion));
        let all = self.names.iter().map(|(name, exclusion)| (name.as_str(), exclusion)).chain(patterns);
        for (name, exclusion) in all.filter(|(_, exclusion)| !exclusion.is_used.get()) {
            let message = format!("`{name}` is no name that this matrix would make");
            let found = Diagnostic::warning(codes::EXCLUDE_NOTHING, exclusion.at, message);
            reading.out.push(match reading.suggester.nearest(name, names()) {
                Some(guess) => found.help(format!("did you mean `{guess}`?")),
                None => found.help("leave it out"),
            });
        }
    }
}

//! Owns the selections of a matrix: accounts, roles, and excluded names. Must not know profiles.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use crate::diagnostic::Diagnostic;
use crate::manifest::document::table::{dedup, texts, unknown_key};
use crate::manifest::document::tree::{KeyValue, Table, Text, Value};
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::Sink;
use crate::manifest::raw::account::{Account, Accounts, RoleName, roles};
use crate::model::Glob;
use crate::source::Span;

#[derive(Debug)]
pub(super) enum RoleSelection {
    /// One profile for each account.
    None,
    /// Each account's own roles; the place of the `"*"`.
    Own(Span),
    These(Vec<RoleName>),
}

/// Returns the selected accounts in the manifest's order, or in the order of the list.
pub(super) fn select_accounts<'a>(
    entry: &KeyValue<'_>,
    accounts: &'a Accounts,
    session: Option<&str>,
    sink: &mut Sink,
) -> Option<Vec<&'a Account>> {
    const EXAMPLE: &str = "[\"prod\", \"dev\"]";
    let is_open = |account: &&Account| session.is_none_or(|session| !account.is_of_another(session));
    match &entry.node.value {
        Value::Text(text) if text == "*" => Some(accounts.list.iter().filter(is_open).collect()),
        Value::List(_) => {
            let names = dedup(texts(entry, EXAMPLE, sink)?, sink);
            Some(names.into_iter().filter_map(|name| named(name, accounts, session, sink)).collect())
        }
        Value::Table(table) => {
            let tags = tags(table, entry.node.at, accounts, sink)?;
            sink.profiles_unknown |= !accounts.knows_tags;
            let tags: HashSet<&str> = tags.iter().map(|tag| tag.value).collect();
            Some(accounts.list.iter().filter(is_open).filter(|account| account.has_any(&tags)).collect())
        }
        _ => {
            let message = "`accounts` must be `\"*\"`, a list of names, or `{ tags = […] }`";
            let help = format!("write, for example, `accounts = {EXAMPLE}`");
            sink.push(Diagnostic::error(codes::BAD_CHOICE, entry.node.at, message).help(help));
            None
        }
    }
}

fn named<'a>(name: Text<'_>, accounts: &'a Accounts, session: Option<&str>, sink: &mut Sink) -> Option<&'a Account> {
    let Some(account) = accounts.get(name.value) else {
        let known = accounts.list.iter().map(|account| account.name.as_str());
        let help = sink.did_you_mean(name.value, known, || match name.value {
            "*" => "for all accounts, write `accounts = \"*\"` without a list".to_owned(),
            name => format!("add `{name} = \"…\"` with its number to `[accounts]`"),
        });
        sink.reject(name, codes::UNKNOWN_ACCOUNT, format!("there is no account `{}`", name.value), &help);
        sink.profiles_unknown = true;
        return None;
    };
    let own = account.sso_session.valid().zip(session).filter(|(own, session)| own.value != *session);
    let Some((own, session)) = own else { return Some(account) };
    let message = format!("`{session}` does not lead to the account `{}`", name.value);
    let found = Diagnostic::error(codes::OTHER_SESSION, name.at, message)
        .related(own.at, format!("it is reached through `{}`", own.value));
    sink.push(found.help("remove it here, or correct the account's `sso_session`"));
    sink.profiles_unknown = true;
    None
}

/// Returns the tags of `{ tags = […] }`.
fn tags<'e>(table: &'e Table<'_>, at: Span, accounts: &Accounts, sink: &mut Sink) -> Option<Vec<Text<'e>>> {
    let mut tags = None;
    for entry in table {
        if entry.name == "tags" {
            tags = Some(texts(entry, "[\"nonprod\"]", sink)?);
        } else {
            unknown_key(entry, format_args!("`accounts = {{ tags = […] }}`"), std::iter::once("tags"), sink);
            return None;
        }
    }
    let Some(tags) = tags else {
        let found = Diagnostic::error(codes::BAD_CHOICE, at, "this table has no `tags`");
        sink.push(found.help("write, for example, `accounts = { tags = [\"nonprod\"] }`"));
        return None;
    };
    let tags = dedup(tags, sink);
    for tag in tags.iter().filter(|tag| accounts.knows_tags && !accounts.tags.contains(tag.value)) {
        // In the order of the manifest, so that the guess does not change from run to run.
        let known = accounts.list.iter().filter_map(|account| account.tags.value()).flatten().map(String::as_str);
        let add = || "add it to `tags` of the accounts that you mean".to_owned();
        let help = sink.did_you_mean(tag.value, known, add);
        let message = format!("no account has the tag `{}`", tag.value);
        sink.push(Diagnostic::warning(codes::UNKNOWN_TAG, tag.at, message).help(help));
    }
    Some(tags)
}

pub(super) fn select_roles(entry: &KeyValue<'_>, sink: &mut Sink) -> Option<RoleSelection> {
    const EXAMPLE: &str = "[\"Admin\", \"ReadOnly\"]";
    match &entry.node.value {
        Value::Text(text) if text == "*" => Some(RoleSelection::Own(entry.node.at)),
        Value::List(_) => roles(entry, EXAMPLE, sink).map(RoleSelection::These),
        _ => {
            let message = "`roles` must be a list of names, or `\"*\"` for the roles of each account";
            let found = Diagnostic::error(codes::BAD_CHOICE, entry.node.at, message);
            sink.push(found.help(format!("write, for example, `roles = {EXAMPLE}`")));
            None
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Excluded {
    names: HashMap<String, Exclusion>,
    globs: Vec<(Glob, Exclusion)>,
}

#[derive(Debug)]
struct Exclusion {
    at: Span,
    is_used: Cell<bool>,
}

impl Excluded {
    pub(super) fn read(entry: &KeyValue<'_>, sink: &mut Sink) -> Self {
        let mut excluded = Self::default();
        for text in dedup(texts(entry, "[\"prod-Admin\"]", sink).unwrap_or_default(), sink) {
            let exclusion = Exclusion { at: text.at, is_used: Cell::new(false) };
            if !Glob::is_meant(text.value) {
                excluded.names.insert(text.value.to_owned(), exclusion);
                continue;
            }
            let help = "write a part of the name, as in `prod-*`";
            let glob = sink.parsed(text, Glob::new(text.value), codes::BAD_CHOICE, help);
            excluded.globs.extend(glob.map(|glob| (glob, exclusion)));
        }
        excluded
    }

    /// The place of the first entry that fits.
    pub(super) fn find(&self, name: &str) -> Option<Span> {
        // Mark all that fit as used, not only the first.
        let by_glob = self.globs.iter().filter(|(glob, _)| glob.fits(name)).map(|(_, found)| found);
        let found = self.names.get(name).into_iter().chain(by_glob);
        found.inspect(|found| found.is_used.set(true)).map(|found| found.at).reduce(|first, _| first)
    }

    pub(super) fn globs(&self) -> usize {
        self.globs.len()
    }

    /// Reports entries that fit no name.
    pub(super) fn report<'n, N: Iterator<Item = &'n str>>(&self, names: impl Fn() -> N, sink: &mut Sink) {
        let globs = self.globs.iter().map(|(glob, exclusion)| (glob.as_str(), exclusion));
        let all = self.names.iter().map(|(name, exclusion)| (name.as_str(), exclusion)).chain(globs);
        for (name, exclusion) in all.filter(|(_, exclusion)| !exclusion.is_used.get()) {
            let message = format!("`{name}` matches no profile of this matrix");
            let help = sink.did_you_mean(name, names(), || "remove it".to_owned());
            sink.push(Diagnostic::warning(codes::EXCLUDE_NOTHING, exclusion.at, message).help(help));
        }
    }
}

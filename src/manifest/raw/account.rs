//! Owns `[accounts]`. Must not know the matrices that select accounts.

use std::collections::{HashMap, HashSet};

use super::field::{AnyField, Field, FieldValue, KeyEntry, KeyTable, Origin, Reader, keys, parsed, text};
use super::sso_session::{IsGenerated, SsoSessions, check_case};
use super::values::{self, ACCOUNT_ID_HELP};
use crate::diagnostic::Diagnostic;
use crate::manifest::document::table::{dedup, texts, wrong_type};
use crate::manifest::document::tree::{KeyValue, Text};
use crate::manifest::files::Layers;
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::Sink;
use crate::manifest::spec::keys::{ANY, ID, Key, NAME, REGION, ROLE_NAME, Shape, TAG, key};
use crate::model::{AccountId, ProfileName, Region};
use crate::source::{Span, is_unsafe};

keys! {
    /// An account.
    Account { name: String, at: Span, over: Span, wrong: bool }

    id: AccountId = parsed(AccountId::new, codes::BAD_ACCOUNT_ID, ACCOUNT_ID_HELP),
        key(Shape::Text(ID), "The account's id, 12 digits.", &["\"111111111111\""]).required(ANY);
    region: Region = text(values::region),
        key(
            Shape::Text(REGION),
            "The AWS region of the account's profiles; it overrides the one of the matrix.",
            &["\"eu-west-1\""],
        ).optional(ANY);
    tags: Vec<String> = values::tags,
        key(
            Shape::Texts(TAG, 0),
            "Words for a matrix to select accounts by; they become tags of the account's profiles.",
            &["[\"nonprod\"]"],
        ).optional(ANY);
    roles: Vec<RoleName> = |given: KeyEntry<'_, '_>, reader: &mut Reader<'_>| {
        roles(given.entry, given.key.examples[0], &mut reader.sink)
    },
        key(
            Shape::Texts(ROLE_NAME, 0),
            "The roles in the account, for a matrix with `roles = \"*\"`; `awsauth discover` updates the list.",
            &["[\"Admin\", \"ReadOnly\"]"],
        ).optional(ANY);
    sso_session: String = text(values::reference),
        key(Shape::Text(NAME), "The SSO session of the account, if the manifest has several.", &["\"corp\""])
            .optional(ANY);
}

#[derive(Debug, Clone)]
pub(crate) struct RoleName {
    pub(crate) name: String,
    pub(crate) at: Span,
}

impl FieldValue for RoleName {
    fn shown(&self) -> String {
        self.name.clone()
    }
}

impl Account {
    fn read(entry: &KeyValue<'_>, reader: &mut Reader<'_>) -> Self {
        let before = reader.sink.errors();
        let (name, at, over) = (entry.name.to_string(), entry.at, entry.over);
        let mut account = Self { name, at, over, ..Self::default() };
        if let Err(error) = ProfileName::new(&entry.name) {
            reader.sink.push(values::bad_name(&entry.name, entry.at, &error));
        }
        if let Some(table) = entry.node.table() {
            for unknown in account.read_keys(table, Origin::Own, reader) {
                account.note_unknown(unknown, format_args!("the account `{}`", entry.name), &mut reader.sink);
            }
        } else {
            account.id = Field::Invalid;
            let wanted = "the account's number in quotes, or a table with `id`";
            wrong_type(&entry.name, &entry.node, wanted, Some("\"111111111111\""), &mut reader.sink);
        }
        account.wrong = reader.sink.errors() > before || entry.is_disputed;
        account
    }

    pub(crate) fn has_any(&self, tags: &HashSet<&str>) -> bool {
        self.tags.value().into_iter().flatten().any(|own| tags.contains(own.as_str()))
    }

    pub(crate) fn is_in_order(&self) -> bool {
        !self.wrong && !self.fields().any(|(_, field)| field.is_invalid())
    }

    /// True if its roles are unknown, because of a mistake or an unset variable.
    pub(crate) fn has_unknown_roles(&self) -> bool {
        self.roles.value().is_none() && !self.lacks("roles")
    }

    /// True if only another SSO session leads there.
    pub(crate) fn is_of_another(&self, session: &str) -> bool {
        self.sso_session.value().is_some_and(|own| own != session)
    }
}

/// In the manifest's order.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) list: Vec<Account>,
    by_name: HashMap<String, usize>,
    pub(crate) tags: HashSet<String>,
    /// False if a mistake or an unset variable hides tags.
    pub(crate) knows_tags: bool,
}

impl Accounts {
    pub(crate) fn read(table: &[KeyValue<'_>], sessions: &SsoSessions, reader: &mut Reader<'_>) -> Self {
        let mut list: Vec<Account> = table.iter().map(|entry| Account::read(entry, reader)).collect();
        let names = list.iter().map(|account| (account.name.as_str(), account.at, IsGenerated::No));
        let mut wrong = check_case(names, "account", &mut reader.sink);
        for index in 0..list.len() {
            let before = reader.sink.errors();
            check(&list[index], &list, sessions, reader);
            if reader.sink.errors() > before {
                wrong.push(index);
            }
        }
        for index in wrong {
            list[index].wrong = true;
        }
        check_ids(&list, &mut reader.sink);
        Self {
            by_name: list.iter().enumerate().map(|(index, account)| (account.name.clone(), index)).collect(),
            tags: list.iter().filter_map(|account| account.tags.value()).flatten().cloned().collect(),
            knows_tags: list.iter().all(|account| account.tags.value().is_some() || account.lacks("tags")),
            list,
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Account> {
        self.by_name.get(name).map(|index| &self.list[*index])
    }
}

fn check(account: &Account, all: &[Account], sessions: &SsoSessions, reader: &mut Reader<'_>) {
    let Reader { sink, hosts } = reader;
    if account.lacks("id") {
        report_missing_id(account, all, hosts.files, sink);
    }
    if let Some(session) = account.sso_session.valid() {
        let error = |code, message| Diagnostic::error(code, session.at, message);
        sessions.check_reference(session, error, sink);
        sink.profiles_unknown |= !sessions.has(&session.value);
    }
}

/// Warns about account ids that occur twice.
fn check_ids(list: &[Account], sink: &mut Sink) {
    let mut by_id = HashMap::new();
    for account in list {
        let Some(id) = account.id.valid() else { continue };
        if let Some(first) = by_id.insert((id.value.as_str(), account.sso_session.value()), account) {
            let message = format!("the accounts `{}` and `{}` have the same id", first.name, account.name);
            let found = Diagnostic::warning(codes::ACCOUNT_TWICE, id.at, message).related(first.at, "the other one");
            sink.push(found.help("remove one of them, or correct its `id`"));
        }
    }
}

/// An account of a personal file without an id is probably a misspelt one of the manifest.
fn report_missing_id(account: &Account, all: &[Account], files: &Layers, sink: &mut Sink) {
    let is_own = files.is_personal(account.at);
    let shared = all.iter().filter(|other| is_own && !files.is_personal(other.at)).map(|other| other.name.as_str());
    let help = sink.did_you_mean_or(&account.name, shared, "add `id = \"…\"` with the 12 digits of its number");
    let message = format!("the account `{}` has no `id`", account.name);
    sink.push(Diagnostic::error(codes::MISSING_KEY, account.at, message).help(help));
}

/// Any visible text passes: each use of a role has its own rules.
pub(crate) fn roles(entry: &KeyValue<'_>, example: &str, sink: &mut Sink) -> Option<Vec<RoleName>> {
    let texts = texts(entry, example, sink)?;
    let is_name = |text: &Text<'_>| !text.value.is_empty() && !text.value.contains(is_unsafe);
    let are_names = texts.iter().all(is_name);
    for text in texts.iter().filter(|text| !is_name(text)) {
        let help = "a role's name is one line of visible characters, as the access portal or IAM shows it";
        sink.reject(*text, codes::BAD_TEXT, "this can't be the name of a role", help);
    }
    let role = |text: Text<'_>| RoleName { name: text.value.to_owned(), at: text.at };
    let texts = dedup(texts, sink);
    are_names.then(|| texts.into_iter().map(role).collect())
}

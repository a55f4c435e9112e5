//! Owns `[sso_sessions]`. Must not know the profiles that use them.

use std::collections::HashMap;
use std::sync::Arc;

use super::codes;
use super::fields::{Given, Slot};
use super::keys::{self, Key};
use super::reading::{Entry, Reading, entries};
use super::values;
use crate::diagnostic::Diagnostic;
use crate::model::{ConfigText, Region, SessionName, SsoSession, StartUrl};
use crate::source::Span;

/// What is asked for when a session names no scopes (aws-facts §4.1).
const DEFAULT_SCOPE: &str = "sso:account:access";

/// The sessions of one manifest.
#[derive(Debug, Default)]
pub(super) struct Sessions<'t> {
    /// By name as it is written; none where a session is wrong, which has been reported.
    by_name: HashMap<&'t str, Option<usize>>,
    /// The names in the manifest's order.
    names: Vec<&'t str>,
    /// Where the first file has each.
    pub(super) places: Vec<Span>,
    /// The right ones in the manifest's order.
    pub(super) checked: Vec<Arc<SsoSession>>,
}

impl<'t> Sessions<'t> {
    /// Whether there is a session of that name, right or wrong.
    pub(super) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The session of that name, if it is right.
    pub(super) fn find(&self, name: &str) -> Option<&Arc<SsoSession>> {
        self.by_name.get(name).copied().flatten().map(|index| &self.checked[index])
    }

    /// Reports a name that no session has, as the `error` of a code and a message.
    pub(super) fn check_reference(
        &self,
        name: &Given<String>,
        error: impl FnOnce(&'static str, String) -> Diagnostic,
        reading: &mut Reading<'_>,
    ) {
        if self.has(&name.value) {
            return;
        }
        let found = error(codes::UNKNOWN_SESSION, format!("there is no SSO session `{}`", name.value));
        let help = match reading.suggester.nearest(&name.value, self.names.iter().copied()) {
            Some(guess) => format!("did you mean `{guess}`?"),
            None => format!("add a table `[sso_sessions.{}]`", values::toml_key(&name.value)),
        };
        reading.out.push(found.help(help));
    }

    /// The names in the manifest's order.
    pub(super) fn names(&self) -> &[&'t str] {
        &self.names
    }
}

/// A session as it is written, in one file or several.
#[derive(Debug)]
struct Written<'t> {
    name: &'t str,
    /// Where the name stands.
    at: Span,
    /// Where it stands in the file that wins.
    over: Span,
    url: Slot<StartUrl>,
    region: Slot<Region>,
    scopes: Slot<Vec<ConfigText>>,
    /// Keys that were probably meant by a misspelt one.
    meant: Vec<&'static str>,
    /// Whether it is a table at all.
    is_table: bool,
    /// Whether there is any error in it.
    wrong: bool,
}

/// All sessions as they are written, in the order of the files.
#[derive(Debug, Default)]
pub(super) struct WrittenSessions<'t> {
    list: Vec<Written<'t>>,
    by_name: HashMap<&'t str, usize>,
}

impl<'t> WrittenSessions<'t> {
    /// Reads `[sso_sessions]` of one file over those of the files before.
    pub(super) fn read(&mut self, entry: Entry<'t>, reading: &mut Reading<'t>) {
        let Some(table) = reading.table(entry) else { return };
        for entry in entries(table) {
            let mut session = written(entry, reading);
            let Some(index) = self.by_name.get(entry.name).copied() else {
                self.by_name.insert(entry.name, self.list.len());
                self.list.push(session);
                continue;
            };
            let below = &mut self.list[index];
            if !reading.layers.wins(session.over, below.over) {
                reading.defined_twice(format_args!("the SSO session `{}`", entry.name), session.at, below.at);
                session.wrong = true;
            }
            session.at = below.at;
            let below = std::mem::replace(below, session);
            let session = &mut self.list[index];
            session.url.lay_over(below.url);
            session.region.lay_over(below.region);
            session.scopes.lay_over(below.scopes);
            session.meant.extend(below.meant);
            session.wrong |= below.wrong;
        }
    }

    /// The sessions, each checked as a whole.
    pub(super) fn check(mut self, reading: &mut Reading<'t>) -> Sessions<'t> {
        let mut sessions = Sessions::default();
        let names = self.list.iter().map(|written| (written.name, written.at, Fold::No));
        for index in check_case(names, "SSO session", reading) {
            self.list[index].wrong = true;
        }
        for written in self.list {
            let name = written.name;
            sessions.places.push(written.at);
            let session = session(written, reading);
            sessions.names.push(name);
            sessions.by_name.insert(name, session.as_ref().map(|_| sessions.checked.len()));
            sessions.checked.extend(session.map(Arc::new));
        }
        sessions
    }
}

fn written<'t>(entry: Entry<'t>, reading: &mut Reading<'t>) -> Written<'t> {
    let (url, region, scopes) = (Slot::Absent, Slot::Absent, Slot::Absent);
    let mut written = Written {
        name: entry.name,
        at: entry.at,
        over: entry.at,
        url,
        region,
        scopes,
        meant: Vec::new(),
        is_table: false,
        wrong: false,
    };
    let mark = reading.out.len();
    let Some(table) = reading.table(entry) else { return written };
    written.is_table = true;
    reading.variables.enter(format_args!("sso_sessions.{}", entry.name));
    for inner in entries(table) {
        let Some(key) = keys::find(keys::SESSION, inner.name) else {
            let known = keys::SESSION.iter().map(|key| key.name);
            written.meant.extend(reading.unknown_key(inner, format_args!("the SSO session `{}`", entry.name), known));
            continue;
        };
        let (example, at) = (Some(key.examples[0]), inner.value_at());
        match key.name {
            "sso_start_url" => {
                let url = reading.text(inner, example).and_then(|text| values::start_url(&text, reading));
                written.url = Slot::of(url, at);
            }
            "sso_region" => {
                let region = reading.text(inner, example).and_then(|text| values::region(&text, reading));
                written.region = Slot::of(region, at);
            }
            _ => written.scopes = Slot::of(self::scopes(inner, example, reading), at),
        }
    }
    reading.variables.leave();
    written.wrong = reading.out.has_errors_since(mark);
    written
}

fn session(written: Written<'_>, reading: &mut Reading<'_>) -> Option<SsoSession> {
    let Written { at, mut url, mut region, mut scopes, meant, wrong, .. } = written;
    let name = name(written.name, at, reading);
    if !written.is_table {
        return None;
    }
    let is_absent = |name: &str| match name {
        "sso_start_url" => url.is_absent(),
        _ => region.is_absent(),
    };
    let lacks = |key: &&Key| !key.required.is_empty() && is_absent(key.name) && !meant.contains(&key.name);
    for key in keys::SESSION.iter().filter(lacks) {
        let message = format!("the SSO session `{}` has no `{}`", written.name, key.name);
        reading.out.push(
            Diagnostic::error(codes::MISSING_KEY, at, message)
                .help(format!("add `{} = {}`", key.name, key.examples[0])),
        );
    }
    let scopes = if scopes.is_absent() { Some(default_scopes()) } else { scopes.take() };
    if wrong {
        return None;
    }
    Some(SsoSession { name: name?, start_url: url.take()?, region: region.take()?, scopes: scopes? })
}

fn name(text: &str, at: Span, reading: &mut Reading<'_>) -> Option<SessionName> {
    match SessionName::new(text) {
        Ok(_) if text == "default" => {
            let found = Diagnostic::error(codes::BAD_NAME, at, "an SSO session can't be called `default`");
            reading
                .out
                .push(found.help("give it the name of the company or the portal: only a profile can be `default`"));
            None
        }
        Ok(name) => Some(name),
        Err(error) => {
            reading.out.push(values::bad_name(text, at, &error));
            None
        }
    }
}

fn default_scopes() -> Vec<ConfigText> {
    ConfigText::new(DEFAULT_SCOPE).into_iter().collect()
}

fn scopes(entry: Entry<'_>, example: Option<&str>, reading: &mut Reading<'_>) -> Option<Vec<ConfigText>> {
    let texts = reading.texts(entry, example)?;
    if texts.is_empty() {
        reading.out.push(
            Diagnostic::error(codes::BAD_SCOPE, entry.value_at(), "a session needs at least one scope")
                .help(format!("leave the key out for [\"{DEFAULT_SCOPE}\"]")),
        );
        return None;
    }
    let is_scope = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:/*-".contains(&byte))
    };
    let mut scopes = Vec::with_capacity(texts.len());
    let mut sound = true;
    for text in &texts {
        match ConfigText::new(&text.value) {
            Ok(scope) if is_scope(&text.value) => scopes.push(scope),
            _ => {
                let message = format!("`{}` is not a scope", text.value);
                reading.reject(
                    text,
                    codes::BAD_SCOPE,
                    message,
                    "a scope reads like `sso:account:access`; one per string",
                );
                sound = false;
            }
        }
    }
    sound.then_some(scopes)
}

/// Whether a name is one of those that a matrix makes, whose findings are said once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    No,
    Yes,
}

/// Reports each of `names` before which one stands that differs only in case. Returns the places of all such names.
pub(super) fn check_case<'n>(
    names: impl Iterator<Item = (&'n str, Span, Fold)> + Clone,
    what: &str,
    reading: &mut Reading<'_>,
) -> Vec<usize> {
    // Most manifests are in lower case: then no two names differ only in that.
    if names.clone().all(|(name, ..)| name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())) {
        return Vec::new();
    }
    let (mut seen, mut alike) = (HashMap::new(), Vec::new());
    for (index, (name, at, fold)) in names.enumerate() {
        let (other, first, place) = *seen.entry(name.to_lowercase()).or_insert((name, at, index));
        if other != name {
            alike.extend([place, index]);
            let mark = reading.out.len();
            let message = format!("the {what}s `{other}` and `{name}` differ only in case");
            let found = Diagnostic::error(codes::NAME_CASE, at, message);
            let found = if first == at { found } else { found.related(first, "the other one") };
            reading.out.push(found.help("rename one of them: some AWS tools take both for one"));
            if fold == Fold::Yes {
                reading.fold(mark, name);
            }
        }
    }
    alike
}

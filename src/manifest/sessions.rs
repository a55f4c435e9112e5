//! Owns `[sso_sessions]`. Must not know the profiles that use them.

use std::collections::HashMap;
use std::sync::Arc;

use super::codes;
use super::keys;
use super::reading::{Entry, Reading, entries};
use super::values;
use crate::diagnostic::Diagnostic;
use crate::model::{ConfigText, SessionName, SsoSession};
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

    /// The names in the manifest's order.
    pub(super) fn names(&self) -> &[&'t str] {
        &self.names
    }
}

/// Reads `[sso_sessions]`.
pub(super) fn read<'t>(entry: Entry<'t>, reading: &mut Reading<'t>) -> Sessions<'t> {
    let mut sessions = Sessions::default();
    let Some(table) = reading.table(entry) else { return sessions };
    let entries = entries(table);
    check_case(entries.iter().map(|entry| (entry.name, entry.at)), "SSO session", reading);
    for entry in entries {
        let session = session(entry, reading);
        sessions.names.push(entry.name);
        sessions.by_name.insert(entry.name, session.as_ref().map(|_| sessions.checked.len()));
        sessions.checked.extend(session.map(Arc::new));
    }
    sessions
}

fn session(entry: Entry<'_>, reading: &mut Reading<'_>) -> Option<SsoSession> {
    let name = name(entry.name, entry.at, reading);
    let table = reading.table(entry)?;
    let (mut url, mut region, mut scopes) = (None, None, Some(default_scopes()));
    let mut seen = Vec::new();
    for inner in entries(table) {
        let Some(key) = keys::find(keys::SESSION, inner.name) else {
            let known = keys::SESSION.iter().map(|key| key.name);
            seen.extend(reading.unknown_key(inner, format_args!("the SSO session `{}`", entry.name), known));
            continue;
        };
        seen.push(key.name);
        let example = Some(key.examples[0]);
        match key.name {
            "sso_start_url" => {
                url = reading.text(inner, example).and_then(|text| values::start_url(&text, reading));
            }
            "sso_region" => region = reading.text(inner, example).and_then(|text| values::region(&text, reading)),
            _ => scopes = self::scopes(inner, example, reading),
        }
    }
    for key in keys::SESSION.iter().filter(|key| !key.required.is_empty() && !seen.contains(&key.name)) {
        let message = format!("the SSO session `{}` has no `{}`", entry.name, key.name);
        reading.out.push(
            Diagnostic::error(codes::MISSING_KEY, entry.at, message)
                .help(format!("add `{} = {}`", key.name, key.examples[0])),
        );
    }
    Some(SsoSession { name: name?, start_url: url?, region: region?, scopes: scopes? })
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
            let help = values::name_help(&error);
            reading.out.push(Diagnostic::error(codes::BAD_NAME, at, error.to_string()).help(help));
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

/// Reports each of `names` before which one stands that differs only in case.
pub(super) fn check_case<'n>(
    names: impl Iterator<Item = (&'n str, Span)> + Clone,
    what: &str,
    reading: &mut Reading<'_>,
) {
    // Most manifests are in lower case: then no two names differ only in that.
    if names.clone().all(|(name, _)| name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())) {
        return;
    }
    let mut seen = HashMap::new();
    for (name, at) in names {
        let (other, first) = *seen.entry(name.to_lowercase()).or_insert((name, at));
        if other != name {
            let message = format!("the {what}s `{other}` and `{name}` differ only in case");
            reading.out.push(
                Diagnostic::error(codes::NAME_CASE, at, message)
                    .related(first, "the other one")
                    .help("rename one of them: some AWS tools take both for one"),
            );
        }
    }
}

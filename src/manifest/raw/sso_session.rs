//! Owns `[sso_sessions]`. Must not know the profiles that use them.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::field::{AnyField, Field, KeyEntry, KeyOrigin, KeyTable, Origin, Reader, Sourced, keys, text};
use super::values;
use crate::diagnostic::Diagnostic;
use crate::manifest::document::table::{self, texts};
use crate::manifest::document::tree::{KeyValue, Text};
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::{About, GeneratedProfile, Sink};
use crate::manifest::spec::keys::{ANY, Key, REGION, Shape, URL, key};
use crate::model::{ConfigText, Region, SessionName, SsoSession, StartUrl};
use crate::source::Span;

/// The scope of a session that names none (aws-facts §4.1).
pub(crate) const DEFAULT_SCOPE: &str = "sso:account:access";

keys! {
    #[expect(clippy::struct_field_names, reason = "these are AWS's names")]
    /// The keys of an SSO session.
    Session {}

    sso_start_url: StartUrl = text(values::session_start_url),
        key(Shape::Text(URL), "The access portal.", &["\"https://corp.awsapps.com/start\""]).required(ANY);
    sso_region: Region = text(values::region),
        key(Shape::Text(REGION), "The region of IAM Identity Center.", &["\"us-east-1\""]).required(ANY);
    sso_registration_scopes: Vec<ConfigText> = scopes,
        key(
            Shape::Texts("[A-Za-z0-9_.:/*-]+", 1),
            "The OAuth scopes to ask for; [\"sso:account:access\"] if not given.",
            &["[\"sso:account:access\"]"],
        ).optional(ANY);
}

#[derive(Debug, Default)]
pub(crate) struct SsoSessions {
    /// None for an invalid session, which has been reported.
    by_name: HashMap<String, Option<Arc<SsoSession>>>,
    /// In the manifest's order; the place is in the first file that has the name.
    pub(crate) names: Vec<(String, Span)>,
    /// In the manifest's order.
    pub(crate) valid: Vec<Arc<SsoSession>>,
    /// The keys of each, also of an invalid one.
    pub(crate) written: Vec<(String, Vec<KeyOrigin>)>,
}

impl SsoSessions {
    pub(crate) fn read(table: &[KeyValue<'_>], reader: &mut Reader<'_>) -> Self {
        let names = table.iter().map(|entry| (&*entry.name, entry.at, IsGenerated::No));
        let alike = check_case(names, "SSO session", &mut reader.sink);
        let mut sessions = Self::default();
        for (index, entry) in table.iter().enumerate() {
            let (session, keys) = session(entry, reader);
            sessions.written.push((entry.name.to_string(), keys));
            let session = session.filter(|_| !alike.contains(&index) && !entry.is_disputed);
            let session = session.map(Arc::new);
            sessions.names.push((entry.name.to_string(), entry.at));
            sessions.valid.extend(session.clone());
            sessions.by_name.insert(entry.name.to_string(), session);
        }
        sessions
    }

    /// True for an invalid session too.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// None for an invalid session.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<SsoSession>> {
        self.by_name.get(name)?.as_ref()
    }

    /// Reports an unknown session with the diagnostic that `error` makes of a code and a message.
    pub(crate) fn check_reference(
        &self,
        name: &Sourced<String>,
        error: impl FnOnce(&'static str, String) -> Diagnostic,
        sink: &mut Sink,
    ) {
        if self.has(&name.value) {
            return;
        }
        let names = self.names.iter().map(|(name, _)| name.as_str());
        let add = || format!("add a table `[sso_sessions.{}]`", values::toml_key(&name.value));
        let help = sink.did_you_mean(&name.value, names, add);
        sink.push(error(codes::UNKNOWN_SESSION, format!("there is no SSO session `{}`", name.value)).help(help));
    }
}

/// No session, and reported, if anything is wrong.
fn session(entry: &KeyValue<'_>, reader: &mut Reader<'_>) -> (Option<SsoSession>, Vec<KeyOrigin>) {
    let before = reader.sink.errors();
    let name = name(&entry.name, entry.at, &mut reader.sink);
    let Some(table) = table::table(entry, &mut reader.sink) else { return (None, Vec::new()) };
    let mut session = Session::default();
    for unknown in session.read_keys(table, Origin::Own, reader) {
        session.note_unknown(unknown, format_args!("the SSO session `{}`", entry.name), &mut reader.sink);
    }
    for key in Session::KEYS.iter().filter(|key| !key.required.is_empty() && session.lacks(key.name)) {
        let message = format!("the SSO session `{}` has no `{}`", entry.name, key.name);
        let found = Diagnostic::error(codes::MISSING_KEY, entry.at, message);
        reader.sink.push(found.help(key.to_add(key.examples[0])));
    }
    let keys = session.fields().flat_map(|(name, field)| field.written(name)).collect();
    let is_valid = reader.sink.errors() == before;
    (name.filter(|_| is_valid).and_then(|name| session.into_session(name)), keys)
}

impl Session {
    /// None if a value is missing, or waits for a variable.
    fn into_session(mut self, name: SessionName) -> Option<SsoSession> {
        let default = || ConfigText::new(DEFAULT_SCOPE).into_iter().collect();
        Some(SsoSession {
            name,
            start_url: self.sso_start_url.take()?,
            region: self.sso_region.take()?,
            scopes: self.sso_registration_scopes.take().unwrap_or_else(default),
        })
    }
}

fn name(text: &str, at: Span, sink: &mut Sink) -> Option<SessionName> {
    let found = match SessionName::new(text) {
        Ok(_) if text == "default" => {
            Diagnostic::error(codes::BAD_NAME, at, "an SSO session can't be called `default`")
                .help("give it the name of the company or the portal: only a profile can be `default`")
        }
        Ok(name) => return Some(name),
        Err(error) => values::bad_name(text, at, &error),
    };
    sink.push(found);
    None
}

fn scopes(given: KeyEntry<'_, '_>, reader: &mut Reader<'_>) -> Option<Vec<ConfigText>> {
    let texts = texts(given.entry, given.key.examples[0], &mut reader.sink)?;
    if texts.is_empty() {
        let found = Diagnostic::error(codes::BAD_SCOPE, given.entry.node.at, "a session needs at least one scope");
        reader.sink.push(found.help(format!("remove the key to use [\"{DEFAULT_SCOPE}\"]")));
        return None;
    }
    let is_scope = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:/*-".contains(&byte))
    };
    let scope = |text: Text<'_>| {
        let scope = ConfigText::new(text.value).ok().filter(|_| is_scope(text.value));
        if scope.is_none() {
            let help = "a scope looks like `sso:account:access`; one per string";
            reader.sink.reject(text, codes::BAD_SCOPE, format!("`{}` is not a scope", text.value), help);
        }
        scope
    };
    let scopes: Vec<_> = texts.into_iter().map(scope).collect();
    scopes.into_iter().collect()
}

/// Findings about names from a matrix are reported once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IsGenerated {
    No,
    Yes,
}

/// Reports names that differ only in case. Returns the indexes of all of these.
pub(crate) fn check_case<'n>(
    names: impl Iterator<Item = (&'n str, Span, IsGenerated)> + Clone,
    what: &str,
    sink: &mut Sink,
) -> Vec<usize> {
    // Most manifests are in lower case: names can't differ in case then.
    if names.clone().all(|(name, ..)| name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())) {
        return Vec::new();
    }
    let (mut seen, mut alike) = (HashMap::new(), Vec::new());
    for (index, (name, at, is_generated)) in names.enumerate() {
        let (other, first, place) = *seen.entry(name.to_lowercase()).or_insert((name, at, index));
        if other != name {
            alike.extend([place, index]);
            let message = format!("the {what}s `{other}` and `{name}` differ only in case");
            let found = Diagnostic::error(codes::NAME_CASE, at, message);
            let found = if first == at { found } else { found.related(first, "the other one") };
            if is_generated == IsGenerated::Yes {
                let made = GeneratedProfile { name: Rc::from(name), is_named: true, ..GeneratedProfile::default() };
                sink.turn_to(About::Generated(made));
            }
            sink.push(found.help("rename one of them: some AWS tools treat them as one"));
            sink.turn_to(About::Shared);
        }
    }
    alike
}

//! Owns asking the manifest's own reader about a draft. Must not know AWS's files.

use std::collections::{HashMap, HashSet};

use super::draft::{Draft, Owner, Text};
use super::left::Why;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ini::SectionId;
use crate::manifest::{self, Audience, LOCAL_NAME, Layers, Loaded, SettingsTrust};
use crate::model::{Catalog, Kind, Profile, Setting, SettingValue};
use crate::source::Source;

/// The reader's word about a draft.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) catalog: Catalog,
    /// The profiles that are wrong, each with the first reason.
    pub(super) profiles: HashMap<String, Why>,
    pub(super) sessions: Vec<String>,
}

/// Reads the draft with its personal lines.
pub(super) fn judge(draft: &Draft) -> Verdict {
    let text = draft.manifest();
    let layers = layers(&text.toml, draft.personal());
    let loaded = manifest::load(&layers, Audience::Person);
    verdict(loaded, &layers, &text)
}

fn layers(manifest: &str, personal: String) -> Layers {
    let mut layers = Layers::new(Source::new("profiles.toml", manifest), LOCAL_NAME);
    layers.add_local(Source::new(LOCAL_NAME, personal), SettingsTrust::Trusted);
    layers
}

fn verdict(loaded: Loaded, layers: &Layers, text: &Text) -> Verdict {
    let mut verdict = Verdict { catalog: loaded.catalog.unwrap_or_default(), ..Verdict::default() };
    for found in loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error) {
        let (file, position) = layers.sources().locate(found.primary.span);
        let owner = if file.ends_with(LOCAL_NAME) { &Owner::Nobody } else { text.owner(position.line) };
        match owner {
            Owner::Session(name) => verdict.sessions.push(name.clone()),
            Owner::Profile(name) => _ = verdict.profiles.entry(name.clone()).or_insert_with(|| why(found)),
            Owner::Nobody => {
                let names = found.profiles.iter().map(|name| (name.clone(), why(found)));
                verdict.profiles.extend(names);
            }
        }
    }
    verdict
}

fn why(found: &Diagnostic) -> Why {
    let reason = if found.primary.text.is_empty() {
        found.message.clone()
    } else {
        format!("{}: {}", found.message, found.primary.text)
    };
    Why::new(reason).remedy("correct it, then import again")
}

/// The candidate if it says the same as the current draft, whose verdict this is; else the current draft.
pub(super) fn take_if_same(candidate: Draft, verdict: Verdict, current: Draft) -> (Draft, Verdict) {
    let other = judge(&candidate);
    let is_same = other.profiles.is_empty() && other.sessions.is_empty() && is_same(&other.catalog, &verdict.catalog);
    if is_same { (candidate, other) } else { (current, verdict) }
}

/// True if both have the same sessions and profiles, in any order.
fn is_same(one: &Catalog, other: &Catalog) -> bool {
    let is_there =
        |profile: &Profile| other.get(profile.name.as_str()).is_some_and(|other| sorted(profile) == sorted(other));
    one.profiles().len() == other.profiles().len()
        && one.sessions() == other.sessions()
        && one.profiles().iter().all(is_there)
}

fn sorted(profile: &Profile) -> Profile {
    let mut profile = profile.clone();
    profile.settings.sort_by(|one, other| one.key.cmp(&other.key));
    profile
}

/// The sections that `found`, an import, and `own` say the same about: nothing is lost if the manifest takes their place.
pub(super) fn replaceable_sections(found: &Catalog, own: &Catalog) -> HashSet<SectionId> {
    let has = |file: &&Profile| own.get(file.name.as_str()).is_some_and(|own| says_all_of(file, own));
    let profiles = found.profiles().iter().filter(has).map(|profile| SectionId::Profile(profile.name.to_string()));
    let sessions = found.sessions().iter().filter(|session| own.sessions().contains(session));
    profiles.chain(sessions.map(|session| SectionId::SsoSession(session.name.to_string()))).collect()
}

/// True if the manifest's profile has everything that the file's one has.
fn says_all_of(file: &Profile, manifest: &Profile) -> bool {
    let is_kind = match (&file.kind, &manifest.kind) {
        (
            Kind::Sso { access, account_id, role_name },
            Kind::Sso { access: other, account_id: other_account, role_name: other_role },
        ) => {
            (access.start_url(), access.region()) == (other.start_url(), other.region())
                && (account_id, role_name) == (other_account, other_role)
        }
        (one, other) => one == other,
    };
    let has = |setting: &Setting| {
        manifest.settings.iter().any(|other| other.key == setting.key && has_value(&setting.value, &other.value))
    };
    is_kind
        && (file.region.is_none() || file.region == manifest.region)
        && (file.output.is_none() || file.output == manifest.output)
        && file.settings.iter().all(has)
}

fn has_value(file: &SettingValue, manifest: &SettingValue) -> bool {
    match (file, manifest) {
        (SettingValue::Nested(file), SettingValue::Nested(manifest)) => file.iter().all(|pair| manifest.contains(pair)),
        (one, other) => one == other,
    }
}

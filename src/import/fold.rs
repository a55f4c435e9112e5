//! Owns folding what repeats in a manifest: `[defaults]`, and one person's name. Must not change what the manifest says.

use std::collections::{BTreeSet, HashMap};

use super::draft::{Draft, ProfileTable};
use super::settings::toml;

/// The lines that a new `[defaults]` costs: a blank one, and its header.
const TABLE: usize = 2;
const USER: (&str, &str) = ("user", "your IAM user name, as at the end of your MFA device's ARN");

/// The same manifest, shorter.
pub(super) fn fold(mut draft: Draft) -> Draft {
    fold_user(&mut draft);
    fold_defaults(&mut draft);
    draft
}

/// The end of a device's ARN as TOML: `…:mfa/alice"`.
fn device_name(serial: &str) -> Option<&str> {
    let (_, path) = serial.strip_suffix('"')?.split_once(":mfa/")?;
    path.rsplit('/').next()
}

/// One name in all devices is the person's: everybody else has another one.
fn fold_user(draft: &mut Draft) {
    let serials = draft.profiles.iter().filter_map(|profile| profile.get("mfa_serial")).filter_map(device_name);
    let names: BTreeSet<String> = serials.map(str::to_owned).collect();
    let Some(name) = names.first().filter(|_| names.len() == 1).cloned() else { return };
    for (key, value) in draft.profiles.iter_mut().flat_map(|profile| &mut profile.keys) {
        if *key == "mfa_serial" && device_name(value).is_some() {
            value.truncate(value.len() - name.len() - 1);
            value.push_str("${user}\"");
        } else if *key == "role_session_name" && value.trim_matches('"') == name {
            "\"${user}\"".clone_into(value);
        }
    }
    draft.required.push(USER);
    draft.vars.push((USER.0, name));
}

/// Values that every profile has, or every one that such a key is for.
fn fold_defaults(draft: &mut Draft) {
    let written = |profile: &&ProfileTable| profile.pattern != "external";
    let is_sso = |profile: &&ProfileTable| profile.pattern == "sso";
    let mut defaults: Vec<(String, String)> = Vec::new();
    let mut saved = 0;
    let keys = ["region", "output"].map(str::to_owned).into_iter();
    let settings = draft.profiles.iter().find(written).map(|first| first.settings.clone()).unwrap_or_default();
    for key in keys.chain(settings.into_iter().map(|(key, _)| format!("settings.{key}"))) {
        let values: Vec<Option<String>> = draft.profiles.iter().filter(written).map(|one| value(one, &key)).collect();
        saved += add(&mut defaults, &key, &values);
    }
    let sessions: Vec<_> = draft.profiles.iter().filter(is_sso).map(|one| value(one, "sso_session")).collect();
    saved += add(&mut defaults, "sso_session", &sessions);
    if saved <= TABLE {
        return;
    }
    for profile in draft.profiles.iter_mut().filter(|profile| profile.pattern != "external") {
        let is_default = |key: &str, value: &str| defaults.iter().any(|(name, other)| name == key && other == value);
        profile.keys.retain(|(key, value)| !is_default(key, value));
        profile.settings.retain(|(key, value)| !is_default(&format!("settings.{key}"), &toml(value)));
    }
    draft.defaults = defaults;
}

fn value(profile: &ProfileTable, key: &str) -> Option<String> {
    match key.strip_prefix("settings.") {
        Some(key) => profile.settings.iter().find(|(name, _)| name == key).map(|(_, value)| toml(value)),
        None => profile.get(key).map(str::to_owned),
    }
}

/// Adds the most common value, the first of several, if all have the key. Returns the number of lines that this saves.
fn add(defaults: &mut Vec<(String, String)>, key: &str, values: &[Option<String>]) -> usize {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for value in values {
        let Some(value) = value else { return 0 };
        *counts.entry(value).or_default() += 1;
    }
    let most = counts.values().copied().max().unwrap_or_default();
    let found = values.iter().flatten().find(|value| counts[value.as_str()] == most);
    match found {
        Some(value) if most > 1 => {
            defaults.push((key.to_owned(), value.clone()));
            most - 1
        }
        _ => 0,
    }
}

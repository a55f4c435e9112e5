//! Owns folding what repeats in a manifest: `[defaults]`, and one person's name. Must not change what the manifest says.

use std::collections::HashMap;
use std::hash::Hash;

use super::draft::{Defaults, Draft, ProfileTable, device_name};

/// The lines that a new `[defaults]` costs: a blank one, and its header.
const TABLE: usize = 2;

/// The same manifest, shorter.
pub(super) fn fold(mut draft: Draft) -> Draft {
    draft.user = user(&draft.profiles);
    fold_defaults(&mut draft);
    draft
}

/// One name in all devices is the person's: everybody else has another one.
fn user(profiles: &[ProfileTable]) -> Option<String> {
    let mut names = profiles.iter().filter_map(|profile| device_name(profile.get("mfa_serial")?));
    let first = names.next()?;
    names.all(|name| name == first).then(|| first.to_owned())
}

/// Values that every profile has, or every one that such a key is for.
fn fold_defaults(draft: &mut Draft) {
    let written: Vec<_> = draft.profiles.iter().filter(|profile| profile.pattern != "external").collect();
    let is_for = |key: &str, profile: &ProfileTable| key != "sso_session" || profile.pattern == "sso";
    let mut defaults = Defaults::default();
    let mut saved = 0;
    for key in ["region", "output", "sso_session"] {
        let profiles = written.iter().filter(|profile| is_for(key, profile));
        if let Some((value, times)) = most_common(profiles.map(|profile| profile.get(key))) {
            defaults.keys.push((key, value.to_owned()));
            saved += times - 1;
        }
    }
    for (key, _) in written.first().into_iter().flat_map(|first| &first.settings) {
        if let Some((value, times)) = most_common(written.iter().map(|profile| profile.setting(key))) {
            defaults.settings.push((key.clone(), value.clone()));
            saved += times - 1;
        }
    }
    if saved <= TABLE {
        return;
    }
    for profile in draft.profiles.iter_mut().filter(|profile| profile.pattern != "external") {
        profile.keys.retain(|key| !defaults.keys.contains(key));
        profile.settings.retain(|setting| !defaults.settings.contains(setting));
    }
    draft.defaults = defaults;
}

/// The most common value, the first of several, and how often it comes. None if one is missing, or if none comes twice.
fn most_common<V: Copy + Eq + Hash>(values: impl Iterator<Item = Option<V>>) -> Option<(V, usize)> {
    let values: Vec<V> = values.collect::<Option<_>>()?;
    let mut counts: HashMap<V, usize> = HashMap::new();
    for value in &values {
        *counts.entry(*value).or_default() += 1;
    }
    let most = counts.values().copied().max().filter(|most| *most > 1)?;
    let first = values.into_iter().find(|value| counts[value] == most)?;
    Some((first, most))
}

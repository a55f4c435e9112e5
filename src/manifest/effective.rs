//! Owns the effective manifest: its profiles and SSO sessions after layers, variables and matrices, and how two of them differ. Must not judge them.

use std::collections::{BTreeMap, BTreeSet};

use super::check::unchecked::UncheckedProfiles;
use super::raw::field::KeyOrigin;
use super::raw::sso_session::{DEFAULT_SCOPE, SsoSessions};
use crate::model::default_long_term;

/// The profiles and SSO sessions of a manifest, also invalid ones. A variable that each person supplies stands in a value as it
/// is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Effective {
    pub(crate) profiles: BTreeMap<String, Fields>,
    pub(crate) sessions: BTreeMap<String, Fields>,
}

/// In the order of the documentation; a key without effect is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, String)>);

/// How a profile or an SSO session differs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Difference<'e> {
    pub(crate) name: &'e str,
    /// None if it is new.
    pub(crate) before: Option<&'e Fields>,
    /// None if it is gone.
    pub(crate) after: Option<&'e Fields>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FieldChange<'e> {
    pub(crate) key: &'e str,
    pub(crate) before: Option<&'e str>,
    pub(crate) after: Option<&'e str>,
}

pub(super) fn of(profiles: &UncheckedProfiles, sessions: &SsoSessions) -> Effective {
    let profile = |name: &str, keys| (name.to_owned(), Fields::of(name, keys));
    Effective {
        profiles: profiles.list.iter().map(|one| profile(&one.written, one.fields.written_keys())).collect(),
        sessions: sessions.written.iter().map(|(name, keys)| profile(name, keys.clone())).collect(),
    }
}

/// Lists what differs, by name.
pub(crate) fn differences<'e>(
    before: &'e BTreeMap<String, Fields>,
    after: &'e BTreeMap<String, Fields>,
) -> Vec<Difference<'e>> {
    let names: BTreeSet<&str> = before.keys().chain(after.keys()).map(String::as_str).collect();
    let difference = |name| Difference { name, before: before.get(name), after: after.get(name) };
    names.into_iter().map(difference).filter(|one| one.before != one.after).collect()
}

impl Fields {
    fn of(name: &str, keys: Vec<KeyOrigin>) -> Self {
        let long_term = default_long_term(name);
        let has_effect = |key: &KeyOrigin| {
            let defaults = [
                ("credential_process", "false"),
                ("long_term_profile", &*long_term),
                ("sso_registration_scopes", DEFAULT_SCOPE),
                ("tags", ""),
            ];
            !defaults.contains(&(&*key.key, &*key.value))
        };
        let mut keys: Vec<_> = keys.into_iter().filter(has_effect).map(|key| (key.key, key.value)).collect();
        // Settings come in the order in which the layers have them.
        let settings = keys.iter().position(|(key, _)| key.starts_with("settings.")).unwrap_or(keys.len());
        let end = settings + keys[settings..].iter().take_while(|(key, _)| key.starts_with("settings.")).count();
        keys[settings..end].sort();
        Self(keys)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub(crate) fn get(&self, wanted: &str) -> Option<&str> {
        self.iter().find(|(key, _)| *key == wanted).map(|(_, value)| value)
    }

    /// The account of its credentials, as far as the manifest tells.
    pub(crate) fn account(&self) -> Option<&str> {
        let of_arn = |key| self.get(key)?.split(':').nth(4).filter(|account| !account.is_empty());
        self.get("sso_account_id").or_else(|| of_arn("role_arn")).or_else(|| of_arn("mfa_serial"))
    }

    /// The role of its credentials, with its path.
    pub(crate) fn role(&self) -> Option<&str> {
        let of_arn = || self.get("role_arn")?.split_once(":role/").map(|(_, role)| role);
        self.get("sso_role_name").or_else(of_arn)
    }
}

impl<'e> Difference<'e> {
    /// The keys that differ: all of a new one, or of one that is gone.
    pub(crate) fn keys(&self) -> Vec<FieldChange<'e>> {
        let value = |keys: Option<&'e Fields>, key| keys.and_then(|keys| keys.get(key));
        let names = |keys: Option<&'e Fields>| keys.into_iter().flat_map(Fields::iter).map(|(key, _)| key);
        let gone = names(self.before).filter(|key| value(self.after, key).is_none());
        let change = |key| FieldChange { key, before: value(self.before, key), after: value(self.after, key) };
        names(self.after).chain(gone).map(change).filter(|change| change.before != change.after).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Audience, Layers, load_effective};
    use crate::source::Source;

    fn effective(text: &str) -> Effective {
        let layers = Layers::new(Source::new("profiles.toml", text), "own.toml");
        load_effective(&layers, Audience::Team).effective
    }

    /// `name: key before → after`
    fn changes(before: &str, after: &str) -> Vec<String> {
        let (before, after) = (effective(before), effective(after));
        let all = differences(&before.profiles, &after.profiles);
        let sessions = differences(&before.sessions, &after.sessions);
        let shown = |one: &Difference<'_>| {
            let keys = one.keys().into_iter().map(|change| {
                format!("{} {} → {}", change.key, change.before.unwrap_or("-"), change.after.unwrap_or("-"))
            });
            let keys: Vec<String> = keys.collect();
            let mark = match (one.before, one.after) {
                (None, _) => "+",
                (_, None) => "-",
                _ => "",
            };
            format!("{mark}{}: {}", one.name, keys.join(", "))
        };
        all.iter().chain(&sessions).map(shown).collect()
    }

    const SESSION: &str =
        "[sso_sessions.corp]\nsso_start_url = \"https://a.awsapps.com/start\"\nsso_region = \"us-east-1\"\n";

    #[test]
    fn a_change_is_told_by_its_effect_and_not_by_its_lines() {
        let matrix = SESSION.to_owned()
            + "[accounts]\na = \"111111111111\"\n[matrix.m]\nname = \"${account}-${role}\"\naccounts = \"*\"\nroles = [\"R\"]\n\
               pattern = \"sso\"\nsso_session = \"corp\"\nsso_account_id = \"${account_id}\"\nsso_role_name = \"${role}\"\n";
        let written = SESSION.to_owned()
            + "[profiles.a-R]\npattern = \"sso\"\nsso_session = \"corp\"\nsso_account_id = \"111111111111\"\n\
               sso_role_name = \"R\"\ncredential_process = false\n";
        assert_eq!(changes(&matrix, &written), [""; 0]);
        let other = matrix.replace("[\"R\"]", "[\"R\", \"S\"]").replace("us-east-1", "eu-west-1");
        let other = format!("[defaults]\nregion = \"eu-west-1\"\n{other}");
        assert_eq!(
            changes(&written, &other),
            [
                "a-R: region - → eu-west-1",
                "+a-S: pattern - → sso, region - → eu-west-1, sso_session - → corp, sso_account_id - → 111111111111, sso_role_name - → S",
                "corp: sso_region us-east-1 → eu-west-1"
            ]
        );
        assert_eq!(changes(&other, &written).len(), 3);
    }

    #[test]
    fn values_of_each_persons_variables_and_invalid_ones_are_compared_as_they_are_written() {
        let text = |region: &str, more: &str| {
            format!(
                "[required_vars]\nuser = \"name\"\n[profiles.main]\npattern = \"iam-mfa\"\nregion = \"{region}\"\n\
                 mfa_serial = \"arn:aws:iam::111122223333:mfa/${{user}}{more}\"\nsettings = {{ ca_bundle = \"/h/${{user}}/a\" }}\n"
            )
        };
        let before = text("us-east-1", "");
        assert_eq!(changes(&before, &before), [""; 0]);
        let serial = "arn:aws:iam::111122223333:mfa/${user}";
        assert_eq!(
            changes(&before, &text("nowhere", "-2").replace("/a\"", "/b\"")),
            [format!(
                "main: region us-east-1 → nowhere, settings ca_bundle = /h/${{user}}/a → ca_bundle = /h/${{user}}/b, mfa_serial {serial} → {serial}-2"
            )]
        );
        assert_eq!(effective(&before).profiles["main"].account(), Some("111122223333"));
    }
}

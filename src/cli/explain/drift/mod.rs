//! Owns the wording of how a section of AWS's config file differs from the manifest, and the lines that would put that
//! into the manifest. Must not decide what follows.

mod lines;
mod login;

pub(crate) use lines::Account;

use self::lines::{instead, is_harmless, toml};
use self::login::is_login;
use crate::ini::SectionId;
use crate::manifest::{self, Place, place, toml_key, toml_text};
use crate::model::{Catalog, Kind, Profile};
use crate::plan::{Difference, SectionDifference, Value};

/// So many are told one by one.
const TOLD: usize = 12;

/// Puts differences into words.
pub(crate) fn account(sections: &[SectionDifference], catalog: &Catalog) -> Account {
    let mut account = Account::default();
    for section in sections {
        let header = section.id.to_string();
        for difference in &section.differences {
            account.told.push(tell(&header, section.line, difference));
        }
        suggest(section, &header, catalog, &mut account);
    }
    let more = account.told.len().saturating_sub(TOLD);
    if more > 0 {
        account.told.truncate(TOLD);
        account.told.push(format!("and {more} more"));
    }
    account
}

fn tell(header: &str, header_line: usize, difference: &Difference) -> String {
    match difference {
        Difference::Value { line, key, found, given } => {
            let holds = format!("line {line}: [{header}] holds `{}`", entry(key, found));
            match given {
                // Both are only named where one may be a secret.
                Some(given) if entry(key, found) == entry(key, given) => {
                    format!("line {line}: [{header}] holds another `{key}` than the manifest gives")
                }
                Some(given) => format!("{holds}, the manifest gives `{}`", entry(key, given)),
                None => format!("{holds}, which the manifest does not give"),
            }
        }
        Difference::Spelling { line, key } => {
            format!(
                "line {line}: [{header}] gives {key} as the manifest does, but with a comment or in another spelling"
            )
        }
        Difference::Missing { key } => format!("line {header_line}: [{header}] lacks {key}"),
        Difference::Foreign => format!("line {header_line}: [{header}] is not in the manifest"),
        Difference::Absent => format!("[{header}] is missing from the block"),
    }
}

/// `key = value`; only the key where the value may be a secret, as in the command line of a program.
fn entry(key: &str, value: &Value) -> String {
    let text = match value {
        Value::Text(text) => format!("{key} = {text}"),
        Value::Nested(pairs) => {
            let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            format!("{key} = {{ {} }}", pairs.join(", "))
        }
    };
    if is_harmless(key, &text) { text } else { key.to_owned() }
}

/// Adds the lines for one section.
fn suggest(section: &SectionDifference, header: &str, catalog: &Catalog, account: &mut Account) {
    let profile = match &section.id {
        SectionId::Default => catalog.get("default"),
        SectionId::Profile(name) => catalog.get(name),
        SectionId::SsoSession(_) | SectionId::Services(_) | SectionId::Other(_) => None,
    };
    let table = match (&section.id, profile) {
        (SectionId::SsoSession(name), _) => format!("sso_sessions.{}", toml_key(name)),
        (_, Some(profile)) => format!("profiles.{}", toml_key(profile.name.as_str())),
        _ => return,
    };
    let (mut own, mut settings, mut is_other_login) = (Vec::new(), Vec::new(), false);
    for difference in &section.differences {
        let Difference::Value { line, key: name, found, given } = difference else { continue };
        let text = format!("{name} = {}", toml(name, found));
        let place = place_of(profile, name, found, &text);
        let is_given = matches!((found, profile), (Value::Text(text), Some(profile))
            if name == "mfa_serial" && profile.mfa_serial().is_some_and(|serial| serial.as_str() == text));
        match place {
            // The block does not write it: the session carries it.
            Place::Own if is_given && given.is_none() => {
                account.impossible.push(format!(
                    "line {line}: {name} stands in the manifest, for the login; [{header}] is written without it"
                ));
            }
            Place::Own if is_login(name) && profile.is_some() => is_other_login = true,
            Place::Own => own.push(instead(text, name, given.as_ref())),
            Place::Settings => {
                settings.push(instead(text, name, given.as_ref()));
                settings.extend(hosts(name, found).into_iter().map(allowing));
            }
            Place::SettingsIfEmpty(reason) | Place::Nowhere(reason) => {
                let told = format!("line {line}: {name} of [{header}] can't stand in a manifest: {reason}");
                account.impossible.push(told);
            }
        }
    }
    if let Some(profile) = profile
        && own.iter().any(|line| line.starts_with("duration_seconds = "))
    {
        longer(profile, catalog, &mut own, account);
    }
    if let Some(profile) = profile
        && is_other_login
    {
        login::suggest(section, profile, catalog, &mut own, account);
    }
    // A table that is there already can't be begun again: its name is a comment then.
    let has_settings = profile.is_some_and(|profile| !profile.settings.is_empty());
    for (table, lines, exists) in [(table.clone(), own, true), (format!("{table}.settings"), settings, has_settings)] {
        if !lines.is_empty() {
            account.lines.push(if exists { format!("# in [{table}]:") } else { format!("[{table}]") });
            account.lines.extend(lines);
        }
    }
}

/// Where the manifest takes a key of a section, with that value.
fn place_of(profile: Option<&Profile>, name: &str, found: &Value, text: &str) -> Place {
    let nested = match found {
        Value::Text(_) => None,
        Value::Nested(pairs) => Some(pairs.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>()),
    };
    match place(profile.map(Profile::pattern), name, nested.as_deref()) {
        Place::SettingsIfEmpty(_) if matches!(found, Value::Text(text) if text.is_empty()) => Place::Settings,
        Place::SettingsIfEmpty(reason) => Place::Nowhere(reason),
        Place::Own | Place::Settings if matches!(found, Value::Text(text) if text.contains('\n')) => {
            Place::Nowhere("it goes on over several lines")
        }
        Place::Own | Place::Settings if !is_harmless(name, text) => Place::Nowhere("it looks like a secret"),
        Place::Settings => unfit(name, found).map_or(Place::Settings, Place::Nowhere),
        place => place,
    }
}

/// The endpoints that a setting names.
fn endpoints<'v>(key: &'v str, value: &'v Value) -> impl Iterator<Item = &'v str> {
    let pairs = match value {
        Value::Text(text) => vec![(key, text)],
        Value::Nested(pairs) => pairs.iter().map(|(key, value)| (key.as_str(), value)).collect(),
    };
    pairs.into_iter().filter(|(key, _)| *key == "endpoint_url").map(|(_, text)| text.as_str())
}

/// Why no shared manifest can give that value of a setting, if so.
fn unfit(key: &str, value: &Value) -> Option<&'static str> {
    match value {
        Value::Text(text) if manifest::personal(key, text).is_some() => {
            Some("only your own profiles.local.toml can, since AWS CLI would keep more than its user knows of")
        }
        _ => endpoints(key, value).find_map(|endpoint| manifest::host_to_allow(endpoint).err()),
    }
}

/// The hosts that a setting names, and that the person has to allow.
fn hosts<'v>(key: &'v str, value: &'v Value) -> Vec<&'v str> {
    endpoints(key, value).filter_map(|endpoint| manifest::host_to_allow(endpoint).ok().flatten()).collect()
}

/// What a line that names a host needs besides.
fn allowing(host: &str) -> String {
    format!("# and {} in `allow_hosts` of [settings] in your own profiles.local.toml", toml_text(host))
}

/// A role that lasts longer than an hour can't go through an MFA session: it is taken with the long-term key and a code of
/// its own. Adds what that needs besides.
fn longer(profile: &Profile, catalog: &Catalog, own: &mut Vec<String>, account: &mut Account) {
    let Kind::IamMfaRole { role, mfa_serial: None } = &profile.kind else { return };
    let source = catalog.get(role.source.as_str()).map(|source| &source.kind);
    let Some(Kind::IamMfa { mfa_serial, long_term_profile, .. }) = source else { return };
    let header = format!("[profiles.{}]", toml_key(long_term_profile.as_str()));
    if catalog.get(long_term_profile.as_str()).is_none() && !account.lines.contains(&header) {
        account.lines.push(header);
        account.lines.push("pattern = \"iam\"".to_owned());
    }
    let source = Value::Text(role.source.to_string());
    let line = format!("source_profile = {}", toml_text(long_term_profile.as_str()));
    own.push(instead(line, "source_profile", Some(&source)));
    // The table has no device of its own yet, whatever the source's is.
    match own.iter_mut().find(|line| line.starts_with("mfa_serial = ")) {
        Some(line) => line.truncate(line.find("  # ").unwrap_or(line.len())),
        None => own.push(format!("mfa_serial = {}", toml_text(mfa_serial.as_str()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_stands_in_the_config_file_is_not_told() {
        let found = Value::Text("HIDDEN".to_owned());
        let difference = Difference::Value { line: 3, key: "aws_secret_access_key".to_owned(), found, given: None };
        let section = SectionDifference {
            id: SectionId::SsoSession("a".to_owned()),
            line: 2,
            differences: vec![difference],
            portal: Vec::new(),
        };
        let account = account(&[section], &Catalog::default());
        assert!(!format!("{account:?}").contains("HIDDEN"), "{account:?}");
        assert_eq!(account.impossible.len(), 1);
    }
}

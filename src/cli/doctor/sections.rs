//! Owns the findings in the sections of AWS's two files, but for how each tool resolves a profile.

use std::path::Path;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::environment::quoted;
use super::facts::{AwsFile, AwsProfile, Facts};
use super::finding::{Finding, Place};
use crate::ini::{Section, SectionId};
use crate::model::{LongTermKey, ProfileName, utc};
use crate::store::KeyringKeys;
use crate::system::files::disk;

const KEY_ID: &str = "aws_access_key_id";
/// Keys by which other tools note the end of a session that they put into the credentials file (aws-facts §12).
const ENDS: [&str; 4] = ["expiration", "x_security_token_expires", "aws_session_expiration", "aws_expiration"];
const OWN_END: &str = "awsauth_expiration";
/// Keys that only profiles have.
const PROFILE_KEYS: [&str; 8] = [
    "region",
    "output",
    "role_arn",
    "source_profile",
    "sso_session",
    "sso_account_id",
    "credential_process",
    "aws_access_key_id",
];
/// The age from which a key should be replaced.
const OLD: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Sections of the config file that their header makes no profile (aws-facts §1.1).
pub(crate) fn unread(facts: &Facts<'_>) -> Vec<Finding> {
    let document = &facts.config.document;
    let look = |section: &Section| {
        let SectionId::Other(header) = &section.id else { return None };
        let is_profile = document.entries(section).iter().any(|entry| {
            let key = document.text(&entry.key()).to_lowercase();
            PROFILE_KEYS.contains(&&*key)
        });
        // AWS CLI and boto3 give what is in [DEFAULT] to every profile.
        if !is_profile || header == "DEFAULT" || document.name(section).contains(&b' ') {
            return None;
        }
        let what = format!("no tool reads [{header}] as a profile");
        let found = Finding::warning("header-unread", facts.config.line(section.header_line + 1), what);
        let why = "in this file the header of a profile is [profile NAME]; only [default] stands alone";
        Some(found.why(why).fix(format!("write [profile {header}]")))
    };
    document.sections().iter().filter_map(look).collect()
}

/// Settings in the credentials file that win over others in the config file.
pub(crate) fn shadowing_settings(facts: &Facts<'_>) -> Vec<Finding> {
    let document = &facts.credentials.document;
    let mut found = Vec::new();
    for section in document.sections() {
        let Some(name) = section.id.profile() else { continue };
        let profile = facts.profile(name);
        for entry in document.entries(section) {
            let key = document.text(&entry.key()).to_lowercase();
            let Some(config) = profile.in_config(&key).filter(|config| config.text != document.value(entry)) else {
                continue;
            };
            if key.starts_with("aws_") {
                continue;
            }
            let what = format!("{key} of [{name}] wins over {}", config.place);
            let finding = Finding::warning("settings-shadow", facts.credentials.place(entry), what);
            let why = "AWS's tools take the credentials file's value, and ignore the other one";
            found.push(finding.why(why).fix("delete the line that is not meant"));
        }
    }
    found
}

/// Keys of a profile that gets a role from another one: no tool uses them.
pub(crate) fn ignored_keys(facts: &Facts<'_>) -> Vec<Finding> {
    let look = |profile: AwsProfile<'_>| {
        profile.get("role_arn")?;
        let source = profile.get("source_profile").filter(|source| source.text != profile.name())?;
        let key = profile.in_credentials(KEY_ID)?;
        let what = format!("the key in [{}] is ignored: its role comes from `{}`", profile.name(), source.text);
        let found = Finding::warning("keys-ignored", key.place, what);
        let fix = format!("delete the key's lines from [{}], or rename that section", profile.name());
        Some(found.why("a new key, or another tool's session, that is put there changes nothing").fix(fix))
    };
    facts.profiles().into_iter().filter_map(look).collect()
}

/// Each `[sso-session NAME]`.
pub(crate) fn sessions<'f>(config: &'f AwsFile<'_>) -> impl Iterator<Item = &'f SectionId> {
    let ids = config.document.sections().iter().map(|section| &section.id);
    ids.filter(|id| matches!(id, SectionId::SsoSession(_)))
}

/// Passkeys and security keys.
pub(crate) fn devices(facts: &Facts<'_>) -> Vec<Finding> {
    let look = |profile: AwsProfile<'_>| {
        let device = profile.get("mfa_serial").filter(|device| device.text.contains(":u2f/"))?;
        let what = format!("{} names a passkey or security key", profile.header());
        let fix = if facts.is_managed(profile.name()) {
            format!("awsauth mfa enroll {}", quoted(profile.name()))
        } else {
            "add a virtual device in the console, and write its serial here".to_owned()
        };
        // aws-facts §6.
        let why = "they work in the console only: STS takes no code of them";
        Some(Finding::error("unusable-device", device.place, what).why(why).fix(fix))
    };
    facts.profiles().into_iter().filter_map(look).collect()
}

/// A long-term key that every program without a profile takes.
pub(crate) fn default_key(facts: &Facts<'_>) -> Vec<Finding> {
    let profile = facts.profile("default");
    let key = profile.in_credentials(KEY_ID).or_else(|| profile.in_config(KEY_ID));
    let Some(key) = key.filter(|key| LongTermKey::is_long_term(&key.text)) else { return Vec::new() };
    if facts.is_managed("default") {
        return Vec::new();
    }
    let found = Finding::warning("default-key", key.place, "[default] has a long-term key");
    let why = "commands without a profile use it, also those meant for another account";
    vec![found.why(why).fix("give the section another name, and commands `--profile NAME`")]
}

/// Sessions that other tools put into the credentials file, and that have ended.
pub(crate) fn ended(facts: &Facts<'_>) -> Vec<Finding> {
    let look = |profile: AwsProfile<'_>| {
        let key = profile.in_credentials(KEY_ID)?;
        let end = session_end(|key| Some(profile.in_credentials(key).filter(|_| key != OWN_END)?.text.to_string()))?;
        if end > facts.now {
            return None;
        }
        let what = format!("the session in [{}] ended at {}", profile.name(), utc(end));
        let found = Finding::warning("session-ended", key.place, what);
        Some(found.why("AWS refuses it").fix("log in again with the tool that wrote it, or delete the section"))
    };
    facts.profiles().into_iter().filter_map(look).collect()
}

/// The end of a session by the value of a key of its section.
pub(crate) fn session_end(value: impl Fn(&str) -> Option<String>) -> Option<Timestamp> {
    std::iter::once(OWN_END).chain(ENDS).find_map(|key| time(&value(key)?))
}

/// A time as tools write it (aws-facts §12): RFC 3339, with an offset such as `+0000`, or `2026-01-01 00:00:00` in UTC.
fn time(text: &str) -> Option<Timestamp> {
    let with_offset = || jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", text).ok()?.to_timestamp().ok();
    let plain = || DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(with_offset).or_else(|| plain().map(|zoned| zoned.timestamp()))
}

/// Long-term keys that have been here for more than 90 days. No file says when a key was made, but it is no younger than its file.
pub(crate) fn old_keys(facts: &Facts<'_>) -> Vec<Finding> {
    let since = |path: &Path| {
        let written = disk::modified(path)?;
        (facts.now.duration_since(written) > OLD).then(|| written.strftime("%Y-%m-%d").to_string())
    };
    let mut found = Vec::new();
    if let Some(since) = since(facts.credentials.target) {
        let keys = facts.profiles().into_iter().filter_map(|profile| {
            let key = profile.in_credentials(KEY_ID).filter(|key| LongTermKey::is_long_term(&key.text))?;
            Some(old_key(facts, key.place, profile.name(), &since))
        });
        found.extend(keys);
    }
    if let Ok(state) = facts.app.paths.state() {
        let keys = KeyringKeys::new(&state, facts.app.keyring());
        let mut sections: Vec<ProfileName> = keys.known().into_keys().collect();
        sections.sort();
        for section in sections {
            let path = keys.path(&section);
            found.extend(since(&path).map(|since| old_key(facts, Place::Path(path), section.as_str(), &since)));
        }
    }
    found
}

fn old_key(facts: &Facts<'_>, place: Place, section: &str, since: &str) -> Finding {
    let profiles = facts.manifest.iter().flat_map(|manifest| manifest.catalog.profiles());
    let mut owners = profiles.filter(|one| one.long_term_section().is_some_and(|name| name.as_str() == section));
    let fix = match owners.next() {
        Some(owner) => format!("awsauth keys rotate {}", quoted(owner.name.as_str())),
        None => "make a new key in the console, then delete this one there".to_owned(),
    };
    let what = format!("the long-term key of [{section}] is from {since} or before");
    Finding::warning("old-key", place, what).why("the older a key, the more places may have a copy").fix(fix)
}

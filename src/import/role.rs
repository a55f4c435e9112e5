//! Owns the pattern of a role: its source decides. Must not know other ways to credentials.

use super::left::Why;
use super::meaning::{LOGIN_KEYS, Meaning, Reader, Stays, stays};
use super::read::{AwsProfile, Key};
use super::table::{Note, Table};
use super::tools::{self, Process};
use crate::model::{SessionDuration, default_long_term};

/// The most profiles in one chain (`manifest` refuses more).
const LONGEST: usize = 16;

impl Reader<'_> {
    pub(super) fn role(&mut self, at: usize) -> Result<Table, Stays> {
        let profile = self.profile(at);
        check_beside_role(profile)?;
        let (source, machine) = (profile.text("source_profile"), profile.text("credential_source"));
        let mut table = match (source, machine) {
            (Some(_), Some(_)) => return Err(stays(Why::new("it has both source_profile and credential_source"))),
            (None, None) => return Err(stays(Why::new("it has a role_arn and no source_profile"))),
            (None, Some(machine)) => {
                if profile.has("mfa_serial") {
                    return Err(stays(no_user("a machine's credentials")));
                }
                let mut table = Table::new("role");
                table.put("credential_source", machine);
                table
            }
            (Some(source), None) if source == profile.name => self.over_itself(profile)?,
            (Some(source), None) => self.over(profile, source)?,
        };
        for key in ["role_arn", "duration_seconds", "role_session_name", "external_id"] {
            table.put_some(key, profile.text(key));
        }
        table.used.extend(["role_arn", "source_profile", "credential_source", "mfa_serial", "role_duration"]);
        table.used.extend(["duration_seconds", "role_session_name", "external_id", "credentials_duration"]);
        table.used.push("credential_process");
        for key in LOGIN_KEYS.into_iter().filter(|key| profile.has(key)) {
            table.used.push(key);
            table.notes.push(Note::Beside(key));
        }
        Ok(table)
    }

    /// A role with the key that is under its own name: awsauth keeps that under `NAME-long-term`.
    fn over_itself(&mut self, profile: &AwsProfile) -> Result<Table, Stays> {
        if profile.key == Key::Session || profile.key == Key::Half {
            return Err(stays(Why::new("it is its own source, and its key is not a long-term one")));
        }
        let key = default_long_term(&profile.name);
        if profile.key == Key::LongTerm && self.places.contains_key(key.as_str()) {
            let why = Why::new(format!("its key belongs in [{key}], and there is such a section"));
            return Err(stays(why.remedy("rename that section, then import again")));
        }
        let is_there = self.places.contains_key(key.as_str());
        let key = self.key_of(&profile.name)?;
        let mut table = over_key(profile, &key, profile.text("mfa_serial"));
        if profile.key == Key::None && !is_there {
            table.notes.push(Note::NoKey);
        }
        Ok(table)
    }

    /// The profile of a long-term key that is not under its owner's name.
    fn key_of(&mut self, owner: &str) -> Result<String, Stays> {
        let key = default_long_term(owner);
        let place = self.places.get(key.as_str()).copied();
        let is_fit = match place.filter(|place| !self.path.contains(place)).map(|place| self.meaning(place)) {
            None => place.is_none(),
            Some(Meaning::LongTermKey) => true,
            Some(Meaning::Table(table)) => table.pattern == "iam",
            Some(Meaning::Stays(_)) => false,
        };
        if !is_fit {
            let why = Why::new(format!("its key belongs in [{key}], and that is another profile"));
            return Err(stays(why.remedy(format!("rename [profile {key}], then import again"))));
        }
        self.keys.insert(key.clone());
        Ok(key)
    }

    fn over(&mut self, profile: &AwsProfile, source: &str) -> Result<Table, Stays> {
        let Some(place) = self.places.get(source).copied() else {
            let why = Why::new(format!("its source `{source}` is in neither file"));
            let names = self.profiles.iter().map(|profile| profile.name.as_str()).filter(|name| *name != profile.name);
            return Err(stays(why.remedy(match self.guesses.nearest(source, names) {
                Some(near) => format!("did you mean `{near}`? Correct it, then import again"),
                None => format!("add [profile {source}], then import again"),
            })));
        };
        if self.path.contains(&place) {
            return Err(stays(Why::new(format!("it takes its credentials from `{source}`, which takes them from it"))));
        }
        if self.path.len() > LONGEST {
            return Err(stays(Why::new(format!("its chain has more than {LONGEST} profiles"))));
        }
        let own = profile.text("mfa_serial");
        let below = match self.meaning(place) {
            Meaning::Table(table) => *table,
            Meaning::Stays(Stays { is_external: true, .. }) => Table::external(),
            Meaning::LongTermKey | Meaning::Stays(_) => {
                let why = Why::new(format!("its source `{source}` stays where it is"));
                return Err(stays(why.remedy(format!("mend [profile {source}], then import again"))));
            }
        };
        // A profile that is its own source gives its key to others, not its role (aws-facts §3).
        let is_key = self.profiles[place].text("source_profile") == Some(source);
        if is_key && below.pattern == "external" {
            return Err(stays(Why::new(format!("its source `{source}` has a role and another way to credentials"))));
        }
        if is_key {
            let key = self.key_of(source)?;
            return Ok(over_key(profile, &key, own));
        }
        let is_long = profile.text("duration_seconds").and_then(|text| text.parse::<i64>().ok());
        let is_long = is_long.is_some_and(|seconds| seconds > i64::from(SessionDuration::CHAINED_MOST));
        match below.pattern {
            "iam-mfa" if is_long || own.is_some() && own != below.device.as_deref() => {
                let key = self.key_of(source)?;
                Ok(over_key(profile, &key, own))
            }
            "iam" | "external" => Ok(over_key(profile, source, own)),
            "iam-mfa" | "iam-mfa-role" if own.is_none() || below.pattern == "iam-mfa" => {
                Ok(through("iam-mfa-role", source, below.device))
            }
            "role" | "login" if own.is_none() => Ok(through("role", source, None)),
            "sso" | "sso-role" if own.is_none() => Ok(through("sso-role", source, None)),
            _ => Err(stays(no_user("a role's credentials"))),
        }
    }

    /// aws-mfa writes a role's session into the section NAME, and has its key, device and role in NAME-long-term.
    pub(super) fn aws_mfa_role(profile: &AwsProfile, long_term: &AwsProfile) -> Table {
        let mut table = over_key(profile, &long_term.name, long_term.text("aws_mfa_device"));
        table.put_some("role_arn", long_term.text("assume_role"));
        table
    }
}

fn no_user(whose: &str) -> Why {
    Why::new(format!("AWS takes no MFA code with {whose}")).remedy("remove its mfa_serial, then import again")
}

fn through(pattern: &'static str, source: &str, device: Option<String>) -> Table {
    let mut table = Table { device, ..Table::new(pattern) };
    table.put("source_profile", source);
    table
}

/// A role with a long-term key, or with the credentials of something else.
fn over_key(profile: &AwsProfile, source: &str, device: Option<&str>) -> Table {
    let device = device.filter(|device| !device.is_empty());
    let mut table = through(if device.is_some() { "iam-mfa-role" } else { "role" }, source, device.map(str::to_owned));
    table.put_some("mfa_serial", device);
    if device.is_some() && profile.name != source {
        table.notes.push(Note::OwnCode);
    }
    table
}

fn check_beside_role(profile: &AwsProfile) -> Result<(), Stays> {
    let process = profile.text("credential_process").map(|command| tools::process(command, profile));
    let is_other = matches!(process, Some(Process::Other(_) | Process::Role { .. } | Process::Loop));
    // Beside another source, SSO keys count for the SDK for Java alone (aws-facts §3).
    let is_sso = profile.is_like("sso") && profile.text("source_profile").is_none_or(|source| source == profile.name);
    if profile.key != Key::None && profile.text("source_profile") != Some(&profile.name) {
        let remedy = format!("rename [{}] of the credentials file, then import again", profile.name);
        return Err(stays(
            Why::new("it has a key of its own, which counts where others take their credentials from it")
                .remedy(remedy),
        ));
    }
    if is_sso || is_other || profile.config_key.is_some() {
        let why =
            Why::new("it has a role and another way to credentials, and AWS's tools do not agree which one counts");
        return Err(stays(why.remedy("delete one of them, then import again")));
    }
    Ok(())
}

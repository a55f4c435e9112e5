//! Owns the findings in what AWS's tools do with each profile: they disagree, some of them refuse it, or all do. Must not know the
//! rules of a tool: these are the room `readers`'s.

use super::environment::quoted;
use super::facts::{AwsProfile, Facts};
use super::finding::Finding;
use super::sections;
use crate::cli::explain::nearest;
use crate::cli::paths::Paths;
use crate::ini::{FileKind, SectionId};
use crate::readers::{Mechanism, Reader, Refusal};

/// The tools, each for those that read the files as it does.
const TOOLS: [(Reader, &str); 5] = [
    (Reader::AwsCli2, "AWS CLI, boto3"),
    (Reader::Go, "Terraform, Go"),
    (Reader::JavaScript, "JavaScript"),
    (Reader::Rust, "Rust"),
    (Reader::Java, "Java"),
];

/// The most names that one is compared with.
const MOST_COMPARED: usize = 500;

/// What the tools do with one profile. Those that can't read the file, or don't find the profile in it,
/// have findings of their own; of a chain that is too deep, nobody knows.
struct Outcomes {
    given: Vec<(&'static str, Mechanism)>,
    refused: Vec<(&'static str, Refusal)>,
}

impl Outcomes {
    fn of(facts: &Facts<'_>, profile: &AwsProfile<'_>) -> Self {
        let mut outcomes = Self { given: Vec::new(), refused: Vec::new() };
        for (reader, tool) in TOOLS {
            match facts.readers.resolve(reader, profile.name()) {
                Ok(mechanism) => outcomes.given.push((tool, mechanism)),
                Err(Refusal::Unreadable { .. } | Refusal::NoProfile { .. } | Refusal::TooDeep { .. }) => {}
                Err(refusal) => outcomes.refused.push((tool, refusal)),
            }
        }
        outcomes
    }

    /// The ways to credentials, each with the tools that take it.
    fn ways(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        let mut ways: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
        for (tool, mechanism) in &self.given {
            let way = way(mechanism);
            match ways.iter_mut().find(|(other, _)| *other == way) {
                Some((_, tools)) => tools.push(tool),
                None => ways.push((way, vec![tool])),
            }
        }
        ways
    }

    /// True if a tool asks for an MFA code, or would have to.
    fn asks_for_code(&self) -> bool {
        let has_device = |part: &Mechanism| matches!(part, Mechanism::Role { mfa: Some(_), .. });
        self.given.iter().any(|(_, mechanism)| mechanism.parts().any(has_device))
    }
}

fn way(mechanism: &Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Key { .. } => "the key",
        Mechanism::Role { .. } => "the role",
        Mechanism::Machine { .. } => "this machine's role",
        Mechanism::WebIdentity { .. } => "the web identity",
        Mechanism::Sso { .. } => "the SSO login",
        Mechanism::Login { .. } => "`aws login`",
        Mechanism::Process { .. } => "the program",
    }
}

/// Names that may be meant by others.
struct Known<'f> {
    profiles: Vec<&'f str>,
    sessions: Vec<&'f str>,
}

impl<'f> Known<'f> {
    fn nearest(&self, name: &str, asking: &str) -> Option<&'f str> {
        // In a file of thousands of profiles with wrong names, each comparison with each takes minutes.
        let few = Some(&self.profiles).filter(|profiles| profiles.len() <= MOST_COMPARED)?;
        nearest(name, few.iter().copied().filter(|other| *other != asking))
    }

    fn nearest_session(&self, name: &str) -> Option<&'f str> {
        nearest(name, self.sessions.iter().copied().take(MOST_COMPARED))
    }
}

/// One finding at most for each profile: the gravest.
pub(crate) fn profiles(facts: &Facts<'_>) -> Vec<Finding> {
    let profiles = facts.profiles();
    let sessions = sections::sessions(&facts.config).map(SectionId::name).collect();
    let known = Known { profiles: profiles.iter().map(AwsProfile::name).collect(), sessions };
    let look = |profile: &AwsProfile<'_>| {
        let outcomes = Outcomes::of(facts, profile);
        disagreement(profile, &outcomes)
            .or_else(|| unusable(&known, profile, &outcomes))
            .or_else(|| mfa_role(facts, profile, &outcomes))
            .or_else(|| refused(profile, &outcomes))
    };
    let mut found: Vec<Finding> = profiles.iter().filter_map(look).collect();
    // A key in the wrong place is the most common of all.
    found.sort_by_key(|finding| finding.code != "keys-shadow");
    found
}

/// Tools that take different ways to credentials.
fn disagreement(profile: &AwsProfile<'_>, outcomes: &Outcomes) -> Option<Finding> {
    let ways = outcomes.ways();
    let [(first, _), (second, _), ..] = ways.as_slice() else { return None };
    // aws-sso-util writes a program that does what the SSO keys beside it say (aws-facts §12).
    if profile.has("sso_auto_populated") {
        return None;
    }
    let words: Vec<String> = ways.iter().map(|(way, tools)| format!("{}: {way}", tools.join(", "))).collect();
    let is_key =
        |(_, mechanism): &&(&str, Mechanism)| matches!(mechanism, Mechanism::Key { file: FileKind::Credentials, .. });
    let key = profile.in_credentials("aws_access_key_id").filter(|_| outcomes.given.iter().any(|one| is_key(&one)));
    let found = if let Some(key) = key {
        let other = if *first == "the key" { second } else { first };
        let what = format!("the key in [{}] shadows {other}", profile.name());
        let fix = format!("delete the key's lines from [{}], or rename that section", profile.name());
        Finding::error("keys-shadow", key.place, what).fix(fix)
    } else {
        let what = format!("`{}` has two ways to credentials: {first} and {second}", profile.name());
        Finding::error("two-mechanisms", profile.place()?, what).fix("delete the lines of the one that is not meant")
    };
    Some(found.why(words.join("; ")))
}

/// A profile that no tool gets credentials for, by what it says itself.
fn unusable(known: &Known<'_>, profile: &AwsProfile<'_>, outcomes: &Outcomes) -> Option<Finding> {
    let (_, refusal) = outcomes.refused.first().filter(|_| outcomes.given.is_empty())?;
    let at = |key: &str| profile.get(key).map(|setting| setting.place).or_else(|| profile.place());
    let no_one = "no tool gets credentials for the profile";
    let found = match refusal {
        // It may be for its settings alone, or its key is not there yet.
        Refusal::NoCredentials { .. } => return None,
        Refusal::NoSourceProfile { profile: one, source_profile } => {
            let fix = did_you_mean("source_profile", known.nearest(source_profile, one));
            let what = format!("`{one}` takes credentials from `{source_profile}`, which is not there");
            Finding::error("source-gone", at("source_profile")?, what).fix(fix)
        }
        Refusal::NoSsoSession { profile: one, session } => {
            let what = format!("`{one}` names [sso-session {session}], which is not there");
            let fix = did_you_mean("sso_session", known.nearest_session(session));
            Finding::error("sso-session-gone", at("sso_session")?, what).fix(fix)
        }
        other => Finding::error("unusable-profile", profile.place()?, other.to_string()).fix("correct the section"),
    };
    Some(found.why(no_one))
}

fn did_you_mean(key: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("write {key} = {name}, if that is meant"),
        None => format!("correct {key}, or add the section that it names"),
    }
}

/// A role for which only AWS CLI and boto3 ask for a code.
fn mfa_role(facts: &Facts<'_>, profile: &AwsProfile<'_>, outcomes: &Outcomes) -> Option<Finding> {
    if !outcomes.asks_for_code() {
        return None;
    }
    let place = profile.get("mfa_serial").map(|device| device.place).or_else(|| profile.place())?;
    let name = quoted(profile.name());
    let what = format!("`{}` needs MFA, which Terraform can't ask for", profile.name());
    // aws-facts §3.
    let why = "AWS CLI and boto3 ask for the code; Go and JavaScript refuse; Rust and Java leave it out, and AWS refuses if the role \
               demands one";
    let (once, path) = (format!("awsauth exec {name} -- terraform plan"), facts.app.paths.manifest());
    let manifest = path.map_or_else(|_| "the manifest".to_owned(), |path| Paths::shown(&path));
    let process = "`credential_process = true`";
    let fix = if facts.is_managed(profile.name()) {
        format!("{once}; or, for good, set {process} for `{name}` in {manifest}, then awsauth apply")
    } else if facts.manifest.is_some() || facts.invalid.is_some() {
        format!(
            "awsauth import | less; copy [profiles.{}], and what it names, into {manifest} with {process}; then awsauth apply --adopt",
            profile.name()
        )
    } else {
        format!("awsauth init --import; then {once}")
    };
    Some(Finding::warning("mfa-role", place, what).why(why).fix(fix))
}

/// A profile that some of the tools get no credentials for.
fn refused(profile: &AwsProfile<'_>, outcomes: &Outcomes) -> Option<Finding> {
    let (_, refusal) = outcomes.refused.first().filter(|_| !outcomes.given.is_empty())?;
    let tools: Vec<&str> = outcomes.refused.iter().map(|(tool, _)| *tool).collect();
    let found = Finding::warning("tool-refuses", profile.place()?, refusal.to_string());
    Some(found.why(format!("no credentials for it with {}", tools.join(", "))).fix("correct the section"))
}

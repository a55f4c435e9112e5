//! Owns what is said of each tool that reads AWS's files: what it does with a profile, and the change that would give it
//! credentials. Must not know how the chain is drawn.

use crate::cli::show::advice::{self, Outcome};
use crate::cli::show::identity;
use crate::cli::show::now::{Kept, Now, gone_program, is_own_process};
use crate::flow::seconds_left;
use crate::readers::{Mechanism, Mfa, Reader, Resolution};
use crate::render::duration;
use crate::secret::{mask_values, mask_words};

/// One answer of one or more tools.
pub(crate) struct Verdict {
    pub(crate) readers: Vec<Reader>,
    pub(crate) resolution: Resolution,
    pub(crate) outcome: Outcome,
    pub(crate) does: String,
    /// A command, or a line for a file.
    pub(crate) remedy: Option<String>,
}

/// The answers of all tools, those with the same one together.
pub(crate) fn verdicts(name: &str, now: &Now<'_>) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = Vec::new();
    for reader in Reader::ALL {
        let verdict = verdict(reader, name, now);
        match verdicts.iter_mut().find(|other| other.does == verdict.does && other.remedy == verdict.remedy) {
            Some(other) => other.readers.push(reader),
            None => verdicts.push(verdict),
        }
    }
    verdicts
}

fn verdict(reader: Reader, name: &str, now: &Now<'_>) -> Verdict {
    let resolution = now.files.resolve(reader, name);
    let (mut outcome, mut does) = match &resolution {
        Ok(mechanism) => told(reader, name, mechanism, now),
        Err(refusal) => (Outcome::Fails, format!("no: {refusal}")),
    };
    let mut remedy = advice::remedy(name, outcome, &resolution, now);
    if let Some(other) = resolution.as_ref().ok().and_then(|mechanism| identity::other(mechanism, now)) {
        (outcome, remedy) = (Outcome::OtherIdentity, Some(other.remedy));
        does = format!("{}: {does}", other.words);
    }
    let does = mask_words(&does);
    Verdict { readers: vec![reader], resolution, outcome, does, remedy }
}

fn told(reader: Reader, name: &str, mechanism: &Mechanism, now: &Now<'_>) -> (Outcome, String) {
    let (mut outcome, mut text) = source(mechanism, now);
    let used: Vec<&str> = mechanism.parts().filter(|part| part.profile() == name).map(way).collect();
    for part in mechanism.parts() {
        match part {
            Mechanism::Role { profile, mfa: Some(Mfa::Asked(_)), .. } => {
                match now.role_cache_end(profile).filter(|_| reader.has_role_cache()) {
                    Some(end) => {
                        let left = duration(seconds_left(end, now.time));
                        text = format!("the session that awsauth left in its cache, for {left}; then {text}");
                    }
                    None => outcome = outcome.max(Outcome::Asks),
                }
                text.push_str(", and asks for an MFA code");
            }
            Mechanism::Role { mfa: Some(Mfa::LeftOut(_)), .. } => {
                outcome = outcome.max(Outcome::WithoutMfa);
                text.push_str(", without the MFA device: AWS refuses if the role demands MFA");
            }
            Mechanism::Login { .. } => text.push_str(login_needs(reader)),
            _ => {}
        }
    }
    let rivals: Vec<&str> = now.files.ways(name).filter(|way| !used.contains(way)).collect();
    if !rivals.is_empty() {
        let verb = if rivals.len() == 1 { "does" } else { "do" };
        text = format!("{text} (the {} of [{name}] {verb} not count)", rivals.join(" and "));
    }
    (outcome, text)
}

/// What `aws login` needs of a tool (aws-facts §13.3).
fn login_needs(reader: Reader) -> &'static str {
    match reader {
        Reader::AwsCli2 => " (AWS CLI 2.32 or newer)",
        Reader::AwsCli1 | Reader::Boto3 => " (needs the Python package awscrt)",
        Reader::Rust => " (needs the feature credentials-login)",
        Reader::Go | Reader::JavaScript | Reader::Java => " (a recent SDK)",
    }
}

/// The key of the profile that stands for the way, as in [`crate::readers::AwsFiles::ways`].
fn way(mechanism: &Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Role { .. } | Mechanism::Machine { .. } => "role_arn",
        Mechanism::WebIdentity { .. } => "web_identity_token_file",
        Mechanism::Sso { session: Some(_), .. } => "sso_session",
        Mechanism::Sso { .. } => "sso_start_url",
        Mechanism::Login { .. } => "login_session",
        Mechanism::Process { .. } => "credential_process",
        Mechanism::Key { .. } => "aws_access_key_id",
    }
}

/// The words for where credentials come from.
fn source(mechanism: &Mechanism, now: &Now<'_>) -> (Outcome, String) {
    let works = |text: String| (Outcome::Works, text);
    match mechanism {
        Mechanism::Key { profile, file, is_session: false, .. } => {
            works(format!("the long-term key in [{profile}] of {}", file.name()))
        }
        Mechanism::Key { profile, file, .. } => {
            kept(format!("the session in [{profile}] of {}", file.name()), now.session(profile))
        }
        Mechanism::Role { source: below, .. } => {
            let (outcome, text) = source(below, now);
            let by = match (&**below, text.strip_prefix("AssumeRole with ")) {
                (Mechanism::Role { profile, .. }, Some(text)) => {
                    format!("the role of [{profile}], assumed with {text}")
                }
                (Mechanism::Sso { profile, .. }, _) => {
                    format!("the SSO role of [{profile}], by {}", text.trim_start_matches("GetRoleCredentials with "))
                }
                (Mechanism::WebIdentity { profile, token_file, .. }, _) => {
                    format!("the web identity of [{profile}], by the token in {token_file}")
                }
                _ => text,
            };
            (outcome, format!("AssumeRole with {by}"))
        }
        Mechanism::Machine { machine: "Environment", .. } => {
            works("the keys in AWS_ACCESS_KEY_ID and its companions".to_owned())
        }
        Mechanism::Machine { machine, .. } => works(format!("the credentials of this machine ({machine})")),
        Mechanism::WebIdentity { token_file, .. } => {
            works(format!("AssumeRoleWithWebIdentity with the token in {token_file}"))
        }
        Mechanism::Sso { session, start_url, .. } => {
            let portal = session.as_ref().unwrap_or(start_url);
            kept(format!("GetRoleCredentials with the SSO token of {portal}"), now.token(mechanism))
        }
        Mechanism::Login { .. } => kept("the console sign-in".to_owned(), now.token(mechanism)),
        Mechanism::Process { command, .. } if gone_program(command).is_some() => {
            let text = format!("what credential_process gives: {}; the program is not there", mask_values(command));
            (Outcome::Fails, text)
        }
        Mechanism::Process { profile, command } if is_own_process(command, profile) => {
            let text = "the session that awsauth gives by credential_process".to_owned();
            match (now.own_session(profile), now.lacks_key(profile)) {
                (Kept::Missing, Some(base)) => {
                    (Outcome::LoggedOut, format!("{text}; the long-term key of {base} is missing"))
                }
                (Kept::Missing, None) => (Outcome::LoggedOut, format!("{text}; none is kept")),
                (own, _) => kept(text, own),
            }
        }
        Mechanism::Process { command, .. } => works(format!("what credential_process gives: {}", mask_values(command))),
    }
}

fn kept(text: String, kept: Kept) -> (Outcome, String) {
    match kept {
        Kept::Valid | Kept::Unknown => (Outcome::Works, text),
        Kept::Ended => (Outcome::LoggedOut, format!("{text}, which has ended")),
        Kept::Missing => (Outcome::LoggedOut, format!("{text}, which is missing")),
        Kept::Elsewhere(portal) => (Outcome::LoggedOut, format!("{text}, which is for {portal}")),
    }
}

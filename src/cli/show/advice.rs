//! Owns the one change that gives a tool credentials. Must not decide whether it has any.

use std::path::Path;

use crate::cli::paths::Paths;
use crate::cli::show::now::{Now, gone_program};
use crate::model::{CredentialMethod, Profile};
use crate::readers::{Mechanism, Refusal, Resolution};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// It gets credentials, as far as the files tell.
    Works,
    /// It asks the person at the terminal.
    Asks,
    /// It leaves the MFA device out, and AWS refuses if the role demands MFA.
    WithoutMfa,
    /// The session or token that it takes is missing, or has ended.
    LoggedOut,
    Fails,
    /// It gets credentials, and not those that the manifest says.
    OtherIdentity,
}

impl Outcome {
    /// The word in JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Asks => "asks",
            Self::WithoutMfa => "without-mfa",
            Self::LoggedOut => "logged-out",
            Self::Fails => "fails",
            Self::OtherIdentity => "other-identity",
        }
    }
}

/// None if nothing has to change, or nobody knows what.
pub(crate) fn remedy(name: &str, outcome: Outcome, resolution: &Resolution, now: &Now<'_>) -> Option<String> {
    let managed = now.service.and_then(|service| service.manifest.catalog.get(name));
    match (resolution, outcome) {
        (_, Outcome::Works | Outcome::Asks) => None,
        (Ok(mechanism), Outcome::LoggedOut) => Some(login(name, managed, mechanism, now)),
        (Ok(mechanism), Outcome::Fails) => Some(program(managed, mechanism)),
        (Err(Refusal::Mfa { .. }) | Ok(_), _) => Some(process(managed)),
        (Err(refusal), _) => match managed {
            Some(profile) => of_managed(profile, refusal, now),
            // The manifest that wrote it can't be read.
            None if now.service.is_none() && now.is_in_block(name) => Some("awsauth check".to_owned()),
            None => of_own(refusal),
        },
    }
}

fn login(name: &str, managed: Option<&Profile>, mechanism: &Mechanism, now: &Now<'_>) -> String {
    let base = mechanism.parts().last().map_or(name, Mechanism::profile);
    let is_known = |name| now.service.is_some_and(|service| service.manifest.catalog.get(name).is_some());
    if let Some(key) = now.lacks_key(name) {
        return format!("awsauth keys add {key}");
    }
    match (managed, mechanism.parts().last()) {
        (None, Some(Mechanism::Sso { .. })) => format!("aws sso login --profile {base}"),
        (None, Some(Mechanism::Login { .. })) => format!("aws login --profile {base}"),
        (None, _) if is_known(base) => format!("awsauth login {base}"),
        (None, _) => format!("log in with the tool that writes [{base}]"),
        (Some(_), _) => format!("awsauth login {name}"),
    }
}

/// For a program of a `credential_process` that is not there.
fn program(managed: Option<&Profile>, mechanism: &Mechanism) -> String {
    let gone = mechanism.parts().find_map(|part| match part {
        Mechanism::Process { command, .. } => gone_program(command),
        _ => None,
    });
    match gone.filter(|_| managed.is_none_or(|profile| profile.external_section().is_some())) {
        Some(program) => format!("install {}, or correct the line", Paths::shown(Path::new(&program))),
        None => "awsauth apply".to_owned(),
    }
}

/// awsauth gets the code, and every tool takes what it gives.
fn process(managed: Option<&Profile>) -> String {
    match managed {
        Some(_) => "credential_process = true in the manifest, then `awsauth apply`".to_owned(),
        None => "copy its table from `awsauth import` into the manifest, with credential_process = true, then `awsauth apply --adopt`".to_owned(),
    }
}

fn of_managed(profile: &Profile, refusal: &Refusal, now: &Now<'_>) -> Option<String> {
    let service = now.service?;
    let chain = service.manifest.catalog.chain(profile.name.as_str())?;
    let is_written = chain.profiles().iter().all(|step| now.is_written(step));
    if let Refusal::Unreadable { .. } = refusal {
        return of_own(refusal);
    }
    let base = chain.base();
    if base.external_section().is_some() && now.files.section(base.name.as_str()).is_none() {
        return Some(format!("log in with the program that writes [{}]; it is in neither file", base.name));
    }
    if let (false, Some((variable, _))) = (is_written, now.gone.first()) {
        return Some(format!("unset {variable}"));
    }
    if !is_written {
        return Some("awsauth apply".to_owned());
    }
    if let Some(key) = now.lacks_key(profile.name.as_str()) {
        return Some(format!("awsauth keys add {key}"));
    }
    match (refusal, base.method) {
        (Refusal::NoCredentials { .. }, CredentialMethod::Native) if base.has_session_section() => {
            Some(format!("awsauth login {}", profile.name))
        }
        _ if profile.external_section().is_some() => of_own(refusal),
        _ => Some("awsauth apply".to_owned()),
    }
}

/// For a section that the person writes.
fn of_own(refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::Unreadable { file, line, .. } => format!("mend line {line} of the {} file", file.name()),
        Refusal::NoProfile { profile } => {
            let is_fine = |c: char| c.is_ascii_alphanumeric() || "_.@%+:/-".contains(c);
            if profile.chars().all(is_fine) {
                format!("write its header as [profile {profile}] in config, alone on its line")
            } else {
                "give it a name of letters, digits and `_.@%+:/-`".to_owned()
            }
        }
        Refusal::NoSourceProfile { source_profile, .. } => {
            format!("add [profile {source_profile}], or name another source")
        }
        Refusal::NoSource { profile } => format!("add source_profile to [{profile}]"),
        Refusal::TwoSources { profile } | Refusal::TwoMechanisms { profile, .. } => {
            format!("leave one of the two in [{profile}]")
        }
        Refusal::UnknownMachine { .. } => "write Environment, Ec2InstanceMetadata or EcsContainer".to_owned(),
        Refusal::Circle { profile } => format!("give [{profile}] another source_profile"),
        Refusal::TooDeep { profile, .. } => format!("shorten the chain of source_profile from [{profile}]"),
        Refusal::NoRole { profile, .. } => format!("add role_arn to [{profile}]"),
        Refusal::Empty { profile, key } => format!("remove {key} from [{profile}]"),
        Refusal::SsoConflict { profile, key } => format!("remove {key} from [{profile}]"),
        Refusal::SsoIncomplete { profile, key } => format!("add {key} for [{profile}]"),
        Refusal::NoSsoSession { session, .. } => format!("add [sso-session {session}]"),
        Refusal::HalfKey { profile } => format!("write both halves of the key into [{profile}] of credentials"),
        Refusal::BadCommand { .. } => "close the quote".to_owned(),
        Refusal::NoCredentials { profile } => format!("add a key, or another way to credentials, to [{profile}]"),
        Refusal::Mfa { .. } => return None,
    })
}

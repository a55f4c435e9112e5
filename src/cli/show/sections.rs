//! Owns the steps of a profile that stands in AWS's files alone, as AWS CLI goes them. Must not know the manifest.

use std::path::PathBuf;

use crate::cli::app::App;
use crate::cli::show::now::{Now, access};
use crate::cli::show::step::{FilePlace, Step, permission_set_lasts, portal_lasts, role_lasts, sign_in_lasts};
use crate::cli::ui::failure::Failure;
use crate::ini::FileKind;
use crate::model::LoginSession;
use crate::readers::{Mechanism, Mfa};
use crate::secret::{mask_values, mask_words};

/// Where AWS's files are.
pub(crate) struct Places {
    pub(crate) config: PathBuf,
    pub(crate) credentials: PathBuf,
}

impl Places {
    pub(crate) fn new(app: App<'_>) -> Result<Self, Failure> {
        Ok(Self { config: app.paths.config()?, credentials: app.paths.credentials()? })
    }

    pub(crate) fn of(&self, (file, line): (FileKind, usize)) -> FilePlace {
        let path = if file == FileKind::Config { &self.config } else { &self.credentials };
        FilePlace { file: path.clone(), line }
    }
}

/// The steps from the first one to the top of `mechanism`.
pub(crate) fn steps(mechanism: &Mechanism, now: &Now<'_>, places: &Places) -> Vec<Step> {
    let parts: Vec<&Mechanism> = mechanism.parts().collect();
    let mut steps = Vec::new();
    for (at, part) in parts.iter().enumerate().rev() {
        let source = parts.get(at + 1).copied();
        if let Mechanism::Sso { .. } = part {
            steps.push(token(part, now, places));
        }
        steps.push(step(part, source, now, places));
    }
    steps
}

fn step(part: &Mechanism, source: Option<&Mechanism>, now: &Now<'_>, places: &Places) -> Step {
    let profile = part.profile();
    let place = |key: &str| now.files.place(profile, key).map(|at| places.of(at));
    let (call, gives) = match part {
        Mechanism::Key { is_session: false, .. } => (None, Some("a long-term key")),
        Mechanism::Key { .. } => (None, Some("a session")),
        Mechanism::Process { .. } => (None, Some("a program")),
        Mechanism::Machine { .. } => (None, Some("this machine")),
        Mechanism::Login { .. } => (Some("CreateOAuth2Token"), None),
        Mechanism::Role { .. } => (Some("AssumeRole"), None),
        Mechanism::WebIdentity { .. } => (Some("AssumeRoleWithWebIdentity"), None),
        Mechanism::Sso { .. } => (Some("GetRoleCredentials"), None),
    };
    let mut step = Step { gives, ..Step::new(profile, call) };
    let mut fact = |key: &'static str, value: &str| step.fact(key, mask_words(value), place(key));
    match part {
        Mechanism::Key { id, .. } => fact("aws_access_key_id", id),
        Mechanism::Process { command, .. } => fact("credential_process", &mask_values(command)),
        Mechanism::Machine { machine, .. } => fact("credential_source", machine),
        Mechanism::Login { session, .. } => fact("login_session", session),
        Mechanism::WebIdentity { arn, token_file, .. } => {
            fact("web_identity_token_file", token_file);
            fact("role_arn", arn);
        }
        Mechanism::Role { arn, mfa, .. } => {
            fact("role_arn", arn);
            if let Some(Mfa::Asked(serial) | Mfa::LeftOut(serial)) = mfa {
                fact("mfa_serial", serial);
            }
        }
        Mechanism::Sso { account, role, .. } => {
            fact("sso_account_id", account);
            fact("sso_role_name", role);
        }
    }
    step.lasts = match part {
        Mechanism::Role { .. } | Mechanism::WebIdentity { .. } => {
            let seconds = now.files.value(profile, "duration_seconds").and_then(|text| text.parse().ok());
            let is_chained =
                !matches!(source, None | Some(Mechanism::Key { is_session: false, .. } | Mechanism::Process { .. }));
            Some(role_lasts(seconds, is_chained, place("duration_seconds")))
        }
        Mechanism::Sso { .. } => Some(permission_set_lasts()),
        Mechanism::Login { .. } => Some(sign_in_lasts()),
        _ => None,
    };
    if let Mechanism::Login { session, .. } = part {
        step.kept = LoginSession::new(session).ok().and_then(|session| now.sign_in(&session));
    }
    step
}

fn token(part: &Mechanism, now: &Now<'_>, places: &Places) -> Step {
    let profile = part.profile();
    let Mechanism::Sso { session, start_url, .. } = part else { return Step::default() };
    let place = |key: &str| now.files.place(profile, key).map(|at| places.of(at));
    let mut step = Step::new(profile, Some("CreateToken"));
    let mut at = place("sso_start_url");
    if let Some(session) = session {
        step.profile = format!("sso-session {session}");
        step.fact("sso_session", session, place("sso_session"));
        at = now.files.session_place(session, "sso_start_url").map(|at| places.of(at));
    }
    step.fact("sso_start_url", mask_words(start_url), at);
    step.lasts = Some(portal_lasts());
    step.kept = access(part).map(|access| now.sso_token(&access));
    step
}

//! Owns the copies of sessions that other tools read: sections of the credentials file, and AWS CLI's role cache. awsauth
//! itself uses neither.

use std::path::PathBuf;

use crate::apply::{Applied, ApplyError, Keep, change};
use crate::cli::app::App;
use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::confirm::check_replaceable;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::model::{CredentialMethod, Credentials, Kind, MfaSerial, Profile, Role, Session, SsoAccess};
use crate::plan::{self, Plan, Refusal};
use crate::store::{RoleCache, Sessions, SsoRole};
use crate::system::files::disk::{self, DiskError};
use crate::system::files::snapshot::sweep_beside;

pub(crate) struct SharedCopies {
    out: Out,
    /// AWS CLI's role cache. With an entry there, `aws --profile` does not ask for an MFA code that awsauth has used.
    pub(crate) roles: RoleCache,
    credentials_file: PathBuf,
    state_dir: PathBuf,
}

impl SharedCopies {
    pub(crate) fn new(app: App<'_>) -> Result<Self, Failure> {
        let (credentials_file, state_dir) = (app.paths.credentials()?, app.paths.state()?);
        Ok(Self { out: app.out, roles: role_cache()?, credentials_file, state_dir })
    }

    pub(crate) fn with_out(self, out: Out) -> Self {
        Self { out, ..self }
    }

    /// True if other tools look for a copy of the profile's session.
    pub(crate) fn has_copy(profile: &Profile) -> bool {
        profile.has_session_section() || native_role(profile).is_some()
    }

    pub(crate) fn write(&self, profile: &Profile, session: &Credentials) -> Result<(), Failure> {
        if profile.has_session_section() {
            self.write_section(Keep::Nothing, |bytes| plan::save_session(bytes, profile, session))?;
        }
        if let Some((role, serial)) = native_role(profile)
            && let Err(error) = self.roles.put(role, serial, session)
        {
            self.out.warn(&format!("AWS CLI's copy of the session could not be written: {error}"));
        }
        Ok(())
    }

    /// Removes the copies of a session that was ended. A copy of a newer session stays.
    pub(crate) fn remove(&self, profile: &Profile, session: &Session, sessions: &Sessions) -> Result<(), Failure> {
        let key_id = session.access_key_id.as_str();
        if profile.has_session_section() {
            // Asked each time the file is planned: a session is saved before its copy is written.
            let ends = |name: &str| name == profile.name.as_str() && sessions.key_id(name).is_none();
            self.remove_sections(ends)?;
        }
        self.roles.remove_key(key_id).map_err(|error| explain::disk(&error))
    }

    /// Removes the sections of profiles for which `ends` is true. Returns the names of the removed sections.
    pub(crate) fn remove_sections(&self, ends: impl Fn(&str) -> bool) -> Result<Vec<String>, Failure> {
        let mut removed = Vec::new();
        self.change(Keep::Nothing, |bytes| {
            let plan = plan::remove_sessions(bytes, &ends)?;
            removed = plan.changes.iter().map(|(id, _)| id.name().to_owned()).collect();
            Ok(plan)
        })?;
        Ok(removed)
    }

    /// Removes AWS CLI's own credentials of an assigned role. Returns true if there were any.
    pub(crate) fn remove_sso_role(&self, profile: &Profile) -> Result<bool, DiskError> {
        let Kind::Sso { access, account_id, role_name } = &profile.kind else { return Ok(false) };
        let (session_name, start_url) = match access {
            SsoAccess::Session(session) => (Some(session.name.as_str()), None),
            SsoAccess::Legacy { start_url, .. } => (None, Some(start_url.as_str())),
        };
        let (account_id, role_name) = (account_id.as_str(), role_name.as_str());
        self.roles.remove_sso_role(&SsoRole { account_id, role_name, session_name, start_url })
    }

    /// Writes keys or a session into the credentials file. Returns true if it changed. Warns if others can read the file.
    pub(crate) fn write_section(
        &self,
        keep: Keep<'_>,
        make: impl FnMut(&[u8]) -> Result<Plan, Refusal>,
    ) -> Result<bool, Failure> {
        let is_changed = self.change(keep, make)?;
        if is_changed && disk::is_open_to_others(&self.credentials_file) {
            let path = self.credentials_file.display();
            self.out.warn(&format!("{path} is readable by other users; fix: `awsauth doctor --fix`"));
        }
        Ok(is_changed)
    }

    fn change(&self, keep: Keep<'_>, make: impl FnMut(&[u8]) -> Result<Plan, Refusal>) -> Result<bool, Failure> {
        let written = change(&self.credentials_file, &self.state_dir, keep, make);
        let is_changed = written.map_err(|error| explain::apply(&error))? != Applied::Unchanged;
        if is_changed {
            self.out.detail(&format!("wrote {}", self.credentials_file.display()));
        }
        Ok(is_changed)
    }

    pub(crate) fn credentials(&self) -> Result<Vec<u8>, DiskError> {
        Ok(disk::read(&self.credentials_file)?.unwrap_or_default())
    }

    pub(crate) fn check_replaceable(&self) -> Result<(), Failure> {
        check_replaceable(&self.credentials_file)
    }

    /// Refuses a credentials file that has something else where the profile's session goes.
    pub(crate) fn check_section(&self, profile: &Profile) -> Result<(), Failure> {
        if !profile.has_session_section() {
            return Ok(());
        }
        let bytes = self.credentials().map_err(|error| explain::disk(&error))?;
        plan::check_session_section(&bytes, profile)
            .map_err(|source| explain::apply(&ApplyError::Refused { path: self.credentials_file.clone(), source }))
    }

    /// Removes temporary files of killed runs, which may hold credentials.
    pub(crate) fn sweep_credentials(&self) {
        sweep_beside(&self.credentials_file);
    }
}

/// The role of a profile for which AWS CLI would ask for an MFA code of its own.
fn native_role(profile: &Profile) -> Option<(&Role, &MfaSerial)> {
    match &profile.kind {
        Kind::IamMfaRole { role, mfa_serial: Some(serial) } if profile.method == CredentialMethod::Native => {
            Some((role, serial))
        }
        _ => None,
    }
}

pub(crate) fn role_cache() -> Result<RoleCache, Failure> {
    Ok(RoleCache::new(Paths::aws_cache("cli")?))
}

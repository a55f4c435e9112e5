//! Owns building the catalog of the valid profiles, and the list of the others. Must not check anything.

use super::profile::duration;
use super::unchecked::{UncheckedProfile, UncheckedProfiles};
use crate::manifest::loaded::WrongProfile;
use crate::manifest::raw::field::KeyTable as _;
use crate::manifest::raw::profile::ProfileKeys;
use crate::manifest::raw::sso_session::SsoSessions;
use crate::model::{
    Catalog, CredentialMethod, Kind, Pattern, Profile, ProfileName, Role, RoleSource, SecretStore, SessionDuration,
    SsoAccess, default_long_term,
};

/// Returns the catalog of the valid profiles, and the list of the others.
pub(crate) fn catalog(
    profiles: UncheckedProfiles,
    sessions: SsoSessions,
    store: SecretStore,
    has_errors: bool,
) -> (Catalog, Vec<WrongProfile>) {
    let named = |profile: &UncheckedProfile| WrongProfile {
        name: profile.written.to_string(),
        source: profile.fields.source_profile.value().cloned(),
        lacks_device: profile.pattern() == Some(Pattern::IamMfa) && profile.fields.lacks("mfa_serial"),
    };
    // Without errors there are no others: save thousands of names.
    let mut wrong: Vec<WrongProfile> = if has_errors { profiles.list.iter().map(named).collect() } else { Vec::new() };
    let mut built = Vec::with_capacity(profiles.list.len());
    // Drop each one once its profile is built, to save memory.
    for profile in profiles.list {
        if profile.is_in_order() {
            let profile = build(profile, &sessions, store);
            debug_assert!(profile.is_some(), "a profile is wrong, and nothing was reported");
            built.extend(profile);
        }
    }
    let catalog = Catalog::new(sessions.valid, built);
    wrong.retain(|profile| catalog.get(&profile.name).is_none());
    (catalog, wrong)
}

fn build(profile: UncheckedProfile, sessions: &SsoSessions, store: SecretStore) -> Option<Profile> {
    let UncheckedProfile { written, name, mut fields, .. } = profile;
    let kind = kind(&written, &mut fields, sessions)?;
    if kind == Kind::External {
        // What `[defaults]` has is for the profiles that are written.
        *fields = ProfileKeys { description: fields.description, tags: fields.tags, ..ProfileKeys::default() };
    }
    Some(Profile {
        name: name?,
        method: served(method(&fields), &kind, store),
        kind,
        region: fields.region.take(),
        output: fields.output.take(),
        description: fields.description.take(),
        tags: fields.tags.take().unwrap_or_default(),
        settings: fields.settings.take().unwrap_or_default().into_checked(),
    })
}

pub(crate) fn method(fields: &ProfileKeys) -> CredentialMethod {
    if fields.credential_process.value() == Some(&true) { CredentialMethod::Process } else { CredentialMethod::Native }
}

/// SDKs find nothing in a keyring, so awsauth hands it to them. With files, an `iam` profile's key stands where SDKs look.
fn served(wanted: CredentialMethod, kind: &Kind, store: SecretStore) -> CredentialMethod {
    match (store, kind) {
        (SecretStore::Keyring, Kind::Iam | Kind::IamMfa { .. } | Kind::IamMfaRole { mfa_serial: Some(_), .. }) => {
            CredentialMethod::Process
        }
        (SecretStore::File, Kind::Iam) => CredentialMethod::Native,
        _ => wanted,
    }
}

fn kind(written: &str, fields: &mut ProfileKeys, sessions: &SsoSessions) -> Option<Kind> {
    Some(match fields.pattern.take()? {
        Pattern::Iam => Kind::Iam,
        Pattern::IamMfa => Kind::IamMfa {
            mfa_serial: fields.mfa_serial.take()?,
            long_term_profile: match fields.long_term_profile.take() {
                Some(name) => name,
                None => ProfileName::new(&default_long_term(written)).ok()?,
            },
            duration: seconds(Pattern::IamMfa, fields)?,
        },
        Pattern::IamMfaRole => Kind::IamMfaRole { role: sourced_role(fields)?, mfa_serial: fields.mfa_serial.take() },
        Pattern::Sso => Kind::Sso {
            access: access(fields, sessions)?,
            account_id: fields.sso_account_id.take()?,
            role_name: fields.sso_role_name.take()?,
        },
        Pattern::SsoRole => Kind::SsoRole(sourced_role(fields)?),
        Pattern::Role => Kind::Role(match fields.credential_source.take() {
            Some(source) => role(RoleSource::Machine(source), fields)?,
            None => sourced_role(fields)?,
        }),
        Pattern::Login => Kind::Login(fields.login_session.take()?),
        Pattern::External => Kind::External,
    })
}

#[expect(clippy::option_option, reason = "none given is right, a wrong one is not")]
fn seconds(pattern: Pattern, fields: &ProfileKeys) -> Option<Option<SessionDuration>> {
    match fields.duration_seconds.value() {
        Some(seconds) => duration(pattern, *seconds).ok().map(Some),
        None => Some(None),
    }
}

fn sourced_role(fields: &mut ProfileKeys) -> Option<Role> {
    role(RoleSource::Profile(ProfileName::new(fields.source_profile.value()?).ok()?), fields)
}

fn role(source: RoleSource, fields: &mut ProfileKeys) -> Option<Role> {
    Some(Role {
        arn: fields.role_arn.take()?,
        source,
        duration: seconds(Pattern::IamMfaRole, fields)?,
        session_name: fields.role_session_name.take(),
        external_id: fields.external_id.take(),
    })
}

fn access(fields: &mut ProfileKeys, sessions: &SsoSessions) -> Option<SsoAccess> {
    match fields.sso_session.value() {
        Some(name) => Some(SsoAccess::Session(sessions.find(name)?.clone())),
        None => Some(SsoAccess::Legacy { start_url: fields.sso_start_url.take()?, region: fields.sso_region.take()? }),
    }
}

//! Owns the sections of the config file that each profile and SSO session of the manifest needs.

use std::borrow::Cow;

use crate::ini::{NewSection, NewValue, SectionId};
use crate::model::{
    Catalog, ConfigText, CredentialMethod, CredentialSource, ExternalId, Kind, MfaSerial, Profile, ProfileName, Region,
    Role, RoleSessionName, Setting, SettingValue, SsoAccess, SsoSession,
};
use crate::plan::compare::{self, SectionValue};

type Entries<'a> = Vec<(Cow<'a, str>, NewValue<'a>)>;

/// The sections of the managed block: SSO sessions, then profiles, both in the manifest's order.
///
/// `program` is awsauth's own path, for `credential_process`.
pub(crate) fn sections<'a>(catalog: &'a Catalog, program: &str) -> Vec<NewSection<'a>> {
    let sessions = catalog.sessions().iter().map(|session| sso_session(session));
    let written = catalog.profiles().iter().filter(|profile| profile.external_section().is_none());
    let profiles = written.map(|profile| self::profile(profile, program));
    sessions.chain(profiles).collect()
}

fn sso_session(session: &SsoSession) -> NewSection<'_> {
    let mut entries = Entries::new();
    put(&mut entries, "sso_start_url", session.start_url.as_str());
    put(&mut entries, "sso_region", session.region.as_str());
    if !session.scopes.is_empty() {
        put(&mut entries, "sso_registration_scopes", scopes(&session.scopes));
    }
    NewSection { id: SectionId::SsoSession(session.name.to_string()), entries }
}

fn scopes(scopes: &[ConfigText]) -> String {
    scopes.iter().map(ConfigText::as_str).collect::<Vec<_>>().join(",")
}

pub(crate) fn profile<'a>(profile: &'a Profile, program: &str) -> NewSection<'a> {
    let mut entries = Entries::new();
    put_mechanism(&mut entries, profile, profile.method, program);
    put_common(&mut entries, profile);
    NewSection { id: SectionId::Profile(profile.name.to_string()), entries }
}

fn put_mechanism<'a>(entries: &mut Entries<'a>, profile: &'a Profile, method: CredentialMethod, program: &str) {
    match (method, &profile.kind) {
        // The key or the session is in the credentials file, under the same name.
        (CredentialMethod::Native, Kind::Iam | Kind::IamMfa { .. }) | (_, Kind::External) => {}
        // One profile, one mechanism: no other key that leads to credentials may be beside `credential_process`.
        (CredentialMethod::Process, _) => {
            put(entries, "credential_process", format!("{program} credential-process {}", profile.name));
        }
        (CredentialMethod::Native, Kind::IamMfaRole { role, mfa_serial }) => {
            put_role(entries, role, mfa_serial.as_ref().map(MfaSerial::as_str));
        }
        (CredentialMethod::Native, Kind::SsoRole(role) | Kind::Role(role)) => put_role(entries, role, None),
        (CredentialMethod::Native, Kind::Login(session)) => put(entries, "login_session", session.as_str()),
        (CredentialMethod::Native, Kind::Sso { access, account_id, role_name }) => {
            put_access(entries, access);
            put(entries, "sso_account_id", account_id.as_str());
            put(entries, "sso_role_name", role_name.as_str());
        }
    }
}

/// The keys of a profile that every pattern may have.
pub(crate) fn common_keys(profile: &Profile) -> impl Iterator<Item = Cow<'_, str>> {
    let mut entries = Entries::new();
    put_common(&mut entries, profile);
    entries.into_iter().map(|(key, _)| key)
}

fn put_common<'a>(entries: &mut Entries<'a>, profile: &'a Profile) {
    put_some(entries, "region", profile.region.as_ref().map(Region::as_str));
    put_some(entries, "output", profile.output.as_ref().map(ConfigText::as_str));
    entries.extend(profile.settings.iter().map(setting));
}

/// The keys that a person would have written for a profile: those of its section, and what only awsauth's login needs.
pub(crate) fn by_hand(profile: &Profile) -> Vec<(String, SectionValue)> {
    let mut entries = Entries::new();
    put_mechanism(&mut entries, profile, CredentialMethod::Native, "");
    if let Kind::IamMfa { mfa_serial, long_term_profile, duration } = &profile.kind {
        put(&mut entries, "mfa_serial", mfa_serial.as_str());
        put_some(&mut entries, "duration_seconds", duration.map(|duration| duration.seconds().to_string()));
        put(&mut entries, "long_term_profile", long_term_profile.as_str());
    }
    put_common(&mut entries, profile);
    entries.iter().map(|(key, value)| (key.to_string(), compare::owned(value))).collect()
}

/// Everything that the manifest says about a section, also what `apply` does not write: a profile's own keys under both
/// methods, the MFA device of its chain, the portal's address of its session.
pub(crate) fn given<'a>(catalog: &'a Catalog, id: &SectionId, program: &str) -> Entries<'a> {
    if let SectionId::SsoSession(name) = id {
        let session = catalog.sessions().iter().find(|session| session.name.as_str() == name);
        return session.map(|session| sso_session(session).entries).unwrap_or_default();
    }
    let Some(profile) = id.profile().and_then(|name| catalog.get(name)) else { return Entries::new() };
    let mut entries = Entries::new();
    put_mechanism(&mut entries, profile, CredentialMethod::Native, program);
    put_mechanism(&mut entries, profile, CredentialMethod::Process, program);
    put_common(&mut entries, profile);
    if let Some((_, serial)) = catalog.chain(id.name()).and_then(|chain| chain.mfa().next()) {
        put(&mut entries, "mfa_serial", serial.as_str());
    }
    if let Some(role) = profile.role()
        && let Some(key) = role.source_profile()
        && catalog.get(key.as_str()).is_some_and(|source| source.kind == Kind::Iam)
    {
        // Before awsauth, the long-term key had the name that its MFA session, or the role itself, has now.
        let is_key = |other: &&Profile| other.section_of_own_key() == Some(key) && other.name != *key;
        for other in catalog.profiles().iter().filter(is_key) {
            put(&mut entries, "source_profile", other.name.as_str());
        }
    }
    match &profile.kind {
        Kind::IamMfa { duration: Some(duration), .. } => {
            put(&mut entries, "duration_seconds", duration.seconds().to_string());
        }
        Kind::Sso { access, .. } => {
            put(&mut entries, "sso_start_url", access.start_url().as_str());
            put(&mut entries, "sso_region", access.region().as_str());
            put(&mut entries, "sso_registration_scopes", scopes(access.scopes()));
        }
        _ => {}
    }
    entries
}

fn put<'a>(entries: &mut Entries<'a>, key: &'static str, value: impl Into<Cow<'a, str>>) {
    entries.push((key.into(), NewValue::Text(value.into())));
}

fn put_some<'a>(entries: &mut Entries<'a>, key: &'static str, value: Option<impl Into<Cow<'a, str>>>) {
    if let Some(value) = value {
        put(entries, key, value);
    }
}

fn put_role<'a>(entries: &mut Entries<'a>, role: &'a Role, mfa_serial: Option<&'a str>) {
    put(entries, "role_arn", role.arn.as_str());
    put_some(entries, "source_profile", role.source_profile().map(ProfileName::as_str));
    put_some(entries, "credential_source", role.credential_source().map(CredentialSource::as_str));
    put_some(entries, "mfa_serial", mfa_serial);
    put_some(entries, "duration_seconds", role.duration.map(|duration| duration.seconds().to_string()));
    put_some(entries, "role_session_name", role.session_name.as_ref().map(RoleSessionName::as_str));
    put_some(entries, "external_id", role.external_id.as_ref().map(ExternalId::as_str));
}

/// Beside `sso_session`, the address must not be repeated: Rust's SDK refuses it (aws-facts §3).
fn put_access<'a>(entries: &mut Entries<'a>, access: &'a SsoAccess) {
    match access {
        SsoAccess::Session(session) => put(entries, "sso_session", session.name.as_str()),
        SsoAccess::Legacy { start_url, region } => {
            put(entries, "sso_start_url", start_url.as_str());
            put(entries, "sso_region", region.as_str());
        }
    }
}

fn setting(setting: &Setting) -> (Cow<'_, str>, NewValue<'_>) {
    let value = match &setting.value {
        SettingValue::Text(text) => NewValue::from(text.as_str()),
        SettingValue::Nested(pairs) => {
            NewValue::Nested(pairs.iter().map(|(key, value)| (key.into(), value.as_str().into())).collect())
        }
    };
    (setting.key.as_str().into(), value)
}

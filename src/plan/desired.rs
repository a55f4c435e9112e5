//! Owns what the config file shall say about each profile and SSO session.

use std::borrow::Cow;

use crate::ini::{NewSection, NewValue, SectionId};
use crate::model::{
    Catalog, ConfigText, Delivery, Kind, MfaSerial, Profile, ProfileName, Role, Setting, SettingValue, SsoAccess,
    SsoSession,
};

type Entries<'a> = Vec<(Cow<'a, str>, NewValue<'a>)>;

/// The sections of the managed block: SSO sessions, then profiles, both in the manifest's order.
///
/// `program` is awsauth's own path, for `credential_process`.
pub(super) fn sections<'a>(catalog: &'a Catalog, program: &str) -> Vec<NewSection<'a>> {
    let sessions = catalog.sessions().iter().map(|session| sso_session(session));
    let profiles = catalog.profiles().iter().map(|profile| self::profile(profile, program));
    sessions.chain(profiles).collect()
}

/// What a profile's section is called in either file.
pub(super) fn section_id(name: &ProfileName) -> SectionId {
    if name.is_default() { SectionId::Default } else { SectionId::Profile(name.to_string()) }
}

/// The text between the brackets of a section of the config file.
pub(super) fn header(id: &SectionId) -> String {
    match id {
        SectionId::Default => "default".to_owned(),
        SectionId::Profile(name) => format!("profile {name}"),
        SectionId::SsoSession(name) => format!("sso-session {name}"),
        SectionId::Services(name) => format!("services {name}"),
        SectionId::Other(name) => name.clone(),
    }
}

fn sso_session(session: &SsoSession) -> NewSection<'_> {
    let mut entries = Entries::new();
    put(&mut entries, "sso_start_url", session.start_url.as_str());
    put(&mut entries, "sso_region", session.region.as_str());
    let scopes: Vec<&str> = session.scopes.iter().map(ConfigText::as_str).collect();
    if !scopes.is_empty() {
        put(&mut entries, "sso_registration_scopes", scopes.join(","));
    }
    NewSection { id: SectionId::SsoSession(session.name.to_string()), entries }
}

fn profile<'a>(profile: &'a Profile, program: &str) -> NewSection<'a> {
    let mut entries = Entries::new();
    match (profile.delivery, &profile.kind) {
        // The key itself stands in the credentials file, under this very name.
        (_, Kind::Iam) | (Delivery::Native, Kind::IamMfa { .. }) => {}
        // One profile, one mechanism: nothing that leads to credentials stands beside `credential_process`.
        (Delivery::Process, _) => {
            put(&mut entries, "credential_process", format!("{program} credential-process {}", profile.name));
        }
        (Delivery::Native, Kind::IamMfaRole { role, mfa_serial }) => {
            put_role(&mut entries, role, mfa_serial.as_ref().map(MfaSerial::as_str));
        }
        (Delivery::Native, Kind::SsoRole(role)) => put_role(&mut entries, role, None),
        (Delivery::Native, Kind::Sso { access, account_id, role_name }) => {
            put_access(&mut entries, access);
            put(&mut entries, "sso_account_id", account_id.as_str());
            put(&mut entries, "sso_role_name", role_name.as_str());
        }
    }
    if let Some(region) = &profile.region {
        put(&mut entries, "region", region.as_str());
    }
    if let Some(output) = &profile.output {
        put(&mut entries, "output", output.as_str());
    }
    entries.extend(profile.settings.iter().map(setting));
    NewSection { id: section_id(&profile.name), entries }
}

fn put<'a>(entries: &mut Entries<'a>, key: &'static str, value: impl Into<Cow<'a, str>>) {
    entries.push((key.into(), NewValue::Text(value.into())));
}

fn put_role<'a>(entries: &mut Entries<'a>, role: &'a Role, mfa_serial: Option<&'a str>) {
    put(entries, "role_arn", role.arn.as_str());
    put(entries, "source_profile", role.source.as_str());
    if let Some(serial) = mfa_serial {
        put(entries, "mfa_serial", serial);
    }
    if let Some(duration) = role.duration {
        put(entries, "duration_seconds", duration.seconds().to_string());
    }
    if let Some(name) = &role.session_name {
        put(entries, "role_session_name", name.as_str());
    }
    if let Some(id) = &role.external_id {
        put(entries, "external_id", id.as_str());
    }
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

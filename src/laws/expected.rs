//! Owns the sections that the config file must have for a manifest: design's table of patterns, written down apart from
//! `plan` and without its order of keys. Must not know how they are written.

use std::collections::BTreeMap;

use super::planned::PROGRAM;
use crate::ini::SectionId;
use crate::model::{Catalog, ConfigText, CredentialMethod, Kind, Profile, Role, RoleSource, SettingValue, SsoAccess};

/// One value, or the pairs of a nested block in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// One line.
    Text(String),
    /// A nested block.
    Nested(Vec<(String, String)>),
}

/// The keys and values of a section.
pub(super) type Section = BTreeMap<String, Value>;

/// All sections, in the file's order.
pub(super) fn sections(catalog: &Catalog) -> Vec<(SectionId, Section)> {
    let sessions = catalog.sessions().iter().map(|session| {
        let scopes: Vec<&str> = session.scopes.iter().map(ConfigText::as_str).collect();
        let texts = [
            ("sso_start_url", session.start_url.as_str()),
            ("sso_region", session.region.as_str()),
            ("sso_registration_scopes", &scopes.join(",")),
        ];
        (SectionId::SsoSession(session.name.to_string()), texts.into_iter().map(text).collect())
    });
    let written = catalog.profiles().iter().filter(|profile| profile.kind != Kind::External);
    sessions.chain(written.map(profile)).collect()
}

fn text((key, value): (&str, &str)) -> (String, Value) {
    (key.to_owned(), Value::Text(value.to_owned()))
}

fn profile(profile: &Profile) -> (SectionId, Section) {
    let mut section: Section = access(profile).iter().map(|(key, value)| text((key, value))).collect();
    section.extend(profile.region.iter().map(|region| text(("region", region.as_str()))));
    section.extend(profile.output.iter().map(|output| text(("output", output.as_str()))));
    section.extend(profile.settings.iter().map(|setting| match &setting.value {
        SettingValue::Text(value) => text((&setting.key, value.as_str())),
        SettingValue::Nested(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| (key.clone(), value.as_str().to_owned()));
            (setting.key.clone(), Value::Nested(pairs.collect()))
        }
    }));
    let name = profile.name.to_string();
    (SectionId::Profile(name), section)
}

/// The keys that lead to credentials: one mechanism for each profile.
fn access(profile: &Profile) -> Vec<(&'static str, String)> {
    let name = profile.name.as_str();
    if profile.method == CredentialMethod::Process {
        return vec![("credential_process", format!("{PROGRAM} credential-process {name}"))];
    }
    match &profile.kind {
        Kind::Iam | Kind::IamMfa { .. } | Kind::External => Vec::new(),
        Kind::SsoRole(role) | Kind::Role(role) => self::role(role),
        Kind::Login(session) => vec![("login_session", session.as_str().to_owned())],
        Kind::IamMfaRole { role, mfa_serial } => {
            let serial = mfa_serial.iter().map(|serial| ("mfa_serial", serial.as_str().to_owned()));
            self::role(role).into_iter().chain(serial).collect()
        }
        Kind::Sso { access, account_id, role_name } => {
            let mut keys = match access {
                SsoAccess::Session(session) => vec![("sso_session", session.name.to_string())],
                SsoAccess::Legacy { start_url, region } => {
                    vec![("sso_start_url", start_url.as_str().to_owned()), ("sso_region", region.as_str().to_owned())]
                }
            };
            keys.push(("sso_account_id", account_id.as_str().to_owned()));
            keys.push(("sso_role_name", role_name.as_str().to_owned()));
            keys
        }
    }
}

fn role(role: &Role) -> Vec<(&'static str, String)> {
    let source = match &role.source {
        RoleSource::Profile(name) => ("source_profile", name.to_string()),
        RoleSource::Machine(source) => ("credential_source", source.as_str().to_owned()),
    };
    let mut keys = vec![("role_arn", role.arn.as_str().to_owned()), source];
    keys.extend(role.duration.iter().map(|duration| ("duration_seconds", duration.seconds().to_string())));
    keys.extend(role.session_name.iter().map(|name| ("role_session_name", name.as_str().to_owned())));
    keys.extend(role.external_id.iter().map(|id| ("external_id", id.as_str().to_owned())));
    keys
}

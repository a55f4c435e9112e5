//! Owns what the manifest says of one profile, for `--json`. Must not read anything else.

use serde_json::{Map, Value, json};

use crate::model::{
    Catalog, Chain, ConfigText, Delivery, ExternalId, Kind, MfaSerial, Profile, Region, Role, RoleSessionName, Root,
    SessionDuration, SettingValue, SsoAccess,
};

/// All of it, in the manifest's words, and where its credentials come from. What the pattern has no use for is left out.
pub(crate) fn facts(profile: &Profile, catalog: &Catalog) -> Value {
    let chain = catalog.chain(profile.name.as_str());
    let names = chain.iter().flat_map(Chain::profiles).map(|step| step.name.as_str());
    let mut fields = json!({
        "name": profile.name.as_str(),
        "pattern": profile.pattern().as_str(),
        "account": profile.account(),
        "role": profile.role_name(),
        "region": profile.region.as_ref().map(Region::as_str),
        "output": profile.output.as_ref().map(ConfigText::as_str),
        "tags": profile.tags,
        "description": profile.description,
        "credential_process": profile.delivery == Delivery::Process,
        "settings": settings(profile),
        "chain": names.collect::<Vec<_>>(),
        "source": chain.as_ref().and_then(Chain::root).map(root),
    });
    if let Value::Object(fields) = &mut fields {
        fields.extend(
            of_pattern(profile)
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.to_owned(), value)),
        );
    }
    fields
}

/// What is at the bottom of a chain.
pub(crate) fn root(root: Root<'_>) -> Value {
    match root {
        Root::Session(session) => {
            json!({ "kind": "sso-session", "name": root.name(), "sso_start_url": session.start_url.as_str() })
        }
        Root::Portal(_) => json!({ "kind": "sso-portal", "name": root.name(), "sso_start_url": root.name() }),
        Root::LongTermKey(_) => json!({ "kind": "long-term-key", "name": root.name() }),
    }
}

fn of_pattern(profile: &Profile) -> Vec<(&'static str, Value)> {
    let serial = |profile: &Profile| profile.mfa_serial().map(MfaSerial::as_str).into();
    match &profile.kind {
        Kind::Iam => Vec::new(),
        Kind::IamMfa { long_term_profile, duration, .. } => vec![
            ("mfa_serial", serial(profile)),
            ("long_term_profile", long_term_profile.as_str().into()),
            ("duration_seconds", duration.map(SessionDuration::seconds).into()),
        ],
        Kind::IamMfaRole { role, .. } => [vec![("mfa_serial", serial(profile))], of_role(role)].concat(),
        Kind::SsoRole(role) => of_role(role),
        Kind::Sso { access, account_id, role_name } => {
            let session = match access {
                SsoAccess::Session(session) => Some(session.name.as_str()),
                SsoAccess::Legacy { .. } => None,
            };
            vec![
                ("sso_session", session.into()),
                ("sso_start_url", access.start_url().as_str().into()),
                ("sso_region", access.region().as_str().into()),
                ("sso_account_id", account_id.as_str().into()),
                ("sso_role_name", role_name.as_str().into()),
            ]
        }
    }
}

fn of_role(role: &Role) -> Vec<(&'static str, Value)> {
    vec![
        ("role_arn", role.arn.as_str().into()),
        ("source_profile", role.source.as_str().into()),
        ("duration_seconds", role.duration.map(SessionDuration::seconds).into()),
        ("role_session_name", role.session_name.as_ref().map(RoleSessionName::as_str).into()),
        ("external_id", role.external_id.as_ref().map(ExternalId::as_str).into()),
    ]
}

fn settings(profile: &Profile) -> Map<String, Value> {
    let value = |value: &SettingValue| match value {
        SettingValue::Text(text) => text.as_str().into(),
        SettingValue::Nested(entries) => {
            entries.iter().map(|(key, text)| (key.clone(), text.as_str().into())).collect::<Map<_, _>>().into()
        }
    };
    profile.settings.iter().map(|setting| (setting.key.clone(), value(&setting.value))).collect()
}

//! Owns what the manifest says of one profile, for `--json`. Must not read anything else.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{
    Catalog, Chain, ConfigText, CredentialMethod, ExternalId, Kind, MfaSerial, Profile, Region, Role, RoleSessionName,
    Root, SessionDuration, SettingValue, SsoAccess,
};

/// A profile in the manifest's words, and where its credentials come from.
#[derive(Serialize)]
pub(crate) struct ProfileJson<'p> {
    name: &'p str,
    pattern: &'static str,
    account: Option<&'p str>,
    role: Option<&'p str>,
    region: Option<&'p str>,
    output: Option<&'p str>,
    tags: &'p [String],
    description: Option<&'p str>,
    credential_process: bool,
    settings: Map<String, Value>,
    chain: Vec<&'p str>,
    source: Option<RootJson<'p>>,
    #[serde(flatten)]
    of_pattern: PatternJson<'p>,
}

/// What is at the bottom of a chain.
#[derive(Serialize)]
pub(crate) struct RootJson<'p> {
    kind: &'static str,
    name: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sso_start_url: Option<&'p str>,
}

/// The keys of the patterns; those that a pattern has no use for are left out.
#[derive(Default, Serialize)]
struct PatternJson<'p> {
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa_serial: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    long_term_profile: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_arn: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_profile: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_seconds: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_session_name: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sso_session: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sso_start_url: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sso_region: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sso_account_id: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sso_role_name: Option<&'p str>,
}

impl<'p> ProfileJson<'p> {
    /// Of one profile of `catalog`.
    pub(crate) fn of(profile: &'p Profile, catalog: &'p Catalog) -> Self {
        let chain = catalog.chain(profile.name.as_str());
        Self {
            name: profile.name.as_str(),
            pattern: profile.pattern().as_str(),
            account: profile.account(),
            role: profile.role_name(),
            region: profile.region.as_ref().map(Region::as_str),
            output: profile.output.as_ref().map(ConfigText::as_str),
            tags: &profile.tags,
            description: profile.description.as_deref(),
            credential_process: profile.method == CredentialMethod::Process,
            settings: settings(profile),
            chain: chain.iter().flat_map(Chain::profiles).map(|step| step.name.as_str()).collect(),
            source: chain.as_ref().and_then(Chain::root).map(RootJson::of),
            of_pattern: PatternJson::of(profile),
        }
    }
}

impl<'p> RootJson<'p> {
    /// Of the bottom of one chain.
    pub(crate) fn of(root: Root<'p>) -> Self {
        let (kind, sso_start_url) = match root {
            Root::Session(session) => ("sso-session", Some(session.start_url.as_str())),
            Root::Portal(_) => ("sso-portal", Some(root.name())),
            Root::LongTermKey(_) => ("long-term-key", None),
        };
        Self { kind, name: root.name(), sso_start_url }
    }
}

impl<'p> PatternJson<'p> {
    fn of(profile: &'p Profile) -> Self {
        let mfa_serial = profile.mfa_serial().map(MfaSerial::as_str);
        match &profile.kind {
            Kind::Iam => Self::default(),
            Kind::IamMfa { long_term_profile, duration, .. } => Self {
                mfa_serial,
                long_term_profile: Some(long_term_profile.as_str()),
                duration_seconds: duration.map(SessionDuration::seconds),
                ..Self::default()
            },
            Kind::IamMfaRole { role, .. } => Self { mfa_serial, ..Self::of_role(role) },
            Kind::SsoRole(role) => Self::of_role(role),
            Kind::Sso { access, account_id, role_name } => Self {
                sso_session: match access {
                    SsoAccess::Session(session) => Some(session.name.as_str()),
                    SsoAccess::Legacy { .. } => None,
                },
                sso_start_url: Some(access.start_url().as_str()),
                sso_region: Some(access.region().as_str()),
                sso_account_id: Some(account_id.as_str()),
                sso_role_name: Some(role_name.as_str()),
                ..Self::default()
            },
        }
    }

    fn of_role(role: &'p Role) -> Self {
        Self {
            role_arn: Some(role.arn.as_str()),
            source_profile: Some(role.source.as_str()),
            duration_seconds: role.duration.map(SessionDuration::seconds),
            role_session_name: role.session_name.as_ref().map(RoleSessionName::as_str),
            external_id: role.external_id.as_ref().map(ExternalId::as_str),
            ..Self::default()
        }
    }
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

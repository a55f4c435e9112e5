//! Owns one profile as a document: its keys in the manifest's words, and where its credentials come from.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{
    Catalog, Chain, ConfigText, CredentialMethod, CredentialSource, ExternalId, Kind, MfaSerial, Profile, ProfileName,
    Region, RoleSessionName, Root, SessionDuration, SettingValue, SsoAccess,
};

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
    /// The keys that only some patterns have, those that are set.
    #[serde(flatten)]
    of_pattern: Map<String, Value>,
}

/// The bottom of a chain.
#[derive(Serialize)]
pub(crate) struct RootJson<'p> {
    kind: &'static str,
    name: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sso_start_url: Option<&'p str>,
}

impl<'p> ProfileJson<'p> {
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
            of_pattern: of_pattern(profile),
        }
    }
}

impl<'p> RootJson<'p> {
    pub(crate) fn of(root: Root<'p>) -> Self {
        let (kind, sso_start_url) = match root {
            Root::Session(session) => ("sso-session", Some(session.start_url.as_str())),
            Root::Portal(_) => ("sso-portal", Some(root.name())),
            Root::LongTermKey(_) => ("long-term-key", None),
            Root::Login(_) => ("login-session", None),
            Root::Section(_) => ("section", None),
            Root::Machine(_) => ("credential-source", None),
        };
        Self { kind, name: root.name(), sso_start_url }
    }
}

fn of_pattern(profile: &Profile) -> Map<String, Value> {
    let text = |text: Option<&str>| text.map(Value::from);
    let seconds = |duration: Option<SessionDuration>| duration.map(|duration| duration.seconds().into());
    let of_kind = match &profile.kind {
        Kind::Iam | Kind::External => Vec::new(),
        Kind::IamMfa { long_term_profile, duration, .. } => vec![
            ("long_term_profile", text(Some(long_term_profile.as_str()))),
            ("duration_seconds", seconds(*duration)),
        ],
        Kind::IamMfaRole { role, .. } | Kind::SsoRole(role) | Kind::Role(role) => vec![
            ("role_arn", text(Some(role.arn.as_str()))),
            ("source_profile", text(role.source_profile().map(ProfileName::as_str))),
            ("credential_source", text(role.credential_source().map(CredentialSource::as_str))),
            ("duration_seconds", seconds(role.duration)),
            ("role_session_name", text(role.session_name.as_ref().map(RoleSessionName::as_str))),
            ("external_id", text(role.external_id.as_ref().map(ExternalId::as_str))),
        ],
        Kind::Login(session) => vec![("login_session", text(Some(session.as_str())))],
        Kind::Sso { access, account_id, role_name } => vec![
            ("sso_session", text(session_name(access))),
            ("sso_start_url", text(Some(access.start_url().as_str()))),
            ("sso_region", text(Some(access.region().as_str()))),
            ("sso_account_id", text(Some(account_id.as_str()))),
            ("sso_role_name", text(Some(role_name.as_str()))),
        ],
    };
    let mfa_serial = ("mfa_serial", text(profile.mfa_serial().map(MfaSerial::as_str)));
    std::iter::once(mfa_serial).chain(of_kind).filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

fn session_name(access: &SsoAccess) -> Option<&str> {
    match access {
        SsoAccess::Session(session) => Some(session.name.as_str()),
        SsoAccess::Legacy { .. } => None,
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

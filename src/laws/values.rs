//! Owns the laws of values: any text in a manifest stands in the file unchanged, or is an error. Also says once more, apart
//! from `ini` and `model`, what every AWS parser reads alike (aws-facts §1.3).

use std::borrow::Cow;

use super::apply::checked;
use super::manifests::escaped;
use super::planned::{self, Force};
use super::{Checked, Unstructured, blocks, view};
use crate::ini::{Document, FileKind, SectionId};

/// True if every AWS parser gives that value back as it is written.
pub(super) fn is_portable_value(value: &str) -> bool {
    let inner: Vec<char> = value.chars().collect();
    let is_quoted = matches!(inner.first(), Some('"' | '\'')) && inner.first() == inner.last();
    let has_comment =
        inner.windows(2).any(|pair| matches!(pair, [' ' | '\t', '#' | ';'])) || value.starts_with(['#', ';']);
    let is_printable = inner.iter().all(|one| one.is_ascii_graphic() || *one == ' ');
    !value.is_empty() && value.trim() == value && !value.ends_with('\\') && is_printable && !is_quoted && !has_comment
}

/// True if every AWS parser takes that key as it is written.
pub(super) fn is_portable_key(key: &str) -> bool {
    let is_right = |one: char| matches!(one, 'a'..='z' | '0'..='9' | '_');
    !key.is_empty() && key != "__proto__" && key.chars().all(is_right)
}

/// True if every AWS parser takes that section name as it is written; `default` is no name but a header of its own.
pub(super) fn is_portable_name(name: &str) -> bool {
    let is_right = |one: char| matches!(one, 'A'..='Z' | 'a'..='z' | '0'..='9') || "_.@%+:/-".contains(one);
    !name.is_empty() && name != "__proto__" && name.to_lowercase() != "default" && name.chars().all(is_right)
}

/// One string of a manifest that is valid apart from it.
struct Field {
    /// The manifest, with `@` for the string in its quotes.
    manifest: &'static str,
    /// The place of the string in the config file.
    place: Place,
}

/// A place for a string of the manifest in the config file.
enum Place {
    /// As this key of `[profile p]`.
    Profile(&'static str),
    /// As this key of the block `s3` of `[profile p]`.
    Nested(&'static str),
    /// As this key of `[sso-session s]`.
    Session(&'static str),
    /// As the name of a profile.
    ProfileName,
    /// As the name of an SSO session.
    SessionName,
    /// Nowhere.
    Nowhere,
}

const fn field(manifest: &'static str, place: Place) -> Field {
    Field { manifest, place }
}

/// Every key of the manifest that takes a string.
const FIELDS: &[Field] = &[
    field("[profiles.p]\npattern = \"@\"\n", Place::Nowhere),
    field("[profiles.p]\npattern = \"iam\"\nregion = \"@\"\n", Place::Profile("region")),
    field("[profiles.p]\npattern = \"iam\"\noutput = \"@\"\n", Place::Profile("output")),
    field("[profiles.p]\npattern = \"iam\"\ndescription = \"@\"\n", Place::Nowhere),
    field("[profiles.p]\npattern = \"iam\"\ntags = [\"a\", \"@\"]\n", Place::Nowhere),
    field("[profiles.p]\npattern = \"iam\"\nsettings = { sdk_ua_app_id = \"@\" }\n", Place::Profile("sdk_ua_app_id")),
    field("[profiles.p]\npattern = \"iam\"\nsettings = { max_attempts = \"@\" }\n", Place::Profile("max_attempts")),
    field("[profiles.p]\npattern = \"iam\"\nsettings = { tcp_keepalive = \"@\" }\n", Place::Profile("tcp_keepalive")),
    field("[profiles.p]\npattern = \"iam\"\nsettings = { retry_mode = \"@\" }\n", Place::Profile("retry_mode")),
    field("[profiles.p]\npattern = \"iam\"\nsettings = { endpoint_url = \"@\" }\n", Place::Profile("endpoint_url")),
    field("[profiles.p]\npattern = \"iam\"\nsettings = { \"@\" = \"1\" }\n", Place::Nowhere),
    field("[profiles.p]\npattern = \"iam\"\nsettings = { s3 = { \"@\" = \"1\" } }\n", Place::Nowhere),
    field(
        "[profiles.p]\npattern = \"iam\"\nsettings = { s3 = { max_bandwidth = \"@\" } }\n",
        Place::Nested("max_bandwidth"),
    ),
    field(
        "[profiles.p]\npattern = \"iam\"\nsettings = { s3 = { multipart_chunksize = \"@\" } }\n",
        Place::Nested("multipart_chunksize"),
    ),
    field("[profiles.p]\npattern = \"iam-mfa\"\nmfa_serial = \"@\"\n", Place::Nowhere),
    field(
        "[profiles.p]\npattern = \"iam-mfa\"\nmfa_serial = \"GAHT12345678\"\nlong_term_profile = \"@\"\n",
        Place::Nowhere,
    ),
    field(
        "[profiles.p]\npattern = \"iam-mfa-role\"\nsource_profile = \"b\"\nrole_arn = \
         \"arn:aws:iam::444455556666:role/A\"\nmfa_serial = \"@\"\n[profiles.b]\npattern = \"iam\"\n",
        Place::Profile("mfa_serial"),
    ),
    field(
        "[profiles.p]\npattern = \"sso-role\"\nsource_profile = \"b\"\nrole_arn = \"@\"\n[profiles.b]\npattern = \
         \"sso\"\nsso_start_url = \"https://x.y\"\nsso_region = \"us-east-1\"\nsso_account_id = \
         \"123456789012\"\nsso_role_name = \"R\"\n",
        Place::Profile("role_arn"),
    ),
    field(
        "[profiles.p]\npattern = \"iam-mfa-role\"\nsource_profile = \"@\"\nrole_arn = \
         \"arn:aws:iam::444455556666:role/A\"\n[profiles.b]\npattern = \"iam-mfa\"\nmfa_serial = \"GAHT12345678\"\n",
        Place::Profile("source_profile"),
    ),
    field(
        "[profiles.p]\npattern = \"iam-mfa-role\"\nsource_profile = \"b\"\nrole_arn = \
         \"arn:aws:iam::444455556666:role/A\"\nexternal_id = \"@\"\n[profiles.b]\npattern = \
         \"iam-mfa\"\nmfa_serial = \"GAHT12345678\"\n",
        Place::Profile("external_id"),
    ),
    field(
        "[profiles.p]\npattern = \"iam-mfa-role\"\nsource_profile = \"b\"\nrole_arn = \
         \"arn:aws:iam::444455556666:role/A\"\nrole_session_name = \"@\"\n[profiles.b]\npattern = \
         \"iam-mfa\"\nmfa_serial = \"GAHT12345678\"\n",
        Place::Profile("role_session_name"),
    ),
    field(
        "[profiles.p]\npattern = \"sso\"\nsso_start_url = \"@\"\nsso_region = \"us-east-1\"\nsso_account_id = \
         \"123456789012\"\nsso_role_name = \"R\"\n",
        Place::Profile("sso_start_url"),
    ),
    field(
        "[profiles.p]\npattern = \"sso\"\nsso_start_url = \"https://x.y\"\nsso_region = \"@\"\nsso_account_id = \
         \"123456789012\"\nsso_role_name = \"R\"\n",
        Place::Profile("sso_region"),
    ),
    field(
        "[profiles.p]\npattern = \"sso\"\nsso_start_url = \"https://x.y\"\nsso_region = \"us-east-1\"\nsso_account_id = \
         \"@\"\nsso_role_name = \"R\"\n",
        Place::Profile("sso_account_id"),
    ),
    field(
        "[profiles.p]\npattern = \"sso\"\nsso_start_url = \"https://x.y\"\nsso_region = \"us-east-1\"\nsso_account_id = \
         \"123456789012\"\nsso_role_name = \"@\"\n",
        Place::Profile("sso_role_name"),
    ),
    field(
        "[sso_sessions.s]\nsso_start_url = \"https://x.y\"\nsso_region = \"us-east-1\"\n[profiles.p]\npattern = \
         \"sso\"\nsso_session = \"@\"\nsso_account_id = \"123456789012\"\nsso_role_name = \"R\"\n",
        Place::Profile("sso_session"),
    ),
    field("[sso_sessions.s]\nsso_start_url = \"@\"\nsso_region = \"us-east-1\"\n", Place::Session("sso_start_url")),
    field("[sso_sessions.s]\nsso_start_url = \"https://x.y\"\nsso_region = \"@\"\n", Place::Session("sso_region")),
    field(
        "[sso_sessions.s]\nsso_start_url = \"https://x.y\"\nsso_region = \"us-east-1\"\nsso_registration_scopes = [\"@\"]\n",
        Place::Session("sso_registration_scopes"),
    ),
    field("[vars]\nv = \"@\"\n[profiles.p]\npattern = \"iam\"\nregion = \"${v}\"\n", Place::Profile("region")),
    field(
        "[vars]\nv = \"@\"\n[profiles.p]\npattern = \"iam\"\nsettings = { sdk_ua_app_id = \"${v}\" }\n",
        Place::Profile("sdk_ua_app_id"),
    ),
    field("[defaults]\noutput = \"@\"\n[profiles.p]\npattern = \"iam\"\n", Place::Profile("output")),
    field("[profiles.\"@\"]\npattern = \"iam\"\n", Place::ProfileName),
    field("[sso_sessions.\"@\"]\nsso_start_url = \"https://x.y\"\nsso_region = \"us-east-1\"\n", Place::SessionName),
];

/// A text in one place of a manifest.
#[derive(Debug, Clone)]
pub struct ValueCase {
    /// One of the manifest's keys, modulo their number.
    pub field: usize,
    /// The text there.
    pub text: String,
}

impl ValueCase {
    /// Draws a hostile text, a right one, or a right one with something hostile in it.
    pub fn draw(draw: &mut Unstructured<'_>) -> Self {
        const RIGHT: &[&str] = &[
            "",
            "eu-west-1",
            "json",
            "a",
            "5",
            "true",
            "GAHT12345678",
            "arn:aws:iam::111122223333:mfa/a",
            "b",
            "s",
            "iam",
            "arn:aws:iam::444455556666:role/A",
            "https://x.y/start",
            "https://x.y/ /",
            "http://localhost:1/",
            "123456789012",
            "16MB",
            "sso:account:access",
            "default",
            "DEFAULT",
            "__proto__",
            "\"a\"",
            "'",
            "a b",
            "x#y",
            "adaptive",
            "${v}",
            "$${",
        ];
        let field = draw.below(FIELDS.len());
        let mut text = draw.pick(RIGHT).to_owned();
        let at = text.floor_char_boundary(draw.below(32).min(text.len()));
        text.insert_str(at, &draw.text(4));
        Self { field, text }
    }
}

/// Puts any text into any key: either the manifest has an error, or the config file holds exactly that text there, and
/// everything else that the model says. Only the end of a start URL may be trimmed.
///
/// # Panics
///
/// If the law does not hold.
pub fn value_holds(case: &ValueCase) -> Checked {
    let field = &FIELDS[case.field % FIELDS.len()];
    let is_literal = field.manifest.contains("[vars]") || field.manifest.contains("\"@\"]\np");
    let is_name = matches!(field.place, Place::ProfileName | Place::SessionName) || is_literal;
    // `$${` stands for `${` in values, and for itself in names and variables.
    let written = if is_name { case.text.clone() } else { case.text.replace("${", "$${") };
    let manifest = field.manifest.replace('@', &escaped(&written));
    let Some(catalog) = checked(&manifest) else { return Checked::Refused };
    let file = planned::config(&catalog, b"", Force::No)
        .unwrap_or_else(|refusal| panic!("{:?} passed as right and is refused: {refusal}", case.text));
    blocks::reads_as(&catalog, &file);
    let document = Document::parse(&file, FileKind::Config);
    let profile = SectionId::Profile("p".to_owned());
    let session = SectionId::SsoSession("s".to_owned());
    let name = |id: SectionId| document.find(&id).next().map(|_| case.text.as_str().into());
    let found = match field.place {
        Place::Nowhere => return Checked::Yes,
        Place::Profile(key) => document.get(&profile, key),
        Place::Nested(key) => view::nested(&document, &profile, "s3", key).map(Cow::from),
        Place::Session(key) => document.get(&session, key),
        Place::ProfileName => name(SectionId::Profile(case.text.clone())),
        Place::SessionName => name(SectionId::SsoSession(case.text.clone())),
    };
    let is_url = matches!(field.place, Place::Profile("sso_start_url") | Place::Session("sso_start_url"));
    let expected = if is_url { case.text.trim_end_matches(['/', '#']) } else { &case.text };
    assert_eq!(found.as_deref(), Some(expected));
    assert!(is_portable_value(expected), "{expected:?} got into the file");
    Checked::Yes
}

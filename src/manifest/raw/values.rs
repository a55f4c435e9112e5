//! Owns parsing strings into values of the model, and the findings about them. Must not know which table they are in.

use super::field::{KeyEntry, Reader};
use crate::diagnostic::Diagnostic;
use crate::manifest::document::table::{dedup, texts};
use crate::manifest::document::tree::Text;
use crate::manifest::findings::codes;
use crate::manifest::spec::keys;
use crate::model::{
    ConfigText, CredentialSource, KNOWN_REGIONS, MfaSerial, MfaSerialError, NameError, Pattern, ProfileName, Region,
    StartUrl, StartUrlError, UrlChange,
};
use crate::source::{Span, first_unsafe, is_unsafe};

pub(crate) const ACCOUNT_ID_HELP: &str = "write all 12 digits in quotes, without dashes: `\"123456789012\"`";

/// A TOML key, bare where possible.
pub(crate) fn toml_key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !name.is_empty() && name.bytes().all(is_bare) { name.to_owned() } else { toml_text(name) }
}

/// A TOML string: JSON's escapes are valid in TOML. `${` would be a variable of the manifest.
pub(crate) fn toml_text(text: &str) -> String {
    serde_json::Value::from(text.replace("${", "$${")).to_string()
}

pub(crate) fn pattern(text: Text<'_>, reader: &mut Reader<'_>) -> Option<Pattern> {
    let pattern = Pattern::parse(text.value);
    if pattern.is_none() {
        let message = format!("`{}` is not a pattern", text.value);
        reader.sink.reject_word(text, codes::BAD_PATTERN, message, keys::PATTERNS, "the patterns are");
    }
    pattern
}

pub(crate) fn credential_source(text: Text<'_>, reader: &mut Reader<'_>) -> Option<CredentialSource> {
    let source = CredentialSource::parse(text.value);
    if source.is_none() {
        let message = format!("`{}` is not a credential source", text.value);
        let help = "AWS's sources are";
        reader.sink.reject_word(text, codes::BAD_CREDENTIAL_SOURCE, message, keys::CREDENTIAL_SOURCES, help);
    }
    source
}

pub(crate) fn region(text: Text<'_>, reader: &mut Reader<'_>) -> Option<Region> {
    let help = "a region looks like `eu-west-1`, in lower case, without the letter of an availability zone";
    let region = reader.sink.parsed(text, Region::new(text.value), codes::BAD_REGION, help)?;
    if !KNOWN_REGIONS.contains(&region.as_str()) {
        let message = format!("`{}` is not a region that awsauth knows", region.as_str());
        let found = Diagnostic::warning(codes::UNKNOWN_REGION, text.at, message);
        let new = "a region that is newer than this awsauth is fine";
        let help = reader.sink.did_you_mean_or(region.as_str(), KNOWN_REGIONS.into_iter(), new);
        reader.sink.report(text, found.help(help));
    }
    Some(region)
}

pub(crate) fn output(text: Text<'_>, reader: &mut Reader<'_>) -> Option<ConfigText> {
    if keys::OUTPUTS.contains(&text.value) {
        return ConfigText::new(text.value).ok();
    }
    let message = format!("`{}` is not an output format", text.value);
    reader.sink.reject_word(text, codes::BAD_OUTPUT, message, keys::OUTPUTS, "the formats are");
    None
}

/// Any script is fine, but no control characters, which would reach a terminal.
pub(crate) fn description(text: Text<'_>, reader: &mut Reader<'_>) -> Option<String> {
    if let Some(character) = first_unsafe(text.value) {
        let message = format!("this text can't contain the control character {character:?}");
        reader.sink.reject(text, codes::BAD_TEXT, message, "write it on one line, in visible characters");
        return None;
    }
    Some(text.value.to_string())
}

/// Tags are limited to AWS's alphabet: nothing in it is special to a shell.
pub(crate) fn tags(given: KeyEntry<'_, '_>, reader: &mut Reader<'_>) -> Option<Vec<String>> {
    let texts = texts(given.entry, given.key.examples[0], &mut reader.sink)?;
    let tags: Vec<_> = dedup(texts, &mut reader.sink).into_iter().map(|text| tag(text, reader)).collect();
    tags.into_iter().collect()
}

fn tag(text: Text<'_>, reader: &mut Reader<'_>) -> Option<String> {
    let is_fine =
        |character: char| " _.:/=+@-".contains(character) || (character.is_alphanumeric() && !is_unsafe(character));
    let (message, help) = match text.value.chars().find(|character| !is_fine(*character)) {
        Some(character) => (
            format!("a tag can't contain {character:?}"),
            "use letters, digits, blanks and `_.:/=+@-`, as in the tags of AWS",
        ),
        None if text.value.starts_with('-') => {
            ("a tag can't begin with `-`".to_owned(), "`--tag` would take it for an option")
        }
        None => return Some(text.value.to_owned()),
    };
    reader.sink.reject(text, codes::BAD_TEXT, message, help);
    None
}

/// A text for `~/.aws/config`.
pub(crate) fn config_text(text: Text<'_>, reader: &mut Reader<'_>) -> Option<ConfigText> {
    let help = "a value in ~/.aws/config is one line of printable ASCII";
    reader.sink.parsed(text, ConfigText::new(text.value), codes::BAD_TEXT, help)
}

pub(crate) fn mfa_serial(text: Text<'_>, reader: &mut Reader<'_>) -> Option<MfaSerial> {
    let parsed = MfaSerial::new(text.value);
    let (code, help) = match &parsed {
        Err(MfaSerialError::User) => (
            codes::MFA_SERIAL_USER,
            format!(
                "the ARN of a virtual device has `mfa/` instead of `user/`: `{}`; `aws iam list-mfa-devices` shows it",
                text.value.replacen(":user/", ":mfa/", 1)
            ),
        ),
        Err(MfaSerialError::SecurityKey) => (
            codes::MFA_SERIAL_SECURITY_KEY,
            "add a virtual MFA device (an authenticator app) to the user, and give its `:mfa/` ARN; \
             security keys work only in the console"
                .to_owned(),
        ),
        _ => (
            codes::BAD_MFA_SERIAL,
            "give the device's ARN, `arn:aws:iam::111122223333:mfa/NAME`, or a hardware serial such as `GAHT12345678`"
                .to_owned(),
        ),
    };
    reader.sink.parsed(text, parsed, code, &help)
}

pub(crate) fn profile_name(text: Text<'_>, reader: &mut Reader<'_>) -> Option<ProfileName> {
    let parsed = ProfileName::new(text.value);
    let help = parsed.as_ref().err().map_or("", name_help);
    reader.sink.parsed(text, parsed, codes::BAD_NAME, help)
}

pub(crate) fn bad_name(text: &str, at: Span, error: &NameError) -> Diagnostic {
    if text.contains("${") {
        return variable_in_name(at);
    }
    Diagnostic::error(codes::BAD_NAME, at, error.to_string()).help(name_help(error))
}

pub(crate) fn variable_in_name(at: Span) -> Diagnostic {
    Diagnostic::error(codes::BAD_VARIABLE, at, "variables are not expanded in the names of tables")
        .help("write the name itself; variables work in values")
}

pub(crate) fn name_help(error: &NameError) -> &'static str {
    match error {
        NameError::DefaultCase(_) => "write `default`, or choose another name",
        NameError::Dash => "programs would take it for an option: begin with a letter or a digit",
        NameError::Empty | NameError::TooLong | NameError::Character(_) | NameError::Reserved(_) => {
            "use letters, digits and `_.@%+:/-`, which every AWS SDK reads alike"
        }
    }
}

/// The name is checked where it is looked up.
#[expect(clippy::unnecessary_wraps, reason = "all functions of this file have one shape")]
pub(crate) fn reference(text: Text<'_>, _: &mut Reader<'_>) -> Option<String> {
    Some(text.value.to_string())
}

/// The URL of a session, whose name is what tools share a login by (aws-facts §4.1).
pub(crate) fn session_start_url(text: Text<'_>, reader: &mut Reader<'_>) -> Option<StartUrl> {
    checked_start_url(text, "write it like that", reader)
}

/// The URL of a profile without a session.
pub(crate) fn start_url(text: Text<'_>, reader: &mut Reader<'_>) -> Option<StartUrl> {
    let help =
        "write it like that: without an SSO session, tools share a login only if they spell the URL in the same way";
    checked_start_url(text, help, reader)
}

/// Warns if the end of the URL is trimmed, and if the host is not AWS's.
fn checked_start_url(text: Text<'_>, trimmed_help: &str, reader: &mut Reader<'_>) -> Option<StartUrl> {
    let parsed = StartUrl::new(text.value);
    let code = match &parsed {
        Err(StartUrlError::NotHttps) => codes::START_URL_NOT_HTTPS,
        _ => codes::BAD_START_URL,
    };
    let help = match &parsed {
        Err(StartUrlError::NoPath(host)) => format!("write `https://{host}/start`"),
        _ => "give the address of the access portal, such as `https://corp.awsapps.com/start`".to_owned(),
    };
    let (url, change) = reader.sink.parsed(text, parsed, code, &help)?;
    if change == UrlChange::Trimmed {
        reader.sink.push(
            Diagnostic::warning(codes::START_URL_TRIMMED, text.at, "the end of this start URL is ignored")
                .label(format!("taken as `{}`", url.as_str()))
                .help(trimmed_help),
        );
    }
    reader.hosts.check_portal(&url, text, &mut reader.sink);
    Some(url)
}

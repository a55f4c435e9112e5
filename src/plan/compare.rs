//! Owns the differences between a section of a file and what the manifest gives for it. Must not judge them.

use std::borrow::Cow;

use crate::ini::{Document, Entry, NewValue, Section, SectionId};
use crate::model::StartUrl;

/// A value of a file or of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum SectionValue {
    /// One line, without an inline comment.
    Text(String),
    /// The settings of a nested block.
    Nested(Vec<(String, String)>),
}

/// Lines count from 1, keys are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Difference {
    /// The section holds a value that the manifest does not give.
    Value { line: usize, key: String, found: SectionValue, given: Option<SectionValue> },
    /// The section gives the same value in another form: with a comment after it, or in another spelling.
    Spelling { line: usize, key: String },
    /// The manifest gives a key that the section does not hold.
    Missing { key: String },
    /// The manifest does not have this section at all.
    Foreign,
    /// The block does not have the section.
    Absent,
}

/// All differences of one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SectionDifference {
    pub(crate) id: SectionId,
    /// The text between its brackets.
    pub(crate) header: String,
    /// The line of its header, from 1; the block's first line for an absent section.
    pub(crate) line: usize,
    /// By line.
    pub(crate) differences: Vec<Difference>,
    /// The keys and values that the file has for the SSO session that the section names.
    pub(crate) portal: Vec<(String, SectionValue)>,
}

impl SectionDifference {
    pub(super) fn of(document: &Document<'_>, section: &Section, differences: Vec<Difference>) -> Self {
        let portal = portal(document, section);
        let portal = portal.map(|portal| values(document, portal).map(|(_, key, value)| (key, value)).collect());
        let line = section.header_line + 1;
        let header = section.id.header(document.kind());
        Self { id: section.id.clone(), header, line, differences, portal: portal.unwrap_or_default() }
    }
}

/// The entries of a section, each with its line, its key in lower case, and its value without an inline comment.
pub(crate) fn values<'d>(
    document: &'d Document<'_>,
    section: &Section,
) -> impl Iterator<Item = (usize, String, SectionValue)> + use<'d> {
    document.entries(section).iter().map(|entry| {
        let line = document.line_number(entry.range().start);
        (line, document.text(&entry.key()).to_lowercase(), found(document, entry))
    })
}

/// The section of the SSO session that `section` names.
pub(super) fn portal<'d>(document: &'d Document<'_>, section: &Section) -> Option<&'d Section> {
    let name = document.own_entry(section, "sso_session")?;
    document.find(&SectionId::SsoSession(without_comment(&document.value(name)).to_owned())).next()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Equality {
    /// Equal as text.
    Text,
    /// Equal to AWS: without inline comment, in any spelling of one start URL, with any spaces between scopes, words in any
    /// case.
    Meaning,
    /// The same, and the manifest may give more in a nested block, as from `[defaults]`.
    Part,
}

/// A section's keys with the values that are given for them; a key may be given more than one.
pub(super) type Given<'a> = [(Cow<'a, str>, NewValue<'a>)];

/// The entries of `section` that `given` does not have, in file order.
pub(super) fn ungiven(
    document: &Document<'_>,
    section: &Section,
    given: &Given<'_>,
    equality: Equality,
) -> Vec<Difference> {
    let difference = |entry: &Entry| {
        let key = document.text(&entry.key()).to_lowercase();
        let mut values = given.iter().filter(|(other, _)| *other == key).map(|(_, value)| value);
        if values.clone().any(|value| is_same(document, entry, &key, value, equality)) {
            return None;
        }
        let line = document.line_number(entry.range().start);
        if values.clone().any(|value| is_same(document, entry, &key, value, Equality::Meaning)) {
            return Some(Difference::Spelling { line, key });
        }
        let given = values.next().map(owned);
        Some(Difference::Value { line, key, found: found(document, entry), given })
    };
    document.entries(section).iter().filter_map(difference).collect()
}

/// The entries that are lost if `section` is taken over. An empty value is nothing to lose: AWS CLI refuses it, or takes it as
/// none (aws-facts §1.5). But an empty pager is one.
pub(super) fn losses(document: &Document<'_>, section: &Section, given: &Given<'_>) -> Vec<Difference> {
    let is_empty = |one: &Difference| {
        let Difference::Value { key, found: SectionValue::Text(text), .. } = one else { return false };
        text.is_empty() && key != "cli_pager"
    };
    let mut differences = ungiven(document, section, given, Equality::Part);
    differences.retain(|one| !is_empty(one));
    differences
}

/// The keys that are `given` and that `section` does not hold.
pub(super) fn missing(document: &Document<'_>, section: &Section, given: &Given<'_>) -> Vec<Difference> {
    let is_missing = |key: &str| document.own_entry(section, key).is_none();
    let keys = given.iter().filter(|(key, _)| is_missing(key));
    keys.map(|(key, _)| Difference::Missing { key: key.to_string() }).collect()
}

fn is_same(document: &Document<'_>, entry: &Entry, key: &str, value: &NewValue<'_>, equality: Equality) -> bool {
    match value {
        NewValue::Text(given) => {
            let text = document.value(entry);
            text == *given || equality >= Equality::Meaning && is_meant(key, without_comment(&text), given)
        }
        NewValue::Nested(given) => {
            let nested = document.nested(entry);
            let is_given = |(key, value): &(String, String)| {
                given.iter().any(|(other, given)| {
                    other == key && (value == given || equality >= Equality::Meaning && is_meant(key, value, given))
                })
            };
            let is_whole = nested.len() == given.len() || equality == Equality::Part;
            !nested.is_empty() && is_whole && nested.iter().all(is_given)
        }
    }
}

/// True if AWS's tools take `found` as `given`, or refuse it for its case alone.
fn is_meant(key: &str, found: &str, given: &str) -> bool {
    meaning(key, found) == meaning(key, given) || given == "false" && is_caseless(key) && is_false(found)
}

/// True for a boolean that AWS CLI takes as false, since it is not `true` (aws-facts §1.5).
pub(crate) fn is_false(value: &str) -> bool {
    ["yes", "no", "on", "off", "1", "0"].contains(&value.to_ascii_lowercase().as_str())
}

/// True for a key whose values are words, numbers or booleans, so that their case says nothing.
pub(crate) fn is_caseless(key: &str) -> bool {
    !CASED.contains(&key)
}

/// The keys whose values are names, texts and addresses.
const CASED: [&str; 16] = [
    // AWS CLI takes `True` as false here.
    "cli_follow_urlparam",
    "credential_process",
    "endpoint_url",
    "external_id",
    "max_bandwidth",
    "mfa_serial",
    "role_arn",
    "role_session_name",
    "sdk_ua_app_id",
    "source_profile",
    "sso_account_id",
    "sso_registration_scopes",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "target_bandwidth",
];

/// A form that is the same for all values of equal meaning.
fn meaning<'t>(key: &str, value: &'t str) -> Cow<'t, str> {
    match key {
        "sso_start_url" => match StartUrl::new(value) {
            Ok((url, _)) => url.as_str().to_owned().into(),
            Err(_) => value.into(),
        },
        "sso_registration_scopes" => value.split(',').map(str::trim).collect::<Vec<_>>().join(",").into(),
        _ if is_caseless(key) => value.to_ascii_lowercase().into(),
        _ => value.into(),
    }
}

/// Cuts a value where all parsers but botocore see a comment (aws-facts §1.2).
fn without_comment(value: &str) -> &str {
    value[..comment_start(value)].trim_end()
}

/// The start of a value's inline comment; the value's end if it has none. In a value of several lines, the text after the
/// first line is more than a comment.
pub(super) fn comment_start(value: &str) -> usize {
    if value.contains('\n') {
        return value.len();
    }
    let is_start = |(at, _): &(usize, &str)| *at == 0 || value[..*at].ends_with([' ', '\t']);
    value.match_indices(['#', ';']).find(is_start).map_or(value.len(), |(at, _)| at)
}

fn found(document: &Document<'_>, entry: &Entry) -> SectionValue {
    match document.nested(entry) {
        pairs if pairs.is_empty() => SectionValue::Text(without_comment(&document.value(entry)).to_owned()),
        pairs => SectionValue::Nested(pairs),
    }
}

pub(super) fn owned(value: &NewValue<'_>) -> SectionValue {
    match value {
        NewValue::Text(text) => SectionValue::Text(text.to_string()),
        NewValue::Nested(pairs) => {
            SectionValue::Nested(pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect())
        }
    }
}

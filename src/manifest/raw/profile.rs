//! Owns the keys of a profile: each with its type, its reader and its description, and which of several tables gives it.
//! Must not know what a pattern needs.

use std::fmt::Arguments;

use super::field::{AnyField, Field, KeyEntry, KeyOrigin, Layered, Origin, keys, text, unknown_keys};
use super::reader::Reader;
use super::settings::{self, Settings};
use super::values;
use crate::diagnostic::Diagnostic;
use crate::manifest::codes;
use crate::manifest::sink::Sink;
use crate::manifest::spec::aws_settings;
use crate::manifest::spec::keys::{
    ANY, ID, Key, LINE, NAME, OUTPUTS, PATTERNS, REGION, ROLE, SERIAL, Shape, TAG, URL, key,
};
use crate::manifest::table::{self, wrong_type};
use crate::manifest::tree::{Entry, Value, find};
use crate::model::Pattern::{self, IamMfa, IamMfaRole, Sso, SsoRole};
use crate::model::{
    AccountId, ConfigText, ExternalId, MfaSerial, ProfileName, Region, RoleArn, RoleSessionName, SsoRoleName, StartUrl,
};
use crate::source::Span;

keys! {
    /// The keys of one profile, of a matrix, or of `[defaults]`.
    ProfileKeys { written: Vec<(&'static Key, Span)>, wrong: bool }

    pattern: Pattern = text(values::pattern),
        key(Shape::Word(PATTERNS), "How the profile gets its credentials.", &["\"iam-mfa-role\"", "\"sso\""]).required(ANY);
    region: Region = text(values::region),
        key(Shape::Text(REGION), "The AWS region of requests made as this profile.", &["\"eu-west-1\""]).optional(ANY);
    output: ConfigText = text(values::output),
        key(Shape::Word(OUTPUTS), "AWS CLI's output format.", &["\"json\"", "\"table\""]).optional(ANY);
    description: String = text(values::description),
        key(Shape::Text(LINE), "What the profile is for, shown in lists.", &["\"production, read only\""]).optional(ANY);
    tags: Vec<String> = values::tags,
        key(Shape::Texts(TAG, 0), "Words to choose many profiles by, as in `login --tag`.", &["[\"prod\"]"]).optional(ANY);
    credential_process: bool = credential_process,
        key(
            Shape::Flag,
            "Whether AWS's SDKs ask awsauth for credentials each time, instead of AWS's own keys in ~/.aws/config.",
            &["true"],
        ).optional(ANY);
    settings: Settings = |given, reader: &mut Reader<'_>| settings::read(given, Self::KEYS, reader),
        key(
            Shape::Settings,
            "Other AWS settings, written into the profile's section as they are.",
            &["{\"max_attempts\": 5, \"s3\": {\"addressing_style\": \"path\"}}"],
        ).optional(ANY);
    mfa_serial: MfaSerial = text(values::mfa_serial),
        key(
            Shape::Text(SERIAL),
            "The MFA device that gives the code: the ARN of a virtual device, or a hardware serial number.",
            &["\"arn:aws:iam::111122223333:mfa/${user}\"", "\"GAHT12345678\""],
        ).required(&[IamMfa]).optional(&[IamMfaRole]);
    long_term_profile: ProfileName = text(values::profile_name),
        key(
            Shape::Text(NAME),
            "The section of ~/.aws/credentials that holds the long-term key; NAME-long-term if not given.",
            &["\"main-long-term\""],
        ).optional(&[IamMfa]);
    role_arn: RoleArn = text(values::role_arn),
        key(Shape::Text(ROLE), "The role to assume.", &["\"arn:aws:iam::444455556666:role/Admin\""])
            .required(&[IamMfaRole, SsoRole]);
    source_profile: String = text(values::reference),
        key(Shape::Text(NAME), "The profile whose credentials assume the role.", &["\"main\""])
            .required(&[IamMfaRole, SsoRole]);
    duration_seconds: i64 = duration_seconds,
        key(
            Shape::Seconds(900, 129_600),
            "How long the session lasts: 900 to 129600 for `iam-mfa`, to 43200 for a role, to 3600 for a role that is \
             assumed with temporary credentials.",
            &["3600", "43200"],
        ).optional(&[IamMfa, IamMfaRole, SsoRole]);
    role_session_name: RoleSessionName = text(values::role_session_name),
        key(
            Shape::Text("[A-Za-z0-9_+=,.@-]{2,64}"),
            "The name of the session as CloudTrail shows it.",
            &["\"alice@example.com\""],
        ).optional(&[IamMfaRole, SsoRole]);
    external_id: ExternalId = text(values::external_id),
        key(
            Shape::Text("[A-Za-z0-9_+=,.@:/-]{2,1224}"),
            "The external id that the role's owner asks for.",
            &["\"partner-42\""],
        ).optional(&[IamMfaRole, SsoRole]);
    sso_session: String = text(values::reference),
        key(Shape::Text(NAME), "The entry of `[sso_sessions]` to log in through.", &["\"corp\""]).optional(&[Sso]);
    sso_start_url: StartUrl = text(values::start_url),
        key(
            Shape::Text(URL),
            "The access portal, for a profile without `sso_session` (the legacy form).",
            &["\"https://corp.awsapps.com/start\""],
        ).optional(&[Sso]);
    sso_region: Region = text(values::region),
        key(
            Shape::Text(REGION),
            "Where IAM Identity Center runs, for a profile without `sso_session` (the legacy form).",
            &["\"us-east-1\""],
        ).optional(&[Sso]);
    sso_account_id: AccountId = text(values::account_id),
        key(Shape::Text(ID), "The account to work in.", &["\"123456789012\""]).required(&[Sso]);
    sso_role_name: SsoRoleName = text(values::sso_role_name),
        key(Shape::Text("[A-Za-z0-9_+=,.@-]{1,32}"), "The permission set to work with.", &["\"ReadOnly\""])
            .required(&[Sso]);
}

impl ProfileKeys {
    pub(crate) fn read(table: &[Entry<'_>], origin: Origin, reader: &mut Reader<'_>) -> Box<Self> {
        // Boxed from the start: a thousand bytes that would be moved from hand to hand.
        let mut fields = Box::<Self>::default();
        fields.read_keys(table, origin, reader);
        let key = |entry: &Entry<'_>| Self::KEYS.iter().find(|key| key.name == entry.name).map(|key| (key, entry.at));
        // Nobody has to have a use for what `[defaults]` gives to all profiles.
        fields.written = table.iter().filter(|_| origin != Origin::Defaults).filter_map(key).collect();
        fields
    }

    /// Takes over what only the lower table has: keys, what its misspelt keys hide, and whether it is wrong as a whole.
    pub(crate) fn inherit(&mut self, lower: &Self) {
        self.fill_from(lower);
        let is_new = |(key, _): &&(&Key, Span)| self.written.iter().all(|(own, _)| own.name != key.name);
        let more: Vec<_> = lower.written.iter().filter(is_new).copied().collect();
        self.written.extend(more);
        self.wrong |= lower.wrong;
    }

    /// Reports the keys in the table of the profile of that name, or in `[defaults]`, that a profile does not have.
    pub(crate) fn note_unknown(
        &mut self,
        table: &[Entry<'_>],
        name: Option<&str>,
        place: Arguments<'_>,
        sink: &mut Sink,
    ) {
        for entry in table.iter().filter(|entry| Self::KEYS.iter().all(|key| key.name != entry.name)) {
            if let Some(name) = name.filter(|_| is_table_of_its_own(entry)) {
                sink.push(dotted(entry, name));
                self.meant.push("pattern");
                continue;
            }
            let guess = unknown_keys(std::slice::from_ref(entry), Self::KEYS, place, sink);
            // Of [defaults], a profile does without a wrong value where it has its own; nobody can say what this is.
            self.wrong |= guess.is_empty();
            self.meant.extend(guess);
        }
        self.wrong |= self.meant.iter().any(|meant| find(table, meant).is_some());
    }

    /// True if every key that counts for the pattern is right.
    pub(crate) fn is_in_order(&self) -> bool {
        let Some(pattern) = self.pattern.value().copied() else { return false };
        let counts = |name: &str| Self::KEYS.iter().any(|key| key.name == name && key.fits(pattern));
        let is_lost = |name: &str, slot: &dyn AnyField| slot.is_missing() && self.meant.contains(&name);
        !self.wrong && !self.any(|name, slot| (slot.is_invalid() || is_lost(name, slot)) && counts(name))
    }

    pub(crate) fn origins(&self) -> Vec<KeyOrigin> {
        let mut origins = Vec::new();
        self.any(|name, slot| {
            origins.extend(slot.origins(name));
            false
        });
        origins
    }
}

/// True for a table that is no setting of AWS's such as `s3`.
fn is_table_of_its_own(entry: &Entry<'_>) -> bool {
    let is_aws = aws_settings::find(aws_settings::SETTINGS, &entry.name).is_some();
    entry.node.table().is_some() && !is_aws && aws_settings::refusal(&entry.name).is_none()
}

/// A table inside the profile `name` that is probably a profile of its own, whose name has a dot in it.
fn dotted(entry: &Entry<'_>, name: &str) -> Diagnostic {
    let message = format!("`{}` is not a key of the profile `{name}`", entry.name);
    let whole = values::toml_key(&format!("{name}.{}", entry.name));
    let help = format!("a name with a dot in it stands in quotes: `[profiles.{whole}]`");
    Diagnostic::error(codes::UNKNOWN_KEY, entry.at, message).help(help)
}

fn credential_process(KeyEntry { entry, key, .. }: KeyEntry<'_, '_>, reader: &mut Reader<'_>) -> Option<bool> {
    match &entry.node.value {
        Value::Flag(flag) => return Some(*flag),
        // As it stands in AWS's own files.
        Value::Text(_) | Value::Filled(..) | Value::Unfilled => {
            let message = "`credential_process` is `true` or `false` here: a manifest can't name a program";
            reader.sink.push(Diagnostic::error(codes::WRONG_TYPE, entry.node.at, message).help(
                "`true` lets awsauth hand out the credentials; a profile of another program stays in ~/.aws/config, \
                 outside awsauth's block, under a name that the manifest does not have",
            ));
        }
        _ => wrong_type(&entry.name, &entry.node, key.shape.words(), Some(key.examples[0]), &mut reader.sink),
    }
    None
}

fn duration_seconds(KeyEntry { entry, key, .. }: KeyEntry<'_, '_>, reader: &mut Reader<'_>) -> Option<i64> {
    let seconds = table::number(entry, key.shape.words(), key.examples[0], &mut reader.sink)?;
    if matches!(key.shape, Shape::Seconds(least, most) if (least..=most).contains(&seconds)) {
        return Some(seconds);
    }
    let found = Diagnostic::error(codes::DURATION_BOUNDS, entry.node.at, format!("no session lasts {seconds} seconds"));
    reader.sink.push(found.help("give 900 to 43200 for a role, and up to 129600 for `iam-mfa`"));
    None
}

//! Owns the keys of a profile, each with its type, its reader and its documentation. Must not know what a pattern needs.

use super::field::{AnyField, Field, KeyEntry, KeyOrigin, KeyTable, Origin, Reader, keys, parsed, text};
use super::profile_settings::{self, CheckedSettings};
use super::values::{self, ACCOUNT_ID_HELP};
use crate::diagnostic::Diagnostic;
use crate::manifest::document::table::{self, wrong_type};
use crate::manifest::document::tree::{KeyValue, Value};
use crate::manifest::findings::codes;
use crate::manifest::findings::sink::Sink;
use crate::manifest::spec::aws_settings;
use crate::manifest::spec::keys::{
    ANY, CREDENTIAL_SOURCES, ID, Key, LINE, LOGIN_SESSION, NAME, OUTPUTS, PATTERNS, REGION, REGIONLESS, ROLE,
    ROLE_PATTERNS, SERIAL, Shape, TAG, URL, WRITTEN, key,
};
use crate::model::Pattern::{self, IamMfa, IamMfaRole, Login, Role, Sso, SsoRole};
use crate::model::{
    AccountId, ConfigText, CredentialSource, ExternalId, LoginSession, MfaSerial, ProfileName, Region, RoleArn,
    RoleSessionName, SsoRoleName, StartUrl,
};
use crate::source::Span;

keys! {
    /// The keys of one profile, of a matrix, or of `[defaults]`.
    ProfileKeys { written: Vec<(&'static Key, Span)>, wrong: bool }

    pattern: Pattern = text(values::pattern),
        key(Shape::Word(PATTERNS), "How the profile gets its credentials.", &["\"iam-mfa-role\"", "\"sso\""]).required(ANY);
    region: Region = text(values::region),
        key(Shape::Text(REGION), "The AWS region of requests made as this profile.", &["\"eu-west-1\""])
            .required(&[Login]).optional(REGIONLESS);
    output: ConfigText = text(values::output),
        key(Shape::Word(OUTPUTS), "AWS CLI's output format.", &["\"json\"", "\"table\""]).optional(WRITTEN);
    description: String = text(values::description),
        key(Shape::Text(LINE), "A description, shown in lists.", &["\"production, read only\""]).optional(ANY);
    tags: Vec<String> = values::tags,
        key(Shape::Texts(TAG, 0), "Words to select profiles by, as in `login --tag`.", &["[\"prod\"]"]).optional(ANY);
    credential_process: bool = credential_process,
        key(
            Shape::Flag,
            "Let AWS's SDKs ask awsauth for credentials each time, instead of using AWS's own keys in ~/.aws/config.",
            &["true"],
        ).optional(WRITTEN);
    settings: CheckedSettings = |given, reader: &mut Reader<'_>| profile_settings::read(given, Self::KEYS, reader),
        key(
            Shape::Settings,
            "Other AWS settings, written into the profile's section as they are.",
            &["{\"max_attempts\": 5, \"s3\": {\"addressing_style\": \"path\"}}"],
        ).optional(WRITTEN);
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
    role_arn: RoleArn = parsed(
        RoleArn::new,
        codes::BAD_ROLE_ARN,
        "a role's ARN looks like `arn:aws:iam::444455556666:role/Admin`",
    ),
        key(Shape::Text(ROLE), "The role to assume.", &["\"arn:aws:iam::444455556666:role/Admin\""])
            .required(ROLE_PATTERNS);
    source_profile: String = text(values::reference),
        key(Shape::Text(NAME), "The profile whose credentials assume the role.", &["\"main\""])
            .required(&[IamMfaRole, SsoRole]).optional(&[Role]);
    credential_source: CredentialSource = text(values::credential_source),
        key(
            Shape::Word(CREDENTIAL_SOURCES),
            "The place of this machine whose credentials assume the role, in place of `source_profile`.",
            &["\"Ec2InstanceMetadata\""],
        ).optional(&[Role]);
    duration_seconds: i64 = duration_seconds,
        key(
            Shape::Seconds(900, 129_600),
            "How long the session lasts: 900 to 129600 for `iam-mfa`, to 43200 for a role, to 3600 for a role that is \
             assumed with temporary credentials.",
            &["3600", "43200"],
        ).optional(&[IamMfa, IamMfaRole, SsoRole, Role]);
    role_session_name: RoleSessionName = parsed(
        RoleSessionName::new,
        codes::BAD_ROLE_SESSION_NAME,
        "use 2 to 64 letters, digits and `_+=,.@-`",
    ),
        key(
            Shape::Text("[A-Za-z0-9_+=,.@-]{2,64}"),
            "The name of the session as CloudTrail shows it.",
            &["\"alice@example.com\""],
        ).optional(ROLE_PATTERNS);
    external_id: ExternalId = parsed(
        ExternalId::new,
        codes::BAD_EXTERNAL_ID,
        "use 2 to 1224 letters, digits and `_+=,.@:/-`",
    ),
        key(
            Shape::Text("[A-Za-z0-9_+=,.@:/-]{2,1224}"),
            "The external id that the role's owner asks for.",
            &["\"partner-42\""],
        ).optional(ROLE_PATTERNS);
    login_session: LoginSession = parsed(
        LoginSession::new,
        codes::BAD_LOGIN_SESSION,
        "give the ARN that the console's sign-in page leads to, such as `arn:aws:iam::111122223333:user/alice` or \
         `arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com`",
    ),
        key(
            Shape::Text(LOGIN_SESSION),
            "The ARN of whoever signs in to the console: of a user, of a session of a role, or of an account's root.",
            &["\"arn:aws:iam::111122223333:user/${user}\""],
        ).required(&[Login]);
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
            "The region of IAM Identity Center, for a profile without `sso_session` (the legacy form).",
            &["\"us-east-1\""],
        ).optional(&[Sso]);
    sso_account_id: AccountId = parsed(AccountId::new, codes::BAD_ACCOUNT_ID, ACCOUNT_ID_HELP),
        key(Shape::Text(ID), "The account to work in.", &["\"123456789012\""]).required(&[Sso]);
    sso_role_name: SsoRoleName = parsed(
        SsoRoleName::new,
        codes::BAD_SSO_ROLE_NAME,
        "give the name of the permission set as the access portal shows it, not an ARN",
    ),
        key(Shape::Text("[A-Za-z0-9_+=,.@-]{1,32}"), "The permission set's name as the portal shows it.", &["\"ReadOnly\""])
            .required(&[Sso]);
}

impl ProfileKeys {
    /// Reads a table. Returns its unknown keys, too.
    pub(crate) fn read<'e, 't: 'e>(
        table: impl IntoIterator<Item = &'e KeyValue<'t>>,
        origin: Origin,
        reader: &mut Reader<'_>,
    ) -> (Box<Self>, Vec<&'e KeyValue<'t>>) {
        // Boxed: the struct has about a thousand bytes, and is passed around a lot.
        let mut fields = Box::<Self>::default();
        let mut written = Vec::new();
        let note = |entry: &&KeyValue<'_>| {
            let key = Self::KEYS.iter().find(|key| key.name == entry.name);
            written.extend(key.map(|key| (key, entry.at)));
        };
        let unknown = fields.read_keys(table.into_iter().inspect(note), origin, reader);
        // A profile may have no use for what `[defaults]` gives to all.
        if origin != Origin::Defaults {
            fields.written = written;
        }
        (fields, unknown)
    }

    /// Reads a table of `[profiles]`.
    pub(crate) fn of_profile(entry: &KeyValue<'_>, reader: &mut Reader<'_>) -> Box<Self> {
        let before = reader.sink.errors();
        if let Err(error) = ProfileName::new(&entry.name) {
            reader.sink.push(values::bad_name(&entry.name, entry.at, &error));
        }
        let Some(table) = table::table(entry, &mut reader.sink) else {
            // So no finding calls its pattern missing.
            return Box::new(Self { wrong: true, pattern: Field::Invalid, ..Self::default() });
        };
        let (mut fields, unknown) = Self::read(table, Origin::Own, reader);
        for key in unknown {
            if is_table_of_its_own(key) {
                reader.sink.push(dotted(key, &entry.name));
                fields.mark_invalid("pattern");
            } else {
                fields.note_unknown_in(key, &entry.name, &mut reader.sink);
            }
        }
        fields.wrong |= entry.is_disputed || reader.sink.errors() > before;
        fields
    }

    /// Names only the keys of its pattern if that is known.
    fn note_unknown_in(&mut self, entry: &KeyValue<'_>, profile: &str, sink: &mut Sink) {
        let pattern = self.pattern.value().copied();
        let keys = Self::KEYS.iter().filter(|key| pattern.is_none_or(|pattern| key.fits(pattern)));
        let place = format_args!("the profile `{profile}`");
        let meant = table::unknown_key(entry, place, keys.map(|key| key.name), sink);
        if let Some(meant) = meant {
            self.mark_invalid(meant);
        }
    }

    pub(crate) fn of_defaults(table: &[KeyValue<'_>], reader: &mut Reader<'_>) -> Box<Self> {
        let (mut fields, unknown) = Self::read(table, Origin::Defaults, reader);
        for key in unknown {
            // A profile may override an invalid value, but not an unknown key.
            fields.wrong |= !fields.note_unknown(key, format_args!("`[defaults]`"), &mut reader.sink);
        }
        fields.wrong |= fields.settings.is_invalid() || table.iter().any(|entry| entry.is_disputed);
        fields
    }

    /// Takes over what only the lower table has, and its mistakes.
    pub(crate) fn inherit(&mut self, lower: &Self) {
        self.fill_from(lower);
        let is_new = |(key, _): &&(&Key, Span)| self.written.iter().all(|(own, _)| own.name != key.name);
        let more: Vec<_> = lower.written.iter().filter(is_new).copied().collect();
        self.written.extend(more);
        self.wrong |= lower.wrong;
    }

    /// True if every key that counts for the pattern is right.
    pub(crate) fn is_in_order(&self) -> bool {
        let Some(pattern) = self.pattern.value().copied() else { return false };
        let counts = |name: &str| Self::KEYS.iter().any(|key| key.name == name && key.fits(pattern));
        !self.wrong && !self.fields().any(|(name, field)| field.is_invalid() && counts(name))
    }

    /// The fields that its pattern has a use for: a key of `[defaults]` may be of none.
    fn own_fields(&self) -> impl Iterator<Item = (&'static str, &dyn AnyField)> {
        let pattern = self.pattern.value().copied();
        let fits = move |name: &str| {
            let key = Self::KEYS.iter().find(|key| key.name == name);
            key.zip(pattern).is_none_or(|(key, pattern)| key.fits(pattern))
        };
        self.fields().filter(move |(name, _)| fits(name))
    }

    pub(crate) fn origins(&self) -> Vec<KeyOrigin> {
        self.own_fields().flat_map(|(name, field)| field.origins(name)).collect()
    }

    /// As [`Self::origins`], with the values that are wrong or wait for a variable.
    pub(crate) fn written_keys(&self) -> Vec<KeyOrigin> {
        self.own_fields().flat_map(|(name, field)| field.written(name)).collect()
    }
}

/// True for a table that is no setting of AWS's such as `s3`.
fn is_table_of_its_own(entry: &KeyValue<'_>) -> bool {
    let is_aws = aws_settings::find(aws_settings::SETTINGS, &entry.name).is_some();
    entry.node.table().is_some() && !is_aws && aws_settings::refusal(&entry.name).is_none()
}

/// A table inside the profile `name` that is probably a profile of its own, whose name has a dot in it.
fn dotted(entry: &KeyValue<'_>, name: &str) -> Diagnostic {
    let message = format!("`{}` is not a key of the profile `{name}`", entry.name);
    let whole = values::toml_key(&format!("{name}.{}", entry.name));
    let help = format!("put a name with a dot in quotes: `[profiles.{whole}]`");
    Diagnostic::error(codes::UNKNOWN_KEY, entry.at, message).help(help)
}

fn credential_process(KeyEntry { entry, key, .. }: KeyEntry<'_, '_>, reader: &mut Reader<'_>) -> Option<bool> {
    match &entry.node.value {
        Value::Flag(flag) => return Some(*flag),
        // As in AWS's own files.
        Value::Text(_) | Value::Filled(..) | Value::Unfilled(_) => {
            let message = "`credential_process` is `true` or `false` here: a manifest can't name a program";
            reader.sink.push(Diagnostic::error(codes::WRONG_TYPE, entry.node.at, message).help(
                "`true` makes awsauth the program; a profile of another program stays in ~/.aws/config, outside awsauth's \
                 block, and has the pattern `external` here",
            ));
        }
        _ => wrong_type(&entry.name, &entry.node, key.shape.words(), Some(key.examples[0]), &mut reader.sink),
    }
    None
}

/// The pattern decides on the bounds.
fn duration_seconds(KeyEntry { entry, key, .. }: KeyEntry<'_, '_>, reader: &mut Reader<'_>) -> Option<i64> {
    table::number(entry, key.shape.words(), key.examples[0], &mut reader.sink)
}

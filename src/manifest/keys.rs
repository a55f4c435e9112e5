//! Owns the one table of keys: name, type, patterns, words and examples. It drives both the reader's checks and the JSON
//! Schema, so that they can't drift apart. Must not know TOML or JSON Schema.

use crate::model::Pattern::{self, IamMfa, IamMfaRole, Sso, SsoRole};

/// The type of a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A string; its form as a regular expression over the whole string.
    Text(&'static str),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Whole seconds, within these bounds.
    Seconds(i64, i64),
    /// `true` or `false`.
    Flag,
    /// A list of strings of one form, with at least so many.
    Texts(&'static str, usize),
    /// The table of other AWS settings.
    Settings,
}

impl Shape {
    /// The type in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Text(_) | Self::Word(_) => "a string",
            Self::Seconds(..) => "a whole number of seconds",
            Self::Flag => "`true` or `false`",
            Self::Texts(..) => "a list of strings",
            Self::Settings => "a table",
        }
    }
}

/// One key of a profile or an SSO session.
#[derive(Debug)]
pub(super) struct Key {
    /// As it is written.
    pub(super) name: &'static str,
    /// The type of its value.
    pub(super) shape: Shape,
    /// What it is for.
    pub(super) doc: &'static str,
    /// Values as JSON, which are TOML as well.
    pub(super) examples: &'static [&'static str],
    /// The patterns that need it.
    pub(super) required: &'static [Pattern],
    /// The patterns that may have it besides.
    pub(super) optional: &'static [Pattern],
}

impl Key {
    /// Whether a profile of that pattern may have it.
    pub(super) fn fits(&self, pattern: Pattern) -> bool {
        self.required.contains(&pattern) || self.optional.contains(&pattern)
    }

    /// The patterns that may have it, in the order of the documentation.
    pub(super) fn patterns(&self) -> impl Iterator<Item = Pattern> {
        Pattern::ALL.into_iter().filter(|pattern| self.fits(*pattern))
    }
}

/// The words of `pattern`.
pub(super) const PATTERNS: &[&str] = &["iam", "iam-mfa", "iam-mfa-role", "sso", "sso-role"];
/// AWS CLI's output formats.
pub(super) const OUTPUTS: &[&str] = &["json", "text", "table", "yaml", "yaml-stream", "off"];

const ANY: &[Pattern] = &Pattern::ALL;
const NAME: &str = "[A-Za-z0-9_.@%+:/][A-Za-z0-9_.@%+:/-]{0,127}";
const REGION: &str = "[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}";
/// A portal of awsapps.com has a page, such as `/start`.
const URL: &str = "(?!https://[^/#?]*[.]awsapps[.](com|cn)(:[0-9]+)?/*([#?].*)?$)https://[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*(:[0-9]+)?([/#?][ -~]*)?";
#[cfg(test)]
const PARTITION: &str = "(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc)";

/// The form of a name.
pub(super) const NAME_FORM: &str = NAME;

const fn key(name: &'static str, shape: Shape, doc: &'static str, examples: &'static [&'static str]) -> Key {
    Key { name, shape, doc, examples, required: &[], optional: &[] }
}

impl Key {
    const fn required(mut self, patterns: &'static [Pattern]) -> Self {
        self.required = patterns;
        self
    }

    const fn optional(mut self, patterns: &'static [Pattern]) -> Self {
        self.optional = patterns;
        self
    }
}

/// The serial of a device that gives codes: a virtual device's ARN, or a hardware serial.
const SERIAL: &str = "(arn:(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc):iam::[0-9]{12}:mfa/[A-Za-z0-9_+=/:,.@-]+|(?!arn:)[A-Za-z0-9_+=/:,.@-]{9,256})";
/// The ARN of a role.
const ROLE: &str = "arn:(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc):iam::[0-9]{12}:role/([A-Za-z0-9_+=,.@-]*/)*[A-Za-z0-9_+=,.@-]+";
/// A host, or all below one.
const HOST: &str = "([*][.][A-Za-z0-9_-]+[.])?([A-Za-z0-9_-]+[.])*(?!0[xX][0-9A-Fa-f]*$)[A-Za-z0-9_-]*[A-Za-z_-][A-Za-z0-9_-]*|[0-9]{1,3}([.][0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*|\\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\\]";
/// Text without control characters.
const LINE: &str = "[^\\u0000-\\u001f\\u007f-\\u009f]*";

/// A tag: the alphabet of AWS's own.
const TAG: &str = "([\\p{L}\\p{N}_.:/=+@ ][\\p{L}\\p{N}_.:/=+@ -]*)?";

/// The name of a role, as far as that is told where it is listed.
pub(super) const ROLE_NAME: &str = "[^\\u0000-\\u001f\\u007f-\\u009f]+";

/// Every key of a profile, in the order of the documentation.
pub(super) const PROFILE: &[Key] = &[
    key("pattern", Shape::Word(PATTERNS), "How the profile gets its credentials.", &["\"iam-mfa-role\"", "\"sso\""])
        .required(ANY),
    key("region", Shape::Text(REGION), "The AWS region of requests made as this profile.", &["\"eu-west-1\""])
        .optional(ANY),
    key("output", Shape::Word(OUTPUTS), "AWS CLI's output format.", &["\"json\"", "\"table\""]).optional(ANY),
    key("description", Shape::Text(LINE), "What the profile is for, shown in lists.", &["\"production, read only\""])
        .optional(ANY),
    key("tags", Shape::Texts(TAG, 0), "Words to choose many profiles by, as in `login --tag`.", &["[\"prod\"]"])
        .optional(ANY),
    key(
        "credential_process",
        Shape::Flag,
        "Whether AWS's SDKs ask awsauth for credentials each time, instead of AWS's own keys in ~/.aws/config.",
        &["true"],
    )
    .optional(ANY),
    key(
        "settings",
        Shape::Settings,
        "Other AWS settings, written into the profile's section as they are.",
        &["{\"max_attempts\": 5, \"s3\": {\"addressing_style\": \"path\"}}"],
    )
    .optional(ANY),
    key(
        "mfa_serial",
        Shape::Text(SERIAL),
        "The MFA device that gives the code: the ARN of a virtual device, or a hardware serial number.",
        &["\"arn:aws:iam::111122223333:mfa/${user}\"", "\"GAHT12345678\""],
    )
    .required(&[IamMfa])
    .optional(&[IamMfaRole]),
    key(
        "long_term_profile",
        Shape::Text(NAME),
        "The section of ~/.aws/credentials that holds the long-term key; NAME-long-term if not given.",
        &["\"main-long-term\""],
    )
    .optional(&[IamMfa]),
    key("role_arn", Shape::Text(ROLE), "The role to assume.", &["\"arn:aws:iam::444455556666:role/Admin\""])
        .required(&[IamMfaRole, SsoRole]),
    key("source_profile", Shape::Text(NAME), "The profile whose credentials assume the role.", &["\"main\""])
        .required(&[IamMfaRole, SsoRole]),
    key(
        "duration_seconds",
        Shape::Seconds(900, 129_600),
        "How long the session lasts: 900 to 129600 for `iam-mfa`, to 43200 for a role, to 3600 for a role that is \
         assumed with temporary credentials.",
        &["3600", "43200"],
    )
    .optional(&[IamMfa, IamMfaRole, SsoRole]),
    key(
        "role_session_name",
        Shape::Text("[A-Za-z0-9_+=,.@-]{2,64}"),
        "The name of the session as CloudTrail shows it.",
        &["\"alice@example.com\""],
    )
    .optional(&[IamMfaRole, SsoRole]),
    key(
        "external_id",
        Shape::Text("[A-Za-z0-9_+=,.@:/-]{2,1224}"),
        "The external id that the role's owner asks for.",
        &["\"partner-42\""],
    )
    .optional(&[IamMfaRole, SsoRole]),
    key("sso_session", Shape::Text(NAME), "The entry of `[sso_sessions]` to log in through.", &["\"corp\""])
        .optional(&[Sso]),
    key(
        "sso_start_url",
        Shape::Text(URL),
        "The access portal, for a profile without `sso_session` (the legacy form).",
        &["\"https://corp.awsapps.com/start\""],
    )
    .optional(&[Sso]),
    key(
        "sso_region",
        Shape::Text(REGION),
        "Where IAM Identity Center runs, for a profile without `sso_session` (the legacy form).",
        &["\"us-east-1\""],
    )
    .optional(&[Sso]),
    key("sso_account_id", Shape::Text("[0-9]{12}"), "The account to work in.", &["\"123456789012\""]).required(&[Sso]),
    key(
        "sso_role_name",
        Shape::Text("[A-Za-z0-9_+=,.@-]{1,32}"),
        "The permission set to work with.",
        &["\"ReadOnly\""],
    )
    .required(&[Sso]),
];

/// Every key of an SSO session.
pub(super) const SESSION: &[Key] = &[
    key("sso_start_url", Shape::Text(URL), "The access portal.", &["\"https://corp.awsapps.com/start\""]).required(ANY),
    key("sso_region", Shape::Text(REGION), "Where IAM Identity Center runs.", &["\"us-east-1\""]).required(ANY),
    key(
        "sso_registration_scopes",
        Shape::Texts("[A-Za-z0-9_.:/*-]+", 1),
        "The OAuth scopes to ask for; [\"sso:account:access\"] if not given.",
        &["[\"sso:account:access\"]"],
    )
    .optional(ANY),
];

/// Every key of an entry of `[accounts]` that is a table.
pub(super) const ACCOUNT: &[Key] = &[
    key("id", Shape::Text("[0-9]{12}"), "The account's number.", &["\"222222222222\""]).required(ANY),
    key(
        "region",
        Shape::Text(REGION),
        "The AWS region of the profiles that a matrix makes for it; wins over the matrix's own.",
        &["\"eu-west-1\""],
    )
    .optional(ANY),
    key(
        "tags",
        Shape::Texts(TAG, 0),
        "Words for a matrix to choose accounts by; the profiles made for it have them too.",
        &["[\"nonprod\"]"],
    )
    .optional(ANY),
    key(
        "roles",
        Shape::Texts(ROLE_NAME, 0),
        "The roles there, for a matrix with `roles = \"*\"`; `awsauth discover` keeps the list.",
        &["[\"Admin\", \"ReadOnly\"]"],
    )
    .optional(ANY),
    key(
        "sso_session",
        Shape::Text(NAME),
        "The SSO session that leads there, where the manifest has several.",
        &["\"corp\""],
    )
    .optional(ANY),
];

/// The template of a made profile's name.
pub(super) const NAME_KEY: &str = "name";
/// Which accounts a matrix takes.
pub(super) const ACCOUNTS: &str = "accounts";
/// Which roles it takes in each.
pub(super) const ROLES: &str = "roles";
/// Which of the names that it would make it leaves out.
pub(super) const EXCLUDE: &str = "exclude";

/// The keys of a matrix beside those of a profile, with what they are for and an example.
pub(super) const MATRIX: &[(&str, &str, &str)] = &[
    (
        NAME_KEY,
        "The name of each profile, with `${account}`, `${account_id}`, `${role}` or `${role_lower}` in it.",
        "\"${account}-${role}\"",
    ),
    (
        ACCOUNTS,
        "The accounts to make profiles for: `\"*\"` for all, a list of names of `[accounts]`, or those with any of some tags.",
        "\"*\"",
    ),
    (
        ROLES,
        "The roles to make profiles for in each account; `\"*\"` for the account's own list. Without it there is one \
         profile for each account.",
        "[\"Admin\", \"ReadOnly\"]",
    ),
    (EXCLUDE, "Names of profiles that are not made; `*` and `?` stand for parts of a name.", "[\"prod-Admin\"]"),
];

/// The tables by which profiles are made.
pub(super) const MAKERS: [&str; 2] = ["accounts", "matrix"];

/// What `${…}` can also be inside a matrix.
pub(super) const PRODUCT_VARIABLES: [&str; 4] = ["account", "account_id", "role", "role_lower"];

/// The words of `sso_flow`.
pub(super) const SSO_FLOWS: &[&str] = &["device", "pkce"];
/// The words of `prompt`.
pub(super) const PROMPTS: &[&str] = &["tty"];

/// Every key of `[settings]` in `profiles.local.toml` that this version reads.
pub(super) const LOCAL: &[Key] = &[
    key(
        "mfa_process",
        Shape::Texts("[^\\u0000]*", 1),
        "A program and its arguments, started without a shell, that prints an MFA code. It finds the profile in \
         AWSAUTH_PROFILE and the device in AWSAUTH_MFA_SERIAL.",
        &["[\"ykman\", \"oath\", \"accounts\", \"code\", \"--single\", \"aws\"]"],
    ),
    key(
        "sso_flow",
        Shape::Word(SSO_FLOWS),
        "How an SSO login is approved unless `--flow` says otherwise.",
        &["\"device\"", "\"pkce\""],
    ),
    key(
        "prompt",
        Shape::Word(PROMPTS),
        "Where `credential-process` may ask for an MFA code or an approval: \"tty\", the terminal that the SDK was \
         started from. Without it, nobody is ever asked.",
        &["\"tty\""],
    ),
    key(
        "allow_hosts",
        Shape::Texts(HOST, 0),
        "Hosts that `endpoint_url` and `sso_start_url` may name though they are not AWS's own: a name, an IP address, or \
         `*.NAME` for all names below one. No other file can allow them.",
        &["[\"localstack.corp.example\", \"*.internal.example\"]"],
    ),
];

/// Keys of `[settings]` that a later version reads.
pub(super) const LOCAL_NOT_YET: &[&str] = &["store"];

/// The tables of `profiles.local.toml` that this version reads, with what they are for.
pub(super) const LOCAL_TOP: &[(&str, &str)] = &[
    ("version", "The version of the format; 1."),
    ("settings", "What one person wants on this machine."),
    ("vars", "One person's own texts for ${name}; they win over those of the manifest."),
    ("defaults", "Keys of `[defaults]` that are one person's own; they win over those of the manifest."),
    ("sso_sessions", "Keys of SSO sessions that are one person's own, and sessions of one person alone."),
    ("accounts", "Keys of accounts that are one person's own, and accounts of one person alone."),
    ("matrix", "Keys of matrices that are one person's own, and matrices of one person alone."),
    ("profiles", "Keys of profiles that are one person's own, and profiles of one person alone."),
];

/// The key by which a file names others to be read.
pub(super) const INCLUDE: &str = "include";
/// The table of what each person has to supply.
pub(super) const REQUIRED_VARS: &str = "required_vars";

/// The keys of the whole file that this version reads, with what they are for.
pub(super) const TOP: &[(&str, &str)] = &[
    ("version", "The version of the format; 1."),
    (INCLUDE, "Files below this one's directory that are read with it; where both say something, this one wins."),
    (REQUIRED_VARS, "Variables that each person supplies in profiles.local.toml, with words that say what they are."),
    ("defaults", "Keys that every profile has unless it gives its own."),
    ("vars", "Texts to use as ${name} in any string of the other tables."),
    ("sso_sessions", "Logins to IAM Identity Center, each shared by many profiles."),
    ("accounts", "The AWS accounts by name, each with its number, for `[matrix]`."),
    ("matrix", "Profiles made for many accounts and roles at once, each matrix under a label of its own."),
    ("profiles", "The profiles by name, as in `aws --profile NAME`; one that a matrix makes too wins key by key."),
];

/// The key of that name.
pub(super) fn find(keys: &'static [Key], name: &str) -> Option<&'static Key> {
    keys.iter().find(|key| key.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Partition, PromptPlace, SsoFlow};

    #[test]
    fn the_words_of_the_table_are_those_of_the_model() {
        assert_eq!(PATTERNS, Pattern::ALL.map(Pattern::as_str));
        assert_eq!(SSO_FLOWS, SsoFlow::ALL.map(SsoFlow::as_str));
        assert_eq!(PROMPTS, PromptPlace::ALL.map(PromptPlace::as_str));
        let partitions = Partition::ALL.map(Partition::as_str).join("|");
        assert_eq!(PARTITION, format!("({partitions})"));
        assert!(ROLE.contains(PARTITION) && SERIAL.contains(PARTITION));
    }

    #[test]
    fn every_key_is_described_by_example() {
        for key in PROFILE.iter().chain(SESSION).chain(ACCOUNT) {
            assert!(key.doc.ends_with('.') && !key.examples.is_empty(), "{}", key.name);
            assert!(key.patterns().next().is_some(), "{} is for no pattern", key.name);
        }
        for key in LOCAL {
            assert!(key.doc.ends_with('.') && !key.examples.is_empty(), "{}", key.name);
        }
    }
}

//! Owns the description of a key, and the forms of its values. The tables of keys are in `raw`, each key with its reader. Must
//! not know TOML or JSON Schema.

use crate::model::Pattern;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A string of this form, a regular expression for the whole string.
    Text(&'static str),
    Word(&'static [&'static str]),
    Seconds(i64, i64),
    Flag,
    /// A list of strings of this form, and its least length.
    Texts(&'static str, usize),
    Settings,
    /// A program with its arguments, or a table that names a browser.
    Browser,
    /// A table with a browser for each tag.
    BrowserByTag,
}

impl Shape {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Text(_) | Self::Word(_) => "a string",
            Self::Seconds(..) => "a whole number of seconds",
            Self::Flag => "`true` or `false`",
            Self::Texts(..) => "a list of strings",
            Self::Browser => "a list of strings or a table",
            Self::Settings | Self::BrowserByTag => "a table",
        }
    }
}

/// A key of a profile, an SSO session, an account or `[settings]`.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) doc: &'static str,
    /// As JSON, which is valid TOML as well.
    pub(crate) examples: &'static [&'static str],
    pub(crate) required: &'static [Pattern],
    pub(crate) optional: &'static [Pattern],
}

impl Key {
    pub(crate) fn fits(&self, pattern: Pattern) -> bool {
        self.required.contains(&pattern) || self.optional.contains(&pattern)
    }

    /// The advice to add it, with the first words of its documentation.
    pub(crate) fn to_add(&self, example: &str) -> String {
        let words = self.doc.split([',', ':', '.']).next().unwrap_or_default();
        let words = words.replacen("The ", "the ", 1);
        format!("add `{}`, {words}, such as `{example}`", self.name)
    }

    /// In the order of the documentation.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = Pattern> {
        Pattern::ALL.into_iter().filter(|pattern| self.fits(*pattern))
    }
}

pub(crate) const PATTERNS: &[&str] =
    &["iam", "iam-mfa", "iam-mfa-role", "sso", "sso-role", "role", "login", "external"];
pub(crate) const CREDENTIAL_SOURCES: &[&str] = &["Environment", "Ec2InstanceMetadata", "EcsContainer"];
pub(crate) const OUTPUTS: &[&str] = &["json", "text", "table", "yaml", "yaml-stream", "off"];

pub(crate) const ANY: &[Pattern] = &Pattern::ALL;
/// The patterns that `apply` writes a section for.
pub(crate) const WRITTEN: &[Pattern] = &[
    Pattern::Iam,
    Pattern::IamMfa,
    Pattern::IamMfaRole,
    Pattern::Sso,
    Pattern::SsoRole,
    Pattern::Role,
    Pattern::Login,
];
/// As [`WRITTEN`], without the one that needs a region.
pub(crate) const REGIONLESS: &[Pattern] =
    &[Pattern::Iam, Pattern::IamMfa, Pattern::IamMfaRole, Pattern::Sso, Pattern::SsoRole, Pattern::Role];
pub(crate) const ROLE_PATTERNS: &[Pattern] = &[Pattern::IamMfaRole, Pattern::SsoRole, Pattern::Role];
pub(crate) const ID: &str = "[0-9]{12}";
pub(crate) const NAME: &str = "[A-Za-z0-9_.@%+:/][A-Za-z0-9_.@%+:/-]{0,127}";
pub(crate) const REGION: &str = "[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}";
/// A portal at awsapps.com needs a path, such as `/start`.
pub(crate) const URL: &str = "(?!https://[^/#?]*[.]awsapps[.](com|cn)(:[0-9]+)?/*([#?].*)?$)https://[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*(:[0-9]+)?([/#?][ -~]*)?";
#[cfg(test)]
const PARTITION: &str = "(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc)";

/// A key for no pattern; the name is added later.
pub(crate) const fn key(shape: Shape, doc: &'static str, examples: &'static [&'static str]) -> Key {
    Key { name: "", shape, doc, examples, required: &[], optional: &[] }
}

impl Key {
    pub(crate) const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    pub(crate) const fn required(mut self, patterns: &'static [Pattern]) -> Self {
        self.required = patterns;
        self
    }

    pub(crate) const fn optional(mut self, patterns: &'static [Pattern]) -> Self {
        self.optional = patterns;
        self
    }
}

/// A virtual MFA device's ARN, or the serial number of a hardware device.
pub(crate) const SERIAL: &str = "(arn:(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc):iam::[0-9]{12}:mfa/[A-Za-z0-9_+=/:,.@-]+|(?!arn:)[A-Za-z0-9_+=/:,.@-]{9,256})";
pub(crate) const ROLE: &str = "arn:(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc):iam::[0-9]{12}:role/([A-Za-z0-9_+=,.@-]*/)*[A-Za-z0-9_+=,.@-]+";
pub(crate) const LOGIN_SESSION: &str = "arn:(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc):(iam::[0-9]{12}:(root|user/([A-Za-z0-9_+=,.@-]*/)*[A-Za-z0-9_+=,.@-]+)|sts::[0-9]{12}:assumed-role/[A-Za-z0-9_+=,.@-]+/[A-Za-z0-9_+=,.@-]+)";
pub(crate) const HOST: &str = "([*][.][A-Za-z0-9_-]+[.])?([A-Za-z0-9_-]+[.])*(?!0[xX][0-9A-Fa-f]*$)[A-Za-z0-9_-]*[A-Za-z_-][A-Za-z0-9_-]*|[0-9]{1,3}([.][0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*|\\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\\]";
pub(crate) const LINE: &str = "[^\\u0000-\\u001f\\u007f-\\u009f]*";

/// AWS's own alphabet for tags.
pub(crate) const TAG: &str = "([\\p{L}\\p{N}_.:/=+@ ][\\p{L}\\p{N}_.:/=+@ -]*)?";

/// Any visible text: each use of a role has its own rules.
pub(crate) const ROLE_NAME: &str = "[^\\u0000-\\u001f\\u007f-\\u009f]+";

pub(crate) const NAME_KEY: &str = "name";
pub(crate) const ACCOUNTS: &str = "accounts";
pub(crate) const ROLES: &str = "roles";
pub(crate) const EXCLUDE: &str = "exclude";

/// The keys that only a matrix has: name, documentation and example.
pub(crate) const MATRIX: &[(&str, &str, &str)] = &[
    (
        NAME_KEY,
        "The name of each profile, with `${account}`, `${account_id}`, `${role}` or `${role_lower}` in it.",
        "\"${account}-${role}\"",
    ),
    (
        ACCOUNTS,
        "The accounts to make profiles for: `\"*\"` for all, a list of names of `[accounts]`, or `{ tags = […] }` for those with any of these tags.",
        "\"*\"",
    ),
    (
        ROLES,
        "The roles to make profiles for in each account; `\"*\"` for the account's own list. Without it there is one \
         profile for each account.",
        "[\"Admin\", \"ReadOnly\"]",
    ),
    (EXCLUDE, "Names of profiles that are not made, or globs with `*`, `?` and `[a-z]`.", "[\"prod-Admin\"]"),
];

pub(crate) const MAKERS: [&str; 2] = ["accounts", "matrix"];

pub(crate) const GENERATED: [&str; 4] = ["account", "account_id", "role", "role_lower"];

pub(crate) const SSO_FLOWS: &[&str] = &["device", "pkce"];
pub(crate) const PROMPTS: &[&str] = &["tty"];

pub(crate) const STORES: &[&str] = &["file", "keyring"];

pub(crate) const INCLUDE: &str = "include";
pub(crate) const REQUIRED_VARS: &str = "required_vars";

/// The top-level keys, each with its documentation in `profiles.toml` and in `profiles.local.toml`, if the file may have it.
const TOP: &[(&str, Option<&str>, Option<&str>)] = &[
    ("version", Some("The version of the format; 1."), Some("The version of the format; 1.")),
    (INCLUDE, Some("Files in or below this directory that are read with this one, which overrides them."), None),
    (REQUIRED_VARS, Some("Variables that each person supplies in profiles.local.toml, each with a description."), None),
    ("settings", None, Some("Personal settings for this machine.")),
    (
        "defaults",
        Some("Keys for every profile that does not have its own."),
        Some("Personal defaults; they override those of the manifest."),
    ),
    (
        "vars",
        Some("Variables, for use as ${name} in any string of the other tables."),
        Some("Personal values of variables; they override those of the manifest."),
    ),
    (
        "sso_sessions",
        Some("Logins to IAM Identity Center, each shared by many profiles."),
        Some("Personal SSO sessions, and personal keys of the manifest's."),
    ),
    (
        "accounts",
        Some("AWS accounts by name, each with its id, for `[matrix]`."),
        Some("Personal accounts, and personal keys of the manifest's."),
    ),
    (
        "matrix",
        Some("Profiles for many accounts and roles at once; each matrix has a label."),
        Some("Personal matrices, and personal keys of the manifest's."),
    ),
    (
        "profiles",
        Some("Profiles by name, as in `aws --profile NAME`; one that a matrix makes too is overridden key by key."),
        Some("Personal profiles, and personal keys of the manifest's."),
    ),
];

pub(crate) fn shared_top() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    TOP.iter().filter_map(|(name, shared, _)| Some((*name, (*shared)?)))
}

pub(crate) fn local_top() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    TOP.iter().filter_map(|(name, _, local)| Some((*name, (*local)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CredentialSource, Partition, PromptPlace, SecretStore, SsoFlow};

    #[test]
    fn the_words_of_the_table_are_those_of_the_model() {
        assert_eq!(PATTERNS, Pattern::ALL.map(Pattern::as_str));
        assert_eq!(CREDENTIAL_SOURCES, CredentialSource::ALL.map(CredentialSource::as_str));
        assert_eq!(SSO_FLOWS, SsoFlow::ALL.map(SsoFlow::as_str));
        assert_eq!(PROMPTS, PromptPlace::ALL.map(PromptPlace::as_str));
        assert_eq!(STORES, SecretStore::ALL.map(SecretStore::as_str));
        let partitions = Partition::ALL.map(Partition::as_str).join("|");
        assert_eq!(PARTITION, format!("({partitions})"));
        assert!(ROLE.contains(PARTITION) && SERIAL.contains(PARTITION));
    }
}

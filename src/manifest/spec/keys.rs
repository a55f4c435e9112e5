//! Owns how a key is described, the forms of values, and the words of the format. The tables of keys themselves are in `raw`,
//! each key beside its reader. Must not know TOML or JSON Schema.

use crate::model::Pattern;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A string; its form as a regular expression over the whole string.
    Text(&'static str),
    Word(&'static [&'static str]),
    Seconds(i64, i64),
    Flag,
    /// A list of strings of one form, with at least so many.
    Texts(&'static str, usize),
    Settings,
}

impl Shape {
    /// The type in words.
    pub(crate) fn words(self) -> &'static str {
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
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) doc: &'static str,
    /// Values as JSON, which are TOML as well.
    pub(crate) examples: &'static [&'static str],
    /// The patterns that need it.
    pub(crate) required: &'static [Pattern],
    /// The patterns that may have it besides.
    pub(crate) optional: &'static [Pattern],
}

impl Key {
    /// True if a profile of that pattern may have it.
    pub(crate) fn fits(&self, pattern: Pattern) -> bool {
        self.required.contains(&pattern) || self.optional.contains(&pattern)
    }

    /// The patterns that may have it, in the order of the documentation.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = Pattern> {
        Pattern::ALL.into_iter().filter(|pattern| self.fits(*pattern))
    }
}

/// The words of `pattern`.
pub(crate) const PATTERNS: &[&str] = &["iam", "iam-mfa", "iam-mfa-role", "sso", "sso-role"];
/// AWS CLI's output formats.
pub(crate) const OUTPUTS: &[&str] = &["json", "text", "table", "yaml", "yaml-stream", "off"];

pub(crate) const ANY: &[Pattern] = &Pattern::ALL;
pub(crate) const ID: &str = "[0-9]{12}";
pub(crate) const NAME: &str = "[A-Za-z0-9_.@%+:/][A-Za-z0-9_.@%+:/-]{0,127}";
pub(crate) const REGION: &str = "[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}";
/// A portal of awsapps.com has a page, such as `/start`.
pub(crate) const URL: &str = "(?!https://[^/#?]*[.]awsapps[.](com|cn)(:[0-9]+)?/*([#?].*)?$)https://[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*(:[0-9]+)?([/#?][ -~]*)?";
#[cfg(test)]
const PARTITION: &str = "(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc)";

/// A key without a name yet, for no pattern.
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

/// The serial of a device that gives codes: a virtual device's ARN, or a hardware serial.
pub(crate) const SERIAL: &str = "(arn:(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc):iam::[0-9]{12}:mfa/[A-Za-z0-9_+=/:,.@-]+|(?!arn:)[A-Za-z0-9_+=/:,.@-]{9,256})";
pub(crate) const ROLE: &str = "arn:(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc):iam::[0-9]{12}:role/([A-Za-z0-9_+=,.@-]*/)*[A-Za-z0-9_+=,.@-]+";
/// A host, or all below one.
pub(crate) const HOST: &str = "([*][.][A-Za-z0-9_-]+[.])?([A-Za-z0-9_-]+[.])*(?!0[xX][0-9A-Fa-f]*$)[A-Za-z0-9_-]*[A-Za-z_-][A-Za-z0-9_-]*|[0-9]{1,3}([.][0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*|\\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\\]";
/// Text without control characters.
pub(crate) const LINE: &str = "[^\\u0000-\\u001f\\u007f-\\u009f]*";

/// A tag: the alphabet of AWS's own.
pub(crate) const TAG: &str = "([\\p{L}\\p{N}_.:/=+@ ][\\p{L}\\p{N}_.:/=+@ -]*)?";

/// The name of a role, as far as that is told where it is listed.
pub(crate) const ROLE_NAME: &str = "[^\\u0000-\\u001f\\u007f-\\u009f]+";

/// The template of a made profile's name.
pub(crate) const NAME_KEY: &str = "name";
/// Which accounts a matrix takes.
pub(crate) const ACCOUNTS: &str = "accounts";
/// Which roles it takes in each.
pub(crate) const ROLES: &str = "roles";
/// Which of the names that it would make it leaves out.
pub(crate) const EXCLUDE: &str = "exclude";

/// The keys of a matrix beside those of a profile, with what they are for and an example.
pub(crate) const MATRIX: &[(&str, &str, &str)] = &[
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
pub(crate) const MAKERS: [&str; 2] = ["accounts", "matrix"];

/// What `${…}` can also be inside a matrix.
pub(crate) const GENERATED: [&str; 4] = ["account", "account_id", "role", "role_lower"];

pub(crate) const SSO_FLOWS: &[&str] = &["device", "pkce"];
pub(crate) const PROMPTS: &[&str] = &["tty"];

/// Keys of `[settings]` that a later version reads.
pub(crate) const LOCAL_NOT_YET: &[&str] = &["store"];

/// The tables of `profiles.local.toml` that this version reads, with what they are for.
pub(crate) const LOCAL_TOP: &[(&str, &str)] = &[
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
pub(crate) const INCLUDE: &str = "include";
/// The table of what each person has to supply.
pub(crate) const REQUIRED_VARS: &str = "required_vars";

/// The keys of the whole file that this version reads, with what they are for.
pub(crate) const TOP: &[(&str, &str)] = &[
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
}

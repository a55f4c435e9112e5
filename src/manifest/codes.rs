//! Owns the stable names of the manifest's rules. Must not know how a rule is checked.

macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $code:literal),+ $(,)?) => {
        $($(#[$meta])* pub(super) const $name: &str = $code;)+

        /// Every code; each has at least one fixture `fixtures/{manifest,local}/{invalid,valid}/CODE-CASE.toml`, or a
        /// directory `fixtures/layers/{invalid,valid}/CODE-CASE`.
        #[cfg(test)]
        pub(super) const ALL: &[&str] = &[$($name),+];
    };
}

codes! {
    /// The text is not TOML.
    SYNTAX = "syntax",
    /// One key or table twice.
    DUPLICATE_KEY = "duplicate-key",
    /// `version` is not a positive number.
    BAD_VERSION = "bad-version",
    /// Written for a later awsauth.
    NEWER_VERSION = "newer-version",
    /// Part of the format, but not of this version of awsauth.
    NOT_YET = "not-yet",
    /// `[settings]` outside the configuration directory's `profiles.local.toml`.
    SETTINGS_ELSEWHERE = "settings-elsewhere",
    /// `include` or `required_vars` in `profiles.local.toml`.
    SHARED_ONLY = "shared-only",
    /// A path in `include` that is none.
    BAD_INCLUDE = "bad-include",
    /// An `include` that leads out of the manifest's directory.
    INCLUDE_OUTSIDE = "include-outside",
    /// An `include` of a file that is not there.
    INCLUDE_MISSING = "include-missing",
    /// A pattern in `include` that matches nothing (warning).
    INCLUDE_NOTHING = "include-nothing",
    /// Files that include each other.
    INCLUDE_CYCLE = "include-cycle",
    /// More files in a row than anyone means.
    INCLUDE_TOO_DEEP = "include-too-deep",
    /// An included file that is no file, or no text.
    INCLUDE_UNREADABLE = "include-unreadable",
    /// One name in two included files.
    DEFINED_TWICE = "defined-twice",
    /// A variable that each person has to supply, with a value in a shared file.
    REQUIRED_GIVEN = "required-variable-given",
    /// A variable that each person has to supply, and nothing uses (warning).
    REQUIRED_UNUSED = "required-variable-unused",
    /// `profiles.local.toml` in the team's repository.
    COMMITTED_LOCAL = "committed-local",
    /// `[settings]` in a file that somebody else can have written.
    UNTRUSTED_SETTINGS = "untrusted-settings",
    /// Words that are no program with arguments.
    BAD_PROGRAM = "bad-program",
    /// A text in `allow_hosts` that allows no host.
    BAD_HOST = "bad-host",
    /// A key that the format does not have.
    UNKNOWN_KEY = "unknown-key",
    /// A value of another type than its key takes.
    WRONG_TYPE = "wrong-type",
    /// A key that the pattern needs.
    MISSING_KEY = "missing-key",
    /// A key that the pattern has no use for.
    USELESS_KEY = "useless-key",
    /// A name outside the portable subset.
    BAD_NAME = "bad-name",
    /// Names that differ only in case.
    NAME_CASE = "name-case",
    /// A word that is not a pattern.
    BAD_PATTERN = "bad-pattern",
    /// Not the ARN of a role.
    BAD_ROLE_ARN = "bad-role-arn",
    /// Not the serial of an MFA device.
    BAD_MFA_SERIAL = "bad-mfa-serial",
    /// The ARN of a user as `mfa_serial`.
    MFA_SERIAL_USER = "mfa-serial-user",
    /// The ARN of a security key as `mfa_serial`.
    MFA_SERIAL_SECURITY_KEY = "mfa-serial-security-key",
    /// Not twelve digits.
    BAD_ACCOUNT_ID = "bad-account-id",
    /// Not the name of a region.
    BAD_REGION = "bad-region",
    /// A region that awsauth does not know (warning).
    UNKNOWN_REGION = "unknown-region",
    /// Not an output format of AWS CLI.
    BAD_OUTPUT = "bad-output",
    /// Outside STS's alphabet or length.
    BAD_ROLE_SESSION_NAME = "bad-role-session-name",
    /// Outside STS's alphabet or length.
    BAD_EXTERNAL_ID = "bad-external-id",
    /// Not the name of a permission set.
    BAD_SSO_ROLE_NAME = "bad-sso-role-name",
    /// Not a registration scope.
    BAD_SCOPE = "bad-scope",
    /// Control characters, or a value that AWS's SDKs would read differently.
    BAD_TEXT = "bad-text",
    /// Outside the bounds of the API.
    DURATION_BOUNDS = "duration-bounds",
    /// More than an hour where AWS allows one.
    DURATION_CHAINED = "duration-chained",
    /// A `source_profile` that is not in the manifest.
    UNKNOWN_SOURCE = "unknown-source",
    /// Profiles that take their credentials from each other.
    SOURCE_CYCLE = "source-cycle",
    /// A source whose pattern can't lead there.
    SOURCE_PATTERN = "source-pattern",
    /// More roles in a row than anyone means.
    CHAIN_TOO_LONG = "chain-too-long",
    /// ARNs of two partitions in one chain.
    PARTITION_MISMATCH = "partition-mismatch",
    /// `mfa_serial` in two places of one chain.
    MFA_TWICE = "mfa-twice",
    /// `mfa_serial` nowhere on a chain that needs it.
    MFA_MISSING = "mfa-missing",
    /// A start URL with another scheme.
    START_URL_NOT_HTTPS = "start-url-not-https",
    /// A start URL that is broken otherwise.
    BAD_START_URL = "bad-start-url",
    /// A start URL with a `/`, `#` or `#/` at its end (warning).
    START_URL_TRIMMED = "start-url-trimmed",
    /// An `sso_session` that is not in the manifest.
    UNKNOWN_SESSION = "unknown-session",
    /// `sso_session` beside `sso_start_url` or `sso_region`.
    SESSION_AND_URL = "session-and-url",
    /// A `${name}` that nothing defines.
    UNDEFINED_VARIABLE = "undefined-variable",
    /// A `${` that is not a variable.
    BAD_VARIABLE = "bad-variable",
    /// A variable in a variable's value.
    NESTED_VARIABLE = "nested-variable",
    /// A long-term key in a section that belongs to another profile.
    LONG_TERM_COLLISION = "long-term-collision",
    /// A setting that the manifest must not make.
    REFUSED_SETTING = "refused-setting",
    /// A setting that AWS does not document.
    UNKNOWN_SETTING = "unknown-setting",
    /// A value that the setting does not take.
    BAD_SETTING = "bad-setting",
    /// A key of the profile itself, in `settings`.
    KEY_IN_SETTINGS = "key-in-settings",
    /// An endpoint without encryption.
    UNSAFE_ENDPOINT = "unsafe-endpoint",
    /// An endpoint that is neither on this machine nor one that the person allows (for a team: warning).
    FOREIGN_ENDPOINT = "foreign-endpoint",
    /// A start URL whose host is not AWS's (warning).
    FOREIGN_START_URL = "foreign-start-url",
    /// A role that AWS's SDKs can't use without a prompt (warning).
    PROMPTING_ROLE = "prompting-role",
    /// A name in a matrix's list that `[accounts]` does not have.
    UNKNOWN_ACCOUNT = "unknown-account",
    /// A tag in a matrix that no account has (warning).
    UNKNOWN_TAG = "unknown-tag",
    /// One account number under two names (warning).
    ACCOUNT_TWICE = "account-twice",
    /// One name twice in a list (warning).
    LISTED_TWICE = "listed-twice",
    /// An account of another SSO session in a matrix's list.
    OTHER_SESSION = "other-session",
    /// Accounts without roles of their own, where a matrix asks for those (warning).
    ROLES_MISSING = "roles-missing",
    /// More profiles than can be meant.
    MATRIX_TOO_LARGE = "matrix-too-large",
    /// A matrix that makes no profile (warning).
    MATRIX_EMPTY = "matrix-empty",
    /// Keys of one person's own for a profile that there is not (warning).
    OVERRIDE_NOTHING = "override-nothing",
    /// One name that is made twice.
    MADE_TWICE = "made-twice",
    /// A name that is excluded, and never made (warning).
    EXCLUDE_NOTHING = "exclude-nothing",
    /// What chooses accounts or roles in a matrix, and is no choice.
    BAD_CHOICE = "bad-choice",
}

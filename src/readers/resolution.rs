//! Owns the answer: the way to credentials, or the reason why there is none. Must not know which tool gave it.

use crate::ini::FileKind;

pub(crate) type Resolution = Result<Mechanism, Refusal>;

/// The way to a profile's credentials, from the top down. Each part says the section that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// A key in one of the files; `file` has its id.
    Key { profile: String, file: FileKind, id: String, is_session: bool },
    /// AssumeRole, with the credentials of `source`.
    Role { profile: String, arn: String, mfa: Option<Mfa>, source: Box<Self> },
    /// Credentials of this machine, by the name that AWS gives them.
    Machine { profile: String, machine: &'static str },
    /// `AssumeRoleWithWebIdentity`.
    WebIdentity { profile: String, arn: String, token_file: String },
    /// `GetRoleCredentials` of IAM Identity Center, with the token of a login.
    Sso { profile: String, session: Option<String>, start_url: String, region: String, account: String, role: String },
    /// A session of `aws login`.
    Login { profile: String, session: String },
    /// A program; the text may hold secrets.
    Process { profile: String, command: String },
}

impl Mechanism {
    /// The section that it stands in.
    pub(crate) fn profile(&self) -> &str {
        match self {
            Self::Key { profile, .. }
            | Self::Role { profile, .. }
            | Self::Machine { profile, .. }
            | Self::WebIdentity { profile, .. }
            | Self::Sso { profile, .. }
            | Self::Login { profile, .. }
            | Self::Process { profile, .. } => profile,
        }
    }

    /// All parts, the last one first.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |part| match part {
            Self::Role { source, .. } => Some(&**source),
            _ => None,
        })
    }
}

/// What a tool does about the MFA device of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mfa {
    /// It asks the person for a code.
    Asked(String),
    /// It sends the call without the device, which AWS refuses if the role demands MFA.
    LeftOut(String),
}

impl Mfa {
    pub(crate) fn serial(&self) -> &str {
        let (Self::Asked(serial) | Self::LeftOut(serial)) = self;
        serial
    }
}

/// The reason why a tool gets no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// It refuses the whole file. Lines count from 1.
    #[error("can't read the {} file, line {line}: {reason}", file.name())]
    Unreadable { file: FileKind, line: usize, reason: String },
    #[error("finds no profile [{profile}]")]
    NoProfile { profile: String },
    #[error("[{profile}] names the source_profile {source_profile}, which does not exist")]
    NoSourceProfile { profile: String, source_profile: String },
    #[error("[{profile}] gives no credentials")]
    NoCredentials { profile: String },
    #[error("[{profile}] has half of a key")]
    HalfKey { profile: String },
    #[error("[{profile}] asks for MFA, which this SDK does not do by itself")]
    Mfa { profile: String, serial: String },
    #[error("[{profile}] has role_arn, and neither source_profile nor credential_source")]
    NoSource { profile: String },
    #[error("[{profile}] has source_profile and credential_source")]
    TwoSources { profile: String },
    #[error("[{profile}] has a credential_source that does not exist: {machine}")]
    UnknownMachine { profile: String, machine: String },
    #[error("[{profile}] leads back to itself")]
    Circle { profile: String },
    /// A limit of awsauth's own.
    #[error("[{profile}] goes through more than {most} profiles")]
    TooDeep { profile: String, most: usize },
    #[error("[{profile}] has {key} without role_arn")]
    NoRole { profile: String, key: &'static str },
    #[error("[{profile}] has an empty {key}")]
    Empty { profile: String, key: &'static str },
    #[error("[{profile}] has an SSO login without {key}")]
    SsoIncomplete { profile: String, key: &'static str },
    #[error("[{profile}] names the sso_session {session}, which does not exist")]
    NoSsoSession { profile: String, session: String },
    /// Of the portal, said by the profile and by its session.
    #[error("[{profile}] says {key}, which its sso_session says too")]
    SsoConflict { profile: String, key: String },
    #[error("[{profile}] has {first} and {second}, and this SDK allows one of them")]
    TwoMechanisms { profile: String, first: &'static str, second: &'static str },
    #[error("[{profile}] has a credential_process whose quotes do not match")]
    BadCommand { profile: String },
}

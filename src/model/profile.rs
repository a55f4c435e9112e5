//! Owns profiles: a name, the way to credentials, and other settings. Must not know the manifest's form.

use std::fmt;

use super::{
    AccountId, ConfigText, ExternalId, LoginSession, MfaSerial, ProfileName, Region, RoleArn, RoleSessionName,
    SessionDuration, SsoAccess, SsoRoleName,
};

/// The ways to credentials, as the manifest's `pattern` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Pattern {
    /// `iam`: a long-term key, used only as a source.
    Iam,
    /// `iam-mfa`: GetSessionToken with an MFA code.
    IamMfa,
    /// `iam-mfa-role`: AssumeRole, with MFA somewhere on its chain.
    IamMfaRole,
    /// `sso`: a role assigned in IAM Identity Center.
    Sso,
    /// `sso-role`: AssumeRole from an `sso` profile.
    SsoRole,
    /// `role`: AssumeRole, without MFA on its chain.
    Role,
    /// `login`: a console sign-in, as `aws login` makes it.
    Login,
    /// `external`: something else provides it, in a section that awsauth does not write.
    External,
}

impl Pattern {
    pub(crate) const ALL: [Self; 8] =
        [Self::Iam, Self::IamMfa, Self::IamMfaRole, Self::Sso, Self::SsoRole, Self::Role, Self::Login, Self::External];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::IamMfa => "iam-mfa",
            Self::IamMfaRole => "iam-mfa-role",
            Self::Sso => "sso",
            Self::SsoRole => "sso-role",
            Self::Role => "role",
            Self::Login => "login",
            Self::External => "external",
        }
    }

    /// The patterns that a `source_profile` of this one may have; none for a pattern that takes no source.
    pub(crate) fn sources(self) -> &'static [Self] {
        match self {
            Self::IamMfaRole => &[Self::Iam, Self::IamMfa, Self::IamMfaRole, Self::External],
            Self::SsoRole => &[Self::Sso, Self::SsoRole],
            Self::Role => &[Self::Iam, Self::Login, Self::External, Self::Role],
            Self::Iam | Self::IamMfa | Self::Sso | Self::Login | Self::External => &[],
        }
    }

    /// The pattern of a role whose source has this one, if it takes no MFA code of its own.
    pub(crate) fn of_role_over(self) -> Self {
        match self {
            Self::Iam | Self::Role | Self::Login | Self::External => Self::Role,
            Self::IamMfa | Self::IamMfaRole => Self::IamMfaRole,
            Self::Sso | Self::SsoRole => Self::SsoRole,
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pattern| pattern.as_str() == text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The mechanism that `apply` writes for a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CredentialMethod {
    /// AWS's own keys: `role_arn`, `sso_session` and so on.
    Native,
    /// `credential_process`, which asks awsauth each time.
    Process,
}

/// A place of this machine that has credentials, as AWS names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CredentialSource {
    /// The variables `AWS_ACCESS_KEY_ID` and so on.
    Environment,
    Ec2InstanceMetadata,
    EcsContainer,
}

impl CredentialSource {
    pub(crate) const ALL: [Self; 3] = [Self::Environment, Self::Ec2InstanceMetadata, Self::EcsContainer];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Environment => "Environment",
            Self::Ec2InstanceMetadata => "Ec2InstanceMetadata",
            Self::EcsContainer => "EcsContainer",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

/// The origin of the credentials that assume a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RoleSource {
    Profile(ProfileName),
    Machine(CredentialSource),
}

/// The parameters of `AssumeRole`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) arn: RoleArn,
    pub(crate) source: RoleSource,
    pub(crate) duration: Option<SessionDuration>,
    pub(crate) session_name: Option<RoleSessionName>,
    pub(crate) external_id: Option<ExternalId>,
}

impl Role {
    /// The profile whose credentials assume it.
    pub(crate) fn source_profile(&self) -> Option<&ProfileName> {
        if let RoleSource::Profile(name) = &self.source { Some(name) } else { None }
    }

    /// The place of this machine whose credentials assume it.
    pub(crate) fn credential_source(&self) -> Option<CredentialSource> {
        if let RoleSource::Machine(source) = self.source { Some(source) } else { None }
    }
}

/// The way to a profile's credentials, with everything that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A long-term key under the profile's own name.
    Iam,
    /// A long-term key under another name, traded with an MFA code for a session.
    IamMfa {
        mfa_serial: MfaSerial,
        long_term_profile: ProfileName,
        /// 12 hours if not given, as STS has it.
        duration: Option<SessionDuration>,
    },
    IamMfaRole {
        role: Role,
        /// The device whose code goes with the AssumeRole call itself; none if the source's session carries MFA.
        mfa_serial: Option<MfaSerial>,
    },
    /// A role that IAM Identity Center assigns.
    Sso { access: SsoAccess, account_id: AccountId, role_name: SsoRoleName },
    /// A role, from an SSO profile.
    SsoRole(Role),
    /// A role, with credentials that no login of awsauth makes.
    Role(Role),
    /// A console sign-in.
    Login(LoginSession),
    /// A section of the person's own, of the same name.
    External,
}

/// The value of an entry of `settings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SettingValue {
    Text(ConfigText),
    /// A nested block, such as `s3 =`.
    Nested(Vec<(String, ConfigText)>),
}

/// Another AWS setting, for the profile's section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) key: String,
    pub(crate) value: SettingValue,
}

/// One checked profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) name: ProfileName,
    pub(crate) kind: Kind,
    /// The mechanism in `~/.aws/config`.
    pub(crate) method: CredentialMethod,
    pub(crate) region: Option<Region>,
    pub(crate) output: Option<ConfigText>,
    /// For people.
    pub(crate) description: Option<String>,
    /// To select many profiles at once.
    pub(crate) tags: Vec<String>,
    /// Other AWS settings, in the manifest's order.
    pub(crate) settings: Vec<Setting>,
}

impl Profile {
    pub(crate) fn pattern(&self) -> Pattern {
        match self.kind {
            Kind::Iam => Pattern::Iam,
            Kind::IamMfa { .. } => Pattern::IamMfa,
            Kind::IamMfaRole { .. } => Pattern::IamMfaRole,
            Kind::Sso { .. } => Pattern::Sso,
            Kind::SsoRole(_) => Pattern::SsoRole,
            Kind::Role(_) => Pattern::Role,
            Kind::Login(_) => Pattern::Login,
            Kind::External => Pattern::External,
        }
    }

    /// None but for the role patterns.
    pub(crate) fn role(&self) -> Option<&Role> {
        match &self.kind {
            Kind::IamMfaRole { role, .. } | Kind::SsoRole(role) | Kind::Role(role) => Some(role),
            Kind::Iam | Kind::IamMfa { .. } | Kind::Sso { .. } | Kind::Login(_) | Kind::External => None,
        }
    }

    /// False where credentials are only read: a long-term key, or a section of the person's own.
    pub(crate) fn has_session(&self) -> bool {
        !matches!(self.kind, Kind::Iam | Kind::External)
    }

    /// The section outside awsauth's block that its credentials come from.
    pub(crate) fn external_section(&self) -> Option<&ProfileName> {
        (self.kind == Kind::External).then_some(&self.name)
    }

    /// Who signs in to the console for it.
    pub(crate) fn login_session(&self) -> Option<&LoginSession> {
        if let Kind::Login(session) = &self.kind { Some(session) } else { None }
    }

    /// The device that the profile itself asks a code of.
    pub(crate) fn mfa_serial(&self) -> Option<&MfaSerial> {
        match &self.kind {
            Kind::IamMfa { mfa_serial, .. } => Some(mfa_serial),
            Kind::IamMfaRole { mfa_serial, .. } => mfa_serial.as_ref(),
            Kind::Iam | Kind::Sso { .. } | Kind::SsoRole(_) | Kind::Role(_) | Kind::Login(_) | Kind::External => None,
        }
    }

    /// The account of its credentials, as far as the manifest tells.
    pub(crate) fn account(&self) -> Option<&str> {
        match &self.kind {
            Kind::Sso { account_id, .. } => Some(account_id.as_str()),
            Kind::IamMfaRole { role, .. } | Kind::SsoRole(role) | Kind::Role(role) => Some(role.arn.account()),
            Kind::IamMfa { mfa_serial, .. } => mfa_serial.as_str().split(':').nth(4),
            Kind::Login(session) => Some(session.account()),
            Kind::Iam | Kind::External => None,
        }
    }

    /// The role of its credentials, with its path.
    pub(crate) fn role_name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Sso { role_name, .. } => Some(role_name.as_str()),
            Kind::IamMfaRole { role, .. } | Kind::SsoRole(role) | Kind::Role(role) => Some(role.arn.name()),
            Kind::Login(session) => session.role_name(),
            Kind::Iam | Kind::IamMfa { .. } | Kind::External => None,
        }
    }

    /// True if login writes its session into the credentials file, under its own name.
    pub(crate) fn has_session_section(&self) -> bool {
        matches!((&self.kind, self.method), (Kind::IamMfa { .. }, CredentialMethod::Native))
    }

    /// The section of the credentials file that holds its long-term key, for the two patterns that have one.
    pub(crate) fn long_term_section(&self) -> Option<&ProfileName> {
        match &self.kind {
            Kind::Iam => Some(&self.name),
            Kind::IamMfa { long_term_profile, .. } => Some(long_term_profile),
            Kind::IamMfaRole { .. }
            | Kind::Sso { .. }
            | Kind::SsoRole(_)
            | Kind::Role(_)
            | Kind::Login(_)
            | Kind::External => None,
        }
    }

    /// The section for a long-term key that is under the profile's own name: a role may have been its own source.
    pub(crate) fn section_of_own_key(&self) -> Option<&ProfileName> {
        match &self.kind {
            // With a device of its own, or without MFA, a role has a key for its source.
            Kind::IamMfaRole { role, mfa_serial: Some(_) } | Kind::Role(role)
                if role.source_profile().map(ProfileName::as_str) == Some(&default_long_term(self.name.as_str())) =>
            {
                role.source_profile()
            }
            _ => self.long_term_section(),
        }
    }
}

/// The section of a long-term key that no profile says otherwise.
pub(crate) fn default_long_term(name: &str) -> String {
    format!("{name}-long-term")
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Profile {
        /// A profile with nothing but a name and a kind.
        pub(crate) fn bare(name: &str, kind: Kind) -> Self {
            Self {
                name: ProfileName::new(name).unwrap(),
                kind,
                method: CredentialMethod::Native,
                region: None,
                output: None,
                description: None,
                tags: Vec::new(),
                settings: Vec::new(),
            }
        }
    }
}

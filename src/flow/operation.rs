//! Owns the names of the calls to AWS.

use std::fmt;

/// A call by AWS's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// `sts:GetSessionToken`
    GetSessionToken,
    /// `sts:AssumeRole`
    AssumeRole,
    /// `sso-oidc:RegisterClient`
    RegisterClient,
    /// The page of SSO OIDC where an authorization code is had (RFC 6749 §4.1.1)
    Authorize,
    /// `sso-oidc:StartDeviceAuthorization`
    StartDeviceAuthorization,
    /// `sso-oidc:CreateToken`
    CreateToken,
    /// `sso:GetRoleCredentials`
    GetRoleCredentials,
    /// `sso:ListAccounts`
    ListAccounts,
    /// `sso:ListAccountRoles`
    ListAccountRoles,
    /// `sso:Logout`
    Logout,
}

impl Operation {
    /// Whether STS is asked; if not, IAM Identity Center is.
    pub(crate) fn is_sts(self) -> bool {
        matches!(self, Self::GetSessionToken | Self::AssumeRole)
    }

    /// Whether it asks the portal for what one account holds.
    pub(super) fn is_of_account(self) -> bool {
        matches!(self, Self::GetRoleCredentials | Self::ListAccountRoles)
    }

    /// Whether it is the SSO portal that is asked.
    pub(crate) fn is_portal(self) -> bool {
        self.is_of_account() || matches!(self, Self::ListAccounts | Self::Logout)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

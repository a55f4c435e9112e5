//! Owns the operations of AWS that awsauth calls.

use std::fmt;

/// Named as AWS's API references name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    GetSessionToken,
    AssumeRole,
    RegisterClient,
    /// The authorization endpoint of SSO OIDC or of the sign-in service, which a browser opens (RFC 6749 §3.1).
    Authorize,
    StartDeviceAuthorization,
    CreateToken,
    CreateOAuth2Token,
    GetRoleCredentials,
    ListAccounts,
    ListAccountRoles,
    Logout,
    GetCallerIdentity,
    GetFederationToken,
    /// The action of the federation endpoint that trades a session for a token of the console.
    GetSigninToken,
    CreateAccessKey,
    ListAccessKeys,
    UpdateAccessKey,
    DeleteAccessKey,
    GetAccessKeyLastUsed,
    CreateVirtualMFADevice,
    EnableMFADevice,
    ListMFADevices,
    ListVirtualMFADevices,
    DeactivateMFADevice,
    DeleteVirtualMFADevice,
    ResyncMFADevice,
}

impl Operation {
    pub(crate) fn is_sts(self) -> bool {
        matches!(self, Self::GetSessionToken | Self::AssumeRole | Self::GetCallerIdentity | Self::GetFederationToken)
    }

    pub(crate) fn is_iam(self) -> bool {
        matches!(
            self,
            Self::CreateAccessKey
                | Self::ListAccessKeys
                | Self::UpdateAccessKey
                | Self::DeleteAccessKey
                | Self::GetAccessKeyLastUsed
        ) || self.is_about_device()
    }

    /// True for IAM's operations on MFA devices.
    pub(crate) fn is_about_device(self) -> bool {
        matches!(
            self,
            Self::CreateVirtualMFADevice
                | Self::EnableMFADevice
                | Self::ListMFADevices
                | Self::ListVirtualMFADevices
                | Self::DeactivateMFADevice
                | Self::DeleteVirtualMFADevice
                | Self::ResyncMFADevice
        )
    }

    /// True for the portal's operations on one account.
    pub(super) fn is_for_account(self) -> bool {
        matches!(self, Self::GetRoleCredentials | Self::ListAccountRoles)
    }

    pub(crate) fn is_portal(self) -> bool {
        self.is_for_account() || matches!(self, Self::ListAccounts | Self::Logout)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

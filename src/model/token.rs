//! Owns what an SSO login leaves: the client's registration and the token, as RFC 8628 and RFC 6749 name them.

use jiff::Timestamp;

use super::{Region, StartUrl};
use crate::secret::Secret;

/// What a client was registered for. A client is good for one of them only (aws-facts §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientUse {
    /// Device authorization (RFC 8628), which is what AWS means by no grant type at all.
    DeviceCode,
    /// Authorization codes with PKCE (RFC 7636).
    AuthorizationCode,
}

impl ClientUse {
    /// The grant types to register with, as AWS CLI does; none stands for those of device authorization.
    pub(crate) fn grant_types(self) -> &'static [&'static str] {
        match self {
            Self::DeviceCode => &[],
            Self::AuthorizationCode => &["authorization_code", "refresh_token"],
        }
    }
}

/// An OIDC client that was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SsoClient {
    /// Its id; long, but not secret.
    pub(crate) client_id: String,
    /// Its secret.
    pub(crate) client_secret: Secret,
    /// When the registration ends.
    pub(crate) expires_at: Timestamp,
}

/// An access token, and what is needed to renew it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SsoToken {
    /// The access portal that it is for.
    pub(crate) start_url: StartUrl,
    /// Where IAM Identity Center runs.
    pub(crate) region: Region,
    /// The bearer token.
    pub(crate) access_token: Secret,
    /// When it ends.
    pub(crate) expires_at: Timestamp,
    /// What a new one can be had for, without a person.
    pub(crate) refresh_token: Option<Secret>,
    /// The client that it was given to; files of other tools may lack it.
    pub(crate) client: Option<SsoClient>,
}

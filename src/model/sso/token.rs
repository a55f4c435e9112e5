//! Owns the results of an SSO login: the client's registration and the token, in the words of RFC 8628 and RFC 6749.

use jiff::Timestamp;

use crate::model::{Region, StartUrl};
use crate::secret::Secret;

/// The purpose of a client's registration. A client is good for one only (aws-facts §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientUse {
    /// Device authorization (RFC 8628), AWS's default without a grant type.
    DeviceCode,
    /// Authorization codes with PKCE (RFC 7636).
    AuthorizationCode,
}

impl ClientUse {
    /// The grant types to register with, as AWS CLI does; empty for device authorization.
    pub(crate) fn grant_types(self) -> &'static [&'static str] {
        match self {
            Self::DeviceCode => &[],
            Self::AuthorizationCode => &["authorization_code", "refresh_token"],
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SsoClient {
    /// Long, but not secret.
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) expires_at: Timestamp,
}

/// An access token with all that renews it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SsoToken {
    /// The access portal that issued it.
    pub(crate) start_url: StartUrl,
    pub(crate) region: Region,
    pub(crate) access_token: Secret,
    pub(crate) expires_at: Timestamp,
    /// Renews the token without a person.
    pub(crate) refresh_token: Option<Secret>,
    /// The client that the token was issued to; files of other tools may lack it.
    pub(crate) client: Option<SsoClient>,
}

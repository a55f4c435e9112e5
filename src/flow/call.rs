//! Owns the vocabulary of calls to AWS: their parameters, their results, and [`CallError`].

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

use super::operation::Operation;
use super::problem::classify;
use super::skew;
use super::{ClockSkew, MfaCode, Problem, TransportError};
use crate::model::{
    AccountId, ClientUse, ConfigText, Credentials, MfaSerial, Region, Role, Routing, SsoClient, SsoRoleName, StartUrl,
};
use crate::secret::Secret;

/// In characters; a server's message may be of any length.
pub(super) const LONGEST_MESSAGE: usize = 600;
pub(crate) const LONGEST_CODE: usize = 100;

/// Cuts `text` to `most` characters, and marks a cut with an ellipsis.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[derive(Debug)]
pub(crate) struct MfaProof<'a> {
    pub(crate) serial: &'a MfaSerial,
    pub(crate) code: MfaCode,
}

/// STS `GetSessionToken`, signed by a long-term key.
#[derive(Debug)]
pub(crate) struct GetSessionToken<'a> {
    pub(crate) region: &'a str,
    pub(crate) routing: Routing<'a>,
    pub(crate) key: &'a Credentials,
    pub(crate) mfa: MfaProof<'a>,
    /// In seconds; STS's 12 hours if not given.
    pub(crate) duration_seconds: Option<i32>,
}

/// STS `AssumeRole`.
#[derive(Debug)]
pub(crate) struct AssumeRole<'a> {
    pub(crate) region: &'a str,
    pub(crate) routing: Routing<'a>,
    pub(crate) source: &'a Credentials,
    pub(crate) role: &'a Role,
    pub(crate) role_session_name: &'a str,
    pub(crate) mfa: Option<MfaProof<'a>>,
}

/// OIDC `RegisterClient` for a public client.
#[derive(Debug)]
pub(crate) struct RegisterClient<'a> {
    pub(crate) region: &'a Region,
    pub(crate) dual_stack: Option<bool>,
    pub(crate) client_name: &'a str,
    /// The scopes; none for the legacy form.
    pub(crate) scopes: &'a [ConfigText],
    pub(crate) client_use: ClientUse,
    /// The access portal, which a client for authorization codes names as its issuer.
    pub(crate) start_url: &'a StartUrl,
}

/// OIDC `StartDeviceAuthorization` (RFC 8628 §3.1).
#[derive(Debug)]
pub(crate) struct StartDeviceAuthorization<'a> {
    pub(crate) region: &'a Region,
    pub(crate) dual_stack: Option<bool>,
    pub(crate) client: &'a SsoClient,
    pub(crate) start_url: &'a StartUrl,
}

/// The response to `StartDeviceAuthorization` (RFC 8628 §3.2).
#[derive(Clone)]
pub(crate) struct DeviceAuthorization {
    pub(crate) device_code: Secret,
    pub(crate) user_code: String,
    pub(crate) verification_uri: String,
    pub(crate) verification_uri_complete: Option<String>,
    pub(crate) expires_in: Duration,
    pub(crate) interval: Duration,
}

/// Shows no code: with the user code, an attacker could have their own login approved.
impl fmt::Debug for DeviceAuthorization {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verification_uri, expires_in, interval, .. } = self;
        let mut shown = formatter.debug_struct("DeviceAuthorization");
        shown.field("verification_uri", verification_uri).field("expires_in", expires_in).field("interval", interval);
        shown.finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Grant<'a> {
    /// RFC 8628 §3.4.
    DeviceCode(&'a Secret),
    /// RFC 7636 §4.5.
    AuthorizationCode { code: &'a Secret, verifier: &'a Secret, redirect_uri: &'a str },
    /// RFC 6749 §6.
    RefreshToken(&'a Secret),
}

/// OIDC `CreateToken`.
#[derive(Debug)]
pub(crate) struct CreateToken<'a> {
    pub(crate) region: &'a Region,
    pub(crate) dual_stack: Option<bool>,
    pub(crate) client: &'a SsoClient,
    pub(crate) grant: Grant<'a>,
}

/// The response to `CreateToken`.
#[derive(Debug, Clone)]
pub(crate) struct TokenResponse {
    pub(crate) access_token: Secret,
    pub(crate) expires_at: Timestamp,
    pub(crate) refresh_token: Option<Secret>,
}

/// A grant of the sign-in service.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SignInGrant<'a> {
    /// RFC 7636 §4.5.
    AuthorizationCode { code: &'a Secret, verifier: &'a Secret, redirect_uri: &'a str },
    /// RFC 6749 §6.
    RefreshToken(&'a Secret),
}

/// The sign-in service's `CreateOAuth2Token`.
#[derive(Debug)]
pub(crate) struct CreateOAuth2Token<'a> {
    pub(crate) region: &'a str,
    pub(crate) fips: Option<bool>,
    pub(crate) client_id: &'a str,
    /// In PEM.
    pub(crate) dpop_key: &'a Secret,
    pub(crate) grant: SignInGrant<'a>,
}

/// The response to `CreateOAuth2Token`.
#[derive(Debug)]
pub(crate) struct SignInResponse {
    pub(crate) credentials: Credentials,
    pub(crate) token_type: String,
    pub(crate) refresh_token: Secret,
    /// Says who signed in. Not there after a refresh.
    pub(crate) id_token: Option<Secret>,
}

/// SSO portal `GetRoleCredentials`.
#[derive(Debug)]
pub(crate) struct GetRoleCredentials<'a> {
    pub(crate) region: &'a Region,
    pub(crate) dual_stack: Option<bool>,
    pub(crate) access_token: &'a Secret,
    pub(crate) account_id: &'a AccountId,
    pub(crate) role_name: &'a SsoRoleName,
}

/// SSO portal `ListAccounts`, for one page.
#[derive(Debug)]
pub(crate) struct ListAccounts<'a> {
    pub(crate) region: &'a Region,
    pub(crate) access_token: &'a Secret,
    pub(crate) next_token: Option<&'a str>,
}

/// SSO portal `ListAccountRoles`, for one page.
#[derive(Debug)]
pub(crate) struct ListAccountRoles<'a> {
    pub(crate) region: &'a Region,
    pub(crate) access_token: &'a Secret,
    pub(crate) account_id: &'a AccountId,
    pub(crate) next_token: Option<&'a str>,
}

/// One page of a list.
#[derive(Debug)]
pub(crate) struct ListPage<T> {
    /// May be empty although more pages follow.
    pub(crate) items: Vec<T>,
    pub(crate) next_token: Option<String>,
}

/// An account as the portal lists it, unchecked.
#[derive(Debug)]
pub(crate) struct AccountItem {
    pub(crate) id: String,
    /// Its name; empty if it has none.
    pub(crate) name: String,
}

/// An HTTP response with an error.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ErrorResponse<'a> {
    pub(crate) status: u16,
    pub(crate) code: Option<&'a str>,
    /// SSO OIDC's `reason`, which comes with some codes.
    pub(crate) reason: Option<&'a str>,
    pub(crate) message: &'a str,
    pub(crate) clock_skew: Option<ClockSkew>,
}

/// A failed call, with AWS's own message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{operation} failed: {}", self.description())]
pub(crate) struct CallError {
    pub(crate) operation: Operation,
    pub(crate) problem: Problem,
    pub(crate) transport_error: Option<TransportError>,
    /// The variable, or the setting of a profile, that leads the call to another address than AWS's.
    pub(crate) endpoint_setting: Option<&'static str>,
    pub(crate) code: Option<String>,
    /// AWS's own message, or what kept the call from reaching AWS.
    pub(crate) message: String,
    pub(crate) clock_skew: Option<ClockSkew>,
}

impl CallError {
    /// True if AWS denied the credentials for good, so that asking again is useless.
    pub(crate) fn is_denial(&self) -> bool {
        match self.operation {
            Operation::AssumeRole => matches!(
                self.problem,
                Problem::NotAllowed | Problem::NoPermission | Problem::NotTrusted | Problem::ExplicitDeny
            ),
            Operation::GetRoleCredentials => {
                matches!(self.problem, Problem::NotAssigned | Problem::NotFound | Problem::InvalidValue)
            }
            _ => false,
        }
    }

    /// Classifies an error response.
    pub(crate) fn from_response(operation: Operation, answer: ErrorResponse<'_>) -> Self {
        let ErrorResponse { status, code, reason, message, clock_skew } = answer;
        // Shortened first, so that the message has room for both.
        let reason = reason.map(|reason| shortened(reason, LONGEST_CODE));
        let reason = reason.as_deref();
        let message = match (message.trim(), reason) {
            ("", None) if code.is_none() => format!("AWS answered with HTTP status {status} and gave no reason"),
            ("", Some(reason)) => reason.to_owned(),
            (message, Some(reason)) if !message.contains(reason) => format!("{message}; {reason}"),
            _ => message.to_owned(),
        };
        let message = shortened(&message, LONGEST_MESSAGE);
        Self {
            operation,
            problem: classify(operation, status, code.unwrap_or_default(), reason, &message),
            transport_error: None,
            endpoint_setting: None,
            code: code.map(|code| shortened(code, LONGEST_CODE)),
            // The message has AWS's own measurement; the `Date` of the response is later by the network's delay.
            clock_skew: skew::in_message(&message).or(clock_skew),
            message,
        }
    }

    /// A call that did not reach AWS, or whose response could not be parsed.
    pub(crate) fn unreachable(operation: Operation, message: impl Into<String>) -> Self {
        let (problem, message) = (Problem::Unreachable, shortened(&message.into(), LONGEST_MESSAGE));
        Self {
            operation,
            problem,
            transport_error: None,
            endpoint_setting: None,
            code: None,
            message,
            clock_skew: None,
        }
    }

    /// Adds the cause in the transport layer.
    pub(crate) fn caused_by(self, transport_error: TransportError) -> Self {
        Self { transport_error: Some(transport_error), ..self }
    }

    /// True if the message is AWS's own.
    pub(crate) fn is_answer(&self) -> bool {
        self.transport_error.is_none() && !matches!(self.problem, Problem::Unreachable | Problem::Malformed)
    }

    /// True if both have AWS's same message, so that one report does for both.
    pub(crate) fn has_same_cause(&self, other: &Self) -> bool {
        (self.operation, &self.code, &self.message) == (other.operation, &other.code, &other.message)
    }

    /// True if AWS has forgotten the registered client, or denies it this grant (RFC 6749 §5.2).
    pub(crate) fn is_about_client(&self) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        ["InvalidClientException", "UnauthorizedClientException"].contains(&code)
    }

    fn description(&self) -> String {
        match (&self.code, self.message.trim()) {
            (Some(code), "") => code.clone(),
            (Some(code), message) => format!("{message} ({code})"),
            (None, message) => message.to_owned(),
        }
    }
}

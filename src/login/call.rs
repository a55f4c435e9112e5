//! Owns the words in which the program speaks to AWS: what a call needs, what it answers, what can go wrong.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

use super::MfaCode;
use crate::model::{AccountId, ConfigText, Credentials, MfaSerial, Region, Role, SsoClient, SsoRoleName, StartUrl};
use crate::secret::Secret;

/// A device and the code that it shows.
#[derive(Debug)]
pub(crate) struct MfaProof<'a> {
    /// The device.
    pub(crate) serial: &'a MfaSerial,
    /// The code, used up by the call.
    pub(crate) code: MfaCode,
}

/// STS `GetSessionToken`, signed by a long-term key.
#[derive(Debug)]
pub(crate) struct GetSessionToken<'a> {
    /// Where STS is asked.
    pub(crate) region: &'a str,
    /// What signs.
    pub(crate) key: &'a Credentials,
    /// The device and its code.
    pub(crate) mfa: MfaProof<'a>,
    /// In seconds; STS's 12 hours if not given.
    pub(crate) duration_seconds: Option<i32>,
}

/// STS `AssumeRole`.
#[derive(Debug)]
pub(crate) struct AssumeRole<'a> {
    /// Where STS is asked.
    pub(crate) region: &'a str,
    /// What signs.
    pub(crate) source: &'a Credentials,
    /// The role and its options.
    pub(crate) role: &'a Role,
    /// What `CloudTrail` will show.
    pub(crate) role_session_name: &'a str,
    /// The device and its code, where the role asks for them itself.
    pub(crate) mfa: Option<MfaProof<'a>>,
}

/// OIDC `RegisterClient` for a public client.
#[derive(Debug)]
pub(crate) struct RegisterClient<'a> {
    /// Where IAM Identity Center runs.
    pub(crate) region: &'a Region,
    /// What the approval page shows.
    pub(crate) client_name: &'a str,
    /// The scopes; none for the legacy form.
    pub(crate) scopes: &'a [ConfigText],
}

/// OIDC `StartDeviceAuthorization` (RFC 8628 §3.1).
#[derive(Debug)]
pub(crate) struct StartDeviceAuthorization<'a> {
    /// Where IAM Identity Center runs.
    pub(crate) region: &'a Region,
    /// The registered client.
    pub(crate) client: &'a SsoClient,
    /// The access portal.
    pub(crate) start_url: &'a StartUrl,
}

/// What `StartDeviceAuthorization` answers (RFC 8628 §3.2).
#[derive(Debug, Clone)]
pub(crate) struct DeviceAuthorization {
    /// What is polled with.
    pub(crate) device_code: Secret,
    /// What the person compares or types.
    pub(crate) user_code: String,
    /// Where to type it.
    pub(crate) verification_uri: String,
    /// Where it is typed already.
    pub(crate) verification_uri_complete: Option<String>,
    /// How long the codes are good.
    pub(crate) expires_in: Duration,
    /// How long to wait between polls.
    pub(crate) interval: Duration,
}

/// What a token is asked for with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Grant<'a> {
    /// RFC 8628 §3.4.
    DeviceCode(&'a Secret),
    /// RFC 6749 §6.
    RefreshToken(&'a Secret),
}

/// OIDC `CreateToken`.
#[derive(Debug)]
pub(crate) struct CreateToken<'a> {
    /// Where IAM Identity Center runs.
    pub(crate) region: &'a Region,
    /// The registered client.
    pub(crate) client: &'a SsoClient,
    /// The grant.
    pub(crate) grant: Grant<'a>,
}

/// What `CreateToken` answers.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    /// The bearer token.
    pub(crate) access_token: Secret,
    /// When it ends.
    pub(crate) expires_at: Timestamp,
    /// For the next one.
    pub(crate) refresh_token: Option<Secret>,
}

/// SSO portal `GetRoleCredentials`.
#[derive(Debug)]
pub(crate) struct GetRoleCredentials<'a> {
    /// Where IAM Identity Center runs.
    pub(crate) region: &'a Region,
    /// The bearer token.
    pub(crate) access_token: &'a Secret,
    /// The account.
    pub(crate) account_id: &'a AccountId,
    /// The permission set.
    pub(crate) role_name: &'a SsoRoleName,
}

/// A call by AWS's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// `sts:GetSessionToken`
    GetSessionToken,
    /// `sts:AssumeRole`
    AssumeRole,
    /// `sso-oidc:RegisterClient`
    RegisterClient,
    /// `sso-oidc:StartDeviceAuthorization`
    StartDeviceAuthorization,
    /// `sso-oidc:CreateToken`
    CreateToken,
    /// `sso:GetRoleCredentials`
    GetRoleCredentials,
    /// `sso:Logout`
    Logout,
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

/// What went wrong, as far as it decides what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The person has not decided yet.
    AuthorizationPending,
    /// Polled too fast.
    SlowDown,
    /// The person took too long.
    ExpiredDeviceCode,
    /// A wrong or used MFA code.
    WrongCode,
    /// A device that the key's user does not have.
    WrongSerial,
    /// The key or session id is unknown or switched off.
    UnknownKey,
    /// The signing session has ended.
    ExpiredSession,
    /// This machine's clock is off.
    ClockSkew,
    /// The secret does not belong to the key.
    WrongSecret,
    /// The caller may not do that.
    NotAllowed,
    /// The account or role is not assigned to the person.
    NotAssigned,
    /// The SSO token is not, or no longer, good.
    TokenRejected,
    /// The refresh token, or the registration, is no longer good.
    GrantRejected,
    /// Asked too often.
    Throttled,
    /// The region is not switched on for the account.
    RegionDisabled,
    /// AWS could not be reached.
    Unreachable,
    /// AWS failed.
    ServerFault,
    /// Anything else.
    Other,
}

/// A call that failed, in AWS's own words.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{operation} failed: {}", self.words())]
pub(crate) struct CallError {
    /// The call.
    pub(crate) operation: Operation,
    /// What it comes to.
    pub(crate) problem: Problem,
    /// AWS's code of the error, if it sent one.
    pub(crate) code: Option<String>,
    /// AWS's own message, or what kept the call from reaching AWS.
    pub(crate) message: String,
}

impl CallError {
    /// Reads an answer of AWS.
    pub(crate) fn answered(operation: Operation, status: u16, code: Option<&str>, message: &str) -> Self {
        Self {
            operation,
            problem: classify(operation, status, code.unwrap_or_default(), message),
            code: code.map(str::to_owned),
            message: if message.trim().is_empty() && code.is_none() {
                format!("AWS answered with HTTP status {status} and gave no reason")
            } else {
                message.to_owned()
            },
        }
    }

    /// A call that did not reach AWS, or whose answer made no sense.
    pub(crate) fn unreachable(operation: Operation, message: impl Into<String>) -> Self {
        Self { operation, problem: Problem::Unreachable, code: None, message: message.into() }
    }

    fn words(&self) -> String {
        match (&self.code, self.message.trim()) {
            (Some(code), "") => code.clone(),
            (Some(code), message) => format!("{message} ({code})"),
            (None, message) => message.to_owned(),
        }
    }
}

/// Reads AWS's error codes and messages (aws-facts §4.4, §4.7 and §6).
fn classify(operation: Operation, status: u16, code: &str, message: &str) -> Problem {
    // AWS spells most codes with and without `Exception`.
    match code.strip_suffix("Exception").unwrap_or(code) {
        "AuthorizationPending" => Problem::AuthorizationPending,
        "SlowDown" => Problem::SlowDown,
        "ExpiredToken" if operation == Operation::CreateToken => Problem::ExpiredDeviceCode,
        "ExpiredToken" => Problem::ExpiredSession,
        "InvalidClient" | "InvalidGrant" | "UnauthorizedClient" => Problem::GrantRejected,
        "AccessDenied" => denied(message),
        "InvalidClientTokenId" => Problem::UnknownKey,
        "SignatureDoesNotMatch" if message.starts_with("Signature expired") => Problem::ClockSkew,
        "SignatureDoesNotMatch" if message.starts_with("Signature not yet current") => Problem::ClockSkew,
        "SignatureDoesNotMatch" => Problem::WrongSecret,
        "Forbidden" if operation == Operation::GetRoleCredentials => Problem::NotAssigned,
        "Unauthorized" => Problem::TokenRejected,
        "TooManyRequests" | "Throttling" | "ThrottlingError" | "RequestLimitExceeded" => Problem::Throttled,
        "RegionDisabled" => Problem::RegionDisabled,
        _ => by_status(operation, status),
    }
}

fn denied(message: &str) -> Problem {
    if message.contains("invalid MFA one time pass code") {
        Problem::WrongCode
    } else if message.contains("unable to validate MFA code") {
        Problem::WrongSerial
    } else {
        Problem::NotAllowed
    }
}

fn by_status(operation: Operation, status: u16) -> Problem {
    match (operation, status) {
        (Operation::GetRoleCredentials, 403) => Problem::NotAssigned,
        (Operation::GetRoleCredentials | Operation::Logout, 401) => Problem::TokenRejected,
        (_, 429) => Problem::Throttled,
        (_, 500..) => Problem::ServerFault,
        _ => Problem::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case = (Operation, u16, &'static str, &'static str, Problem);

    fn check(cases: &[Case]) {
        for (operation, status, code, message, expected) in cases {
            assert_eq!(classify(*operation, *status, code, message), *expected, "{operation} {code} {message}");
        }
    }

    #[test]
    fn each_answer_of_sts_is_known_for_what_it_is() {
        use Operation::{AssumeRole as Assume, GetSessionToken as Get};
        let wrong_code = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
        let wrong_serial = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial \
                            number is valid and associated with this user.";
        let refused = "User: x is not authorized to perform: sts:AssumeRole";
        let skew = "SignatureDoesNotMatch";
        check(&[
            (Get, 403, "AccessDenied", wrong_code, Problem::WrongCode),
            (Assume, 403, "AccessDenied", wrong_serial, Problem::WrongSerial),
            (Assume, 403, "AccessDenied", refused, Problem::NotAllowed),
            (Assume, 403, "ExpiredToken", "The security token … is expired", Problem::ExpiredSession),
            (Get, 403, "InvalidClientTokenId", "The security token … is invalid.", Problem::UnknownKey),
            (Get, 403, skew, "Signature expired: 20260101T000000Z is now earlier than", Problem::ClockSkew),
            (Get, 403, skew, "Signature not yet current: 20260101T000000Z", Problem::ClockSkew),
            (Get, 403, skew, "The request signature we calculated", Problem::WrongSecret),
            (Assume, 403, "RegionDisabledException", "", Problem::RegionDisabled),
            (Assume, 503, "", "", Problem::ServerFault),
            (Assume, 400, "Throttling", "Rate exceeded", Problem::Throttled),
            (Assume, 400, "ValidationError", "", Problem::Other),
        ]);
    }

    #[test]
    fn each_answer_of_sso_is_known_for_what_it_is() {
        use Operation::{CreateToken as Create, GetRoleCredentials as Get};
        check(&[
            (Create, 400, "AuthorizationPendingException", "", Problem::AuthorizationPending),
            (Create, 400, "SlowDownException", "", Problem::SlowDown),
            (Create, 400, "ExpiredTokenException", "", Problem::ExpiredDeviceCode),
            (Create, 400, "AccessDeniedException", "", Problem::NotAllowed),
            (Create, 400, "InvalidGrantException", "", Problem::GrantRejected),
            (Create, 401, "InvalidClientException", "", Problem::GrantRejected),
            (Get, 403, "ForbiddenException", "No access", Problem::NotAssigned),
            (Get, 403, "", "No access", Problem::NotAssigned),
            (Get, 401, "UnauthorizedException", "Session token not found or invalid", Problem::TokenRejected),
            (Get, 429, "TooManyRequestsException", "HTTP 429", Problem::Throttled),
        ]);
    }
}

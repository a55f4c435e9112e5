//! Owns the words in which the program speaks to AWS: what a call needs, what it answers, what can go wrong.

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

/// The most characters of a server's message that are passed on.
pub(super) const LONGEST_MESSAGE: usize = 600;
/// The most characters of a server's error code or name.
pub(crate) const LONGEST_CODE: usize = 100;

/// The beginning of a server's text, with an ellipsis if there is more.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

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
    /// The region whose STS is asked.
    pub(crate) region: &'a str,
    /// What the profile says of where that is.
    pub(crate) routing: Routing<'a>,
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
    /// The region whose STS is asked.
    pub(crate) region: &'a str,
    /// What the profile says of where that is.
    pub(crate) routing: Routing<'a>,
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
    /// Whether it is asked at a dual-stack endpoint, if the profile says so.
    pub(crate) dual_stack: Option<bool>,
    /// What the approval page shows.
    pub(crate) client_name: &'a str,
    /// The scopes; none for the legacy form.
    pub(crate) scopes: &'a [ConfigText],
    /// How it will get its tokens.
    pub(crate) client_use: ClientUse,
    /// The access portal, which a client for authorization codes names as its issuer.
    pub(crate) start_url: &'a StartUrl,
}

/// OIDC `StartDeviceAuthorization` (RFC 8628 §3.1).
#[derive(Debug)]
pub(crate) struct StartDeviceAuthorization<'a> {
    /// Where IAM Identity Center runs.
    pub(crate) region: &'a Region,
    /// Whether it is asked at a dual-stack endpoint, if the profile says so.
    pub(crate) dual_stack: Option<bool>,
    /// The registered client.
    pub(crate) client: &'a SsoClient,
    /// The access portal.
    pub(crate) start_url: &'a StartUrl,
}

/// What `StartDeviceAuthorization` answers (RFC 8628 §3.2).
#[derive(Clone)]
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

/// Without the codes: whoever has the person's one can have another one's login approved with it.
impl fmt::Debug for DeviceAuthorization {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verification_uri, expires_in, interval, .. } = self;
        let mut shown = formatter.debug_struct("DeviceAuthorization");
        shown.field("verification_uri", verification_uri).field("expires_in", expires_in).field("interval", interval);
        shown.finish_non_exhaustive()
    }
}

/// What a token is asked for with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Grant<'a> {
    /// RFC 8628 §3.4.
    DeviceCode(&'a Secret),
    /// RFC 7636 §4.5.
    AuthorizationCode {
        /// What the browser brought.
        code: &'a Secret,
        /// What only this process knows.
        verifier: &'a Secret,
        /// What the page was given, port and all.
        redirect_uri: &'a str,
    },
    /// RFC 6749 §6.
    RefreshToken(&'a Secret),
}

/// OIDC `CreateToken`.
#[derive(Debug)]
pub(crate) struct CreateToken<'a> {
    /// Where IAM Identity Center runs.
    pub(crate) region: &'a Region,
    /// Whether it is asked at a dual-stack endpoint, if the profile says so.
    pub(crate) dual_stack: Option<bool>,
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
    /// Whether it is asked at a dual-stack endpoint, if the profile says so.
    pub(crate) dual_stack: Option<bool>,
    /// The bearer token.
    pub(crate) access_token: &'a Secret,
    /// The account.
    pub(crate) account_id: &'a AccountId,
    /// The permission set.
    pub(crate) role_name: &'a SsoRoleName,
}

/// SSO portal `ListAccounts`, for one page.
#[derive(Debug)]
pub(crate) struct ListAccounts<'a> {
    /// Where IAM Identity Center runs.
    pub(crate) region: &'a Region,
    /// The bearer token.
    pub(crate) access_token: &'a Secret,
    /// What the page before it gave; none for the first one.
    pub(crate) next_token: Option<&'a str>,
}

/// SSO portal `ListAccountRoles`, for one page.
#[derive(Debug)]
pub(crate) struct ListAccountRoles<'a> {
    /// Where IAM Identity Center runs.
    pub(crate) region: &'a Region,
    /// The bearer token.
    pub(crate) access_token: &'a Secret,
    /// The account.
    pub(crate) account_id: &'a AccountId,
    /// What the page before it gave; none for the first one.
    pub(crate) next_token: Option<&'a str>,
}

/// One page of a list.
#[derive(Debug)]
pub(crate) struct ListPage<T> {
    /// What is on it; may be nothing though more follows.
    pub(crate) items: Vec<T>,
    /// What the next page is asked for with; none at the end.
    pub(crate) next_token: Option<String>,
}

/// An account as the portal lists it, unchecked.
#[derive(Debug)]
pub(crate) struct AccountItem {
    /// Its number.
    pub(crate) id: String,
    /// Its name; empty if it has none.
    pub(crate) name: String,
}

/// What AWS answered when it did not do what it was asked.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Answer<'a> {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The error's code, if there was one.
    pub(crate) code: Option<&'a str>,
    /// What SSO OIDC gives as `reason` with some codes.
    pub(crate) reason: Option<&'a str>,
    /// AWS's words; may be empty.
    pub(crate) message: &'a str,
    /// How far this machine's clock is from the answer's `Date`.
    pub(crate) clock_skew: Option<ClockSkew>,
}

/// A call that failed, in AWS's own words.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{operation} failed: {}", self.words())]
pub(crate) struct CallError {
    /// The call.
    pub(crate) operation: Operation,
    /// What it comes to.
    pub(crate) problem: Problem,
    /// What kept it from reaching AWS, where that is known.
    pub(crate) transport_error: Option<TransportError>,
    /// AWS's code of the error, if it sent one.
    pub(crate) code: Option<String>,
    /// AWS's own message, or what kept the call from reaching AWS.
    pub(crate) message: String,
    /// How far this machine's clock was from AWS's, if AWS answered and said what time it was.
    pub(crate) clock_skew: Option<ClockSkew>,
}

impl CallError {
    /// Whether AWS does not give these credentials to whoever asked, and will not by being asked once more.
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

    /// Reads an answer of AWS.
    pub(crate) fn answered(operation: Operation, answer: Answer<'_>) -> Self {
        let Answer { status, code, reason, message, clock_skew } = answer;
        // Before they are compared, so that the message has room for both.
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
            code: code.map(|code| shortened(code, LONGEST_CODE)),
            // What AWS measured is exact; the time of its answer is a little late.
            clock_skew: skew::in_message(&message).or(clock_skew),
            message,
        }
    }

    /// A call that did not reach AWS, or whose answer made no sense.
    pub(crate) fn unreachable(operation: Operation, message: impl Into<String>) -> Self {
        let (problem, message) = (Problem::Unreachable, shortened(&message.into(), LONGEST_MESSAGE));
        Self { operation, problem, transport_error: None, code: None, message, clock_skew: None }
    }

    /// The same with what was in the way.
    pub(crate) fn caused_by(self, transport_error: TransportError) -> Self {
        Self { transport_error: Some(transport_error), ..self }
    }

    /// Whether AWS said the same of another call, so that it need not be told twice.
    pub(crate) fn has_same_cause(&self, other: &Self) -> bool {
        (self.operation, &self.code, &self.message) == (other.operation, &other.code, &other.message)
    }

    /// Whether AWS no longer knows the registered client, or does not let it do that (RFC 6749 §5.2).
    pub(crate) fn is_about_client(&self) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        ["InvalidClientException", "UnauthorizedClientException"].contains(&code)
    }

    fn words(&self) -> String {
        match (&self.code, self.message.trim()) {
            (Some(code), "") => code.clone(),
            (Some(code), message) => format!("{message} ({code})"),
            (None, message) => message.to_owned(),
        }
    }
}

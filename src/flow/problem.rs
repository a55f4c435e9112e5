//! Owns what a failed call comes to: AWS's codes and messages read for what decides what to do next (aws-facts §4.4, §4.7
//! and §6).

use super::operation::Operation;

/// What went wrong, as far as it decides what to do or to advise next.
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
    /// A device without a code, or a code without a device.
    HalfOfMfa,
    /// The key or session id is unknown or switched off.
    UnknownKey,
    /// The signing session has ended.
    ExpiredSession,
    /// A session signed where only a long-term key may.
    SessionSigned,
    /// The account's root user, who can't take roles.
    RootUser,
    /// This machine's clock is off.
    ClockSkew,
    /// The secret does not belong to the key.
    WrongSecret,
    /// The caller may not do that; AWS does not say for want of what.
    NotAllowed,
    /// The caller's own policies do not allow it.
    NoPermission,
    /// The role's trust policy does not let the caller in.
    NotTrusted,
    /// A policy forbids it by name.
    ExplicitDeny,
    /// More than an hour for a role that is taken through a session.
    ChainTooLong,
    /// More than the role's own maximum.
    DurationTooLong,
    /// The account or role is not assigned to the person.
    NotAssigned,
    /// The portal knows no such thing.
    NotFound,
    /// The SSO token is not, or no longer, good.
    TokenRejected,
    /// The refresh token, or the registration, is no longer good.
    GrantRejected,
    /// The access portal is unknown where it was asked for.
    UnknownPortal,
    /// The portal is to be asked in another region.
    WrongRegion,
    /// A scope that the portal does not give.
    WrongScope,
    /// The portal does not offer this way to log in.
    FlowNotOffered,
    /// The key that encrypts the instance of IAM Identity Center can't be used.
    InstanceKey,
    /// A value that AWS does not take.
    InvalidValue,
    /// Asked too often.
    Throttled,
    /// The region is not switched on for the account.
    RegionDisabled,
    /// AWS could not be reached.
    Unreachable,
    /// An answer to what was asked, with a part in it that AWS never sends: no other is to be hoped for.
    Senseless,
    /// AWS failed.
    ServerFault,
    /// Anything else.
    Other,
}

impl Problem {
    /// Whether it may be over by itself in a while, so that it says nothing about what was sent.
    pub(crate) fn is_passing(self) -> bool {
        matches!(self, Self::Unreachable | Self::Senseless | Self::Throttled | Self::ServerFault)
    }

    /// Whether a refresh token that is answered so is over: another approval helps, another try does not.
    pub(crate) fn ends_sign_in(self) -> bool {
        !self.is_passing() && self != Self::InstanceKey
    }
}

/// What kept a call from reaching AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransportError {
    /// The host's name has no address.
    NoAddress,
    /// Nobody listens there.
    Refused,
    /// No answer within the time limit.
    TimedOut,
    /// The connection broke.
    Broken,
    /// A certificate by an authority that is not known here.
    UnknownIssuer,
    /// A certificate that has ended, or is not good yet.
    CertificateTime,
    /// A certificate for another host.
    CertificateName,
    /// A connection that is not secure for another reason.
    Tls,
    /// A proxy that wants a name and a password; the variable that names it.
    ProxyAuthentication(&'static str),
    /// A proxy that does not pass the call on; the variable that names it.
    Proxy(&'static str),
    /// A variable that names no proxy that can be used.
    ProxySetting,
    /// Something that answers in AWS's place.
    Impostor,
    /// A setting of this machine's.
    Setting,
}

impl TransportError {
    /// The word for `--json`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NoAddress => "no-address",
            Self::Refused => "connection-refused",
            Self::TimedOut => "timed-out",
            Self::Broken => "connection-broken",
            Self::UnknownIssuer => "unknown-issuer",
            Self::CertificateTime => "certificate-expired",
            Self::CertificateName => "certificate-for-another-host",
            Self::Tls => "tls",
            Self::ProxyAuthentication(_) => "proxy-authentication",
            Self::Proxy(_) => "proxy",
            Self::Impostor => "not-aws",
            Self::Setting | Self::ProxySetting => "setting",
        }
    }
}

/// Reads an answer's status, code, `reason` (which SSO OIDC gives to some) and message.
pub(super) fn classify(operation: Operation, status: u16, code: &str, reason: Option<&str>, message: &str) -> Problem {
    if reason.is_some_and(|reason| reason.starts_with("KMS_")) {
        return Problem::InstanceKey;
    }
    // AWS spells most codes with and without `Exception`.
    let code = code.strip_suffix("Exception").unwrap_or(code);
    let known = if operation.is_sts() { by_code_of_sts(code, message) } else { by_code_of_sso(operation, code) };
    known.or_else(|| by_code(code)).unwrap_or_else(|| by_status(operation, status))
}

fn by_code_of_sts(code: &str, message: &str) -> Option<Problem> {
    // Not of one code: AWS's answers say `ValidationError` and `AccessDenied` for it.
    if message.contains("exceeds the MaxSessionDuration set for this role") {
        return Some(Problem::DurationTooLong);
    }
    let problem = match code {
        "AccessDenied" => denied(message),
        "ExpiredToken" => Problem::ExpiredSession,
        "InvalidClientTokenId" => Problem::UnknownKey,
        "SignatureDoesNotMatch" if message.starts_with("Signature expired") => Problem::ClockSkew,
        "SignatureDoesNotMatch" if message.starts_with("Signature not yet current") => Problem::ClockSkew,
        // Some services say so in other words.
        "RequestTimeTooSkewed" | "RequestExpired" => Problem::ClockSkew,
        "SignatureDoesNotMatch" => Problem::WrongSecret,
        "ValidationError" if message.contains("roles assumed by role chaining") => Problem::ChainTooLong,
        "ValidationError" => Problem::InvalidValue,
        "RegionDisabled" => Problem::RegionDisabled,
        _ => return None,
    };
    Some(problem)
}

fn by_code_of_sso(operation: Operation, code: &str) -> Option<Problem> {
    let problem = match (code, operation) {
        ("AuthorizationPending", _) => Problem::AuthorizationPending,
        ("SlowDown", _) => Problem::SlowDown,
        ("ExpiredToken", Operation::CreateToken) => Problem::ExpiredDeviceCode,
        ("ExpiredToken", _) => Problem::ExpiredSession,
        ("InvalidClient" | "InvalidGrant" | "UnauthorizedClient", _) => Problem::GrantRejected,
        ("AccessDenied", _) => Problem::NotAllowed,
        ("InvalidScope", _) => Problem::WrongScope,
        ("UnsupportedGrantType", _) => Problem::FlowNotOffered,
        ("InvalidRequestRegion", _) => Problem::WrongRegion,
        // Only the portal's address is the person's in this call.
        ("InvalidRequest", Operation::StartDeviceAuthorization) => Problem::UnknownPortal,
        ("InvalidRequest", _) => Problem::InvalidValue,
        ("Forbidden", operation) if operation.is_of_account() => Problem::NotAssigned,
        ("ResourceNotFound", _) => Problem::NotFound,
        ("Unauthorized", _) => Problem::TokenRejected,
        _ => return None,
    };
    Some(problem)
}

fn by_code(code: &str) -> Option<Problem> {
    let is_throttling =
        matches!(code, "TooManyRequests" | "Throttling" | "ThrottlingError" | "Throttled" | "RequestLimitExceeded");
    is_throttling.then_some(Problem::Throttled)
}

/// Reads an `AccessDenied` of STS. IAM says which policies are in the way where it may (IAM user guide, "Troubleshoot
/// access denied error messages").
fn denied(message: &str) -> Problem {
    const WORDS: [(&str, Problem); 9] = [
        ("invalid MFA one time pass code", Problem::WrongCode),
        ("unable to validate MFA code", Problem::WrongSerial),
        ("must provide both MFA serial number and one time pass code", Problem::HalfOfMfa),
        ("with session credentials", Problem::SessionSigned),
        ("may not be assumed by root accounts", Problem::RootUser),
        ("explicit deny", Problem::ExplicitDeny),
        ("because no role trust policy allows", Problem::NotTrusted),
        ("because no resource-based policy allows", Problem::NotTrusted),
        ("because no ", Problem::NoPermission),
    ];
    WORDS.iter().find(|(words, _)| message.contains(words)).map_or(Problem::NotAllowed, |(_, problem)| *problem)
}

fn by_status(operation: Operation, status: u16) -> Problem {
    match (operation, status) {
        (operation, 403) if operation.is_of_account() => Problem::NotAssigned,
        (operation, 401) if operation.is_portal() => Problem::TokenRejected,
        (operation, 404) if operation.is_of_account() => Problem::NotFound,
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
            let found = classify(*operation, *status, code, None, message);
            assert_eq!(found, *expected, "{operation} {code} {message}");
        }
    }

    #[test]
    fn each_answer_of_sts_is_known_for_what_it_is() {
        use Operation::{AssumeRole as Assume, GetSessionToken as Get};
        let wrong_code = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
        let wrong_serial = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial \
                            number is valid and associated with this user.";
        let half = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.";
        let session = "Cannot call GetSessionToken with session credentials";
        let skew = "SignatureDoesNotMatch";
        let chain =
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        let long = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        check(&[
            (Get, 403, "AccessDenied", wrong_code, Problem::WrongCode),
            (Assume, 403, "AccessDenied", wrong_serial, Problem::WrongSerial),
            (Assume, 403, "AccessDenied", half, Problem::HalfOfMfa),
            (Get, 403, "AccessDenied", session, Problem::SessionSigned),
            (Assume, 403, "AccessDenied", "Roles may not be assumed by root accounts.", Problem::RootUser),
            (Assume, 403, "ExpiredToken", "The security token … is expired", Problem::ExpiredSession),
            (Get, 403, "InvalidClientTokenId", "The security token … is invalid.", Problem::UnknownKey),
            (Get, 403, skew, "Signature expired: 20260101T000000Z is now earlier than", Problem::ClockSkew),
            (Get, 403, skew, "Signature not yet current: 20260101T000000Z", Problem::ClockSkew),
            (Get, 403, skew, "The request signature we calculated", Problem::WrongSecret),
            (Assume, 403, "RegionDisabledException", "", Problem::RegionDisabled),
            (Assume, 503, "", "", Problem::ServerFault),
            (Assume, 400, "Throttling", "Rate exceeded", Problem::Throttled),
            (Assume, 400, "ValidationError", "x is invalid", Problem::InvalidValue),
            (Assume, 400, "ValidationError", chain, Problem::ChainTooLong),
            (Assume, 400, "ValidationError", long, Problem::DurationTooLong),
            (Assume, 403, "AccessDenied", long, Problem::DurationTooLong),
            (Assume, 400, "PackedPolicyTooLarge", "", Problem::Other),
        ]);
    }

    #[test]
    fn each_reason_for_which_a_role_may_not_be_assumed_is_told_apart() {
        let refused = "User: u is not authorized to perform: sts:AssumeRole";
        for (rest, expected) in [
            (" on resource: r", Problem::NotAllowed),
            (" on resource: r with an explicit deny in an identity-based policy", Problem::ExplicitDeny),
            (" with an explicit deny in the role trust policy", Problem::ExplicitDeny),
            (" because no role trust policy allows the sts:AssumeRole action", Problem::NotTrusted),
            (" on resource: r because no resource-based policy allows the sts:AssumeRole action", Problem::NotTrusted),
            (
                " on resource: r because no identity-based policy allows the sts:AssumeRole action",
                Problem::NoPermission,
            ),
            (" on resource: r because no session policy allows the sts:AssumeRole action", Problem::NoPermission),
        ] {
            let found = classify(Operation::AssumeRole, 403, "AccessDenied", None, &format!("{refused}{rest}"));
            assert_eq!(found, expected, "{rest}");
        }
    }

    #[test]
    fn each_answer_of_sso_is_known_for_what_it_is() {
        use Operation::{
            CreateToken as Create, GetRoleCredentials as Get, RegisterClient as Register,
            StartDeviceAuthorization as Start,
        };
        check(&[
            (Create, 400, "AuthorizationPendingException", "", Problem::AuthorizationPending),
            (Create, 400, "SlowDownException", "", Problem::SlowDown),
            (Register, 400, "SlowDownException", "", Problem::SlowDown),
            (Create, 400, "ExpiredTokenException", "", Problem::ExpiredDeviceCode),
            (Create, 400, "AccessDeniedException", "", Problem::NotAllowed),
            (Create, 400, "InvalidGrantException", "", Problem::GrantRejected),
            (Create, 401, "InvalidClientException", "", Problem::GrantRejected),
            (Create, 400, "UnauthorizedClientException", "", Problem::GrantRejected),
            (Create, 400, "UnsupportedGrantTypeException", "", Problem::FlowNotOffered),
            (Create, 400, "InvalidRequestException", "", Problem::InvalidValue),
            (Create, 500, "InternalServerException", "", Problem::ServerFault),
            (Register, 400, "InvalidScopeException", "", Problem::WrongScope),
            (Register, 400, "InvalidRequestException", "", Problem::InvalidValue),
            (Register, 400, "InvalidClientMetadataException", "", Problem::Other),
            (Register, 400, "InvalidRedirectUriException", "", Problem::Other),
            (Start, 400, "InvalidRequestException", "Invalid start URL", Problem::UnknownPortal),
            (Start, 400, "InvalidRequestRegionException", "", Problem::WrongRegion),
            (Get, 403, "ForbiddenException", "No access", Problem::NotAssigned),
            (Get, 403, "", "No access", Problem::NotAssigned),
            (Get, 400, "InvalidRequestException", "", Problem::InvalidValue),
            (Get, 401, "UnauthorizedException", "Session token not found or invalid", Problem::TokenRejected),
            (Get, 404, "ResourceNotFoundException", "", Problem::NotFound),
            (Get, 404, "", "", Problem::NotFound),
            (Get, 429, "TooManyRequestsException", "HTTP 429", Problem::Throttled),
            (Get, 429, "", "", Problem::Throttled),
            (Operation::Logout, 401, "", "", Problem::TokenRejected),
        ]);
    }

    #[test]
    fn a_reason_of_the_key_of_the_instance_is_not_taken_for_a_denial() {
        for (code, reason) in [
            ("AccessDeniedException", "KMS_AccessDeniedException"),
            ("InvalidRequestException", "KMS_DisabledException"),
        ] {
            let found = classify(Operation::CreateToken, 400, code, Some(reason), "");
            assert_eq!(found, Problem::InstanceKey, "{reason}");
        }
    }
}

//! Owns the classification of failed calls by AWS's codes and messages (aws-facts §4.4, §4.7, §6, §11 and §13.4).

use super::operation::Operation;

/// The causes of failure that lead to different actions or advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    AuthorizationPending,
    SlowDown,
    ExpiredDeviceCode,
    /// Or a used one.
    WrongCode,
    /// The user of the key has no such MFA device.
    WrongSerial,
    /// A serial without a code, or a code without a serial.
    IncompleteMfa,
    /// The access key id does not exist, or is deactivated.
    UnknownKey,
    ExpiredSession,
    /// GetSessionToken can't be signed by a session.
    SessionSigned,
    /// The root user can't assume roles.
    RootUser,
    ClockSkew,
    WrongSecret,
    /// Denied without a reason.
    NotAllowed,
    /// No identity-based policy allows it.
    NoPermission,
    /// The role's trust policy does not allow the caller.
    NotTrusted,
    ExplicitDeny,
    /// More than an hour with role chaining.
    ChainTooLong,
    /// More than the role's `MaxSessionDuration`.
    DurationTooLong,
    /// The account or permission set is not assigned to the user.
    NotAssigned,
    NotFound,
    /// The access token of SSO is invalid or has ended.
    TokenRejected,
    /// The refresh token or the client registration has ended.
    GrantRejected,
    /// The password of a console sign-in was changed.
    PasswordChanged,
    /// The region has no access portal of this start URL.
    UnknownPortal,
    /// The portal is in another region.
    WrongRegion,
    WrongScope,
    /// The portal does not offer this grant type.
    FlowNotOffered,
    /// The KMS key of the IAM Identity Center instance can't be used.
    InstanceKey,
    InvalidValue,
    /// A user has two access keys, or eight MFA devices.
    LimitExceeded,
    AlreadyExists,
    /// An MFA device that is still a user's.
    InUse,
    /// IAM still carries out an earlier change.
    Unmodifiable,
    Throttled,
    /// The region is not enabled for the account.
    RegionDisabled,
    Unreachable,
    /// The response has a value that AWS never sends. A retry would get the same one.
    Malformed,
    ServerFault,
    Other,
}

impl Problem {
    /// True if a later try may succeed: the failure says nothing about the request.
    pub(crate) fn is_transient(self) -> bool {
        matches!(self, Self::Unreachable | Self::Malformed | Self::Throttled | Self::ServerFault | Self::Unmodifiable)
    }

    /// True if AWS refuses the refresh token for good, so that only a new approval helps.
    pub(crate) fn ends_sign_in(self) -> bool {
        !self.is_transient() && !matches!(self, Self::InstanceKey | Self::NoPermission)
    }
}

/// Why a call did not reach AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransportError {
    NoAddress,
    Refused,
    TimedOut,
    Broken,
    UnknownIssuer,
    /// Expired, or not yet valid.
    CertificateTime,
    CertificateName,
    /// Any other failure of TLS.
    Tls,
    /// The proxy wants a user name and a password. Holds the variable that names the proxy.
    ProxyAuthentication(&'static str),
    /// The proxy does not pass the call on. Holds the variable that names it.
    Proxy(&'static str),
    /// The value of a proxy variable can't be used.
    ProxySetting,
    /// Another server answers, such as a captive portal.
    Impostor,
    /// A local setting, such as `AWS_CA_BUNDLE`, can't be used.
    Setting,
}

impl TransportError {
    /// As in `--json`.
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

/// `reason` is a field that SSO OIDC has with some codes, and the sign-in service with all.
pub(super) fn classify(operation: Operation, status: u16, code: &str, reason: Option<&str>, message: &str) -> Problem {
    if reason.is_some_and(|reason| reason.starts_with("KMS_")) {
        return Problem::InstanceKey;
    }
    // AWS sends most codes with and without `Exception`.
    let code = code.strip_suffix("Exception").unwrap_or(code);
    let known = match operation {
        _ if operation.is_sts() => by_code_of_sts(code, message),
        Operation::CreateOAuth2Token => by_code_of_sign_in(code, reason.unwrap_or_default()),
        _ if operation.is_iam() => by_code_of_iam(code).or_else(|| by_code_of_sts(code, message)),
        _ => by_code_of_sso(operation, code),
    };
    known.or_else(|| by_code(code)).unwrap_or_else(|| by_status(operation, status))
}

fn by_code_of_sts(code: &str, message: &str) -> Option<Problem> {
    // Comes with `ValidationError` and with `AccessDenied`.
    if message.contains("exceeds the MaxSessionDuration set for this role") {
        return Some(Problem::DurationTooLong);
    }
    let problem = match code {
        "AccessDenied" => denied(message),
        "ExpiredToken" => Problem::ExpiredSession,
        "InvalidClientTokenId" => Problem::UnknownKey,
        "SignatureDoesNotMatch" if message.starts_with("Signature expired") => Problem::ClockSkew,
        "SignatureDoesNotMatch" if message.starts_with("Signature not yet current") => Problem::ClockSkew,
        // Other services use these codes.
        "RequestTimeTooSkewed" | "RequestExpired" => Problem::ClockSkew,
        "SignatureDoesNotMatch" => Problem::WrongSecret,
        "ValidationError" if message.contains("roles assumed by role chaining") => Problem::ChainTooLong,
        "ValidationError" => Problem::InvalidValue,
        "RegionDisabled" => Problem::RegionDisabled,
        _ => return None,
    };
    Some(problem)
}

/// IAM refuses a signer as STS does.
fn by_code_of_iam(code: &str) -> Option<Problem> {
    let problem = match code {
        "LimitExceeded" => Problem::LimitExceeded,
        "EntityAlreadyExists" => Problem::AlreadyExists,
        "InvalidAuthenticationCode" => Problem::WrongCode,
        "NoSuchEntity" => Problem::NotFound,
        "DeleteConflict" => Problem::InUse,
        "EntityTemporarilyUnmodifiable" | "ConcurrentModification" => Problem::Unmodifiable,
        "InvalidInput" => Problem::InvalidValue,
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
        // The start URL is the only value in this call that the user gave.
        ("InvalidRequest", Operation::StartDeviceAuthorization) => Problem::UnknownPortal,
        ("InvalidRequest", _) => Problem::InvalidValue,
        ("Forbidden", operation) if operation.is_for_account() => Problem::NotAssigned,
        ("ResourceNotFound", _) => Problem::NotFound,
        ("Unauthorized", _) => Problem::TokenRejected,
        _ => return None,
    };
    Some(problem)
}

fn by_code_of_sign_in(code: &str, reason: &str) -> Option<Problem> {
    let problem = match (code, reason) {
        (_, "USER_CREDENTIALS_CHANGED") => Problem::PasswordChanged,
        (_, "INSUFFICIENT_PERMISSIONS") => Problem::NoPermission,
        (_, "TOKEN_EXPIRED" | "AUTHCODE_EXPIRED") | ("AccessDenied" | "Validation", _) => Problem::GrantRejected,
        _ => return None,
    };
    Some(problem)
}

fn by_code(code: &str) -> Option<Problem> {
    let is_throttling =
        matches!(code, "TooManyRequests" | "Throttling" | "ThrottlingError" | "Throttled" | "RequestLimitExceeded");
    is_throttling.then_some(Problem::Throttled)
}

/// Reads the message of STS's `AccessDenied`, which names the policies that deny (IAM user guide, "Troubleshoot access denied
/// error messages").
fn denied(message: &str) -> Problem {
    const WORDS: [(&str, Problem); 9] = [
        ("invalid MFA one time pass code", Problem::WrongCode),
        ("unable to validate MFA code", Problem::WrongSerial),
        ("must provide both MFA serial number and one time pass code", Problem::IncompleteMfa),
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
        (operation, 403) if operation.is_for_account() => Problem::NotAssigned,
        (operation, 401) if operation.is_portal() => Problem::TokenRejected,
        (operation, 404) if operation.is_for_account() => Problem::NotFound,
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
            (Assume, 403, "AccessDenied", half, Problem::IncompleteMfa),
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
    fn each_answer_of_iam_is_known_for_what_it_is() {
        use Operation::{
            CreateAccessKey as Create, CreateVirtualMFADevice as Device, DeleteVirtualMFADevice as Delete,
            EnableMFADevice as Enable,
        };
        let deny = "User: u is not authorized to perform: iam:CreateAccessKey on resource: user alice with an explicit deny \
             in an identity-based policy";
        let invalid = "The security token included in the request is invalid.";
        let wrong = "Authentication code for device is not valid.";
        check(&[
            (Create, 409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", Problem::LimitExceeded),
            (Create, 403, "AccessDenied", deny, Problem::ExplicitDeny),
            (Create, 403, "InvalidClientTokenId", invalid, Problem::UnknownKey),
            (Create, 403, "SignatureDoesNotMatch", "Signature expired: x", Problem::ClockSkew),
            (Create, 403, "ExpiredToken", "", Problem::ExpiredSession),
            (Create, 400, "Throttling", "Rate exceeded", Problem::Throttled),
            (Create, 500, "ServiceFailure", "", Problem::ServerFault),
            (Create, 409, "ConcurrentModification", "", Problem::Unmodifiable),
            (Device, 409, "EntityAlreadyExists", "MFADevice entity …", Problem::AlreadyExists),
            (Device, 400, "InvalidInput", "", Problem::InvalidValue),
            (Device, 400, "ValidationError", "", Problem::InvalidValue),
            (Enable, 403, "InvalidAuthenticationCode", wrong, Problem::WrongCode),
            (Enable, 409, "EntityTemporarilyUnmodifiable", "", Problem::Unmodifiable),
            (Enable, 404, "NoSuchEntity", "", Problem::NotFound),
            (Delete, 409, "DeleteConflict", "", Problem::InUse),
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
    fn each_answer_of_the_sign_in_service_is_known_for_what_it_is() {
        for (status, code, reason, expected) in [
            (401, "AccessDeniedException", "TOKEN_EXPIRED", Problem::GrantRejected),
            (401, "AccessDeniedException", "AUTHCODE_EXPIRED", Problem::GrantRejected),
            (401, "AccessDeniedException", "USER_CREDENTIALS_CHANGED", Problem::PasswordChanged),
            (403, "AccessDeniedException", "INSUFFICIENT_PERMISSIONS", Problem::NoPermission),
            (403, "AccessDeniedException", "NEW_REASON", Problem::GrantRejected),
            (400, "ValidationException", "INVALID_REQUEST", Problem::GrantRejected),
            (429, "TooManyRequestsError", "rate_exceeded", Problem::Throttled),
            (500, "InternalServerException", "server_error", Problem::ServerFault),
            (404, "", "", Problem::Other),
        ] {
            let found = classify(Operation::CreateOAuth2Token, status, code, Some(reason), "");
            assert_eq!(found, expected, "{code} {reason}");
        }
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

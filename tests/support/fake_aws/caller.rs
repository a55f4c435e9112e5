//! Who signed a request: key, clock, signature, session token and expiry, in that order.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::error::Refusal;
use super::http::Request;
use super::ids::entity_id;
use super::sigv4::Claim;
use super::state::{Identity, Kind, State};

/// How far a request's time may be from the server's: 15 minutes.
const SKEW: SignedDuration = SignedDuration::from_mins(15);
/// AWS's compact form of a time.
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// The verified sender of a request.
pub(crate) struct Caller {
    /// Who it is.
    pub(crate) identity: Identity,
    /// What credentials were used.
    pub(crate) kind: Kind,
    /// Their access key.
    pub(crate) key_id: String,
}

impl Caller {
    /// Verifies a request to STS or IAM.
    pub(crate) fn authenticate(state: &mut State, request: &Request, service: &str) -> Result<Self, Refusal> {
        let claim = Claim::of(request)?;
        if is_too_new(state, claim.key_id) {
            return Err(invalid_token());
        }
        let (caller, secret, token, expires) = known_key(state, claim.key_id).ok_or_else(invalid_token)?;
        check_scope(&claim, service)?;
        check_time(&claim, request, state.now())?;
        if !claim.covers(request) {
            return Err(mismatch("'Host' and all 'X-Amz-' headers must be a 'SignedHeader' in the AWS Authorization."));
        }
        if claim.expected(request, &secret) != claim.signature {
            return Err(mismatch(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details.",
            ));
        }
        if request.header("x-amz-security-token") != token.as_deref() {
            return Err(invalid_token());
        }
        if expires.is_some_and(|expires| expires <= state.now()) {
            return Err(Refusal::new(403, "ExpiredToken", "The security token included in the request is expired"));
        }
        // A session without MFA can't call IAM at all, nor can a federated user.
        if service == "iam" && matches!(caller.kind, Kind::UserSession { mfa: false } | Kind::FederatedUser) {
            return Err(invalid_token());
        }
        state.note_use(claim.key_id, service, claim.region);
        Ok(caller)
    }
}

/// Whether a new key is not known everywhere yet; counts the call.
fn is_too_new(state: &mut State, key_id: &str) -> bool {
    let mut keys = state.users.iter_mut().flat_map(|user| &mut user.keys);
    let Some(key) = keys.find(|key| key.id == key_id && key.refusals > 0) else { return false };
    key.refusals -= 1;
    true
}

/// What stands behind an access key: the caller, the secret, the session token, the expiry.
fn known_key(state: &State, key_id: &str) -> Option<(Caller, String, Option<String>, Option<Timestamp>)> {
    if let Some(session) = state.sessions.get(key_id) {
        if session.key.as_ref().is_some_and(|key| state.long_term(key).is_none()) {
            return None;
        }
        let caller = Caller { identity: session.identity.clone(), kind: session.kind, key_id: key_id.to_owned() };
        return Some((caller, session.secret.clone(), Some(session.token.clone()), Some(session.expires)));
    }
    let (user, key) = state.long_term(key_id)?;
    let identity = Identity {
        account: user.account.clone(),
        arn: user.arn.clone(),
        principal: user.arn.clone(),
        user_id: entity_id("AIDA", &user.arn),
    };
    let caller = Caller { identity, kind: Kind::LongTerm, key_id: key_id.to_owned() };
    Some((caller, key.secret.clone(), None, None))
}

/// The credential scope must name the service and something like a region; for IAM, its only one.
fn check_scope(claim: &Claim<'_>, service: &str) -> Result<(), Refusal> {
    if claim.service != service {
        return Err(mismatch(format!("Credential should be scoped to correct service: '{service}'. ")));
    }
    if service == "iam" && claim.region != "us-east-1" {
        return Err(mismatch("Credential should be scoped to a valid region. "));
    }
    let parts: Vec<&str> = claim.region.split('-').collect();
    let number = parts.last().is_some_and(|part| part.parse::<u8>().is_ok());
    if parts.len() < 3 || !number {
        return Err(mismatch("Credential should be scoped to a valid region. "));
    }
    Ok(())
}

/// The request's time must be near the server's, and of the scope's day.
fn check_time(claim: &Claim<'_>, request: &Request, now: Timestamp) -> Result<(), Refusal> {
    let stamp = request.header("x-amz-date").unwrap_or_default();
    let sent = DateTime::strptime(STAMP, stamp)
        .and_then(|civil| civil.to_zoned(TimeZone::UTC))
        .map_err(|_| {
            let words = "Date must be in ISO-8601 'basic format'. Got";
            Refusal::new(
                400,
                "IncompleteSignature",
                format!("{words} '{stamp}'. See http://en.wikipedia.org/wiki/ISO_8601"),
            )
        })?
        .timestamp();
    let text = |time: Timestamp| time.strftime(STAMP).to_string();
    let (earliest, latest) = (now - SKEW, now + SKEW);
    if text(sent) < text(earliest) {
        let (earliest, now) = (text(earliest), text(now));
        return Err(mismatch(format!("Signature expired: {stamp} is now earlier than {earliest} ({now} - 15 min.)")));
    }
    if text(sent) > text(latest) {
        let (latest, now) = (text(latest), text(now));
        return Err(mismatch(format!(
            "Signature not yet current: {stamp} is still later than {latest} ({now} + 15 min.)"
        )));
    }
    if !stamp.starts_with(claim.date) || claim.date.len() != 8 {
        return Err(mismatch(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', from '{stamp}'.",
            claim.date,
            &stamp[..8]
        )));
    }
    Ok(())
}

/// AWS's refusal of a signature.
fn mismatch(message: impl Into<String>) -> Refusal {
    Refusal::new(403, "SignatureDoesNotMatch", message)
}

/// AWS's refusal of an unknown or inactive key, or of a session token that is not the key's.
fn invalid_token() -> Refusal {
    Refusal::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

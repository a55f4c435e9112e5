//! Owns the decisions of a console sign-in (aws-facts §13): if its credentials are used or renewed, and who it is for.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::freshness::seconds_left;
use crate::model::LoginToken;
use crate::secret::Secret;

/// Credentials with less left are renewed, as all readers of the file do (aws-facts §13.3).
const RENEWAL_WINDOW: i64 = 5 * 60;
/// Credentials last 15 minutes; with more left, a clock was wrong.
const LONGEST: i64 = 20 * 60;
/// How long AWS takes a refresh token, at most.
const LONGEST_SIGN_IN: SignedDuration = SignedDuration::from_hours(12);

#[derive(Debug)]
pub(crate) enum LoginUse {
    Use(LoginToken),
    /// By the refresh token, without a person.
    Refresh(LoginToken),
    /// About to end, and not refreshable: usable until a person signs in again.
    Aging(LoginToken),
    Authorize,
}

pub(crate) fn decide_login(found: Option<LoginToken>, now: Timestamp) -> LoginUse {
    let Some(token) = found else { return LoginUse::Authorize };
    let left = token.credentials.expiration.map_or(0, |end| seconds_left(end, now));
    let is_over = token.signed_in_at.is_some_and(|start| now.duration_since(start) >= LONGEST_SIGN_IN);
    let is_refreshable = token.refresh_token.is_some() && !is_over;
    match left {
        RENEWAL_WINDOW..LONGEST => LoginUse::Use(token),
        _ if is_refreshable => LoginUse::Refresh(token),
        1..LONGEST => LoginUse::Aging(token),
        _ => LoginUse::Authorize,
    }
}

/// The two public clients of the sign-in service; it takes no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignInFlow {
    /// A browser on this machine comes back to it.
    SameDevice,
    /// A person carries a text from any browser to this machine.
    CrossDevice,
}

impl SignInFlow {
    pub(crate) fn client_id(self) -> &'static str {
        match self {
            Self::SameDevice => "arn:aws:signin:::devtools/same-device",
            Self::CrossDevice => "arn:aws:signin:::devtools/cross-device",
        }
    }
}

/// In bytes. An ARN has at most 2,048 characters (AWS's API models, `arnType`). Limits what a wrong server can print on the terminal.
const LONGEST_SUBJECT: usize = 2048;

/// The ARN of whoever signed in. As AWS CLI does, the signature of the JWT is not checked: it comes from AWS, over TLS.
pub(crate) fn subject(id_token: &Secret) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        sub: String,
    }
    let mut parts = id_token.expose().split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    Some(serde_json::from_slice::<Claims>(&claims).ok()?.sub).filter(|sub| sub.len() <= LONGEST_SUBJECT)
}

/// The query in the text that the sign-in page shows for another machine: `state=…&code=…` in base64.
pub(crate) fn pasted_query(text: &str) -> Option<Secret> {
    let bytes = STANDARD.decode(text.trim()).ok()?;
    String::from_utf8(bytes).ok().map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Credentials;

    fn token(left: i64, refresh: bool, signed_in: Option<i64>) -> LoginToken {
        let at = |second| Timestamp::from_second(second).unwrap();
        LoginToken {
            credentials: Credentials {
                access_key_id: "ASIA1".to_owned(),
                secret_access_key: Secret::new("s"),
                session_token: Some(Secret::new("t")),
                expiration: Some(at(1_000_000 + left)),
            },
            client_id: SignInFlow::SameDevice.client_id().to_owned(),
            refresh_token: refresh.then(|| Secret::new("r")),
            dpop_key: Secret::new("k"),
            region: None,
            signed_in_at: signed_in.map(|ago| at(1_000_000 - ago)),
        }
    }

    #[test]
    fn credentials_are_used_until_five_minutes_before_their_end_and_renewed_for_twelve_hours() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        for (left, refresh, signed_in, expected) in [
            (900, true, Some(0), "Use"),
            (300, false, None, "Use"),
            (299, true, Some(43_199), "Refresh"),
            (299, true, None, "Refresh"),
            (-90_000, true, None, "Refresh"),
            (299, true, Some(43_200), "Aging"),
            (299, false, None, "Aging"),
            (0, false, None, "Authorize"),
            (-1, true, Some(43_200), "Authorize"),
            // By a clock that was a day ahead.
            (86_400, true, None, "Refresh"),
            (86_400, false, None, "Authorize"),
        ] {
            let decided = format!("{:?}", decide_login(Some(token(left, refresh, signed_in)), now));
            assert!(decided.starts_with(expected), "{left} {refresh} {signed_in:?}: {decided}");
        }
        assert!(matches!(decide_login(None, now), LoginUse::Authorize));
    }

    #[test]
    fn the_claims_say_who_signed_in() {
        // From a file of `aws login` (aws-facts §13.2).
        let claims = "eyJzdWIiOiAiYXJuOmF3czpzdHM6OjEyMzQ1Njc4OTAxMjphc3N1bWVkLXJvbGUvQWRtaW4vYWxpY2UifQ";
        let read = |text: String| subject(&Secret::new(text));
        let alice = Some("arn:aws:sts::123456789012:assumed-role/Admin/alice".to_owned());
        assert_eq!(read(format!("eyJhbGciOiJFUzM4NCJ9.{claims}.c2ln")), alice);
        assert_eq!(read(format!("x.{claims}==.")), alice);
        let of_length = |length| URL_SAFE_NO_PAD.encode(serde_json::json!({ "sub": "x".repeat(length) }).to_string());
        assert!(read(format!("a.{}.b", of_length(2048))).is_some());
        assert_eq!(read(format!("a.{}.b", of_length(2049))), None);
        for wrong in ["", "..", "a.b", &format!("{claims}.."), &format!("a.{claims}.b.c"), "a.e30.b", "a.!.b"] {
            assert_eq!(read(wrong.to_owned()), None, "{wrong}");
        }
    }

    #[test]
    fn a_pasted_text_is_a_query_in_base64() {
        let read = |text: &str| pasted_query(text).map(|query| query.expose().to_owned());
        assert_eq!(read(" c3RhdGU9dSZjb2RlPWM=\r\n").as_deref(), Some("state=u&code=c"));
        for wrong in ["state=u&code=c", "c3RhdGU", "/w=="] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}

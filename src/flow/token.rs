//! Owns the decision between using, refreshing and replacing a saved SSO token.

use jiff::Timestamp;

use super::freshness::seconds_left;
use crate::model::{SsoAccess, SsoClient, SsoToken};

/// A token or registration with less left is renewed, as botocore does (aws-facts §4.2).
const RENEWAL_WINDOW: i64 = 15 * 60;

#[derive(Debug)]
pub(crate) enum TokenUse {
    Use(SsoToken),
    /// By the refresh token, without a person.
    Refresh(SsoToken, SsoClient),
    /// About to end, and not refreshable: usable until a person approves a new one.
    Aging(SsoToken),
    Authorize,
}

/// A token for another portal is not used: files are named by session, and two configurations may use one name
/// (aws-facts §4.2).
pub(crate) fn decide(found: Option<SsoToken>, access: &SsoAccess, now: Timestamp) -> TokenUse {
    let Some(token) = found.filter(|token| token.start_url == *access.start_url() && token.region == *access.region())
    else {
        return TokenUse::Authorize;
    };
    let left = seconds_left(token.expires_at, now);
    if left > RENEWAL_WINDOW {
        return TokenUse::Use(token);
    }
    let client = token.client.clone().filter(|client| seconds_left(client.expires_at, now) > 0);
    match client {
        Some(client) if token.refresh_token.is_some() => TokenUse::Refresh(token, client),
        _ if left > 0 => TokenUse::Aging(token),
        _ => TokenUse::Authorize,
    }
}

/// True if a registration lasts long enough for a new authorization.
pub(crate) fn is_reusable(client: &SsoClient, now: Timestamp) -> bool {
    seconds_left(client.expires_at, now) > RENEWAL_WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Region, StartUrl};
    use crate::secret::Secret;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn access(url: &str) -> SsoAccess {
        SsoAccess::Legacy { start_url: StartUrl::new(url).unwrap().0, region: Region::new("us-east-1").unwrap() }
    }

    fn token(expires: i64, refresh: bool, registration: i64) -> SsoToken {
        SsoToken {
            start_url: StartUrl::new("https://corp.awsapps.com/start").unwrap().0,
            region: Region::new("us-east-1").unwrap(),
            access_token: Secret::new("a"),
            expires_at: at(expires),
            refresh_token: refresh.then(|| Secret::new("r")),
            client: Some(SsoClient {
                client_id: "c".to_owned(),
                client_secret: Secret::new("s"),
                expires_at: at(registration),
            }),
        }
    }

    #[test]
    fn a_token_is_used_refreshed_or_asked_for_by_what_is_left() {
        let access = access("https://corp.awsapps.com/start");
        let decided = |token| decide(Some(token), &access, at(0));
        assert!(matches!(decided(token(901, true, 9999)), TokenUse::Use(_)));
        assert!(matches!(decided(token(900, true, 9999)), TokenUse::Refresh(..)));
        assert!(matches!(decided(token(-1, true, 9999)), TokenUse::Refresh(..)));
        assert!(matches!(decided(token(-1, true, 0)), TokenUse::Authorize));
        assert!(matches!(decided(token(60, false, 9999)), TokenUse::Aging(_)));
        assert!(matches!(decided(token(0, false, 9999)), TokenUse::Authorize));
        assert!(matches!(decide(None, &access, at(0)), TokenUse::Authorize));
    }

    #[test]
    fn a_token_of_another_portal_is_not_used() {
        let other = access("https://other.awsapps.com/start");
        assert!(matches!(decide(Some(token(9999, true, 9999)), &other, at(0)), TokenUse::Authorize));
    }
}

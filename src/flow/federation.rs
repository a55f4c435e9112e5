//! Owns the addresses that lead into the console: the two requests of the federation endpoint, and the access portal's link
//! (aws-facts §8). Must not send or open anything.

use serde_json::json;

use super::Signer;
use super::pkce::query;
use crate::model::{AccountId, Credentials, SessionDuration, SsoRoleName, StartUrl};
use crate::secret::Secret;

/// STS `GetFederationToken`, signed by a long-term key.
#[derive(Debug)]
pub(crate) struct GetFederationToken<'a> {
    pub(crate) signer: Signer<'a>,
    /// The name of the console session's user.
    pub(crate) name: &'a str,
    /// In seconds; STS's 12 hours if not given.
    pub(crate) duration: Option<SessionDuration>,
}

impl GetFederationToken<'_> {
    /// Allows what the user's own policies allow: without a policy the session may do nothing (aws-facts §8.2).
    pub(crate) const POLICY: &'static str =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
}

/// `getSigninToken` of the federation endpoint.
#[derive(Debug)]
pub(crate) struct GetSigninToken<'a> {
    /// Its credentials have a session token.
    pub(crate) session: Signer<'a>,
    /// The length of the console session. AWS refuses one for most credentials (aws-facts §8.2).
    pub(crate) duration: Option<SessionDuration>,
}

impl GetSigninToken<'_> {
    pub(crate) fn url(&self, endpoint: &str) -> Secret {
        let Credentials { access_key_id, secret_access_key, session_token, .. } = self.session.credentials;
        let token = session_token.as_ref().map_or("", Secret::expose);
        let session =
            json!({ "sessionId": access_key_id, "sessionKey": secret_access_key.expose(), "sessionToken": token });
        let session = Secret::new(session.to_string());
        let duration = self.duration.map(|duration| duration.seconds().to_string());
        let mut parameters = vec![("Action", "getSigninToken")];
        parameters.extend(duration.as_deref().map(|seconds| ("SessionDuration", seconds)));
        parameters.push(("Session", session.expose()));
        federation_url(endpoint, &parameters)
    }
}

/// The page that signs a browser in, and leads on to `destination`. Whoever opens it within 15 minutes is signed in.
pub(crate) fn login_url(endpoint: &str, destination: &str, token: &Secret) -> Secret {
    let parameters =
        [("Action", "login"), ("Issuer", "awsauth"), ("Destination", destination), ("SigninToken", token.expose())];
    federation_url(endpoint, &parameters)
}

fn federation_url(endpoint: &str, parameters: &[(&str, &str)]) -> Secret {
    Secret::new(format!("{}/federation?{}", endpoint.trim_end_matches('/'), query(parameters)))
}

/// The access portal's own link to a role's console. The person is signed in by their session at the portal, so the link holds no
/// secret.
pub(crate) fn portal_url(start_url: &StartUrl, account: &AccountId, role: &SsoRoleName, destination: &str) -> String {
    let parameters = [("account_id", account.as_str()), ("role_name", role.as_str()), ("destination", destination)];
    format!("{}/#/console?{}", start_url.as_str(), query(&parameters))
}

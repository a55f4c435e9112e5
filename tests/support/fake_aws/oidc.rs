//! SSO OIDC: `RegisterClient`, `StartDeviceAuthorization`, `CreateToken` (aws-facts §4.4). All calls are unsigned.
//!
//! A grant type is one arm of [`create_token`] that ends in [`grant`].

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::authorize::may_register;
use super::error::Refusal;
use super::http::{Request, Response};
use super::sso::{AccessToken, Approval, Client, Decision, DeviceRequest, Login, RefreshToken};
use super::state::{State, machine_time};

/// The grant type of device authorization.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The grant type of PKCE.
pub(crate) const AUTHORIZATION_CODE: &str = "authorization_code";
/// The grant type of renewal.
const REFRESH_TOKEN: &str = "refresh_token";
/// The scope without which there is no refresh token.
const ACCOUNT_ACCESS: &str = "sso:account:access";
/// How much earlier than the interval a poll may come: clients and server measure at different moments.
const POLL_GRACE: SignedDuration = SignedDuration::from_millis(100);

/// What an operation answers.
type Answer = Result<Value, Refusal>;

/// Answers one call.
pub(crate) fn answer(state: &mut State, request: &Request, operation: &str) -> Response {
    let request_id = state.ids.request_id();
    match call(state, request, operation) {
        Ok(body) => {
            Response::new(200, "application/json", body.to_string()).with_header("x-amzn-requestid", request_id)
        }
        Err(refusal) => refusal.to_oauth(&request_id),
    }
}

/// Refuses what is no unsigned JSON, then dispatches.
fn call(state: &mut State, request: &Request, operation: &str) -> Answer {
    if request.header("authorization").is_some() {
        return Err(invalid_request("This operation is not signed; it takes no Authorization header"));
    }
    let json = request.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    let input: Value = match serde_json::from_slice(&request.body) {
        Ok(input @ Value::Object(_)) if json => input,
        _ => return Err(invalid_request("Invalid request")),
    };
    match operation {
        "RegisterClient" => register_client(state, &input),
        "StartDeviceAuthorization" => start_device_authorization(state, &input),
        _ => create_token(state, &input),
    }
}

/// A text member of the input.
fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input[name].as_str().filter(|text| !text.is_empty())
}

/// A text member that must be there.
fn required<'a>(input: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    text(input, name).ok_or_else(|| invalid_request(&format!("{name} is required")))
}

/// A list of texts; `None` when it is left out.
fn list(input: &Value, name: &str) -> Option<Vec<String>> {
    let items = input[name].as_array()?;
    Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// `RegisterClient`.
fn register_client(state: &mut State, input: &Value) -> Answer {
    required(input, "clientName")?;
    if required(input, "clientType")? != "public" {
        return Err(bad("InvalidClientMetadataException", "Invalid client type"));
    }
    let scopes = list(input, "scopes").unwrap_or_default();
    if scopes.iter().any(|scope| scope != ACCOUNT_ACCESS && scope != "openid") {
        return Err(bad("InvalidScopeException", "Invalid scope"));
    }
    let known = [DEVICE_CODE, AUTHORIZATION_CODE, REFRESH_TOKEN];
    let defaults = || vec![DEVICE_CODE.to_owned(), REFRESH_TOKEN.to_owned()];
    let grants = list(input, "grantTypes").unwrap_or_else(defaults);
    if grants.iter().any(|grant| !known.contains(&grant.as_str())) {
        return Err(bad("UnsupportedGrantTypeException", "Unsupported grant type"));
    }
    let redirects = list(input, "redirectUris").unwrap_or_default();
    let is_for_codes = grants.iter().any(|grant| grant == AUTHORIZATION_CODE);
    if is_for_codes == redirects.is_empty() || !redirects.iter().all(|uri| may_register(uri)) {
        return Err(bad("InvalidRedirectUriException", "Invalid redirect URI"));
    }
    let issuer = text(input, "issuerUrl").map(str::to_owned);
    let is_known = |url: &String| state.sso.instances.iter().any(|instance| instance.start_url == *url);
    if is_for_codes != issuer.is_some() || !issuer.iter().all(is_known) {
        return Err(invalid_request("Invalid issuer URL"));
    }
    let (id, secret) = (state.ids.public(), state.ids.oauth_secret("eyJraWQi"));
    let (now, expires) = (state.now(), state.after(state.sso.registration_lifetime));
    let client = Client { secret: secret.clone(), expires, scopes, grants, redirects, issuer };
    state.sso.clients.insert(id.clone(), client);
    Ok(json!({
        "clientId": id,
        "clientSecret": secret,
        "clientIdIssuedAt": now.as_second(),
        "clientSecretExpiresAt": expires.as_second(),
    }))
}

/// The id of a client whose secret is right, whose registration lasts, and which may use `grant_type`.
fn authenticate<'a>(state: &State, input: &'a Value, grant_type: &str) -> Result<&'a str, Refusal> {
    let (id, secret) = (required(input, "clientId")?, required(input, "clientSecret")?);
    let client = state.sso.clients.get(id).filter(|client| client.secret == secret && client.expires > state.now());
    let client = client.ok_or_else(|| Refusal::new(401, "InvalidClientException", "Invalid client"))?;
    if client.grants.iter().any(|grant| grant == grant_type) {
        Ok(id)
    } else {
        Err(bad("UnauthorizedClientException", "The client is not registered for this grant type"))
    }
}

/// `StartDeviceAuthorization`.
fn start_device_authorization(state: &mut State, input: &Value) -> Answer {
    let client_id = authenticate(state, input, DEVICE_CODE)?;
    let start_url = required(input, "startUrl")?;
    if !state.sso.instances.iter().any(|instance| instance.start_url == start_url) {
        return Err(invalid_request("Invalid start URL"));
    }
    let (device_code, user_code) = (state.ids.oauth_secret("device-"), state.ids.user_code());
    let approval = state.sso.approval;
    let request = DeviceRequest {
        client_id: client_id.to_owned(),
        start_url: start_url.to_owned(),
        user_code: user_code.clone(),
        expires: state.after(state.sso.device_lifetime),
        approval,
        decision: match approval {
            Approval::Immediately | Approval::AfterPolls(0) => Decision::Approved,
            Approval::Deny => Decision::Denied,
            Approval::AfterPolls(_) | Approval::OnVisit | Approval::Never => Decision::Waiting,
        },
        pending_polls: 0,
        last_poll: None,
        spent: false,
    };
    state.sso.requests.insert(device_code.clone(), request);
    let page = format!("{}/device", state.base_url);
    Ok(json!({
        "deviceCode": device_code,
        "userCode": user_code,
        "verificationUri": page,
        "verificationUriComplete": format!("{page}?user_code={user_code}"),
        "expiresIn": state.sso.device_lifetime,
        "interval": state.sso.interval,
    }))
}

/// `CreateToken`.
fn create_token(state: &mut State, input: &Value) -> Answer {
    match required(input, "grantType")? {
        DEVICE_CODE => {
            let client_id = authenticate(state, input, DEVICE_CODE)?;
            let login = redeem_device_code(state, client_id, required(input, "deviceCode")?)?;
            let scopes = registered_scopes(state, client_id);
            Ok(grant(state, client_id, login, &scopes))
        }
        AUTHORIZATION_CODE => {
            let client_id = authenticate(state, input, AUTHORIZATION_CODE)?;
            let (login, scopes) = redeem_authorization_code(state, client_id, input)?;
            Ok(grant(state, client_id, login, &scopes))
        }
        REFRESH_TOKEN => {
            let client_id = authenticate(state, input, REFRESH_TOKEN)?;
            let login = redeem_refresh_token(state, client_id, required(input, "refreshToken")?)?;
            let scopes = registered_scopes(state, client_id);
            Ok(grant(state, client_id, login, &scopes))
        }
        _ => Err(bad("UnsupportedGrantTypeException", "Unsupported grant type")),
    }
}

/// The new login that an approved device code stands for. A code is good for one token.
fn redeem_device_code(state: &mut State, client_id: &str, device_code: &str) -> Result<usize, Refusal> {
    let (now, polled) = (state.now(), machine_time());
    let interval = SignedDuration::from_secs(state.sso.interval);
    let request = state.sso.requests.get_mut(device_code);
    let request = request.filter(|request| request.client_id == client_id && !request.spent);
    let request = request.ok_or_else(|| bad("InvalidGrantException", "Invalid device code"))?;
    if request.expires <= now {
        return Err(bad("ExpiredTokenException", "Device code has expired"));
    }
    let early = request.last_poll.is_some_and(|last| polled.duration_since(last) + POLL_GRACE < interval);
    request.last_poll = Some(polled);
    if early {
        return Err(bad("SlowDownException", "Polling too quickly"));
    }
    match request.decision {
        Decision::Denied => Err(bad("AccessDeniedException", "Access denied")),
        Decision::Waiting => {
            request.pending_polls += 1;
            if matches!(request.approval, Approval::AfterPolls(count) if request.pending_polls >= count) {
                request.decision = Decision::Approved;
            }
            Err(bad("AuthorizationPendingException", "The authorization request is still pending"))
        }
        Decision::Approved => {
            request.spent = true;
            let login = Login { start_url: request.start_url.clone(), ended: false };
            state.sso.logins.push(login);
            Ok(state.sso.logins.len() - 1)
        }
    }
}

/// The scopes that a client asked for.
fn registered_scopes(state: &State, client_id: &str) -> Vec<String> {
    state.sso.clients.get(client_id).map_or_else(Vec::new, |client| client.scopes.clone())
}

/// The new login that an authorization code stands for, and its scopes. A code is good for one try; a second one ends what
/// came of the first (RFC 6749 §4.1.2).
fn redeem_authorization_code(
    state: &mut State,
    client_id: &str,
    input: &Value,
) -> Result<(usize, Vec<String>), Refusal> {
    let (key, redirect_uri) = (required(input, "code")?, required(input, "redirectUri")?);
    let verifier = required(input, "codeVerifier")?;
    let is_unreserved = |letter: char| letter.is_ascii_alphanumeric() || "-._~".contains(letter);
    if !(43..=128).contains(&verifier.len()) || !verifier.chars().all(is_unreserved) {
        return Err(invalid_request("Invalid code verifier"));
    }
    let refused = || bad("InvalidGrantException", "Invalid grant provided");
    let (now, login) = (state.now(), state.sso.logins.len());
    let code = state.sso.codes.get_mut(key).filter(|code| code.client_id == client_id).ok_or_else(refused)?;
    if let Some(used) = code.login.replace(login) {
        state.sso.logins[used].ended = true;
        code.login = Some(used);
        return Err(refused());
    }
    let is_good = code.expires > now
        && code.redirect_uri == redirect_uri
        && code.challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let scopes = code.scopes.clone();
    let issuer = state.sso.clients.get(client_id).and_then(|client| client.issuer.clone()).ok_or_else(refused)?;
    state.sso.logins.push(Login { start_url: issuer, ended: !is_good });
    if is_good { Ok((login, scopes)) } else { Err(refused()) }
}

/// The login behind a refresh token, which dies with this use.
fn redeem_refresh_token(state: &mut State, client_id: &str, token: &str) -> Result<usize, Refusal> {
    let refused = || bad("InvalidGrantException", "Invalid refresh token provided");
    if state.sso.refresh.get(token).is_none_or(|refresh| refresh.client_id != client_id) {
        return Err(refused());
    }
    let refresh = state.sso.refresh.remove(token).ok_or_else(refused)?;
    if state.sso.logins[refresh.login].ended { Err(refused()) } else { Ok(refresh.login) }
}

/// Tokens for a login; a refresh token only for a client that may have one.
fn grant(state: &mut State, client_id: &str, login: usize, scopes: &[String]) -> Value {
    let access = state.ids.oauth_secret("aoa");
    let expires = state.after(state.sso.token_lifetime);
    state.sso.access.insert(access.clone(), AccessToken { login, expires });
    let mut body = json!({ "accessToken": access, "tokenType": "Bearer", "expiresIn": state.sso.token_lifetime });
    let refreshable = state.sso.clients.get(client_id).is_some_and(|client| {
        scopes.iter().any(|scope| scope == ACCOUNT_ACCESS) && client.grants.iter().any(|grant| grant == REFRESH_TOKEN)
    });
    if refreshable {
        let refresh = state.ids.oauth_secret("aor");
        state.sso.refresh.insert(refresh.clone(), RefreshToken { login, client_id: client_id.to_owned() });
        body["refreshToken"] = Value::String(refresh);
    }
    body
}

/// A refusal with status 400.
fn bad(code: &str, message: &str) -> Refusal {
    Refusal::new(400, code, message)
}

/// `InvalidRequestException`.
fn invalid_request(message: &str) -> Refusal {
    bad("InvalidRequestException", message)
}

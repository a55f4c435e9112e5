//! The sign-in service: the console's page for authorization codes, and `CreateOAuth2Token` (aws-facts §13.1, §13.4), which
//! takes proofs of possession (RFC 9449). The browser has no cookies: there is one person.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::error::{Refusal, escape_xml};
use super::http::{Request, Response};
use super::ids::entity_id;
use super::sso::Consent;
use super::state::{Identity, Kind, State, assumed_role};

const SAME_DEVICE: &str = "arn:aws:signin:::devtools/same-device";
const CROSS_DEVICE: &str = "arn:aws:signin:::devtools/cross-device";
/// Where the page leads that shows a code for another machine.
const CONFIRMATION: &str = "/v1/sessions/confirmation";
const TOKEN: &str = "/v1/token";
/// How far the time of a proof may be from the server's.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// How long a refresh token may be used after the sign-in.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// The parameters that the page knows, each of which must be there once.
const PARAMETERS: [&str; 7] =
    ["response_type", "client_id", "state", "code_challenge_method", "scope", "redirect_uri", "code_challenge"];

/// The service's state.
pub(crate) struct SignIn {
    /// Who signs in on the page.
    pub(crate) person: String,
    /// Seconds that credentials last.
    pub(crate) lifetime: i64,
    /// What a refresh is refused with.
    pub(crate) refusal: Option<&'static str>,
    codes: BTreeMap<String, Code>,
    logins: Vec<Login>,
    /// The login of each refresh token that was not used.
    refresh: BTreeMap<String, usize>,
    /// The numbers of all proofs.
    proofs: BTreeSet<String>,
}

struct Code {
    client_id: String,
    redirect_uri: String,
    challenge: String,
    arn: String,
    expires: Timestamp,
    /// The login that it was good for.
    login: Option<usize>,
}

struct Login {
    arn: String,
    client_id: String,
    /// The public key that it is bound to.
    key: Vec<u8>,
    began: Timestamp,
    ended: bool,
}

impl SignIn {
    pub(crate) fn new() -> Self {
        Self {
            person: super::standard::USER_ARN.to_owned(),
            lifetime: 900,
            refusal: None,
            codes: BTreeMap::new(),
            logins: Vec::new(),
            refresh: BTreeMap::new(),
            proofs: BTreeSet::new(),
        }
    }

    /// Ends every login.
    pub(crate) fn end_all(&mut self) {
        self.logins.iter_mut().for_each(|login| login.ended = true);
    }
}

/// Answers a browser.
pub(crate) fn page(state: &mut State, request: &Request) -> Response {
    let pairs = request.query_pairs();
    let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    if request.path == CONFIRMATION {
        let text = STANDARD.encode(format!("state={}&code={}", get("state"), get("code")));
        return html(200, &format!("<h1>Copy this code</h1><p id=\"code\">{text}</p>"));
    }
    let names: BTreeSet<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    let (client_id, redirect_uri, challenge) = (get("client_id"), get("redirect_uri"), get("code_challenge"));
    let is_good = names.len() == pairs.len()
        && names == BTreeSet::from(PARAMETERS)
        && get("response_type") == "code"
        && get("code_challenge_method") == "SHA-256"
        && get("scope") == "openid"
        && is_uuid(get("state"))
        && URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|digest| digest.len() == 32)
        && may_redirect(client_id, redirect_uri, &state.base_url);
    if !is_good {
        return html(400, "400");
    }
    let back = |pairs: &[(&str, &str)]| back(redirect_uri, get("state"), pairs);
    match state.sso.consent {
        Consent::Deny => return back(&[("error", "access_denied")]),
        Consent::Error => return back(&[("error", "server_error")]),
        Consent::Immediately | Consent::Ask => {}
    }
    let code = state.ids.oauth_secret("code-");
    let kept = Code {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        challenge: challenge.to_owned(),
        arn: state.signin.person.clone(),
        expires: state.after(state.sso.code_lifetime),
        login: None,
    };
    state.signin.codes.insert(code.clone(), kept);
    back(&[("code", &code)])
}

fn may_redirect(client_id: &str, uri: &str, base_url: &str) -> bool {
    match client_id {
        SAME_DEVICE => uri
            .strip_prefix("http://127.0.0.1:")
            .and_then(|rest| rest.strip_suffix("/oauth/callback"))
            .is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0)),
        CROSS_DEVICE => uri.strip_prefix(base_url) == Some(CONFIRMATION),
        _ => false,
    }
}

/// Answers `CreateOAuth2Token`.
pub(crate) fn token(state: &mut State, request: &Request) -> Response {
    let request_id = state.ids.request_id();
    match create(state, request) {
        Ok(body) => {
            Response::new(200, "application/json", body.to_string()).with_header("x-amzn-requestid", request_id)
        }
        Err(refusal) => refusal.to_sign_in(&request_id),
    }
}

fn create(state: &mut State, request: &Request) -> Result<Value, Refusal> {
    let is_json = request.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    let input: Value = match serde_json::from_slice(&request.body) {
        Ok(input @ Value::Object(_)) if is_json && request.header("authorization").is_none() => input,
        _ => return Err(invalid("it is no unsigned JSON")),
    };
    let key = check_proof(state, request)?;
    let members: BTreeSet<&str> =
        input.as_object().into_iter().flat_map(|map| map.keys()).map(String::as_str).collect();
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let client_id = text("clientId");
    match text("grantType") {
        "authorization_code" => {
            let known = ["clientId", "grantType", "code", "codeVerifier", "redirectUri"];
            if members != BTreeSet::from(known) {
                return Err(invalid("the members are wrong"));
            }
            let login = redeem(state, client_id, (text("code"), text("codeVerifier"), text("redirectUri")), key)?;
            let mut body = grant(state, login);
            body["idToken"] = id_token(&state.signin.logins[login].arn).into();
            Ok(body)
        }
        "refresh_token" => {
            if members != BTreeSet::from(["clientId", "grantType", "refreshToken"]) {
                return Err(invalid("the members are wrong"));
            }
            let login = refresh(state, client_id, text("refreshToken"), &key)?;
            Ok(grant(state, login))
        }
        _ => Err(invalid("there is no such grant type")),
    }
}

/// The login that a code stands for. A code is good for one try; a second one ends what came of the first.
fn redeem(
    state: &mut State,
    client_id: &str,
    (code, verifier, redirect_uri): (&str, &str, &str),
    key: Vec<u8>,
) -> Result<usize, Refusal> {
    let (now, next) = (state.now(), state.signin.logins.len());
    let code = state.signin.codes.get_mut(code).ok_or_else(|| invalid("the code is unknown"))?;
    if let Some(used) = code.login {
        if let Some(login) = state.signin.logins.get_mut(used) {
            login.ended = true;
        }
        return Err(invalid("the code was used"));
    }
    code.login = Some(next);
    if code.expires <= now {
        return Err(denied("AUTHCODE_EXPIRED The code has expired"));
    }
    let is_unreserved = |letter: char| letter.is_ascii_alphanumeric() || "-._~".contains(letter);
    let is_good = code.client_id == client_id
        && code.redirect_uri == redirect_uri
        && (43..=128).contains(&verifier.len())
        && verifier.chars().all(is_unreserved)
        && code.challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    if !is_good {
        code.login = Some(usize::MAX);
        return Err(invalid("the code is not for this client"));
    }
    let (arn, client_id) = (code.arn.clone(), client_id.to_owned());
    state.signin.logins.push(Login { arn, client_id, key, began: now, ended: false });
    Ok(next)
}

/// The login behind a refresh token, which dies with this use.
fn refresh(state: &mut State, client_id: &str, token: &str, key: &[u8]) -> Result<usize, Refusal> {
    let now = state.now();
    let place = *state.signin.refresh.get(token).ok_or_else(|| invalid("the refresh token is unknown"))?;
    let login = &state.signin.logins[place];
    if login.client_id != client_id || login.key != key {
        return Err(invalid("the refresh token is another client's"));
    }
    if login.ended || now.duration_since(login.began) >= LONGEST {
        return Err(denied("TOKEN_EXPIRED The refresh token has expired"));
    }
    if let Some(refusal) = state.signin.refusal {
        return Err(denied(refusal));
    }
    state.signin.refresh.remove(token);
    Ok(place)
}

fn grant(state: &mut State, login: usize) -> Value {
    let (arn, lifetime) = (state.signin.logins[login].arn.clone(), state.signin.lifetime);
    let (identity, kind) = identity(&arn);
    let session = state.issue_session(identity, kind, lifetime);
    let token = state.ids.oauth_secret("refresh-");
    state.signin.refresh.insert(token.clone(), login);
    json!({
        "accessToken": {
            "accessKeyId": session.key_id,
            "secretAccessKey": session.secret,
            "sessionToken": session.token,
        },
        "tokenType": "urn:aws:params:oauth:token-type:access_token_sigv4",
        "expiresIn": lifetime,
        "refreshToken": token,
    })
}

/// Whose credentials somebody gets who signs in as `arn`.
fn identity(arn: &str) -> (Identity, Kind) {
    let account = arn.split(':').nth(4).unwrap_or_default();
    if let Some((role, session)) = arn.split_once(":assumed-role/").and_then(|(_, rest)| rest.split_once('/')) {
        return (assumed_role(&format!("arn:aws:iam::{account}:role/{role}"), session), Kind::RoleSession);
    }
    let identity = Identity {
        account: account.to_owned(),
        arn: arn.to_owned(),
        principal: arn.to_owned(),
        user_id: entity_id("AIDA", arn),
    };
    (identity, Kind::UserSession { mfa: false })
}

fn id_token(arn: &str) -> String {
    let [header, claims] = [json!({ "alg": "ES384", "typ": "JWT" }), json!({ "sub": arn, "aud": "devtools" })];
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode("signature"))
}

/// Returns the public key of the request's proof.
fn check_proof(state: &mut State, request: &Request) -> Result<Vec<u8>, Refusal> {
    let mut proofs = request.headers.iter().filter(|(name, _)| name == "dpop").map(|(_, value)| value.as_str());
    let (Some(proof), None) = (proofs.next(), proofs.next()) else { return Err(invalid("there must be one proof")) };
    let read = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let parts: Vec<&str> = proof.split('.').collect();
    let [header, payload, signature] = parts[..] else { return Err(invalid("the proof is no JWT")) };
    let (Some(head), Some(claims)) = (read(header), read(payload)) else { return Err(invalid("the proof is no JWT")) };
    let jwk = &head["jwk"];
    if (&head["typ"], &head["alg"], &jwk["kty"], &jwk["crv"])
        != (&json!("dpop+jwt"), &json!("ES256"), &json!("EC"), &json!("P-256"))
        || !jwk["d"].is_null()
    {
        return Err(invalid("the proof's header is wrong"));
    }
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap_or_default()).unwrap_or_default();
    let key = [vec![4], coordinate("x"), coordinate("y")].concat();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    let signed = format!("{header}.{payload}");
    if key.len() != 65 || !is_signed(&key, &signed, &signature) {
        return Err(invalid("the proof's signature is wrong"));
    }
    if claims["htm"] != "POST" || claims["htu"] != format!("{}{TOKEN}", state.base_url) {
        return Err(invalid("the proof is for another request"));
    }
    let number = claims["jti"].as_str().unwrap_or_default();
    if !is_uuid(number) || !state.signin.proofs.insert(number.to_owned()) {
        return Err(invalid("the proof was used"));
    }
    let made = claims["iat"].as_i64().and_then(|second| Timestamp::from_second(second).ok());
    if made.is_none_or(|made| state.now().duration_since(made).abs() > SKEW) {
        return Err(denied("TOKEN_EXPIRED The proof has expired"));
    }
    Ok(key)
}

/// Whether the private half of `key` signed a text.
#[cfg(test)]
fn is_signed(key: &[u8], text: &str, signature: &[u8]) -> bool {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(text.as_bytes(), signature).is_ok()
}

/// The tour is built without cryptography.
#[cfg(not(test))]
fn is_signed(_key: &[u8], _text: &str, signature: &[u8]) -> bool {
    signature.len() == 64
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|letter| letter == '-' || letter.is_ascii_hexdigit())
}

fn invalid(why: &str) -> Refusal {
    Refusal::new(400, "ValidationException", format!("INVALID_REQUEST Invalid request: {why}"))
}

/// The message begins with the service's word.
fn denied(message: &str) -> Refusal {
    let status = if message.starts_with("INSUFFICIENT_PERMISSIONS") { 403 } else { 401 };
    Refusal::new(status, "AccessDeniedException", message)
}

/// Sends the browser back, the state with it.
fn back(redirect_uri: &str, state: &str, pairs: &[(&str, &str)]) -> Response {
    let pairs = pairs.iter().copied().chain([("state", state)]);
    let query: Vec<String> =
        pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))).collect();
    Response::new(302, "text/plain", "").with_header("location", format!("{redirect_uri}?{}", query.join("&")))
}

fn html(status: u16, body: &str) -> Response {
    let body = if body.starts_with('<') { body.to_owned() } else { escape_xml(body) };
    Response::new(status, "text/html; charset=utf-8", format!("<!doctype html><title>AWS</title>{body}"))
}

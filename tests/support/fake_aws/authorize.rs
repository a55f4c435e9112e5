//! SSO OIDC's page for authorization codes: `/authorize`, and what the person answers on it (RFC 6749 §4.1, RFC 7636 §4.3,
//! RFC 8252 §7.3, with AWS's own parameter `scopes`; aws-facts §4.5). The browser has no cookies: there is one person.

use std::collections::BTreeSet;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::escape_xml;
use super::http::{Request, Response};
use super::oidc::AUTHORIZATION_CODE;
use super::sso::{Client, Code, Consent};
use super::state::State;

/// The parameters that the page knows, each of which must be there once.
const PARAMETERS: [&str; 7] =
    ["response_type", "client_id", "redirect_uri", "state", "code_challenge_method", "scopes", "code_challenge"];

/// What a browser asked the page for, as far as it was found good.
#[derive(Clone)]
pub(crate) struct Asked {
    /// Whom the code is for.
    client_id: String,
    /// Where the browser goes back to.
    redirect_uri: String,
    /// What it brings back there unread.
    state: String,
    /// What the person is asked to allow.
    scopes: Vec<String>,
    /// The S256 challenge.
    challenge: String,
}

/// Answers a browser.
pub(crate) fn answer(state: &mut State, request: &Request) -> Response {
    let pairs = request.query_pairs();
    let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    if request.path == "/authorize" {
        return match check(state, &pairs) {
            Ok(asked) => ask(state, asked),
            Err(refusal) => refusal,
        };
    }
    let Some(asked) = state.sso.pages.remove(get("page")) else { return broken("This page is no longer good") };
    match get("answer") {
        "approve" => approve(state, asked),
        "deny" => deny(&asked),
        _ => broken("That is no answer"),
    }
}

/// Meets the person with a good request.
fn ask(state: &mut State, asked: Asked) -> Response {
    match state.sso.consent {
        Consent::Immediately => approve(state, asked),
        Consent::Deny => deny(&asked),
        Consent::Error => back(&asked.redirect_uri, &asked.state, &[("error", "server_error")]),
        Consent::Ask => {
            let page = state.ids.public();
            let scopes = escape_xml(&asked.scopes.join(", "));
            state.sso.pages.insert(page.clone(), asked);
            let link = |answer: &str, text: &str| {
                format!(
                    "<p><a id=\"{answer}\" href=\"/authorize/answer?page={page}&amp;answer={answer}\">{text}</a></p>"
                )
            };
            let links = link("approve", "Allow access") + &link("deny", "Deny access");
            html(200, &format!("<h1>Allow an application to access your data?</h1><p>{scopes}</p>{links}"))
        }
    }
}

/// The person says yes: the browser goes back with a code.
fn approve(state: &mut State, asked: Asked) -> Response {
    let code = state.ids.oauth_secret("code-");
    let (back_to, unread) = (asked.redirect_uri.clone(), asked.state.clone());
    let expires = state.after(state.sso.code_lifetime);
    let kept = Code {
        client_id: asked.client_id,
        redirect_uri: asked.redirect_uri,
        challenge: asked.challenge,
        scopes: asked.scopes,
        expires,
        login: None,
    };
    state.sso.codes.insert(code.clone(), kept);
    back(&back_to, &unread, &[("code", &code)])
}

/// The person says no.
fn deny(asked: &Asked) -> Response {
    let words = "The resource owner <b>denied</b> the request";
    back(&asked.redirect_uri, &asked.state, &[("error", "access_denied"), ("error_description", words)])
}

/// Reads the page's parameters. Without a good client and redirect URI the browser is not sent anywhere (RFC 6749 §4.1.2.1).
fn check(state: &State, pairs: &[(String, String)]) -> Result<Asked, Response> {
    let names: BTreeSet<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    if names.len() != pairs.len() {
        return Err(broken("A parameter stands twice"));
    }
    let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let client = state.sso.clients.get(get("client_id")).filter(|client| client.expires > state.now());
    let client = client.ok_or_else(|| broken("Invalid client"))?;
    let (redirect_uri, unread) = (get("redirect_uri"), get("state"));
    if !is_registered(&client.redirects, redirect_uri) {
        return Err(broken("Invalid redirect URI"));
    }
    let scopes: Vec<String> = get("scopes").split(' ').map(str::to_owned).collect();
    match fault(client, &names, &scopes, &get) {
        Some((error, words)) => Err(back(redirect_uri, unread, &[("error", error), ("error_description", words)])),
        None => Ok(Asked {
            client_id: get("client_id").to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            state: unread.to_owned(),
            scopes,
            challenge: get("code_challenge").to_owned(),
        }),
    }
}

/// What is wrong with a request whose browser can be sent back.
fn fault<'p>(
    client: &Client,
    names: &BTreeSet<&str>,
    scopes: &[String],
    get: &impl Fn(&str) -> &'p str,
) -> Option<(&'static str, &'static str)> {
    let challenge = get("code_challenge");
    let is_sha256 = challenge.len() == 43
        && challenge.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    if get("response_type") != "code" {
        Some(("unsupported_response_type", "response_type must be code"))
    } else if !client.grants.iter().any(|grant| grant == AUTHORIZATION_CODE) {
        Some(("unauthorized_client", "The client is not registered for this grant type"))
    } else if scopes.iter().any(|scope| !client.scopes.contains(scope)) {
        Some(("invalid_scope", "The client is not registered for these scopes"))
    } else if get("code_challenge_method") != "S256" || !is_sha256 {
        Some(("invalid_request", "PKCE with S256 is required"))
    } else if names.len() != PARAMETERS.len() || !PARAMETERS.iter().all(|name| names.contains(name)) {
        Some(("invalid_request", "A parameter is missing or unknown"))
    } else if get("state").is_empty() {
        Some(("invalid_request", "state is required"))
    } else {
        None
    }
}

/// Whether a redirect URI is a registered one; on loopback any port is, and must be named.
fn is_registered(registered: &[String], uri: &str) -> bool {
    let Some((authority, path)) = uri.strip_prefix("http://").and_then(|rest| rest.split_once('/')) else {
        return registered.iter().any(|known| known.starts_with("https://") && known == uri);
    };
    let Some((host, port)) = authority.rsplit_once(':') else { return false };
    port.parse::<u16>().is_ok_and(|number| number > 0)
        && port.chars().all(|digit| digit.is_ascii_digit())
        && registered.iter().any(|known| *known == format!("http://{host}/{path}"))
}

/// Whether a client may register this redirect URI: https, or http on loopback without a port, with a path.
pub(crate) fn may_register(uri: &str) -> bool {
    let is_plain = !uri.contains(['?', '#', '@', ' ', '*']);
    let on_loopback = ["http://127.0.0.1/", "http://[::1]/"].iter().any(|start| uri.starts_with(start));
    is_plain && (on_loopback || uri.starts_with("https://"))
}

/// Sends the browser back, the state with it.
fn back(redirect_uri: &str, state: &str, pairs: &[(&str, &str)]) -> Response {
    let pairs = pairs.iter().copied().chain([("state", state)]);
    let query: Vec<String> =
        pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))).collect();
    Response::new(302, "text/plain", "").with_header("location", format!("{redirect_uri}?{}", query.join("&")))
}

/// A page that leads nowhere.
fn broken(text: &str) -> Response {
    html(400, &format!("<h1>{}</h1>", escape_xml(text)))
}

/// A page.
fn html(status: u16, body: &str) -> Response {
    Response::new(status, "text/html; charset=utf-8", format!("<!doctype html><title>AWS</title>{body}"))
}

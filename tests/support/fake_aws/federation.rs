//! The federation endpoint of the sign-in service: `getSigninToken`, and the page that signs a browser in (aws-facts §8).
//!
//! More lenient than AWS: one token may be used twice, since nobody has told whether AWS allows that. AWS sends the browser on to
//! the console; here a page says whose session it would be.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::error::escape_xml;
use super::http::{Request, Response};
use super::state::{Kind, Session, State};

/// How long a token is good for.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(15);
/// The domains of consoles.
const CONSOLES: [&str; 8] = [
    "aws.amazon.com",
    "amazonaws.cn",
    "amazonaws-us-gov.com",
    "c2shome.ic.gov",
    "sc2shome.sgov.gov",
    "csphome.adc-e.uk",
    "csphome.hci.ic.gov",
    "amazonaws-eusc.eu",
];

/// A token that was handed out.
#[derive(Debug, Clone)]
pub(crate) struct SigninToken {
    /// The access key of its session.
    key_id: String,
    /// The length of the console session that was asked for, in seconds.
    duration: Option<i64>,
    /// The end, on the server's clock.
    expires: Timestamp,
}

/// Answers one request.
pub(crate) fn answer(state: &mut State, request: &Request, operation: &str) -> Response {
    let pairs = request.query_pairs();
    let params: BTreeMap<&str, &str> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    if params.len() != pairs.len() {
        return page(400, "<h1>A parameter stands twice</h1>");
    }
    let answered = match operation {
        "GetSigninToken" => signin_token(state, &params),
        _ => login(state, &params),
    };
    answered.unwrap_or_else(|why| page(400, &format!("<h1>Bad request</h1><p>{}</p>", escape_xml(&why))))
}

/// `Action=getSigninToken`.
fn signin_token(state: &mut State, params: &BTreeMap<&str, &str>) -> Result<Response, String> {
    only(params, &["Action", "Session", "SessionDuration"])?;
    let session = params.get("Session").ok_or("Session is missing")?;
    let session: BTreeMap<String, String> = serde_json::from_str(session).map_err(|error| error.to_string())?;
    let names: Vec<&str> = session.keys().map(String::as_str).collect();
    if names != ["sessionId", "sessionKey", "sessionToken"] {
        return Err(format!("Session has {names:?}"));
    }
    let known = state
        .sessions
        .get(&session["sessionId"])
        .filter(|known| (&known.secret, &known.token) == (&session["sessionKey"], &session["sessionToken"]));
    let known = known.ok_or("the credentials are no session's")?;
    if known.expires <= state.now() {
        return Err("the session is over".to_owned());
    }
    if matches!(known.kind, Kind::LongTerm | Kind::UserSession { .. }) {
        return Err("the session is neither a role's nor a federated user's".to_owned());
    }
    let duration = duration(known, params.get("SessionDuration").copied())?;
    let token = SigninToken { key_id: known.key_id.clone(), duration, expires: state.now() + TOKEN_LIFE };
    let text = state.ids.oauth_secret("VCQ+/=");
    state.signin_tokens.insert(text.clone(), token);
    Ok(Response::new(200, "application/json", json!({ "SigninToken": text }).to_string()))
}

/// Only a role that a long-term key has assumed, or the portal, takes a length.
fn duration(session: &Session, given: Option<&str>) -> Result<Option<i64>, String> {
    let Some(text) = given else { return Ok(None) };
    let seconds = text.parse().ok().filter(|seconds| (900..=43_200).contains(seconds));
    let seconds: i64 = seconds.ok_or("SessionDuration is out of bounds")?;
    match session.longest_console {
        Some(longest) if seconds <= longest => Ok(Some(seconds)),
        Some(_) => Err("SessionDuration is more than the role's".to_owned()),
        None => Err("SessionDuration is not for these credentials".to_owned()),
    }
}

/// `Action=login`.
fn login(state: &State, params: &BTreeMap<&str, &str>) -> Result<Response, String> {
    only(params, &["Action", "Issuer", "Destination", "SigninToken"])?;
    let token = params.get("SigninToken").and_then(|text| state.signin_tokens.get(*text));
    let token = token.filter(|token| token.expires > state.now()).ok_or("the token is not good (any more)")?;
    let destination = params.get("Destination").ok_or("Destination is missing")?;
    let host = destination.strip_prefix("https://console.").and_then(|rest| rest.split_once('/'));
    if !host.is_some_and(|(domain, _)| CONSOLES.contains(&domain)) {
        return Err(format!("{destination} is no page of a console"));
    }
    let who = &state.sessions.get(&token.key_id).ok_or("the session is gone")?.identity;
    let length = token.duration.map_or_else(|| "as AWS decides".to_owned(), |seconds| format!("{seconds} s"));
    let rows =
        [("Account", &who.account), ("Identity", &who.arn), ("Page", &(*destination).to_owned()), ("Length", &length)];
    let rows = rows.map(|(name, value)| format!("<tr><th>{name}<td id=\"{name}\">{}", escape_xml(value))).concat();
    Ok(page(200, &format!("<h1>Signed in to the console</h1><table>{rows}</table>")))
}

/// Refuses parameters that nobody has told of.
fn only(params: &BTreeMap<&str, &str>, known: &[&str]) -> Result<(), String> {
    let known: BTreeSet<&str> = known.iter().copied().collect();
    let odd: Vec<&&str> = params.keys().filter(|name| !known.contains(**name)).collect();
    if odd.is_empty() { Ok(()) } else { Err(format!("unknown parameters: {odd:?}")) }
}

/// A page.
fn page(status: u16, body: &str) -> Response {
    let style = "<style>body{font:18px sans-serif;margin:3em}th{text-align:left;padding-right:1em}</style>";
    Response::new(status, "text/html; charset=utf-8", format!("<!doctype html><title>AWS</title>{style}{body}"))
}

//! From a request to its answer: which operation it is, its record, the fault that it meets, the service that answers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::error::Refusal;
use super::fault::Fault;
use super::http::{Ending, Request, Response};
use super::record::{Recorded, UNEXPECTED};
use super::sigv4::Claim;
use super::state::State;
use super::world::World;
use super::{authorize, federation, iam, oidc, portal, signin, sts};

/// Longer than any test waits.
const FOREVER: Duration = Duration::from_hours(24);

/// Answers one request.
pub(crate) fn answer(world: &World, request: &Request) -> Response {
    let record = describe(request);
    let (fault, latency, releases, id) = {
        let mut state = world.lock();
        let fault = take_fault(&mut state, &record);
        (fault, state.faults.latency, state.releases, arrive(&mut state, record.clone()))
    };
    world.notify();
    wait(world, latency);
    let response = match fault {
        None => serve(world, request, &record),
        Some(Fault::Truncate) => Response { ending: Ending::Truncated, ..serve(world, request, &record) },
        Some(Fault::Garbage) => {
            Response::new(200, "text/html", "<html><body>Please sign in to the Wi-Fi</body></html>")
        }
        Some(Fault::Close) => Response::closed(),
        Some(Fault::Raw { status, headers, body }) => {
            Response { status, headers, body: body.into_bytes(), ending: Ending::Whole }
        }
        Some(Fault::Status { status, code, message }) => {
            refuse(world, record.service, &Refusal::new(status, code, message))
        }
        Some(Fault::Delay(time)) => {
            wait(world, time);
            serve(world, request, &record)
        }
        Some(Fault::SignOut) => {
            world.end_sso_logins();
            serve(world, request, &record)
        }
        Some(Fault::Silent) => {
            let response = serve(world, request, &record);
            set_status(&mut world.lock(), id, response.status);
            world.notify();
            world.wait_until(FOREVER, |state| state.stopped || state.releases != releases);
            response
        }
        Some(Fault::Hang) => {
            world.wait_until(FOREVER, |state| state.stopped || state.releases != releases);
            serve(world, request, &record)
        }
    };
    set_status(&mut world.lock(), id, response.status);
    response
}

/// Notes how a request was answered, or will be.
fn set_status(state: &mut State, id: u64, status: u16) {
    if let Some(record) = state.records.iter_mut().find(|record| record.id == id) {
        record.status = status;
    }
}

/// Lets time pass, unless the server stops.
fn wait(world: &World, time: Duration) {
    if !time.is_zero() {
        world.wait_until(time, |state| state.stopped);
    }
}

/// The fault that a request meets: what was scripted for it, else the portal's throttle.
fn take_fault(state: &mut State, record: &Recorded) -> Option<Fault> {
    let scripted = state.faults.take(&record.operation);
    if scripted.is_some() || record.service != "portal" {
        return scripted;
    }
    let Refusal { status, code, message } = state.faults.take_throttle()?;
    Some(Fault::Status { status, code, message })
}

/// Keeps the record of a request, under a new id.
fn arrive(state: &mut State, mut record: Recorded) -> u64 {
    state.arrived += 1;
    record.id = state.arrived;
    state.records.push(record);
    state.arrived
}

/// What a request is, before it is judged.
fn describe(request: &Request) -> Recorded {
    let (service, operation) = match (request.method.as_str(), request.path.as_str()) {
        ("POST" | "GET", "/" | "") if is_for_iam(request) => ("iam", ""),
        ("POST" | "GET", "/" | "") => ("sts", ""),
        ("POST", "/client/register") => ("oidc", "RegisterClient"),
        ("POST", "/device_authorization") => ("oidc", "StartDeviceAuthorization"),
        ("POST", "/token") => ("oidc", "CreateToken"),
        ("GET", "/federation/credentials") => ("portal", "GetRoleCredentials"),
        ("GET", "/assignment/accounts") => ("portal", "ListAccounts"),
        ("GET", "/assignment/roles") => ("portal", "ListAccountRoles"),
        ("POST", "/logout") => ("portal", "Logout"),
        ("GET", "/authorize") => ("browser", "AuthorizePage"),
        ("GET", "/authorize/answer") => ("browser", "AuthorizeAnswer"),
        ("POST", "/v1/token") => ("signin", "CreateOAuth2Token"),
        ("GET", "/v1/authorize") => ("browser", "SignInPage"),
        ("GET", "/v1/sessions/confirmation") => ("browser", "ConfirmationPage"),
        ("GET", "/federation") => ("federation", ""),
        ("GET", "/device") => ("browser", "VerificationPage"),
        _ => (UNEXPECTED, ""),
    };
    let params = params(request, service);
    let operation = match service {
        "sts" | "iam" => params.get("Action").cloned().unwrap_or_default(),
        "federation" if params.get("Action").is_some_and(|action| action == "getSigninToken") => {
            "GetSigninToken".to_owned()
        }
        "federation" => "ConsolePage".to_owned(),
        UNEXPECTED => format!("{} {}", request.method, request.path),
        _ => operation.to_owned(),
    };
    Recorded {
        id: 0,
        operation,
        service,
        access_key_id: Claim::of(request).ok().map(|claim| claim.key_id.to_owned()),
        params,
        status: 0,
        user_agent: request.header("user-agent").unwrap_or_default().to_owned(),
    }
}

/// STS and IAM are on one port here: their APIs have versions of their own.
fn is_for_iam(request: &Request) -> bool {
    let mut pairs = request.form_pairs().into_iter().chain(request.query_pairs());
    pairs.any(|(name, value)| name == "Version" && value == iam::VERSION)
}

/// The parameters of a request, wherever its protocol puts them.
fn params(request: &Request, service: &str) -> BTreeMap<String, String> {
    match service {
        "sts" | "iam" if request.method == "POST" => request.form_pairs().into_iter().collect(),
        "oidc" | "signin" => match serde_json::from_slice(&request.body) {
            Ok(Value::Object(members)) => members.into_iter().map(|(name, value)| (name, plain(value))).collect(),
            _ => BTreeMap::new(),
        },
        _ => {
            let bearer = request.header(portal::BEARER).map(|token| (portal::BEARER.to_owned(), token.to_owned()));
            request.query_pairs().into_iter().chain(bearer).collect()
        }
    }
}

/// A text as it is, anything else as JSON.
fn plain(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Lets the service answer.
fn serve(world: &World, request: &Request, record: &Recorded) -> Response {
    let mut state = world.lock();
    if state.stopped {
        return Response::closed();
    }
    match record.service {
        "sts" => sts::answer(&mut state, request, &record.params),
        "iam" => iam::answer(&mut state, request, &record.params),
        "oidc" => oidc::answer(&mut state, request, &record.operation),
        "portal" => portal::answer(&mut state, request, &record.operation, &record.params),
        "signin" => signin::token(&mut state, request),
        "browser" if request.path.starts_with("/v1/") => signin::page(&mut state, request),
        "federation" => federation::answer(&mut state, request, &record.operation),
        "browser" if request.path != "/device" => authorize::answer(&mut state, request),
        "browser" => {
            let code = record.params.get("user_code").map_or("", String::as_str);
            let (status, text) = if state.sso.visit(code) { (200, "Request approved") } else { (400, "Unknown code") };
            Response::new(status, "text/html", format!("<!doctype html><title>{text}</title><h1>{text}</h1>"))
        }
        _ => Response::new(404, "text/plain", "the fake AWS has no such path"),
    }
}

/// A scripted refusal in the words of the service.
fn refuse(world: &World, service: &str, refusal: &Refusal) -> Response {
    let request_id = world.lock().ids.request_id();
    match service {
        "sts" => refusal.to_xml(sts::NAMESPACE, &request_id),
        "iam" => refusal.to_xml(iam::NAMESPACE, &request_id),
        "oidc" => refusal.to_oauth(&request_id),
        "signin" => refusal.to_sign_in(&request_id),
        _ => refusal.to_portal(&request_id),
    }
}

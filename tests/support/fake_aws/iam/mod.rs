//! IAM: access keys and MFA devices, with AWS's rules and words (aws-facts §11).
//!
//! Known to be more lenient than AWS: roles have no permission in IAM at all, and a policy that demands MFA demands it of IAM
//! alone.

mod devices;
mod keys;

use std::collections::BTreeMap;

use super::caller::Caller;
use super::error::Refusal;
use super::http::{Request, Response};
use super::people::{IamPolicy, User};
use super::state::{Kind, State};
use super::validate::{Checks, NAME};

/// The only version of the API.
pub(crate) const VERSION: &str = "2010-05-08";
/// The namespace of its answers.
pub(crate) const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// What the documented self-manage policy allows without MFA.
const WITHOUT_MFA: [&str; 5] =
    ["CreateVirtualMFADevice", "EnableMFADevice", "ListMFADevices", "ListVirtualMFADevices", "ResyncMFADevice"];
/// Calls that are about no user, or whose user is that of a key or device.
const WITHOUT_USER: [&str; 4] =
    ["CreateVirtualMFADevice", "DeleteVirtualMFADevice", "ListVirtualMFADevices", "GetAccessKeyLastUsed"];
/// Calls for which temporary credentials must name the user.
const NAMED_BY_SESSIONS: [&str; 2] = ["ListAccessKeys", "UpdateAccessKey"];
/// Calls that must always name the user.
const NAMED: [&str; 2] = ["EnableMFADevice", "ResyncMFADevice"];

/// A call, and on whose behalf.
struct Call<'a> {
    params: &'a BTreeMap<String, String>,
    account: String,
    /// The ARN of the user that it is about; none for calls that are about no user.
    user: Option<String>,
}

impl Call<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }

    fn user<'s>(&self, state: &'s mut State) -> &'s mut User {
        let arn = self.user.as_deref().expect("a call about a user has one");
        state.users.iter_mut().find(|user| user.arn == arn).expect("it was found before")
    }
}

/// Answers one call.
pub(crate) fn answer(state: &mut State, request: &Request, params: &BTreeMap<String, String>) -> Response {
    let request_id = state.ids.request_id();
    let action = params.get("Action").map_or("", String::as_str);
    match call(state, request, action, params) {
        Err(refusal) => refusal.to_xml(NAMESPACE, &request_id),
        Ok(result) => {
            let result = match result.as_str() {
                "" => String::new(),
                inside => format!("  <{action}Result>\n{inside}  </{action}Result>\n"),
            };
            let body = format!(
                "<{action}Response xmlns=\"{NAMESPACE}\">\n{result}  <ResponseMetadata>\n    \
                 <RequestId>{request_id}</RequestId>\n  </ResponseMetadata>\n</{action}Response>\n"
            );
            Response::new(200, "text/xml", body).with_header("x-amzn-requestid", request_id)
        }
    }
}

/// Authenticates, authorizes, then dispatches; the inside of the result element.
fn call(
    state: &mut State,
    request: &Request,
    action: &str,
    params: &BTreeMap<String, String>,
) -> Result<String, Refusal> {
    let caller = Caller::authenticate(state, request, "iam")?;
    let perform = match action {
        "CreateAccessKey" => keys::create,
        "ListAccessKeys" => keys::list,
        "UpdateAccessKey" => keys::update,
        "DeleteAccessKey" => keys::delete,
        "GetAccessKeyLastUsed" => keys::last_used,
        "CreateVirtualMFADevice" => devices::create,
        "EnableMFADevice" => devices::enable,
        "ResyncMFADevice" => devices::resync,
        "ListMFADevices" => devices::list,
        "ListVirtualMFADevices" => devices::list_virtual,
        "DeactivateMFADevice" => devices::deactivate,
        "DeleteVirtualMFADevice" => devices::delete,
        _ => {
            let words = format!("Could not find operation {action} for version {VERSION}");
            return Err(Refusal::new(400, "InvalidAction", words));
        }
    };
    let name = params.get("UserName").map(String::as_str);
    let mut checks = Checks::default();
    if NAMED.contains(&action) {
        checks.required("userName", name, &NAME);
    } else {
        checks.optional("userName", name, &NAME);
    }
    checks.finish()?;
    let user = if WITHOUT_USER.contains(&action) { None } else { Some(subject(state, &caller, action, name)?) };
    authorize(state, &caller, action, user.as_deref())?;
    let user = user.map(|arn| known(state, &arn).map(|()| arn)).transpose()?;
    perform(state, &Call { params, account: caller.identity.account, user })
}

/// The ARN of the user that a call is about: the one it names, or the caller.
fn subject(state: &State, caller: &Caller, action: &str, name: Option<&str>) -> Result<String, Refusal> {
    let is_implied = match caller.kind {
        Kind::LongTerm => true,
        Kind::UserSession { .. } => !NAMED_BY_SESSIONS.contains(&action),
        Kind::RoleSession | Kind::FederatedUser => false,
    };
    let account = &caller.identity.account;
    match name {
        // Of the users with a path, only the name is given.
        Some(name) => {
            let is_it = |user: &&User| user.account == *account && user.name() == name;
            let found = state.users.iter().find(is_it).map(|user| user.arn.clone());
            Ok(found.unwrap_or_else(|| format!("arn:aws:iam::{account}:user/{name}")))
        }
        None if is_implied => Ok(caller.identity.arn.clone()),
        None => {
            Err(Refusal::new(400, "ValidationError", "Must specify userName when calling with non-User credentials"))
        }
    }
}

/// Refuses a user who does not exist.
fn known(state: &State, arn: &str) -> Result<(), Refusal> {
    if state.users.iter().any(|user| user.arn == arn) {
        return Ok(());
    }
    let name = arn.rsplit('/').next().unwrap_or_default();
    Err(no_such(format!("The user with name {name} cannot be found.")))
}

/// Refuses what the caller's policy does not allow.
fn authorize(state: &State, caller: &Caller, action: &str, user: Option<&str>) -> Result<(), Refusal> {
    let has_mfa = caller.kind == Kind::UserSession { mfa: true };
    let policy = state.users.iter().find(|known| known.arn == caller.identity.arn).map(|user| user.policy);
    let why = match policy {
        Some(IamPolicy::Allowed) => return Ok(()),
        Some(IamPolicy::DeniedWithoutMfa) if has_mfa || WITHOUT_MFA.contains(&action) => return Ok(()),
        Some(IamPolicy::DeniedWithoutMfa) => "with an explicit deny in an identity-based policy".to_owned(),
        Some(IamPolicy::Nothing) | None => {
            format!("because no identity-based policy allows the iam:{action} action")
        }
    };
    let resource = match user {
        Some(arn) => format!("user {}", arn.rsplit('/').next().unwrap_or_default()),
        None => format!("arn:aws:iam::{}:mfa/*", caller.identity.account),
    };
    let caller = &caller.identity.arn;
    let words = format!("User: {caller} is not authorized to perform: iam:{action} on resource: {resource} {why}");
    Err(Refusal::new(403, "AccessDenied", words))
}

/// A `NoSuchEntity`.
fn no_such(message: impl Into<String>) -> Refusal {
    Refusal::new(404, "NoSuchEntity", message)
}

/// A `LimitExceeded`.
fn limit(quota: &str, most: usize) -> Refusal {
    Refusal::new(409, "LimitExceeded", format!("Cannot exceed quota for {quota}: {most}"))
}

/// One page of a list, with the element of its members: two at a time, as AWS may, so that nobody relies on one page.
fn page(call: &Call<'_>, list: &str, items: &[String]) -> Result<String, Refusal> {
    const PAGE: usize = 2;
    let start = match call.get("Marker") {
        None => 0,
        Some(marker) => {
            let start = marker.strip_prefix("marker-").and_then(|at| at.parse::<usize>().ok());
            start
                .filter(|at| *at < items.len())
                .ok_or_else(|| Refusal::new(400, "ValidationError", "Invalid Marker"))?
        }
    };
    let end = items.len().min(start + PAGE);
    let members: Vec<String> =
        items[start..end].iter().map(|item| format!("      <member>\n{item}      </member>\n")).collect();
    let members = members.concat();
    let marker = if end < items.len() { format!("    <Marker>marker-{end}</Marker>\n") } else { String::new() };
    let is_truncated = end < items.len();
    Ok(format!("    <{list}>\n{members}    </{list}>\n    <IsTruncated>{is_truncated}</IsTruncated>\n{marker}"))
}

//! The SSO portal: `GetRoleCredentials`, `ListAccounts`, `ListAccountRoles`, `Logout` (aws-facts §4.7). Unsigned, with a
//! bearer token in a header of its own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::error::Refusal;
use super::http::{Request, Response};
use super::people::{Assignment, SsoInstance, sso_role_arn};
use super::state::{Kind, State, assumed_role};

/// The header with the access token.
pub(crate) const BEARER: &str = "x-amz-sso_bearer_token";
/// Lifetime of a permission set's sessions, in seconds.
const ROLE_SESSION: i64 = 3600;

/// Parameters of a call.
type Params = BTreeMap<String, String>;

/// Answers one call.
pub(crate) fn answer(state: &mut State, request: &Request, operation: &str, params: &Params) -> Response {
    let request_id = state.ids.request_id();
    match call(state, request, operation, params) {
        Ok(Value::Null) => Response::new(200, "application/json", "").with_header("x-amzn-requestid", request_id),
        Ok(body) => {
            Response::new(200, "application/json", body.to_string()).with_header("x-amzn-requestid", request_id)
        }
        Err(refusal) => refusal.to_portal(&request_id),
    }
}

/// Finds out who is signed in, then dispatches.
fn call(state: &mut State, request: &Request, operation: &str, params: &Params) -> Result<Value, Refusal> {
    if request.header("authorization").is_some() {
        return Err(invalid("This operation is not signed; it takes no Authorization header"));
    }
    let token = request.header(BEARER).unwrap_or_default();
    let signed_in = state.sso.signed_in(token, state.now());
    let (login, instance) =
        signed_in.ok_or_else(|| Refusal::new(401, "UnauthorizedException", "Session token not found or invalid"))?;
    let instance = instance.clone();
    match operation {
        "GetRoleCredentials" => role_credentials(state, &instance, params),
        "ListAccounts" => list_accounts(&instance, params),
        "ListAccountRoles" => list_roles(&instance, &state.sso.closed, params),
        _ => {
            state.sso.logins[login].ended = true;
            Ok(Value::Null)
        }
    }
}

/// A parameter that must be there.
fn required<'a>(params: &'a Params, name: &str) -> Result<&'a str, Refusal> {
    let value = params.get(name).map(String::as_str).filter(|value| !value.is_empty());
    value.ok_or_else(|| invalid(&format!("Missing required parameter: {name}")))
}

/// `GetRoleCredentials`.
fn role_credentials(state: &mut State, instance: &SsoInstance, params: &Params) -> Result<Value, Refusal> {
    let (role, account) = (required(params, "role_name")?, required(params, "account_id")?);
    let assigned = |known: &Assignment| known.role == role && known.account == account;
    if !instance.assignments.iter().any(assigned) {
        return Err(no_access());
    }
    let identity = assumed_role(&sso_role_arn(account, role), &instance.person);
    let mut session = state.issue_session(identity, Kind::RoleSession, ROLE_SESSION);
    session.longest_console = Some(ROLE_SESSION);
    state.sessions.insert(session.key_id.clone(), session.clone());
    Ok(json!({ "roleCredentials": {
        "accessKeyId": session.key_id,
        "secretAccessKey": session.secret,
        "sessionToken": session.token,
        "expiration": session.expires.as_second() * 1000,
    }}))
}

/// `ListAccounts`.
fn list_accounts(instance: &SsoInstance, params: &Params) -> Result<Value, Refusal> {
    let mut seen = BTreeSet::new();
    let accounts: Vec<&Assignment> =
        instance.assignments.iter().filter(|known| seen.insert(known.account.as_str())).collect();
    page("accountList", "accounts", &accounts, params, |known| {
        json!({
            "accountId": known.account,
            "accountName": known.account_name,
            "emailAddress": format!("{}@example.com", known.account),
        })
    })
}

/// `ListAccountRoles`.
fn list_roles(instance: &SsoInstance, closed: &BTreeSet<String>, params: &Params) -> Result<Value, Refusal> {
    let account = required(params, "account_id")?;
    if closed.contains(account) {
        return Err(Refusal::new(404, "ResourceNotFoundException", "Account not found"));
    }
    let roles: Vec<&Assignment> = instance.assignments.iter().filter(|known| known.account == account).collect();
    if roles.is_empty() {
        return Err(no_access());
    }
    page("roleList", account, &roles, params, |known| json!({ "roleName": known.role, "accountId": account }))
}

/// One page of the list `of` something: 1–100 items, 20 unless asked otherwise. A token is good for its own list only.
fn page(
    name: &str,
    of: &str,
    items: &[&Assignment],
    params: &Params,
    show: impl Fn(&Assignment) -> Value,
) -> Result<Value, Refusal> {
    let size = params.get("max_result").map_or(Ok(20), |size| size.parse::<usize>());
    let size = size.ok().filter(|size| (1..=100).contains(size)).ok_or_else(|| invalid("Invalid max_result"))?;
    let start = match params.get("next_token") {
        None => 0,
        Some(token) => token
            .strip_prefix(of)
            .and_then(|token| token.strip_prefix("-page-"))
            .and_then(|start| start.parse::<usize>().ok())
            .filter(|start| *start < items.len())
            .ok_or_else(|| invalid("Invalid next_token"))?,
    };
    let end = items.len().min(start + size);
    let next = if end < items.len() { Value::String(format!("{of}-page-{end}")) } else { Value::Null };
    let items: Vec<Value> = items[start..end].iter().map(|known| show(known)).collect();
    Ok(json!({ name: items, "nextToken": next }))
}

/// AWS's answer for a role that is not assigned, or does not exist.
fn no_access() -> Refusal {
    Refusal::new(403, "ForbiddenException", "No access")
}

/// `InvalidRequestException`.
fn invalid(message: &str) -> Refusal {
    Refusal::new(400, "InvalidRequestException", message)
}

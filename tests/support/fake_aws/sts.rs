//! STS: `GetSessionToken`, `GetFederationToken`, `AssumeRole`, `GetCallerIdentity` with AWS's rules and words (aws-facts §6).

use std::collections::BTreeMap;

use super::caller::Caller;
use super::error::{Refusal, escape_xml};
use super::http::{Request, Response};
use super::mfa;
use super::people::Role;
use super::state::{Identity, Kind, Session, State, assumed_role};
use super::validate::{CODE, Checks, EXTERNAL_ID, FEDERATED_NAME, ROLE_ARN, SERIAL, SESSION_NAME, invalid};

/// The only version of the API.
const VERSION: &str = "2011-06-15";
/// The namespace of its answers.
pub(crate) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
/// The longest session of a role taken through another session, in seconds.
const CHAINED_MAX: i64 = 3600;

/// Parameters of a call.
type Params = BTreeMap<String, String>;

/// Answers one call.
pub(crate) fn answer(state: &mut State, request: &Request, params: &Params) -> Response {
    let request_id = state.ids.request_id();
    let action = params.get("Action").map_or("", String::as_str);
    match call(state, request, action, params) {
        Err(refusal) => refusal.to_xml(NAMESPACE, &request_id),
        Ok(result) => {
            let body = format!(
                "<{action}Response xmlns=\"{NAMESPACE}\">\n  <{action}Result>\n{result}  \
                 </{action}Result>\n  <ResponseMetadata>\n    <RequestId>{request_id}</RequestId>\n  \
                 </ResponseMetadata>\n</{action}Response>\n"
            );
            Response::new(200, "text/xml", body).with_header("x-amzn-requestid", request_id)
        }
    }
}

/// Authenticates, then dispatches; the inside of the result element.
fn call(state: &mut State, request: &Request, action: &str, params: &Params) -> Result<String, Refusal> {
    let caller = Caller::authenticate(state, request, "sts")?;
    let version = params.get("Version").map_or("", String::as_str);
    match action {
        "" => Err(Refusal::new(400, "MissingAction", "Missing Action")),
        "GetSessionToken" if version == VERSION => get_session_token(state, &caller, params),
        "GetFederationToken" if version == VERSION => get_federation_token(state, &caller, params),
        "AssumeRole" if version == VERSION => assume_role(state, &caller, params),
        "GetCallerIdentity" if version == VERSION => Ok(caller_identity(&caller)),
        _ => {
            Err(Refusal::new(400, "InvalidAction", format!("Could not find operation {action} for version {version}")))
        }
    }
}

/// A parameter that is there.
fn get<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params.get(name).map(String::as_str)
}

/// `GetSessionToken`.
fn get_session_token(state: &mut State, caller: &Caller, params: &Params) -> Result<String, Refusal> {
    if caller.kind != Kind::LongTerm {
        return Err(denied("Cannot call GetSessionToken with session credentials"));
    }
    let (serial, code) = (get(params, "SerialNumber"), get(params, "TokenCode"));
    let mut checks = Checks::default();
    let seconds = checks.number("durationSeconds", get(params, "DurationSeconds"), (900, 129_600), 43_200);
    checks.optional("serialNumber", serial, &SERIAL);
    checks.optional("tokenCode", code, &CODE);
    checks.finish()?;
    let mfa = check_mfa(state, caller, serial, code)?;
    let mut session = state.issue_session(caller.identity.clone(), Kind::UserSession { mfa }, seconds);
    session.key = Some(caller.key_id.clone());
    state.sessions.insert(session.key_id.clone(), session.clone());
    Ok(credentials(&session))
}

/// `GetFederationToken`. A policy that is no JSON object is refused; its statements are not judged.
fn get_federation_token(state: &mut State, caller: &Caller, params: &Params) -> Result<String, Refusal> {
    if caller.kind != Kind::LongTerm {
        return Err(denied("Cannot call GetFederationToken with session credentials"));
    }
    let (name, policy) = (get(params, "Name"), get(params, "Policy"));
    let mut checks = Checks::default();
    let seconds = checks.number("durationSeconds", get(params, "DurationSeconds"), (900, 129_600), 43_200);
    checks.required("name", name, &FEDERATED_NAME);
    checks.finish()?;
    let name = name.unwrap_or_default();
    let is_policy = |text: &str| {
        text.len() <= 2048
            && serde_json::from_str::<serde_json::Value>(text).is_ok_and(|policy| policy["Version"] == "2012-10-17")
    };
    if !policy.is_none_or(is_policy) {
        return Err(Refusal::new(400, "MalformedPolicyDocument", "Syntax errors in policy."));
    }
    let account = &caller.identity.account;
    let arn = format!("arn:aws:sts::{account}:federated-user/{name}");
    let user_id = format!("{account}:{name}");
    let identity =
        Identity { account: account.clone(), arn: arn.clone(), principal: arn.clone(), user_id: user_id.clone() };
    let session = state.issue_session(identity, Kind::FederatedUser, seconds);
    let (arn, id) = (escape_xml(&arn), escape_xml(&user_id));
    let user = format!(
        "    <FederatedUser>\n      <FederatedUserId>{id}</FederatedUserId>\n      <Arn>{arn}</Arn>\n    </FederatedUser>\n"
    );
    Ok(credentials(&session) + &user)
}

/// `AssumeRole`.
fn assume_role(state: &mut State, caller: &Caller, params: &Params) -> Result<String, Refusal> {
    let (serial, code) = (get(params, "SerialNumber"), get(params, "TokenCode"));
    let (arn, name) = (get(params, "RoleArn"), get(params, "RoleSessionName"));
    let mut checks = Checks::default();
    let seconds = checks.number("durationSeconds", get(params, "DurationSeconds"), (900, 43_200), 3600);
    checks.required("roleArn", arn, &ROLE_ARN);
    checks.required("roleSessionName", name, &SESSION_NAME);
    checks.optional("externalId", get(params, "ExternalId"), &EXTERNAL_ID);
    checks.optional("serialNumber", serial, &SERIAL);
    checks.optional("tokenCode", code, &CODE);
    checks.finish()?;
    let (arn, name) = (arn.unwrap_or_default(), name.unwrap_or_default());
    if !arn.starts_with("arn:") {
        return Err(invalid(format!("{arn} is invalid")));
    }
    if caller.kind == Kind::FederatedUser {
        return Err(denied("Cannot call AssumeRole as a federated user"));
    }
    let coded = check_mfa(state, caller, serial, code)?;
    let mfa = coded || caller.kind == Kind::UserSession { mfa: true };
    let longest = authorize(state, caller, arn, mfa, get(params, "ExternalId"))?.max_session;
    if caller.kind != Kind::LongTerm && seconds > CHAINED_MAX {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    if seconds > longest {
        return Err(invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role."));
    }
    let mut session = state.issue_session(assumed_role(arn, name), Kind::RoleSession, seconds);
    session.longest_console = (caller.kind == Kind::LongTerm).then_some(longest);
    state.sessions.insert(session.key_id.clone(), session.clone());
    let (id, arn) = (escape_xml(&session.identity.user_id), escape_xml(&session.identity.arn));
    let user = format!(
        "    <AssumedRoleUser>\n      <AssumedRoleId>{id}</AssumedRoleId>\n      <Arn>{arn}</Arn>\n    </AssumedRoleUser>\n"
    );
    Ok(credentials(&session) + &user)
}

/// Checks a call's MFA parameters. Only a user has devices: a role session's serial is never its own.
fn check_mfa(state: &mut State, caller: &Caller, serial: Option<&str>, code: Option<&str>) -> Result<bool, Refusal> {
    let user = (caller.kind != Kind::RoleSession).then_some(caller.identity.arn.as_str());
    let now = state.now();
    mfa::check(&mut state.devices, user, serial, code, now)
}

/// The role, if its trust policy lets the caller in and nothing denies it.
fn authorize<'a>(
    state: &'a State,
    caller: &Caller,
    arn: &str,
    mfa: bool,
    external_id: Option<&str>,
) -> Result<&'a Role, Refusal> {
    let identity = &caller.identity;
    let refusal = |rest: &str| {
        let user = &identity.arn;
        denied(format!("User: {user} is not authorized to perform: sts:AssumeRole on resource: {arn}{rest}"))
    };
    if state.denied.contains(&(identity.principal.clone(), arn.to_owned())) {
        return Err(refusal(" with an explicit deny in an identity-based policy"));
    }
    let names = [&identity.account, &identity.principal, &identity.arn];
    let role = state.roles.iter().find(|role| role.arn == arn).ok_or_else(|| refusal(""))?;
    let trusted = role.trusted.iter().any(|principal| names.contains(&principal));
    let identified = role.external_id.is_none() || role.external_id.as_deref() == external_id;
    if trusted && identified && (mfa || !role.needs_mfa) { Ok(role) } else { Err(refusal("")) }
}

/// `GetCallerIdentity`.
fn caller_identity(caller: &Caller) -> String {
    let identity = &caller.identity;
    format!(
        "    <Arn>{}</Arn>\n    <UserId>{}</UserId>\n    <Account>{}</Account>\n",
        escape_xml(&identity.arn),
        escape_xml(&identity.user_id),
        identity.account
    )
}

/// The `Credentials` element.
fn credentials(session: &Session) -> String {
    format!(
        "    <Credentials>\n      <AccessKeyId>{}</AccessKeyId>\n      <SecretAccessKey>{}</SecretAccessKey>\n      \
         <SessionToken>{}</SessionToken>\n      <Expiration>{}</Expiration>\n    </Credentials>\n",
        session.key_id,
        session.secret,
        session.token,
        session.expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    )
}

/// An `AccessDenied`.
fn denied(message: impl Into<String>) -> Refusal {
    Refusal::new(403, "AccessDenied", message)
}

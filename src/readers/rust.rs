//! Owns how the SDK for Rust chooses (`aws-config`, `profile/credentials/repr.rs`). Must not know the other tools.

use super::view::{Keys, LOGIN, MACHINE, MFA, PORTAL, PROCESS, ROLE, SOURCE, SSO, SSO_SESSION, View, WEB_IDENTITY};
use super::{Mechanism, Mfa, Refusal, Resolution};

pub(super) fn resolve(view: &View, name: &str) -> Resolution {
    let keys = view.profile(name).ok_or_else(|| Refusal::NoProfile { profile: name.to_owned() })?;
    chain(view, &keys, &mut Vec::new())
}

/// From the second profile on, a key counts before anything else.
fn chain(view: &View, keys: &Keys<'_>, visited: &mut Vec<String>) -> Resolution {
    if visited.contains(&keys.name) {
        return Err(Refusal::Circle { profile: keys.name.clone() });
    }
    if let Some(Ok(key)) = keys.key().filter(|_| !visited.is_empty()) {
        return Ok(key);
    }
    visited.push(keys.name.clone());
    let Some(arn) = keys.get(ROLE).filter(|_| !keys.has(WEB_IDENTITY)) else { return base(view, keys) };
    let source = source(view, keys, visited)?;
    if arn.is_empty() {
        return Err(Refusal::Empty { profile: keys.name.clone(), key: ROLE });
    }
    Ok(keys.role(arn, keys.filled(MFA).map(|serial| Mfa::LeftOut(serial.to_owned())), source))
}

fn source(view: &View, keys: &Keys<'_>, visited: &mut Vec<String>) -> Resolution {
    let profile = keys.name.clone();
    match (keys.get(SOURCE), keys.get(MACHINE)) {
        (Some(_), Some(_)) => Err(Refusal::TwoSources { profile }),
        (None, None) => Err(Refusal::NoSource { profile }),
        (Some(name), None) if name != keys.name => match view.profile(name) {
            Some(source) => chain(view, &source, visited),
            None => Err(Refusal::NoSourceProfile { profile, source_profile: name.to_owned() }),
        },
        _ => base(view, keys),
    }
}

fn base(view: &View, keys: &Keys<'_>) -> Resolution {
    if let Some(machine) = keys.get(MACHINE) {
        return keys.machine(machine, str::eq_ignore_ascii_case);
    }
    if let Some(file) = keys.get(WEB_IDENTITY) {
        return keys.web_identity(file);
    }
    if keys.has_any(&SSO) {
        return sso(view, keys);
    }
    if let Some(session) = keys.get(LOGIN) {
        return Ok(keys.login(session));
    }
    if let Some(command) = keys.get(PROCESS) {
        return Ok(keys.process(command));
    }
    keys.key().unwrap_or_else(|| Err(Refusal::NoCredentials { profile: keys.name.clone() }))
}

/// What a session says of the portal must not stand in the profile too.
fn sso(view: &View, keys: &Keys<'_>) -> Result<Mechanism, Refusal> {
    let session = keys.session(view);
    if let Some(key) = PORTAL.into_iter().find(|key| keys.has(key) && keys.has(SSO_SESSION)) {
        return Err(Refusal::SsoConflict { profile: keys.name.clone(), key: key.to_owned() });
    }
    keys.sso(session?)
}

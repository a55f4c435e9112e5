//! Owns how the SDK for JavaScript v3 chooses (`credential-provider-ini`, `credential-provider-node`). Must not know the other
//! tools.

use super::view::{KEY_ID, Keys, LOGIN, MACHINE, MFA, PROCESS, ROLE, SECRET, SOURCE, SSO, View, WEB_IDENTITY};
use super::{Mechanism, Refusal, Resolution};

/// What its default chain gets: where the profile gives nothing, its program is tried once more.
pub(super) fn resolve(view: &View, name: &str) -> Resolution {
    let keys = view.profile(name).ok_or_else(|| Refusal::NoProfile { profile: name.to_owned() })?;
    let resolution = profile(view, &keys, &mut Vec::new());
    match (&resolution, keys.get(PROCESS)) {
        (
            Err(
                Refusal::Circle { .. }
                | Refusal::NoCredentials { .. }
                | Refusal::NoSourceProfile { .. }
                | Refusal::UnknownMachine { .. },
            ),
            Some(command),
        ) => Ok(keys.process(command)),
        _ => resolution,
    }
}

fn profile(view: &View, keys: &Keys<'_>, visited: &mut Vec<String>) -> Resolution {
    let key = || keys.key().filter(|_| keys.has(KEY_ID) && keys.has(SECRET));
    if let Some(key) = key().filter(|_| !visited.is_empty()) {
        return key;
    }
    if let Some(arn) = keys.get(ROLE)
        && keys.has(SOURCE) != keys.has(MACHINE)
    {
        return role(view, keys, arn, visited);
    }
    if let Some(key) = key() {
        return key;
    }
    if let Some(file) = keys.get(WEB_IDENTITY).filter(|_| keys.has(ROLE)) {
        return keys.web_identity(file);
    }
    if let Some(command) = keys.get(PROCESS) {
        return Ok(keys.process(command));
    }
    if keys.has_any(&SSO) {
        return keys.sso(keys.session(view)?);
    }
    match keys.get(LOGIN) {
        Some(session) => Ok(keys.login(session)),
        None => Err(Refusal::NoCredentials { profile: keys.name.clone() }),
    }
}

fn role(view: &View, keys: &Keys<'_>, arn: &str, visited: &mut Vec<String>) -> Resolution {
    let source = source(view, keys, visited);
    // It refuses before it looks at the source.
    match keys.get(MFA) {
        Some(serial) if !matches!(source, Err(Refusal::Circle { .. })) => {
            Err(Refusal::Mfa { profile: keys.name.clone(), serial: serial.to_owned() })
        }
        _ => Ok(keys.role(arn, None, source?)),
    }
}

fn source(view: &View, keys: &Keys<'_>, visited: &mut Vec<String>) -> Result<Mechanism, Refusal> {
    let profile_name = || keys.name.clone();
    let Some(name) = keys.get(SOURCE) else {
        return keys.machine(keys.get(MACHINE).unwrap_or_default(), |known, given| known == given);
    };
    if visited.iter().any(|visited| visited == name) {
        return Err(Refusal::Circle { profile: profile_name() });
    }
    visited.push(name.to_owned());
    let missing = || Refusal::NoSourceProfile { profile: profile_name(), source_profile: name.to_owned() };
    let source = view.profile(name).ok_or_else(missing)?;
    match source.get(MACHINE).filter(|_| !(source.has(ROLE) || source.has(KEY_ID) && source.has(SECRET))) {
        Some(machine) => source.machine(machine, |known, given| known == given),
        None => profile(view, &source, visited),
    }
}

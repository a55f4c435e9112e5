//! Owns how the SDK for Go v2 chooses, and so Terraform (`config/shared_config.go`, `config/resolve_credentials.go`). Must not know
//! the other tools.

use super::view::{
    KEY_ID, Keys, LOGIN, MACHINE, MFA, PORTAL, PROCESS, ROLE, SECRET, SOURCE, SSO, SSO_SESSION, TOKEN, View,
    WEB_IDENTITY,
};
use super::{Mechanism, Refusal, Resolution};
use crate::ini::{FileKind, Settings};

pub(super) fn resolve(view: &View, name: &str) -> Resolution {
    let keys = view.profile(name).ok_or_else(|| Refusal::NoProfile { profile: name.to_owned() })?;
    chain(view, &keys, &mut Vec::new())
}

/// A profile that is met again gives what it has besides its role.
fn chain(view: &View, keys: &Keys<'_>, visited: &mut Vec<String>) -> Resolution {
    let is_first = !visited.contains(&keys.name);
    let (role, source) = (keys.filled(ROLE).filter(|_| is_first), keys.filled(SOURCE).filter(|_| is_first));
    check_key(keys)?;
    if is_first && role.is_none() {
        let needs_role = [SOURCE, MACHINE, WEB_IDENTITY].into_iter().find(|key| keys.filled(key).is_some());
        if let Some(key) = needs_role {
            return Err(Refusal::NoRole { profile: keys.name.clone(), key });
        }
    }
    let key = key(keys);
    let base = if let Some(key) = key.filter(|_| !visited.is_empty()) {
        key
    } else {
        visited.push(keys.name.clone());
        check_one(keys, source)?;
        match source {
            Some(name) => source_profile(view, keys, name, visited)?,
            None => base(view, keys)?,
        }
    };
    match (role, keys.filled(MFA)) {
        (Some(_), _) if matches!(base, Mechanism::WebIdentity { .. }) && source.is_none() => Ok(base),
        (Some(_), Some(serial)) => Err(Refusal::Mfa { profile: keys.name.clone(), serial: serial.to_owned() }),
        (Some(arn), None) => Ok(keys.role(arn, None, base)),
        (None, _) => Ok(base),
    }
}

fn source_profile(view: &View, keys: &Keys<'_>, name: &str, visited: &mut Vec<String>) -> Resolution {
    let missing = || Refusal::NoSourceProfile { profile: keys.name.clone(), source_profile: name.to_owned() };
    chain(view, &view.profile(name).ok_or_else(missing)?, visited)
}

fn base(view: &View, keys: &Keys<'_>) -> Resolution {
    // It looks for the session even where another key counts.
    let session = if keys.filled(SSO_SESSION).is_some() { keys.session(view)? } else { None };
    if let Some(key) = key(keys) {
        return Ok(key);
    }
    if let Some(machine) = keys.filled(MACHINE) {
        return keys.machine(machine, |known, given| known == given);
    }
    if let Some(file) = keys.filled(WEB_IDENTITY) {
        return keys.web_identity(file);
    }
    if SSO.iter().any(|key| keys.filled(key).is_some()) {
        if let Some((_, session)) = session {
            keys.check_session(session, PORTAL.into_iter(), |own, other| own.is_empty() || own == other)?;
        }
        return keys.sso(session);
    }
    if let Some(command) = keys.filled(PROCESS) {
        return Ok(keys.process(command));
    }
    match keys.filled(LOGIN) {
        Some(session) => Ok(keys.login(session)),
        None => Err(Refusal::NoCredentials { profile: keys.name.clone() }),
    }
}

/// Its key: that of the credentials file if it is whole.
fn key(keys: &Keys<'_>) -> Option<Mechanism> {
    let files = [(FileKind::Credentials, keys.credentials), (FileKind::Config, keys.config)];
    files.into_iter().find_map(|(file, settings)| {
        let filled = |key: &str| settings?.get(key).filter(|text| !text.is_empty());
        let id = filled(KEY_ID).filter(|_| filled(SECRET).is_some())?;
        Some(keys.key_of(file, id, keys.filled(TOKEN).is_some()))
    })
}

/// Half of a key is an error: in the credentials file, or in the config file if the other one does not have the profile.
fn check_key(keys: &Keys<'_>) -> Result<(), Refusal> {
    let is_half = |settings: &Settings| settings.contains_key(KEY_ID) != settings.contains_key(SECRET);
    match keys.credentials.or(keys.config) {
        Some(settings) if is_half(settings) => Err(Refusal::HalfKey { profile: keys.name.clone() }),
        _ => Ok(()),
    }
}

/// Of some keys a profile may have one.
fn check_one(keys: &Keys<'_>, source: Option<&str>) -> Result<(), Refusal> {
    let rest = [MACHINE, PROCESS, WEB_IDENTITY].into_iter().filter(|key| keys.filled(key).is_some());
    let mut given = source.map(|_| SOURCE).into_iter().chain(rest);
    match (given.next(), given.next()) {
        (Some(first), Some(second)) => Err(Refusal::TwoMechanisms { profile: keys.name.clone(), first, second }),
        _ => Ok(()),
    }
}

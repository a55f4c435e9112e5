//! Owns how the SDK for Java v2 chooses (`ProfileCredentialsUtils.java`). Must not know the other tools.

use super::view::{Keys, LOGIN, MACHINE, MFA, PORTAL, PROCESS, ROLE, SOURCE, SSO, View, WEB_IDENTITY};
use super::{Mfa, Refusal, Resolution};

pub(super) fn resolve(view: &View, name: &str) -> Resolution {
    let keys = view.profile(name).ok_or_else(|| Refusal::NoProfile { profile: name.to_owned() })?;
    chain(view, &keys, &mut Vec::new())
}

fn chain(view: &View, keys: &Keys<'_>, visited: &mut Vec<String>) -> Resolution {
    let profile = || keys.name.clone();
    if let Some(file) = keys.get(WEB_IDENTITY).filter(|_| keys.has(ROLE)) {
        return keys.web_identity(file);
    }
    // Even beside a role.
    if keys.has_any(&SSO) {
        let session = keys.session(view)?;
        if let Some((_, session)) = session {
            keys.check_session(session, PORTAL.into_iter(), str::eq_ignore_ascii_case)?;
        }
        return keys.sso(session);
    }
    let source = match (keys.get(ROLE), keys.get(SOURCE), keys.get(MACHINE)) {
        (Some(_), Some(_), Some(_)) => return Err(Refusal::TwoSources { profile: profile() }),
        (Some(_), Some(name), None) => {
            if visited.contains(&keys.name) {
                return Err(Refusal::Circle { profile: profile() });
            }
            visited.push(profile());
            let missing = || Refusal::NoSourceProfile { profile: profile(), source_profile: name.to_owned() };
            Some(chain(view, &view.profile(name).ok_or_else(missing)?, visited)?)
        }
        (Some(_), None, Some(machine)) => Some(keys.machine(machine, |known, given| known == given)?),
        _ => None,
    };
    if let Some((arn, source)) = keys.get(ROLE).zip(source) {
        return Ok(keys.role(arn, keys.filled(MFA).map(|serial| Mfa::LeftOut(serial.to_owned())), source));
    }
    if let Some(session) = keys.get(LOGIN) {
        return Ok(keys.login(session));
    }
    if let Some(command) = keys.get(PROCESS) {
        return Ok(keys.process(command));
    }
    keys.key().unwrap_or_else(|| Err(Refusal::NoCredentials { profile: profile() }))
}

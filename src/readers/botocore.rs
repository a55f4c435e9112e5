//! Owns how botocore chooses, and so boto3 and both AWS CLIs (`botocore/credentials.py`). Must not know the other tools.

use super::view::{
    KEY_ID, Keys, LOGIN, MACHINE, MFA, PROCESS, ROLE, SECRET, SOURCE, SSO_ACCOUNT, SSO_ROLE, TOKEN, View, WEB_IDENTITY,
};
use super::{Mfa, Refusal, Resolution};
use crate::ini::{FileKind, split_words};

/// The older name of a session's token.
const OLD_TOKEN: &str = "aws_security_token";

pub(super) fn resolve(view: &View, name: &str) -> Resolution {
    let keys = view.profile(name).ok_or_else(|| Refusal::NoProfile { profile: name.to_owned() })?;
    if is_role(&keys) { role(view, &keys, &mut vec![name.to_owned()]) } else { base(view, &keys) }
}

fn is_role(keys: &Keys<'_>) -> bool {
    keys.has(ROLE) && !keys.has(WEB_IDENTITY)
}

fn role(view: &View, keys: &Keys<'_>, visited: &mut Vec<String>) -> Resolution {
    let profile = || keys.name.clone();
    let source = match (keys.get(SOURCE), keys.get(MACHINE)) {
        (Some(_), Some(_)) => return Err(Refusal::TwoSources { profile: profile() }),
        (None, None) => return Err(Refusal::NoSource { profile: profile() }),
        (None, Some(machine)) => keys.machine(machine, |known, given| known == given)?,
        (Some(name), None) => {
            let missing = || Refusal::NoSourceProfile { profile: profile(), source_profile: name.to_owned() };
            let source = view.profile(name).ok_or_else(missing)?;
            let has_key = source.has_any(&[KEY_ID, SECRET]);
            if visited.iter().any(|visited| visited == name) && !(name == keys.name && has_key) {
                return Err(Refusal::Circle { profile: profile() });
            }
            visited.push(name.to_owned());
            if is_role(&source) && !has_key { role(view, &source, visited)? } else { base(view, &source)? }
        }
    };
    match keys.get(ROLE) {
        None | Some("") => Err(Refusal::Empty { profile: profile(), key: ROLE }),
        Some(arn) => Ok(keys.role(arn, keys.get(MFA).map(|serial| Mfa::Asked(serial.to_owned())), source)),
    }
}

fn base(view: &View, keys: &Keys<'_>) -> Resolution {
    if let Some(file) = keys.filled(WEB_IDENTITY) {
        return keys.web_identity(file);
    }
    if keys.has_any(&[SSO_ACCOUNT, SSO_ROLE]) {
        let session = keys.session(view)?;
        if let Some((_, session)) = session {
            keys.check_session(session, session.keys().map(String::as_str), |own, other| own == other)?;
        }
        return keys.sso(session);
    }
    if let Some(key) = key(keys, FileKind::Credentials) {
        return key;
    }
    if let Some(session) = keys.filled(LOGIN) {
        return Ok(keys.login(session));
    }
    if let Some(command) = keys.filled(PROCESS) {
        let bad = || Refusal::BadCommand { profile: keys.name.clone() };
        return split_words(command).map(|_| keys.process(command)).ok_or_else(bad);
    }
    key(keys, FileKind::Config).unwrap_or_else(|| Err(Refusal::NoCredentials { profile: keys.name.clone() }))
}

/// The key of one file: the other half is not taken from the other file.
fn key(keys: &Keys<'_>, file: FileKind) -> Option<Resolution> {
    let settings = if file == FileKind::Config { keys.config } else { keys.credentials }?;
    let id = settings.get(KEY_ID)?;
    if !settings.contains_key(SECRET) {
        return Some(Err(Refusal::HalfKey { profile: keys.name.clone() }));
    }
    let is_session = [OLD_TOKEN, TOKEN].iter().any(|token| settings.contains_key(*token));
    Some(Ok(keys.key_of(file, id, is_session)))
}

//! Owns the short way to credentials: a kept session, if the files that its definition was read from are unchanged, and no others
//! are read now. It parses no TOML, and starts neither network nor threads.

use std::rc::Rc;

use crate::cli::app::App;
use crate::cli::config::files;
use crate::cli::environment::{IGNORES_ENDPOINTS, inherited_variables};
use crate::cli::explain;
use crate::cli::login::externals;
use crate::cli::login::options::InPlace;
use crate::cli::login::service::LoginService;
use crate::cli::ui::failure::Failure;
use crate::flow::Freshness;
use crate::ini::{Document, FileKind};
use crate::model::{Credentials, KeyFingerprint, ProfileName, SecretStore, Session};
use crate::plan;
use crate::render::EnvChange;
use crate::store::{Keyring, KeyringKeys, Saved, Sessions};
use crate::system::{clock, files::disk};

/// The credentials of the kept session of a profile. Asks the keyring once, if the session's secret is there.
pub(crate) fn credentials(name: &str, keyring: &Rc<Keyring>, app: App<'_>) -> Result<Option<Credentials>, Failure> {
    let Some(sessions) = sessions(keyring, app) else { return Ok(None) };
    match fresh_session(name, &sessions, keyring, app) {
        Some(saved) => secret(&sessions, &saved.session),
        None => Ok(None),
    }
}

/// As [`credentials`], even if the session should be renewed.
pub(crate) fn usable_credentials(name: &str, keyring: &Rc<Keyring>, app: App<'_>) -> Option<Credentials> {
    let sessions = sessions(keyring, app)?;
    let Saved { session, .. } = bound(&ProfileName::new(name).ok()?, &sessions, keyring, app)?;
    match Freshness::of(&session, clock::now()) {
        Freshness::Expired => None,
        Freshness::Fresh | Freshness::Aging => secret(&sessions, &session).ok()?,
    }
}

/// The credentials of a profile, and the change of the environment to it: those of the kept session, else by a login.
pub(crate) fn environment(name: &str, login: InPlace, app: App<'_>) -> Result<(Credentials, EnvChange), Failure> {
    if let Some(kept) = kept_environment(name, app)? {
        return Ok(kept);
    }
    let service = LoginService::new(app)?;
    let profile = service.manifest.profile(name)?;
    service.manifest.warn_of_errors();
    let credentials = service.credentials_for(name, login)?;
    let change = service.env_change(profile, &credentials, app.host);
    Ok((credentials, change))
}

pub(crate) fn kept_environment(name: &str, app: App<'_>) -> Result<Option<(Credentials, EnvChange)>, Failure> {
    let keyring = app.keyring();
    let Some(sessions) = sessions(&keyring, app) else { return Ok(None) };
    let Some(Saved { session, facts: Some(facts), .. }) = fresh_session(name, &sessions, &keyring, app) else {
        return Ok(None);
    };
    let Some(credentials) = secret(&sessions, &session)? else { return Ok(None) };
    let change = EnvChange::to(&session.profile, &facts.values, &credentials, inherited_variables(app.host));
    Ok(Some((credentials, change)))
}

fn sessions(keyring: &Rc<Keyring>, app: App<'_>) -> Option<Sessions> {
    Some(Sessions::new(&app.paths.state().ok()?, Rc::clone(keyring), SecretStore::default()))
}

fn secret(sessions: &Sessions, session: &Session) -> Result<Option<Credentials>, Failure> {
    sessions.credentials(session).map_err(|error| explain::keyring::failure(&error, &error))
}

/// The kept session of a profile, if it is bound and fresh.
fn fresh_session(name: &str, sessions: &Sessions, keyring: &Rc<Keyring>, app: App<'_>) -> Option<Saved> {
    bound(&ProfileName::new(name).ok()?, sessions, keyring, app)
        .filter(|saved| Freshness::of(&saved.session, clock::now()) == Freshness::Fresh)
}

/// The kept session of a profile, if it is bound to the files and to the key that are there now.
pub(crate) fn bound(name: &ProfileName, sessions: &Sessions, keyring: &Rc<Keyring>, app: App<'_>) -> Option<Saved> {
    // The variable may change the definition.
    if app.host.var_os(IGNORES_ENDPOINTS).is_some() {
        return None;
    }
    let saved = sessions.get(name)?;
    let keys = KeyringKeys::new(&app.paths.state().ok()?, Rc::clone(keyring));
    let is_bound = files::are_current(&saved.seen, app.paths) && is_key_current(&saved.session, &keys, app);
    is_bound.then_some(saved)
}

/// True if the long-term key, or what is in its place, is still that which the session was made from.
fn is_key_current(session: &Session, keys: &KeyringKeys, app: App<'_>) -> bool {
    let Some(print) = &session.key else { return true };
    let bytes = app.paths.credentials().ok().and_then(|path| disk::read(&path).ok().flatten()).unwrap_or_default();
    let document = Document::parse(&bytes, FileKind::Credentials);
    let key = plan::long_term_key(&document, &print.section);
    key.is_some_and(|key| KeyFingerprint::of(&print.section, &key) == *print)
        || keys.has(print)
        || externals::is_current(print, &bytes, app.paths, app.host)
}

//! Owns `awsauth credential-process`.

use std::rc::Rc;

use crate::cli::app::App;
use crate::cli::config::complete::profile_names;
use crate::cli::environment::IGNORES_ENDPOINTS;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::externals;
use crate::cli::login::service::LoginService;
use crate::cli::login::terminal;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::{FindingsShown, Out};
use crate::flow::{Freshness, judge};
use crate::ini::{Document, FileKind};
use crate::model::{Credentials, KeyFingerprint, ProfileName, SecretStore, Session};
use crate::plan;
use crate::provider::UNATTENDED;
use crate::render::process_json;
use crate::store::{KeyringKeys, Saved, Sessions};
use crate::system::files::stamp::FileStamp;
use crate::system::{clock, files::disk};

/// Print credentials for AWS SDKs
///
/// This is what `credential_process` in ~/.aws/config runs. It never asks: if a person is needed, it fails with 5 and
/// one line that says what to run. With prompt = "tty" in `[settings]` of profiles.local.toml, it asks for an MFA code or
/// an approval at the terminal that the SDK was started from, for 50 seconds. It never reads stdin.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Profile
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(profile_names))]
    pub(crate) name: String,
}

/// Prints a fresh kept session, or one that is renewed without a person.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    let credentials = if let Some(credentials) = warm(&args.name, app)? {
        credentials
    } else {
        // SDKs show stderr: one line, about this profile alone.
        let out = Out { findings: FindingsShown::OneLine, ..out };
        let service = LoginService::new(App { out, ..app })?;
        service.keyring.limit(UNATTENDED);
        terminal::credentials(service, &args.name, host)?
    };
    let text =
        process_json(&credentials).map_err(|error| Failure::new(Exit::Bug, "can't write JSON").because(&error))?;
    out.write_required(&text)?;
    Ok(Exit::Done)
}

/// The kept session, if the files that its definition was read from are unchanged, and no others are read now. SDKs call this
/// before every command, so it parses no TOML and starts neither network nor threads.
///
/// Asks the keyring once, if the session's secret is there.
fn warm(name: &str, app: App<'_>) -> Result<Option<Credentials>, Failure> {
    // The variable may change the definition.
    if app.host.var_os(IGNORES_ENDPOINTS).is_some() {
        return Ok(None);
    }
    let Ok(state_dir) = app.paths.state() else { return Ok(None) };
    let keyring = app.keyring();
    keyring.limit(UNATTENDED);
    let sessions = Sessions::new(&state_dir, Rc::clone(&keyring), SecretStore::default());
    match fresh(name, &sessions, &KeyringKeys::new(&state_dir, keyring), app) {
        Some(session) => sessions.credentials(&session).map_err(|error| explain::keyring::failure(&error, &error)),
        None => Ok(None),
    }
}

fn fresh(name: &str, sessions: &Sessions, keys: &KeyringKeys, app: App<'_>) -> Option<Session> {
    let Saved { session, seen } = sessions.get(&ProfileName::new(name).ok()?)?;
    if judge(session.obtained_at, session.expiration, clock::now()) != Freshness::Fresh {
        return None;
    }
    let manifest = app.paths.manifest().ok()?;
    // The environment decides where a person's own file is.
    let own = Paths::own_local();
    let is_current = seen.first()?.path() == manifest
        && own.is_none_or(|own| seen.iter().any(|file| file.path() == own))
        && seen.iter().all(FileStamp::is_current);
    (is_current && is_key_current(&session, keys, app)).then_some(session)
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

//! Owns `awsauth credential-process`.

use crate::cli::app::App;
use crate::cli::config::complete::profile_names;
use crate::cli::env_config::IGNORES_ENDPOINTS;
use crate::cli::exit::Exit;
use crate::cli::login::service::LoginService;
use crate::cli::login::terminal;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::{FindingsShown, Out};
use crate::flow::{Freshness, judge};
use crate::ini::{Document, FileKind};
use crate::model::{Credentials, KeyFingerprint, ProfileName, Session};
use crate::plan;
use crate::render::process_json;
use crate::store::{Saved, Sessions};
use crate::system::host::Host;
use crate::system::stamp::FileStamp;
use crate::system::{clock, disk};

/// Print credentials for AWS SDKs
///
/// This is what `credential_process` in ~/.aws/config runs. It never asks: if a person is needed, it fails with 5 and
/// one line that says what to run. With prompt = "tty" in [settings] of profiles.local.toml, it asks for an MFA code or
/// an approval at the terminal that the SDK was started from, for 50 seconds. It never reads stdin.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Profile
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(profile_names))]
    pub(crate) name: String,
}

/// Prints the kept session if it is good, else a new one that needs no person.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, paths, out } = app;
    let credentials = if let Some(credentials) = warm(&args.name, host, paths) {
        credentials
    } else {
        // What SDKs show of it must not be about other profiles, and fit in one line.
        let out = Out { findings: FindingsShown::OneLine, ..out };
        terminal::credentials(LoginService::new(App { out, ..app })?, &args.name, host)?
    };
    let text =
        process_json(&credentials).map_err(|error| Failure::new(Exit::Bug, "can't write JSON").because(&error))?;
    out.write_required(&text)?;
    Ok(Exit::Done)
}

/// The kept session, without reading the manifest: its files are the very ones that the session's definition was read
/// from, and there are no others. SDKs call this before every command, so it touches neither TOML, network nor threads.
fn warm(name: &str, host: &Host, paths: Paths<'_>) -> Option<Credentials> {
    // It may mean another definition than the one that the session has.
    if host.var_os(IGNORES_ENDPOINTS).is_some() {
        return None;
    }
    let Saved { session, seen } = Sessions::new(&paths.state().ok()?).get(&ProfileName::new(name).ok()?)?;
    if judge(session.obtained_at, session.expiration, clock::now()) != Freshness::Fresh {
        return None;
    }
    let manifest = paths.manifest().ok()?;
    // Where a person's own file is looked for depends on the environment.
    let own = Paths::own_local();
    let is_current = seen.first()?.path() == manifest
        && own.is_none_or(|own| seen.iter().any(|file| file.path() == own))
        && seen.iter().all(FileStamp::is_current);
    (is_current && is_key_current(&session, paths)).then_some(session.credentials)
}

/// Whether the long-term key that the session came from is still the one in the credentials file.
fn is_key_current(session: &Session, paths: Paths<'_>) -> bool {
    let Some(print) = &session.key else { return true };
    let Some(bytes) = paths.credentials().ok().and_then(|path| disk::read(&path).ok().flatten()) else { return false };
    let document = Document::parse(&bytes, FileKind::Credentials);
    plan::long_term_key(&document, &print.section).is_some_and(|key| KeyFingerprint::of(&print.section, &key) == *print)
}

//! Owns `awsauth credential-process`.

use crate::cli::app::App;
use crate::cli::config::complete::profile_names;
use crate::cli::environment::IGNORES_ENDPOINTS;
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
use crate::system::files::stamp::FileStamp;
use crate::system::host::Host;
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
    let App { host, paths, out } = app;
    let credentials = if let Some(credentials) = warm(&args.name, host, paths) {
        credentials
    } else {
        // SDKs show stderr: one line, about this profile alone.
        let out = Out { findings: FindingsShown::OneLine, ..out };
        terminal::credentials(LoginService::new(App { out, ..app })?, &args.name, host)?
    };
    let text =
        process_json(&credentials).map_err(|error| Failure::new(Exit::Bug, "can't write JSON").because(&error))?;
    out.write_required(&text)?;
    Ok(Exit::Done)
}

/// The kept session, if the files that its definition was read from are unchanged, and no others are read now. SDKs call this
/// before every command, so it parses no TOML and starts neither network nor threads.
fn warm(name: &str, host: &Host, paths: Paths<'_>) -> Option<Credentials> {
    // The variable may change the definition.
    if host.var_os(IGNORES_ENDPOINTS).is_some() {
        return None;
    }
    let Saved { session, seen } = Sessions::new(&paths.state().ok()?).get(&ProfileName::new(name).ok()?)?;
    if judge(session.obtained_at, session.expiration, clock::now()) != Freshness::Fresh {
        return None;
    }
    let manifest = paths.manifest().ok()?;
    // The environment decides where a person's own file is.
    let own = Paths::own_local();
    let is_current = seen.first()?.path() == manifest
        && own.is_none_or(|own| seen.iter().any(|file| file.path() == own))
        && seen.iter().all(FileStamp::is_current);
    (is_current && is_key_current(&session, paths)).then_some(session.credentials)
}

/// True if the session was made from the long-term key that the credentials file has now.
fn is_key_current(session: &Session, paths: Paths<'_>) -> bool {
    let Some(print) = &session.key else { return true };
    let Some(bytes) = paths.credentials().ok().and_then(|path| disk::read(&path).ok().flatten()) else { return false };
    let document = Document::parse(&bytes, FileKind::Credentials);
    plan::long_term_key(&document, &print.section).is_some_and(|key| KeyFingerprint::of(&print.section, &key) == *print)
}

//! Owns completion: the script by which a shell asks awsauth for candidates, and the candidates.

use std::collections::BTreeSet;
use std::sync::Arc;

use clap_complete::CompletionCandidate;
use clap_complete::env::Shells;

use super::exit::Exit;
use super::failure::Failure;
use super::load::Reading;
use super::places::Places;
use crate::manifest::Audience;
use crate::model::{Catalog, Profile, SsoSession};
use crate::system::host::Host;

/// What a shell runs to get candidates.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Completer<'a> {
    /// awsauth as it is found when it is asked.
    ByName,
    /// awsauth as the shell function of that name runs it.
    Hook {
        /// The program, as a word of the shell.
        word: &'a str,
    },
}

/// The script for a shell that clap knows. It asks awsauth itself, so profile names are always current.
pub(crate) fn registration(shell: &str, completer: &Completer<'_>) -> Result<String, Failure> {
    let mut script = Vec::new();
    if let Some(completer) = Shells::builtins().completer(shell) {
        completer
            .write_registration("COMPLETE", "awsauth", "awsauth", "awsauth", &mut script)
            .map_err(|error| Failure::new(Exit::Bug, "can't write the script").because(&error))?;
    }
    let script = String::from_utf8_lossy(&script).into_owned();
    if shell != "powershell" {
        // The function passes the question on.
        return Ok(script);
    }
    // PowerShell takes the `--` of the question away from a function, so there it must be the program.
    let program = match completer {
        Completer::ByName => "(Get-Command awsauth -CommandType Application | Select-Object -First 1)".to_owned(),
        // It stands in a here-string that expands variables and escapes.
        Completer::Hook { word } => word.replace('`', "``").replace('$', "`$"),
    };
    Ok(script.replace("& awsauth --", &format!("& {program} --")))
}

/// The names of all profiles; none if the manifest is not in order.
pub(crate) fn profile_names() -> Vec<CompletionCandidate> {
    candidates(|_| true)
}

/// The names of the profiles that have a long-term key.
pub(crate) fn names_with_key() -> Vec<CompletionCandidate> {
    candidates(|profile| profile.long_term_section().is_some())
}

/// The names of the SSO sessions.
pub(crate) fn session_names() -> Vec<CompletionCandidate> {
    let host = Host::read();
    let Ok(reading) = Reading::read(Places::new(&host, None), Audience::Person) else { return Vec::new() };
    let candidate = |session: &Arc<SsoSession>| {
        CompletionCandidate::new(session.name.as_str()).help(Some(session.start_url.as_str().to_owned().into()))
    };
    reading.loaded.right_sessions.iter().map(candidate).collect()
}

fn candidates(is_wanted: impl Fn(&Profile) -> bool) -> Vec<CompletionCandidate> {
    let Some(catalog) = catalog() else { return Vec::new() };
    let wanted = catalog.profiles().iter().filter(|profile| is_wanted(profile));
    let candidate = |profile: &Profile| {
        let help = profile.description.clone().unwrap_or_else(|| profile.pattern().to_string());
        let help = crate::source::display_safe(&help);
        CompletionCandidate::new(profile.name.as_str()).help(Some(help.into()))
    };
    wanted.map(candidate).collect()
}

/// All tags, each once.
pub(crate) fn tags() -> Vec<CompletionCandidate> {
    let Some(catalog) = catalog() else { return Vec::new() };
    let tags: BTreeSet<&String> = catalog.profiles().iter().flat_map(|profile| &profile.tags).collect();
    tags.into_iter().map(CompletionCandidate::new).collect()
}

fn catalog() -> Option<Catalog> {
    let host = Host::read();
    Reading::read(Places::new(&host, None), Audience::Person).ok()?.loaded.catalog
}

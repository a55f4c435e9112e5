//! Owns completion: the script by which a shell asks awsauth for candidates, and the candidates.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use clap::{CommandFactory as _, ValueHint};
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use crate::cli::args::Cli;
use crate::cli::config::load::Reading;
use crate::cli::paths::Paths;
use crate::manifest::Audience;
use crate::model::{Catalog, Pattern, Profile, SsoSession};
use crate::render::{COMPLETE_VARIABLE, Completion, CompletionShell, HookShell};
use crate::source::display_safe;
use crate::system::host::Host;

/// The candidate that means "complete a file here".
const FILE: &str = "\0";

/// PowerShell's expression for the program, looked up at each completion.
pub(crate) const BY_NAME: &str = "(Get-Command awsauth -CommandType Application | Select-Object -First 1)";

/// The answer to a shell that asks for completions, whose words are behind `--`. None if no shell asks.
pub(crate) fn answer(host: &Host) -> Option<String> {
    let shell = CompletionShell::parse(host.var(COMPLETE_VARIABLE)?)?;
    let begin = host.words().iter().position(|word| word == "--")? + 1;
    let mut words = host.words()[begin..].to_vec();
    if shell == CompletionShell::Hook(HookShell::Pwsh) {
        // Its script marks the last word, since PowerShell drops empty ones.
        let last = words.pop()?;
        words.push(last.to_str()?.strip_prefix('=')?.into());
    }
    Some(shell.answer(&complete(words)))
}

fn complete(words: Vec<OsString>) -> Completion {
    if let Some(place) = command_of_exec(&words) {
        return Completion::Command(place);
    }
    let last = words.len().saturating_sub(1);
    let mut command = with_files(Cli::command());
    let found = clap_complete::engine::complete(&mut command, words, last, None).unwrap_or_default();
    if found.iter().any(|candidate| candidate.get_value().to_string_lossy().ends_with(FILE)) {
        return Completion::Files;
    }
    let word = |candidate: &CompletionCandidate| {
        let help = candidate.get_help().map(|help| display_safe(help.to_string().lines().next().unwrap_or_default()));
        Some((candidate.get_value().to_str()?.to_owned(), help))
    };
    Completion::Words(found.iter().filter_map(word).collect())
}

/// The index of COMMAND in `exec … -- COMMAND`, if the last word belongs to it.
fn command_of_exec(words: &[OsString]) -> Option<usize> {
    let place = words.iter().position(|word| word == "--")? + 1;
    let mut before = words[..place].iter().skip(1);
    let takes_value = |word: &OsString| word == "--manifest" || word == "--color";
    while let Some(word) = before.next() {
        if takes_value(word) {
            before.next();
        } else if !word.to_string_lossy().starts_with('-') {
            return (word == "exec" && place < words.len()).then_some(place);
        }
    }
    None
}

/// Leaves paths to the shell, which knows how to quote them and `~`.
fn with_files(command: clap::Command) -> clap::Command {
    let is_path =
        |arg: &clap::Arg| matches!(arg.get_value_hint(), ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath);
    let file = |_: &OsStr| vec![CompletionCandidate::new(FILE)];
    let command = command.mut_args(|arg| if is_path(&arg) { arg.add(ArgValueCompleter::new(file)) } else { arg });
    command.mut_subcommands(with_files)
}

/// The names of the valid profiles.
pub(crate) fn profile_names() -> Vec<CompletionCandidate> {
    candidates(|_| true)
}

pub(crate) fn profile_and_session_names() -> Vec<CompletionCandidate> {
    profile_names().into_iter().chain(session_names()).collect()
}

pub(crate) fn names_with_key() -> Vec<CompletionCandidate> {
    candidates(|profile| profile.long_term_section().is_some())
}

/// Profiles whose chain begins with an IAM user's key.
pub(crate) fn names_of_users() -> Vec<CompletionCandidate> {
    candidates(|profile| matches!(profile.pattern(), Pattern::Iam | Pattern::IamMfa | Pattern::IamMfaRole))
}

pub(crate) fn session_names() -> Vec<CompletionCandidate> {
    let host = Host::read();
    let Ok(reading) = Reading::read(Paths::new(&host, None), Audience::Person) else { return Vec::new() };
    let candidate = |session: &Arc<SsoSession>| {
        CompletionCandidate::new(session.name.as_str()).help(Some(session.start_url.as_str().to_owned().into()))
    };
    reading.loaded.valid_sessions.iter().map(candidate).collect()
}

fn candidates(is_wanted: impl Fn(&Profile) -> bool) -> Vec<CompletionCandidate> {
    let Some(catalog) = catalog() else { return Vec::new() };
    let wanted = catalog.profiles().iter().filter(|profile| is_wanted(profile));
    let candidate = |profile: &Profile| {
        let help = profile.description.clone().unwrap_or_else(|| profile.pattern().to_string());
        CompletionCandidate::new(profile.name.as_str()).help(Some(help.into()))
    };
    wanted.map(candidate).collect()
}

pub(crate) fn tags() -> Vec<CompletionCandidate> {
    let Some(catalog) = catalog() else { return Vec::new() };
    let tags: BTreeSet<&String> = catalog.profiles().iter().flat_map(|profile| &profile.tags).collect();
    tags.into_iter().map(CompletionCandidate::new).collect()
}

fn catalog() -> Option<Catalog> {
    let host = Host::read();
    Reading::read(Paths::new(&host, None), Audience::Person).ok()?.loaded.catalog
}

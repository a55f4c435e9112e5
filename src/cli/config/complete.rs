//! Owns completion: the script by which a shell asks awsauth for candidates, and the candidates.

use std::ffi::{OsStr, OsString};

use clap::{CommandFactory as _, ValueHint};
use clap_complete::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};

use crate::cli::args::Cli;
use crate::cli::config::kept_names::{self, Names};
use crate::cli::config::load::Reading;
use crate::cli::paths::Paths;
use crate::manifest::Audience;
use crate::model::{Catalog, Pattern};
use crate::render::{COMPLETE_VARIABLE, Completion, CompletionShell, HookShell};
use crate::source::display_safe;
use crate::system::host::Host;

/// The candidate that means "complete a file here". With kinds of names behind it, it stands for these names: clap takes
/// microseconds for each candidate of its own.
const MARK: &str = "\0";

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
    let typed = words.last().cloned().unwrap_or_default();
    let mut command = with_marks(Cli::command());
    let found = clap_complete::engine::complete(&mut command, words, last, None).unwrap_or_default();
    if found.iter().any(|candidate| candidate.get_value().to_string_lossy().ends_with(MARK)) {
        return Completion::Files;
    }
    let mut answer = Vec::new();
    for candidate in &found {
        let help = candidate.get_help().map(|help| display_safe(help.to_string().lines().next().unwrap_or_default()));
        match candidate.get_value().to_str().map(|value| (value, value.split_once(MARK))) {
            Some((_, Some((option, kinds)))) => answer.extend(names(option, kinds, &typed.to_string_lossy())),
            Some((value, None)) => answer.push((value.to_owned(), help)),
            None => {}
        }
    }
    Completion::Words(answer)
}

/// The names of these kinds that begin with what is typed behind the option, with the help that is shown beside them.
fn names(option: &str, kinds: &str, typed: &str) -> Vec<(String, Option<String>)> {
    let Some(begin) = typed.strip_prefix(option) else { return Vec::new() };
    let kinds: Vec<&str> = kinds.split(',').collect();
    let host = Host::read();
    let paths = Paths::new(&host, None);
    let lines = kept_names::kept(paths).or_else(|| read(paths)).unwrap_or_default();
    let name = |line: &str| {
        let (kind, rest) = line.split_once('\t')?;
        let (name, help) = rest.split_once('\t').filter(|_| kinds.contains(&kind))?;
        let help = Some(help).filter(|help| !help.is_empty());
        name.starts_with(begin).then(|| (format!("{option}{name}"), help.map(str::to_owned)))
    };
    lines.lines().filter_map(name).collect()
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

/// Leaves paths to the shell, which knows how to quote them and `~`, and hands marks on whatever is typed.
fn with_marks(command: clap::Command) -> clap::Command {
    let file = |_: &OsStr| vec![CompletionCandidate::new(MARK)];
    let command = command.mut_args(|arg| match (arg.get_value_hint(), arg.get::<ArgValueCandidates>().cloned()) {
        (ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath, _) => arg.add(ArgValueCompleter::new(file)),
        (_, Some(marks)) => arg.add(ArgValueCompleter::new(move |_: &OsStr| marks.candidates())),
        (_, None) => arg,
    });
    command.mut_subcommands(with_marks)
}

/// The names of the valid profiles.
pub(crate) fn profile_names() -> Vec<CompletionCandidate> {
    mark(&Pattern::ALL.map(Pattern::as_str))
}

pub(crate) fn profile_and_session_names() -> Vec<CompletionCandidate> {
    profile_names().into_iter().chain(session_names()).collect()
}

/// Profiles with a long-term key of their own.
pub(crate) fn names_with_key() -> Vec<CompletionCandidate> {
    mark(&[Pattern::Iam, Pattern::IamMfa].map(Pattern::as_str))
}

/// Profiles whose chain begins with an IAM user's key.
pub(crate) fn names_of_users() -> Vec<CompletionCandidate> {
    mark(&[Pattern::Iam, Pattern::IamMfa, Pattern::IamMfaRole].map(Pattern::as_str))
}

pub(crate) fn session_names() -> Vec<CompletionCandidate> {
    mark(&[kept_names::SESSION])
}

pub(crate) fn tags() -> Vec<CompletionCandidate> {
    mark(&[kept_names::TAG])
}

fn mark(kinds: &[&str]) -> Vec<CompletionCandidate> {
    vec![CompletionCandidate::new(format!("{MARK}{}", kinds.join(",")))]
}

/// The names in the manifest, which are kept for the next time.
fn read(paths: Paths<'_>) -> Option<String> {
    let Reading { files, loaded } = Reading::read(paths, Audience::Person).ok()?;
    let profiles = loaded.catalog.as_ref().map_or(&[][..], Catalog::profiles);
    let names = Names { profiles, sessions: &loaded.valid_sessions };
    names.keep(files.seen(), paths);
    Some(names.lines())
}

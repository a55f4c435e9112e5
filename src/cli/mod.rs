//! Owns everything a person sees: flags, files, messages, exit codes. Imported by nobody.

mod access_key;
mod app;
mod apply;
mod args;
mod command;
mod config;
mod console;
mod discover;
mod doctor;
mod environment;
mod exec;
mod exit;
mod explain;
mod import;
mod init;
mod keys;
mod login;
mod logout;
mod mfa;
mod paths;
mod serve;
mod shell;
mod show;
mod status;
mod team;
mod text_file;
mod ui;

use std::ffi::OsString;
use std::io::Write as _;
use std::iter;
use std::process::ExitCode;

use anstream::ColorChoice;
use clap::Parser as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use app::App;
use args::{Cli, Color, Command};
use exit::Exit;
use paths::Paths;
use ui::failure::Failure;
use ui::out::{FindingsShown, Out, TalkPlace};

use crate::render::TerminalText;
use crate::source::{display_safe, first_unsafe};
use crate::system::core_dumps;
use crate::system::host::Host;

pub(crate) fn main() -> ExitCode {
    core_dumps::forbid();
    let host = Host::read();
    let exit = catch_panic(|| perform(&host));
    if exit != Exit::Done
        && let Some(line) = command::env::failing_line(&host)
    {
        // If it can't be written, nobody evaluates it.
        drop(plain(&host).data(line));
    }
    exit.into()
}

/// A panic has already printed its message.
fn catch_panic(work: impl FnOnce() -> Exit) -> Exit {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(Exit::Bug)
}

fn perform(host: &Host) -> Exit {
    if let Some(answer) = config::complete::answer(host) {
        // If the shell has gone away, nobody is left to tell.
        drop(std::io::stdout().write_all(answer.as_bytes()));
        return Exit::Done;
    }
    let parsed = Cli::parse_credential_process(host.words()).map_or_else(|| Cli::try_parse_from(words(host)), Ok);
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return refuse_usage(error, host),
    };
    let out =
        Out { color: color(cli.global.color, host), verbose: cli.global.verbose, json: cli.global.json, ..plain(host) };
    let paths = Paths::new(host, cli.global.manifest.as_deref());
    ended(run(&cli, App { host, paths, out }), out)
}

/// The command line for clap, which would show the program by the name that its caller gave it.
fn words(host: &Host) -> impl Iterator<Item = OsString> {
    let words = host.words();
    // After `help`, clap takes `-h` for a command.
    let is_after_help = words.get(1).is_some_and(|word| word == "help");
    let is_wanted = move |word: &&OsString| !(is_after_help && (*word == "-h" || *word == "--help"));
    iter::once("awsauth".into()).chain(words.iter().skip(1).filter(is_wanted).cloned())
}

/// The streams before the flags are parsed.
fn plain(host: &Host) -> Out {
    let color = color(Color::Auto, host);
    let (place, findings) = (TalkPlace::Stderr, FindingsShown::Whole);
    Out { color, verbose: false, json: false, place, findings, width: host.width() }
}

fn ended(result: Result<Exit, Failure>, out: Out) -> Exit {
    result.unwrap_or_else(|failure| {
        failure.report(out);
        failure.exit
    })
}

fn run(cli: &Cli, app: App<'_>) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Init(args) => command::init::run(args, app),
        Command::Join(args) => command::join::run(args, app),
        Command::Update(args) => command::update::run(args, app),
        Command::Import(args) => command::import::run(args, app),
        Command::Check(args) => command::check::run(args, app),
        Command::Vars(args) => command::vars::run(args, app),
        Command::Discover(args) => command::discover::run(args, app),
        Command::Diff(args) => command::diff::run(args, app),
        Command::Apply(args) => command::apply::run(args, app),
        Command::Keys(args) => command::keys::run(args, app),
        Command::Mfa(args) => command::mfa::run(args, app),
        Command::Store(args) => command::store::run(args, app),
        Command::Login(args) => command::login::run(args, app),
        Command::Status(args) => command::status::run(args, app),
        Command::List(args) => command::list::run(args, app),
        Command::Show(args) => command::show::run(args, app),
        Command::Doctor(args) => command::doctor::run(args, app),
        Command::Graph(args) => command::graph::run(args, app),
        Command::Env(args) => command::env::run(args, app),
        Command::Use(args) => command::using::run(args, app),
        Command::Exec(args) => command::exec::run(args, app),
        Command::Console(args) => command::console::run(args, app),
        Command::Serve(args) => command::serve::run(args, app),
        Command::CredentialProcess(args) => command::credential_process::run(args, app),
        Command::Logout(args) => command::logout::run(args, app),
        Command::Schema(args) => command::schema::run(args, app.out),
        Command::Hook(args) => command::hook::run(args, app.host, app.out),
        Command::Completions(args) => command::completions::run(args, app.out),
        Command::Man(args) => command::man::run(args, app.out),
    }
}

/// Shows clap's error; `--help` and `--version` are among these, go to stdout and succeed.
fn refuse_usage(error: clap::Error, host: &Host) -> Exit {
    // clap quotes words as they are, so it is asked once more with words that forge no line.
    let words: Vec<String> = words(host).map(|word| display_safe(&word.to_string_lossy())).collect();
    let mut error = Cli::try_parse_from(&words).err().unwrap_or(error);
    // The usage of flags that exclude each other shows all but one of them, as if these went together.
    if error.kind() == ErrorKind::ArgumentConflict {
        error.remove(ContextKind::Usage);
    }
    if suggests_another_word(&error) {
        error.remove(ContextKind::SuggestedValue);
    }
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(tip) = name_without_option(&error, &words).or_else(|| second_name(&error, &words))
    {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    let (text, out) = (error.render(), plain(host));
    if !error.use_stderr() {
        let help = TerminalText::trusted(text.ansi().to_string());
        return ended(out.print(&help).map(|()| Exit::Done), out);
    }
    let is_safe = text.to_string().lines().all(|line| first_unsafe(line).is_none());
    out.show(&if is_safe {
        TerminalText::trusted(text.ansi().to_string())
    } else {
        TerminalText::lines(text.to_string().lines())
    });
    Exit::Usage
}

/// True for suggestions such as `fish` for `elvish`, which nobody has misspelt.
fn suggests_another_word(error: &clap::Error) -> bool {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text),
        _ => None,
    };
    let values = text(ContextKind::InvalidValue).zip(text(ContextKind::SuggestedValue));
    values.is_some_and(|(value, suggested)| strsim::damerau_levenshtein(value, suggested) > 2)
}

/// The tip for those who name a profile or an SSO session as AWS CLI wants it.
fn name_without_option(error: &clap::Error, words: &[String]) -> Option<String> {
    const COMMANDS: [&str; 8] = ["login", "logout", "status", "env", "use", "exec", "serve", "discover"];
    let Some(ContextValue::String(refused)) = error.get(ContextKind::InvalidArg) else { return None };
    let option = ["--profile", "--sso", "--sso-session"].into_iter().find(|option| option == refused)?;
    let command = words.get(1).filter(|command| COMMANDS.contains(&command.as_str()))?;
    let at = words.iter().position(|word| word.split('=').next() == Some(option))?;
    let value = words[at].split_once('=').map(|(_, value)| value).or_else(|| words.get(at + 1).map(String::as_str));
    let value = value.filter(|value| !value.starts_with('-')).unwrap_or("NAME");
    Some(format!("give the name without an option: `awsauth {command} {value}`"))
}

/// The tip for those who name a service, or a second profile, behind the profile of a console.
fn second_name(error: &clap::Error, words: &[String]) -> Option<String> {
    let Some(ContextValue::String(second)) = error.get(ContextKind::InvalidArg) else { return None };
    let is_of_console = words.get(1).is_some_and(|command| command == "console") && !second.starts_with('-');
    is_of_console.then(|| format!("`console` opens one profile; a service is `--service {second}`"))
}

fn color(color: Color, host: &Host) -> ColorChoice {
    match color {
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
        Color::Auto if host.var_os("NO_COLOR").is_some() => ColorChoice::Never,
        Color::Auto => ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_bug() {
        assert_eq!(catch_panic(|| panic!("on purpose")), Exit::Bug);
    }
}

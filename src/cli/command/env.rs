//! Owns `awsauth env`.

use std::borrow::Cow;

use clap::ValueEnum;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::complete::profile_names;
use crate::cli::environment::inherited_variables;
use crate::cli::exit::Exit;
use crate::cli::login::options::InPlace;
use crate::cli::login::warm;
use crate::cli::shell::current_shell;
use crate::cli::ui::failure::Failure;
use crate::render::{EnvChange, Shell};
use crate::system::host::Host;

/// Print lines that set credentials in the current shell
///
/// Every variable that carries or selects another identity is unset; --unset does only that. `awsauth use prod` does the
/// same with less typing, once the shell function of `awsauth hook` is loaded.
///
/// If awsauth fails, it prints a line that makes the shell's command fail too: nothing changes, and a script with `set
/// -e` ends. A .env file is left empty.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  eval \"$(awsauth env prod)\"              # bash, zsh
  awsauth env prod | source               # fish
  awsauth env prod --shell dotenv > .env  # other shells: --help")]
#[command(after_long_help = "\
Examples:
  bash, zsh   eval \"$(awsauth env prod)\"
  fish        awsauth env prod | source
  tcsh        eval \"`awsauth env prod`\"
  powershell  awsauth env prod --shell powershell | Out-String | iex
  cmd         for /f \"delims=\" %i in ('awsauth env prod --shell cmd') do @%i
  nu          awsauth env prod --shell nu | from json | load-env
  dotenv      awsauth env prod --shell dotenv > .env

In a batch file of cmd, write %%i. nushell has no eval: it gets a record, in which null unsets a variable. A .env file has \
NAME=value, in single quotes where that is needed, as bash, python-dotenv and Node read it. It holds secrets: keep it out \
of the repository.")]
pub(crate) struct Args {
    /// Profile
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(profile_names))]
    name: Option<String>,
    /// Shell to write for [default: the one in $SHELL]
    #[arg(long, value_enum)]
    shell: Option<ShellName>,
    /// Unset all AWS credentials
    #[arg(long, conflicts_with_all = ["name", "no_login"])]
    unset: bool,
    /// Fail instead of logging in on the terminal
    #[arg(long)]
    no_login: bool,
}

/// The names of shells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShellName {
    /// bash
    Bash,
    /// sh, dash, ksh and other POSIX shells
    Sh,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// tcsh and csh
    Tcsh,
    /// PowerShell
    Powershell,
    /// cmd.exe
    Cmd,
    /// nushell
    Nu,
    /// a .env file
    Dotenv,
}

impl From<ShellName> for Shell {
    fn from(name: ShellName) -> Self {
        match name {
            ShellName::Bash | ShellName::Sh => Self::Bash,
            ShellName::Zsh => Self::Zsh,
            ShellName::Fish => Self::Fish,
            ShellName::Tcsh => Self::Tcsh,
            ShellName::Powershell => Self::Pwsh,
            ShellName::Cmd => Self::Cmd,
            ShellName::Nu => Self::Nu,
            ShellName::Dotenv => Self::Dotenv,
        }
    }
}

/// Prints the lines for the shell.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    let App { host, out, .. } = app;
    let shell = args.shell.map_or_else(|| current_shell(host), |name| Ok(name.into()));
    let shell = if out.json { Shell::Bash } else { shell? };
    let change = if args.unset {
        EnvChange::to_nobody(inherited_variables(host))
    } else {
        let Some(name) = &args.name else {
            return Err(
                Failure::new(Exit::Usage, "which profile?").hint("`awsauth env NAME`, or `awsauth env --unset`")
            );
        };
        warm::environment(name, InPlace::unless(args.no_login), app)?.1
    };
    if out.json {
        let environment = change.set.iter().map(|(name, value)| ((*name).to_owned(), value.expose().into())).collect();
        out.document(EnvJson { environment, unset: &change.unset })?;
        return Ok(Exit::Done);
    }
    if args.unset && shell == Shell::Dotenv {
        return Err(Failure::new(Exit::Usage, "a .env file can't take variables away"));
    }
    out.data(&change.lines(shell).map_err(|error| Failure::of(Exit::Refused, &error))?)?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct EnvJson<'c> {
    environment: serde_json::Map<String, serde_json::Value>,
    unset: &'c [String],
}

/// The line that a failed `env` prints, so that the shell which evaluates it fails too. Reads the command line itself, since
/// clap may have refused it. None for other commands, and where no shell evaluates the output.
pub(crate) fn failing_line(host: &Host) -> Option<&'static str> {
    let words: Vec<_> = host.words().iter().skip(1).map(|word| word.to_string_lossy()).collect();
    let mut rest = words.iter();
    let command = loop {
        match &**rest.next()? {
            "--manifest" | "--color" => drop(rest.next()),
            flag if flag.starts_with('-') => {}
            command => break command,
        }
    };
    if command != "env" || words.iter().any(|word| word == "--json") || host.stdout_is_terminal {
        return None;
    }
    let after = |(at, word): (usize, &Cow<'_, str>)| match word.strip_prefix("--shell") {
        Some("") => words.get(at + 1).map(ToString::to_string),
        Some(value) => value.strip_prefix('=').map(str::to_owned),
        None => None,
    };
    let named = words.iter().enumerate().find_map(after).and_then(|name| ShellName::from_str(&name, false).ok());
    // Languages that `env` does not speak have a command of that name as well.
    named.map_or_else(|| current_shell(host).unwrap_or(Shell::Bash), Shell::from).failing_line()
}

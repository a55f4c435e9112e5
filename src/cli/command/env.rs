//! Owns `awsauth env`.

use clap::ValueEnum;
use serde_json::json;

use crate::cli::complete::profile_names;
use crate::cli::desk::{Desk, InPlace};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::out::Out;
use crate::cli::places::Places;
use crate::cli::shell::current_shell;
use crate::cli::surroundings::stale_variables;
use crate::render::{Change, Shell};
use crate::system::host::Host;

/// Print lines that put a profile's credentials into the current shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
bash, zsh:   eval \"$(awsauth env prod)\"
             (if that fails, the shell keeps what it had; a script had better say
             lines=$(awsauth env prod) && eval \"$lines\")
fish:        awsauth env prod | source
powershell:  awsauth env prod --shell powershell | Out-String | Invoke-Expression
cmd:         for /f \"delims=\" %i in ('awsauth env prod --shell cmd') do @%i
             (in a batch file: %%i)
nu:          awsauth env prod --shell nu | from json | load-env
             (a record, since nushell has no eval; null takes a variable away from programs)
dotenv:      awsauth env prod --shell dotenv > .env
             (NAME=value, bare where that is enough, else in single quotes: as bash, python-dotenv
             and Node read it. It holds secrets: keep it out of the repository)

Every variable that carries or selects another identity is taken away, and --unset does only that.
`awsauth hook` makes this `awsauth use prod`.")]
pub(crate) struct Args {
    /// The profile
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(profile_names))]
    name: Option<String>,
    /// The shell to write for [default: the one in $SHELL]
    #[arg(long, value_enum)]
    shell: Option<ShellName>,
    /// Take every AWS identity away, whoever's it is
    #[arg(long, conflicts_with = "no_login")]
    unset: bool,
    /// Fail instead of logging in on the terminal
    #[arg(long)]
    no_login: bool,
}

/// The names of shells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShellName {
    /// bash and other POSIX shells
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
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
            ShellName::Bash => Self::Bash,
            ShellName::Zsh => Self::Zsh,
            ShellName::Fish => Self::Fish,
            ShellName::Powershell => Self::Pwsh,
            ShellName::Cmd => Self::Cmd,
            ShellName::Nu => Self::Nu,
            ShellName::Dotenv => Self::Dotenv,
        }
    }
}

/// Prints the lines for the shell.
pub(crate) fn run(args: &Args, host: &Host, places: Places<'_>, out: Out) -> Result<Exit, Failure> {
    let shell = args.shell.map_or_else(|| current_shell(host), Shell::from);
    let change = if args.unset {
        Change::to_nobody(stale_variables(host))
    } else {
        let Some(name) = &args.name else {
            return Err(Failure::new(Exit::Usage, "which profile?").hint("`awsauth env NAME`, or `--unset`"));
        };
        let desk = Desk::new(host, places, out)?;
        let login = if args.no_login { InPlace::Refused } else { InPlace::Allowed };
        let credentials = desk.credentials_for(name, login)?;
        Change::to(desk.manifest.profile(name)?, &credentials, stale_variables(host))
    };
    if out.json {
        let set = change.set.iter().map(|(name, value)| ((*name).to_owned(), json!(value.expose())));
        let environment: serde_json::Map<_, _> = set.collect();
        out.document(json!({ "environment": environment, "unset": change.unset }))?;
        return Ok(Exit::Done);
    }
    if args.unset && shell == Shell::Dotenv {
        return Err(Failure::new(Exit::Usage, "a .env file can't take variables away"));
    }
    out.data(&change.lines(shell).map_err(|error| Failure::of(Exit::Refused, &error))?)?;
    Ok(Exit::Done)
}

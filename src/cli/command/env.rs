//! Owns `awsauth env`.

use clap::ValueEnum;
use serde_json::json;

use crate::cli::complete::profile_names;
use crate::cli::desk::{Desk, InPlace};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::out::Out;
use crate::cli::places::Places;
use crate::cli::surroundings::stale_variables;
use crate::render::{Shell, environment, set_lines, unset_lines};
use crate::system::host::Host;

/// Print lines that put a profile's credentials into the current shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
bash, zsh:   eval \"$(awsauth env prod)\"
             (if that fails, the shell keeps what it had; a script had better say
             lines=$(awsauth env prod) && eval \"$lines\")
fish:        awsauth env prod | source
powershell:  awsauth env prod | Out-String | Invoke-Expression
cmd:         awsauth env prod > %TEMP%\\a.cmd & call %TEMP%\\a.cmd & del %TEMP%\\a.cmd
nu:          awsauth env prod | save -f prod.nu; source prod.nu")]
pub(crate) struct Args {
    /// The profile
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(profile_names))]
    name: Option<String>,
    /// The shell to write for [default: the one in $SHELL]
    #[arg(long, value_enum)]
    shell: Option<ShellName>,
    /// Take the variables away again
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
    if args.unset {
        out.data(&unset_lines(&stale_variables(host), shell))?;
        return Ok(Exit::Done);
    }
    let Some(name) = &args.name else {
        return Err(Failure::new(Exit::Usage, "which profile?").hint("`awsauth env NAME`, or `--unset`"));
    };
    let desk = Desk::new(host, places, out)?;
    let login = if args.no_login { InPlace::Refused } else { InPlace::Allowed };
    let credentials = desk.credentials_for(name, login)?;
    let variables = environment(desk.manifest.profile(name)?, &credentials);
    if out.json {
        let object: serde_json::Map<_, _> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), json!(value.expose()))).collect();
        out.document(json!({ "environment": object }))?;
    } else {
        out.data(
            &set_lines(&variables, &stale_variables(host), shell)
                .map_err(|error| Failure::of(Exit::Refused, &error))?,
        )?;
    }
    Ok(Exit::Done)
}

/// The shell that the lines are probably read by.
fn current_shell(host: &Host) -> Shell {
    let program = host.var("SHELL").and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    match program {
        "fish" => Shell::Fish,
        "zsh" => Shell::Zsh,
        "nu" => Shell::Nu,
        "pwsh" => Shell::Pwsh,
        "" if cfg!(windows) => Shell::Pwsh,
        _ => Shell::Bash,
    }
}

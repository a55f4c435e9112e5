//! Owns `awsauth hook`.

use std::path::Path;

use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::render::{CompletionShell, HookShell};
use crate::system::host::Host;

/// Print the shell function for `awsauth use`
///
/// With it, `awsauth use prod` sets the shell to prod, `awsauth use -` goes back, and `awsauth use --none` unsets all AWS
/// credentials. `AWSAUTH_PROFILE` has the name, for your prompt. The completion of `awsauth completions` comes with it.
///
/// The function is named awsauth, replaces an alias of that name, and passes everything else on to the program, by the
/// path that it has now. In zsh, put the line below compinit, so that completion works. In nushell there is no such
/// function: see `awsauth env --help`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bash        echo 'eval \"$(awsauth hook bash)\"' >> ~/.bashrc
  zsh         echo 'eval \"$(awsauth hook zsh)\"' >> ~/.zshrc
  fish        echo 'awsauth hook fish | source' >> ~/.config/fish/config.fish
  powershell  Add-Content $PROFILE 'awsauth hook powershell | Out-String | iex'")]
pub(crate) struct Args {
    /// Shell
    #[arg(value_parser = HookShell::ALL.map(HookShell::name))]
    shell: String,
}

pub(crate) fn run(args: &Args, host: &Host, out: Out) -> Result<Exit, Failure> {
    let shell = HookShell::parse(&args.shell)
        .ok_or_else(|| Failure::new(Exit::Bug, format!("no such shell: {}", args.shell)))?;
    let program = host
        .program()
        .map_err(|error| Failure::new(Exit::Unavailable, "can't find awsauth's own path").because(&error))?;
    let word = program.to_str().and_then(|path| shell.word(path)).ok_or_else(|| unusable(&program))?;
    let completion = CompletionShell::Hook(shell).script(&word);
    out.data(&format!("{}{}", shell.function(&word), when_possible(shell, &completion)))?;
    Ok(Exit::Done)
}

/// zsh has `compdef` only after its completion is set up; the function must work without it.
fn when_possible(shell: HookShell, completion: &str) -> String {
    match shell {
        HookShell::Zsh => format!("if whence -w compdef >/dev/null; then\n{completion}\nfi\n"),
        _ => completion.to_owned(),
    }
}

fn unusable(program: &Path) -> Failure {
    Failure::new(Exit::Refused, format!("no shell can use the path {}", program.display()))
        .hint("move awsauth to a path that is UTF-8")
}

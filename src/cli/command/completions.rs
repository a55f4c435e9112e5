//! Owns `awsauth completions`.

use crate::cli::config::complete::BY_NAME;
use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::render::CompletionShell;

/// Print a shell completion script
///
/// It completes commands, flags and the names of profiles. What `awsauth hook` prints contains it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bash        echo 'source <(awsauth completions bash)' >> ~/.bashrc
  zsh         echo 'source <(awsauth completions zsh)' >> ~/.zshrc
  fish        awsauth completions fish > ~/.config/fish/completions/awsauth.fish
  powershell  awsauth completions powershell >> $PROFILE")]
pub(crate) struct Args {
    /// Shell
    #[arg(value_parser = CompletionShell::ALL.map(CompletionShell::name))]
    shell: String,
}

pub(crate) fn run(args: &Args, out: Out) -> Result<Exit, Failure> {
    let shell = CompletionShell::parse(&args.shell)
        .ok_or_else(|| Failure::new(Exit::Bug, format!("no such shell: {}", args.shell)))?;
    out.data(&shell.script(BY_NAME))?;
    Ok(Exit::Done)
}

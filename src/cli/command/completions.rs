//! Owns `awsauth completions`.

use crate::cli::complete::{Completer, registration};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::out::Out;

/// Prints what to add to a shell's start-up file.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
bash:        echo 'source <(awsauth completions bash)' >> ~/.bashrc
zsh:         echo 'source <(awsauth completions zsh)' >> ~/.zshrc
fish:        awsauth completions fish > ~/.config/fish/completions/awsauth.fish
powershell:  awsauth completions powershell >> $PROFILE

What `awsauth hook` prints has the same in it.")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_parser = ["bash", "zsh", "fish", "powershell", "elvish"])]
    shell: String,
}

/// Prints the script for one shell.
pub(crate) fn run(args: &Args, out: Out) -> Result<Exit, Failure> {
    out.data(&registration(&args.shell, &Completer::ByName)?)?;
    Ok(Exit::Done)
}

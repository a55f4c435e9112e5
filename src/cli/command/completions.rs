//! Owns `awsauth completions`.

use clap_complete::env::Shells;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::out::Out;

/// Prints what to add to a shell's start-up file.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
bash:        echo 'source <(awsauth completions bash)' >> ~/.bashrc
zsh:         echo 'source <(awsauth completions zsh)' >> ~/.zshrc
fish:        awsauth completions fish > ~/.config/fish/completions/awsauth.fish
powershell:  awsauth completions powershell >> $PROFILE")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_parser = ["bash", "zsh", "fish", "powershell", "elvish"])]
    shell: String,
}

/// Prints the script for one shell. It asks awsauth itself for candidates, so profile names are always current.
pub(crate) fn run(args: &Args, out: Out) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    if let Some(shell) = Shells::builtins().completer(&args.shell) {
        shell
            .write_registration("COMPLETE", "awsauth", "awsauth", "awsauth", &mut script)
            .map_err(|error| Failure::new(Exit::Bug, "can't write the script").because(&error))?;
    }
    out.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

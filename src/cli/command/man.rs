//! Owns `awsauth man`.

use std::path::PathBuf;

use clap::CommandFactory as _;

use crate::cli::args::Cli;
use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;

/// Print a manual page
///
/// It is roff: `awsauth man | man -l -` shows it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth man keys add | man -l -
  awsauth man --dir /usr/local/share/man/man1")]
pub(crate) struct Args {
    /// Command, such as keys add [default: awsauth itself]
    #[arg(value_name = "COMMAND")]
    words: Vec<String>,
    /// Write the pages of all commands into this directory
    #[arg(long, value_name = "DIR", conflicts_with = "words", value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, out: Out) -> Result<Exit, Failure> {
    // No page describes `help`, so none may refer to it.
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    if let Some(dir) = &args.dir {
        clap_mangen::generate_to(root, dir).map_err(|error| {
            Failure::new(Exit::Unavailable, format!("can't write the pages into {}", dir.display())).because(&error)
        })?;
        return Ok(Exit::Done);
    }
    let mut command = &root;
    for word in &args.words {
        command = command
            .find_subcommand(word)
            .ok_or_else(|| Failure::new(Exit::Usage, format!("there is no command `{}`", args.words.join(" "))))?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(|error| Failure::new(Exit::Bug, "can't write the manual page").because(&error))?;
    out.data(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Done)
}

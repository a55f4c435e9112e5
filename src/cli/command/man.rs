//! Owns `awsauth man`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

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
    /// Write the pages of all commands into this directory, which is made
    #[arg(long, value_name = "DIR", conflicts_with = "words", value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, out: Out) -> Result<Exit, Failure> {
    // No page describes `help`, so none may refer to it.
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    if let Some(dir) = &args.dir {
        write_all(&root, dir).map_err(|error| {
            Failure::new(Exit::Unavailable, format!("can't write the pages into {}", dir.display())).because(&error)
        })?;
        out.say(&format!("wrote the pages into {}", dir.display()));
        return Ok(Exit::Done);
    }
    let mut command = &root;
    for word in &args.words {
        command = command
            .find_subcommand(word)
            .ok_or_else(|| Failure::new(Exit::Usage, format!("there is no command `{}`", args.words.join(" "))))?;
    }
    let mut text = Vec::new();
    write_page(command, &mut text)
        .map_err(|error| Failure::new(Exit::Bug, "can't write the manual page").because(&error))?;
    out.data(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}

/// Writes the pages of a command and of all commands below it, each into a file of its own.
#[expect(clippy::disallowed_methods, reason = "packages are made of these files: nothing in them is secret or lost")]
fn write_all(command: &Command, dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .try_for_each(|command| write_all(command, dir))?;
    write_page(command, &mut File::create(dir.join(page(command).get_filename()))?)
}

fn page(command: &Command) -> Man {
    // What the short help has no room for is explained here.
    let command = command.clone().mut_args(|arg| arg.hide_short_help(false));
    Man::new(command).source(concat!("awsauth ", env!("CARGO_PKG_VERSION")))
}

/// Writes the sections that `Man::render` would, but with the help's own usage line, whose options have their values, and with each
/// part at the end of the help under its own heading, not under "EXTRA".
fn write_page(command: &Command, to: &mut dyn Write) -> io::Result<()> {
    let man = page(command);
    man.render_title(to)?;
    man.render_name_section(to)?;
    let usage = command.clone().render_usage().to_string();
    Roff::new().control("SH", ["SYNOPSIS"]).text([roman(usage.trim_start_matches("Usage: "))]).to_writer(to)?;
    man.render_description_section(to)?;
    man.render_options_section(to)?;
    if command.has_subcommands() {
        man.render_subcommands_section(to)?;
    }
    if let Some(text) = command.get_after_long_help().or(command.get_after_help()) {
        end_of_help(&text.to_string()).to_writer(to)?;
    }
    Ok(())
}

/// Lines that end in a colon at the margin are headings. All others stay as they are, which `nf` asks for.
fn end_of_help(text: &str) -> Roff {
    let mut roff = Roff::new();
    for line in text.lines() {
        match line.strip_suffix(':').filter(|line| !line.starts_with(' ')) {
            Some(heading) => roff.control("SH", [heading.to_uppercase().as_str()]).control("nf", []),
            None => roff.text([roman(line)]),
        };
    }
    roff
}

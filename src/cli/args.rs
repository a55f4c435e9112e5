//! Owns the command line: what was typed, nothing more.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::command;

/// One declarative profiles.toml for every AWS profile, and one login command for all of them
#[derive(Debug, Parser)]
#[command(name = "awsauth", version, max_term_width = 100, arg_required_else_help = true, propagate_version = true)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
First day:
  awsauth init             then edit profiles.toml
  awsauth check
  awsauth apply
  awsauth keys add NAME    IAM patterns only
  awsauth login NAME

Environment:
  AWSAUTH_MANIFEST   the manifest, where --manifest is not given
  AWSAUTH_STATE_DIR  where sessions and backups are kept
  AWSAUTH_MFA_CODE   the MFA code of a login
  BROWSER            the program that opens pages
  NO_COLOR           no colour, unless --color says otherwise

Exit codes:
  0    done
  1    --check found a difference, or too little time left
  2    usage
  3    manifest missing or wrong
  4    refused, nothing written
  5    login needed or denied
  6    AWS or file system unavailable
  70   a bug
  130  interrupted";

impl Cli {
    /// The command line that `apply` writes for SDKs, `credential-process NAME`, taken as it is: building and running the
    /// whole parser would be a third of what such a call costs.
    pub(crate) fn of_an_sdk(words: &[OsString]) -> Option<Self> {
        let [_, command, name] = words else { return None };
        let name = name.to_str().filter(|name| !name.starts_with('-'))?.to_owned();
        let global = Global { manifest: None, json: false, color: Color::Auto, verbose: false };
        let args = command::credential_process::Args { name };
        (command == "credential-process").then_some(Self { global, command: Command::CredentialProcess(args) })
    }
}

/// What holds for every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The manifest [default: `$AWSAUTH_MANIFEST`, or awsauth/profiles.toml in your configuration directory]
    #[arg(long, global = true, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    pub(crate) manifest: Option<PathBuf>,
    /// Write one JSON document to stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    /// Tell each call to AWS and each file written
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands, in the order in which a person meets them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented starter manifest
    Init(command::init::Args),
    // What the commands below are for is said once, at their Args.
    Check(command::check::Args),
    Vars(command::vars::Args),
    Discover(command::discover::Args),
    Apply(command::apply::Args),
    Keys(command::keys::Args),
    Login(command::login::Args),
    Status(command::status::Args),
    List(command::list::Args),
    Graph(command::graph::Args),
    Use(command::using::Args),
    Exec(command::exec::Args),
    Env(command::env::Args),
    CredentialProcess(command::credential_process::Args),
    Logout(command::logout::Args),
    Hook(command::hook::Args),
    /// Print a script that completes commands and profile names in your shell
    Completions(command::completions::Args),
    Schema(command::schema::Args),
    /// Print the manual page
    Man,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use clap::error::ErrorKind;

    use super::*;

    /// Every command that is run, with its words.
    fn commands() -> Vec<(String, clap::Command)> {
        fn collect(command: &clap::Command, found: &mut Vec<(String, clap::Command)>) {
            found.push((command.get_bin_name().unwrap_or("awsauth").to_owned(), command.clone()));
            let is_ours = |command: &&clap::Command| command.get_name() != "help";
            command.get_subcommands().filter(is_ours).for_each(|below| collect(below, found));
        }
        let mut root = Cli::command();
        root.build();
        let mut found = Vec::new();
        collect(&root, &mut found);
        found
    }

    /// The command lines that a help text shows: those that stand on a line of their own, in a column or in quotes.
    fn examples(help: &str) -> Vec<&str> {
        let places = help.match_indices("awsauth ");
        let example = |(at, _): (usize, &str)| {
            let before = &help[..at];
            let end = match before.chars().next_back() {
                None | Some('\n') => "  ",
                Some('`') => "`",
                Some('(') => ")",
                Some('\'') => "'",
                Some(' ') if before.ends_with("  ") => "  ",
                _ => return None,
            };
            let line = help[at..].split('\n').next()?.split(end).next()?;
            [" | ", " > ", " >> ", " && "].iter().try_fold(line, |line, end| line.split(end).next())
        };
        places.filter_map(example).map(str::trim).collect()
    }

    #[test]
    fn every_example_of_the_help_is_a_command_line() {
        let mut count = 0;
        for (name, command) in commands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for example in examples(&help) {
                let words = shlex::split(example).unwrap_or_else(|| panic!("{name}: {example}"));
                // `awsauth hook` alone names the command.
                let is_name = words.len() == 2;
                match Cli::try_parse_from(words) {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::DisplayHelp => {}
                    Err(error) if is_name && error.kind() == ErrorKind::MissingRequiredArgument => {}
                    Err(error) => panic!("the help of {name} shows `{example}`: {error}"),
                }
                count += 1;
            }
        }
        assert!(count > 15, "{count}");
    }

    #[test]
    fn help_has_the_global_options_last_and_no_break_that_the_width_does_not_ask_for() {
        for (name, command) in commands() {
            for width in [60, 80, 100] {
                let help = command.clone().term_width(width).max_term_width(width).render_help().to_string();
                if let Some(own) = help.find("\nOptions:\n") {
                    let global = help.find("\nGlobal options:\n").unwrap_or_else(|| panic!("{name}: {help}"));
                    let manifest = help.find("--manifest").unwrap();
                    assert!(own < global && global < manifest, "{name}: {help}");
                }
                let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ') && !line.trim().contains("  ");
                let lines: Vec<&str> = help.split("Print version").last().unwrap_or_default().lines().collect();
                for pair in lines.windows(2).filter(|pair| pair.iter().all(|line| is_prose(line))) {
                    let next = pair[1].split(' ').next().unwrap_or_default();
                    let is_example = pair.iter().any(|line| line.starts_with("awsauth ") || line.contains("$ "));
                    assert!(is_example || pair[0].len() + 1 + next.len() > width, "{name} at {width}: {pair:?}");
                }
            }
        }
    }
}

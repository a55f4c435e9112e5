//! Owns the command line: what was typed, nothing more.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::cli::command;

/// One profiles.toml for every AWS profile, and one login for all of them
#[derive(Debug, Parser)]
#[command(name = "awsauth", version, max_term_width = 80, arg_required_else_help = true, propagate_version = true)]
#[command(disable_help_flag = true, disable_version_flag = true, args = [help_flag(), version_flag()])]
#[command(help_template = TEMPLATE, before_help = groups(), after_long_help = AFTER_LONG_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The groups of commands stand in place of clap's one list.
const TEMPLATE: &str =
    "{about-with-newline}\n{usage-heading} {usage}\n\n{before-help}Global options:\n{options}{after-help}";
const GLOBAL: &str = "Global options";

/// The first day's commands with what they do, then every other command by its use.
fn groups() -> String {
    const FIRST_DAY: [(&str, &str); 7] = [
        ("join", "Set up with a team's manifest, from its repository"),
        ("init", "Write a first manifest"),
        ("check", "Validate the manifest, without a network"),
        ("apply", "Write the profiles into ~/.aws/config"),
        ("keys add", "Store an IAM user's access key"),
        ("login", "Log in to profiles and SSO sessions"),
        ("exec", "Run a command with a profile's credentials"),
    ];
    const MORE: [(&str, &str); 4] = [
        ("Set up", "import, update, vars, keys, mfa, discover, store move, hook"),
        ("Work", "use, env, serve, console, logout"),
        ("Look", "status, show, list, graph, diff, doctor"),
        ("Machines", "credential-process, completions, schema, man"),
    ];
    let style = anstyle::Style::new().bold();
    let lines = |rows: &[(&str, &str)]| {
        let rows = rows.iter().map(|(left, right)| format!("  {style}{left:10}{style:#}{right}\n"));
        rows.collect::<Vec<_>>().concat()
    };
    format!("First day:\n{}\nMore commands (awsauth help COMMAND explains one):\n{}", lines(&FIRST_DAY), lines(&MORE))
}

const AFTER_LONG_HELP: &str = "\
Environment:
  AWSAUTH_MANIFEST   path of the manifest, unless --manifest is given
  AWSAUTH_STATE_DIR  directory of sessions and backups
  AWSAUTH_MFA_CODE   MFA code of a login
  BROWSER            program that opens pages
  NO_COLOR           no colour, unless --color says otherwise

Exit codes:
  0    done
  1    doctor or --check found something, or too little time left
  2    usage
  3    manifest missing or invalid
  4    refused, nothing written
  5    login needed or denied
  6    AWS, keyring or file system unavailable
  70   a bug
  130  interrupted";

/// In place of clap's own, which has a heading for itself and two more words than the line has room for.
fn help_flag() -> Arg {
    let flag = Arg::new("help").short('h').long("help").action(ArgAction::Help).global(true);
    flag.help_heading(GLOBAL).display_order(100).help("Print help; --help explains more")
}

fn version_flag() -> Arg {
    let flag = Arg::new("version").short('V').long("version").action(ArgAction::Version).global(true);
    flag.help_heading(GLOBAL).display_order(101).hide_short_help(true).help("Print the version")
}

impl Cli {
    /// The command line that `apply` writes for SDKs, `credential-process NAME`, taken as it is: building and running the
    /// whole parser would be a third of what such a call costs.
    pub(crate) fn parse_credential_process(words: &[OsString]) -> Option<Self> {
        let [_, command, name] = words else { return None };
        let name = name.to_str().filter(|name| !name.starts_with('-'))?.to_owned();
        let global = Global { manifest: None, json: false, color: Color::Auto, verbose: false };
        let args = command::credential_process::Args { name };
        (command == "credential-process").then_some(Self { global, command: Command::CredentialProcess(args) })
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = GLOBAL)]
pub(crate) struct Global {
    /// Path of the manifest
    ///
    /// The default is `$AWSAUTH_MANIFEST`, or awsauth/profiles.toml in your configuration directory.
    #[arg(long, global = true, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    pub(crate) manifest: Option<PathBuf>,
    /// Print one JSON document to stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to use colour: auto, always or never
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN", hide_short_help = true)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub(crate) color: Color,
    /// Show each call to AWS and each file written
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

// Each command's help is at its `Args`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(command::init::Args),
    Join(command::join::Args),
    Update(command::update::Args),
    Import(command::import::Args),
    Check(command::check::Args),
    Vars(command::vars::Args),
    Discover(command::discover::Args),
    Diff(command::diff::Args),
    Apply(command::apply::Args),
    Keys(command::keys::Args),
    Mfa(command::mfa::Args),
    Store(command::store::Args),
    Login(command::login::Args),
    Status(command::status::Args),
    List(command::list::Args),
    Show(command::show::Args),
    Doctor(command::doctor::Args),
    Graph(command::graph::Args),
    Use(command::using::Args),
    Exec(command::exec::Args),
    Serve(command::serve::Args),
    Env(command::env::Args),
    Console(command::console::Args),
    CredentialProcess(command::credential_process::Args),
    Logout(command::logout::Args),
    Hook(command::hook::Args),
    Completions(command::completions::Args),
    Schema(command::schema::Args),
    Man(command::man::Args),
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
            let texts = [command.get_after_help(), command.get_after_long_help(), command.get_long_about()];
            let texts: Vec<String> = texts.into_iter().flatten().map(ToString::to_string).collect();
            let help = texts.join("\n");
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
    fn every_example_of_the_help_can_be_pasted() {
        for (name, command) in commands() {
            let texts =
                [command.get_after_help(), command.get_after_long_help()].map(|text| text.map(ToString::to_string));
            for text in texts.iter().flatten().filter_map(|text| text.strip_prefix("Example")) {
                for line in text.lines().skip(1).take_while(|line| !line.is_empty()) {
                    assert!(shlex::split(line).is_some(), "{name}: {line}");
                    let after = line.find("awsauth ").and_then(|at| line[at..].split_once("  "));
                    assert!(after.is_none_or(|(_, text)| text.trim_start().starts_with('#')), "{name}: {line}");
                }
            }
        }
    }

    #[test]
    fn help_fits_one_screen() {
        for (name, command) in commands() {
            let help = command.term_width(80).render_help().to_string();
            assert!(help.lines().count() <= 24 && help.lines().all(|line| line.len() <= 80), "{name}:\n{help}");
            let global = help.find("Global options:\n").unwrap_or_else(|| panic!("{name}: {help}"));
            assert!(help.find("\nOptions:\n").is_none_or(|own| own < global), "{name}:\n{help}");
        }
    }

    #[test]
    fn the_first_help_names_every_command() {
        let groups = anstream::adapter::strip_str(&groups()).to_string();
        let words: Vec<&str> = groups.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            assert!(words.contains(&name), "{name}");
        }
    }
}

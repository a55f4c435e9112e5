//! Owns the command line: what was typed, nothing more.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::command;

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
First day:   awsauth init, edit profiles.toml, awsauth check, awsauth apply,
             awsauth keys add NAME (IAM patterns only), awsauth login NAME

Exit codes:  0 done; 1 --check found a difference, or too little time left;
             2 usage; 3 manifest missing or wrong; 4 refused, nothing written;
             5 login needed or denied; 6 AWS or file system unavailable;
             70 a bug; 130 interrupted";

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

//! Owns `awsauth exec`.

use std::ffi::OsString;
use std::io;

use crate::cli::complete::profile_names;
use crate::cli::desk::{Desk, InPlace};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::out::Out;
use crate::cli::places::Places;
use crate::cli::surroundings::{CODE_VARIABLE, stale_variables};
use crate::render::Change;
use crate::system::host::Host;
use crate::system::process;

/// Run a command with a profile's credentials in its environment
#[derive(Debug, clap::Args)]
#[command(after_help = "\
awsauth's own flags stand before CMD; from CMD on, every word is passed on as it is, `--` included.
A CMD that begins with - needs `--` before it. Every variable that carries or selects another AWS
identity is taken away; endpoints, files and other settings stay. CMD takes awsauth's place: signals
reach it, and its exit code is what you get; 127 if there is no such command, 126 if it can't be run.")]
pub(crate) struct Args {
    /// Fail instead of logging in on the terminal
    #[arg(long)]
    no_login: bool,
    /// The profile
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(profile_names))]
    name: String,
    /// The command and its arguments, passed on as they are
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    command: Vec<OsString>,
}

/// Becomes the command; its exit code is awsauth's.
pub(crate) fn run(args: &Args, host: &Host, places: Places<'_>, out: Out) -> Result<Exit, Failure> {
    let desk = Desk::new(host, places, out)?;
    let login = if args.no_login { InPlace::Refused } else { InPlace::Allowed };
    let credentials = desk.credentials_for(&args.name, login)?;
    let change = Change::to(desk.manifest.profile(&args.name)?, &credentials, stale_variables(host));
    let Some((program, rest)) = args.command.split_first() else {
        return Err(Failure::new(Exit::Usage, "which command?"));
    };
    let unset = change.unset.iter().map(String::as_str).chain([CODE_VARIABLE]);
    let error = process::become_program(program, rest, &change.set, unset);
    // The codes that shells use.
    let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
    Err(Failure::new(Exit::Program(code), format!("can't run `{}`", program.display())).because(&error))
}

//! Owns `awsauth man`.

use clap::CommandFactory as _;

use crate::cli::args::Cli;
use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;

/// In roff: `awsauth man | man -l -` shows it.
pub(crate) fn run(out: Out) -> Result<Exit, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Failure::new(Exit::Bug, "can't write the manual page").because(&error))?;
    out.data(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Done)
}

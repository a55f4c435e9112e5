//! Owns `awsauth schema`.

use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::manifest;

/// Print the manifest's JSON Schema, for editors
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Schema of profiles.local.toml
    #[arg(long)]
    local: bool,
}

pub(crate) fn run(args: &Args, out: Out) -> Result<Exit, Failure> {
    let schema = if args.local { manifest::local_schema() } else { manifest::schema() };
    out.data(&format!("{schema:#}"))?;
    Ok(Exit::Done)
}

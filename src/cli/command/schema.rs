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
    out.data(&text(args.local)?)?;
    Ok(Exit::Done)
}

/// The schema of the manifest, or of profiles.local.toml.
pub(crate) fn text(is_local: bool) -> Result<String, Failure> {
    let schema = if is_local { manifest::local_schema() } else { manifest::schema() };
    serde_json::to_string_pretty(&schema)
        .map_err(|error| Failure::new(Exit::Bug, "can't write the schema").because(&error))
}

//! Owns `awsauth schema`.

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::out::Out;
use crate::manifest;

/// Prints the JSON Schema of the manifest.
pub(crate) fn run(out: Out) -> Result<Exit, Failure> {
    let text = serde_json::to_string_pretty(&manifest::schema())
        .map_err(|error| Failure::new(Exit::Bug, "can't write the schema").because(&error))?;
    out.data(&text)?;
    Ok(Exit::Done)
}

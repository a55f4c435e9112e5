//! Owns `awsauth check`.

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::load::Reading;
use crate::cli::out::Out;
use crate::cli::places::Places;
use crate::source::display_safe;

/// Validates the manifest: no network, no home directory needed with `--manifest`.
pub(crate) fn run(places: Places<'_>, out: Out) -> Result<Exit, Failure> {
    let reading = Reading::read(places)?;
    if out.json {
        out.document(reading.document())?;
    } else {
        reading.show(out);
    }
    let Some(catalog) = &reading.catalog else { return Ok(Exit::Manifest) };
    if !out.json {
        out.say(&format!(
            "{} is in order: {} profiles, {} SSO sessions",
            display_safe(&reading.source.path.display().to_string()),
            catalog.profiles().len(),
            catalog.sessions().len()
        ));
    }
    Ok(Exit::Done)
}

//! Owns `awsauth check`.

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::load::Reading;
use crate::cli::out::Out;
use crate::cli::places::Places;
use crate::source::display_safe;

/// `1 profile`, `2 profiles`
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

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
            "{} is in order: {}, {}",
            display_safe(&reading.source.path.display().to_string()),
            count(catalog.profiles().len(), "profile"),
            count(catalog.sessions().len(), "SSO session")
        ));
        for file in &reading.local {
            out.say(&format!("{} is in order", display_safe(&file.source.path.display().to_string())));
        }
        if catalog.profiles().is_empty() {
            out.say(
                "it describes no profile yet: take the `#` away from those of your pattern, and put your own values in",
            );
        }
    }
    Ok(Exit::Done)
}

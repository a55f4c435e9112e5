//! Owns changing a text file of the person's: under the lock, with links, owner and mode kept. Must not know what is in it.

use std::path::Path;
use std::time::Duration;

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::ui::failure::Failure;
use crate::source::Source;
use crate::system::files::lock::Lock;
use crate::system::files::snapshot::{ReplaceError, Snapshot, directory_id};

/// How long another awsauth that writes there is waited for.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Gives the file the text that `edit` makes of it, and returns whether that is another one. `again` is the command to run
/// if somebody else changes the file meanwhile.
pub(crate) fn change(
    path: &Path,
    edit: impl Fn(&Source) -> Result<String, Failure>,
    again: &str,
    app: App<'_>,
) -> Result<bool, Failure> {
    let unwritten = |error: &dyn std::error::Error| Failure::of(Exit::Unavailable, error);
    let before = Snapshot::read(path).map_err(|error| explain::disk(&error))?;
    let lock = app.paths.state()?.join("locks").join(format!("{}.lock", directory_id(&before.target)));
    let _lock = Lock::acquire(&lock, LOCK_TIMEOUT).map_err(|error| unwritten(&error))?;
    let file = Snapshot::read(path).map_err(|error| explain::disk(&error))?;
    let text = String::from_utf8(file.bytes.clone())
        .map_err(|_| Failure::new(Exit::Refused, format!("{} is not UTF-8", path.display())))?;
    let text = edit(&Source::new(path, text))?;
    if file.exists && text.as_bytes() == file.bytes {
        return Ok(false);
    }
    file.replace(text.as_bytes()).map(|_| true).map_err(|error| match error {
        ReplaceError::Changed { .. } => Failure::of(Exit::Refused, &error).hint(format!("run `awsauth {again}` again")),
        ReplaceError::Disk(error) => explain::disk(&error),
    })
}

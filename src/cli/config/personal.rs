//! Owns writing a person's own values into their own file. Must not know how such a file reads.

use std::path::Path;
use std::time::Duration;

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::manifest::{self, SetError};
use crate::source::Source;
use crate::system::files::lock::Lock;
use crate::system::files::snapshot::{ReplaceError, Snapshot, directory_id};

/// How long another awsauth that writes there is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sets variables in `[vars]` of the file at `path`, which need not exist; every other byte of it stays.
pub(crate) fn set_variables(path: &Path, values: &[(String, String)], app: App<'_>) -> Result<(), Failure> {
    let unwritten = |error: &dyn std::error::Error| Failure::of(Exit::Unavailable, error);
    let before = Snapshot::read(path).map_err(|error| explain::disk(&error))?;
    let lock = app.paths.state()?.join("locks").join(format!("{}.lock", directory_id(&before.target)));
    let _lock = Lock::acquire(&lock, PATIENCE).map_err(|error| unwritten(&error))?;
    let file = Snapshot::read(path).map_err(|error| explain::disk(&error))?;
    let text = String::from_utf8(file.bytes.clone())
        .map_err(|_| Failure::new(Exit::Refused, format!("{} is not UTF-8", path.display())))?;
    let text = manifest::set_variables(&Source::new(path, text), values).map_err(|error| match error {
        SetError::Unfit(_) => Failure::of(Exit::Refused, &error).cause(Paths::shown(path)),
        SetError::Name(_) | SetError::Nested(_) => Failure::of(Exit::Usage, &error),
    })?;
    file.replace(text.as_bytes()).map_err(|error| match error {
        ReplaceError::Changed { .. } => Failure::of(Exit::Refused, &error).hint("run `awsauth vars` again"),
        ReplaceError::Disk(error) => explain::disk(&error),
    })?;
    let names: Vec<&str> = values.iter().map(|(name, _)| name.as_str()).collect();
    app.out.say(&format!("wrote {} to {}", names.join(", "), Paths::shown(path)));
    Ok(())
}

//! Owns the mode of the credentials file: told if other users can read it, changed only on request.

use std::path::{Path, PathBuf};

use crate::cli::explain;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::system::files::disk;

/// A credentials file, with the request for its mode.
pub(crate) struct Permissions {
    /// The file, if other users can read or write it.
    open: Option<PathBuf>,
    is_fixed: bool,
}

impl Permissions {
    pub(crate) fn look(target: &Path, is_fixed: bool) -> Self {
        Self { open: disk::is_open_to_others(target).then(|| target.to_path_buf()), is_fixed }
    }

    /// True if the mode is to be changed.
    pub(crate) fn is_pending(&self) -> bool {
        self.is_fixed && self.open.is_some()
    }

    /// The file that other users can still read or write after the work, or now if that is only shown.
    pub(crate) fn open(&self, is_shown_only: bool) -> Option<&Path> {
        self.open.as_deref().filter(|_| is_shown_only || !self.is_fixed)
    }

    /// Changes the mode, on request.
    pub(crate) fn fix(&self, out: Out) -> Result<(), Failure> {
        let Some(path) = self.open.as_deref().filter(|_| self.is_fixed) else { return Ok(()) };
        disk::close_to_others(path).map_err(|error| explain::disk(&error))?;
        out.detail(&format!("changed the mode of {}", path.display()));
        Ok(())
    }

    /// Says what was done, would be done, or could be.
    pub(crate) fn report(&self, is_shown_only: bool, out: Out) {
        let Some(path) = &self.open else { return };
        let path = path.display();
        match (self.is_fixed, is_shown_only) {
            (true, false) => out.say(&format!("only you can read {path} now")),
            (true, true) => out.say(&format!("would remove other users' access to {path}")),
            (false, _) => {
                out.warn(&format!("{path} is readable by other users; fix: `awsauth doctor --fix`"));
            }
        }
    }
}

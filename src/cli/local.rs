//! Owns reading what one person adds to a shared manifest, from each place where it may stand.

use std::path::Path;

use super::exit::Exit;
use super::failure::Failure;
use super::load::text;
use super::places::Places;
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest;
use crate::model::Settings;
use crate::source::Source;
use crate::system::{disk, trust};

/// One `profiles.local.toml` as it was read.
#[derive(Debug)]
pub(crate) struct LocalFile {
    /// The text.
    pub(crate) source: Source,
    /// What is wrong with it.
    pub(crate) diagnostics: Vec<Diagnostic>,
    settings: Settings,
}

/// Reads the files that belong to a manifest, the less important one first; there may be none.
pub(crate) fn read(manifest: &Path) -> Result<Vec<LocalFile>, Failure> {
    let files = Places::local(manifest).into_iter().filter_map(|path| read_one(&path).transpose());
    files.collect()
}

fn read_one(path: &Path) -> Result<Option<LocalFile>, Failure> {
    let Some(bytes) = disk::read(path).map_err(|error| Failure::of(Exit::Manifest, &error))? else { return Ok(None) };
    let source = Source::new(path, text(path, bytes)?);
    let loaded = manifest::load_settings(&source, trust::distrust(path).as_deref());
    Ok(Some(LocalFile { source, diagnostics: loaded.diagnostics, settings: loaded.settings }))
}

impl LocalFile {
    /// Whether it can be used.
    pub(crate) fn is_in_order(&self) -> bool {
        self.diagnostics.iter().all(|found| found.severity != Severity::Error)
    }
}

/// What all of them say: key by key, a later one wins.
pub(crate) fn merged(files: &[LocalFile]) -> Settings {
    files.iter().fold(Settings::default(), |below, file| file.settings.clone().over(below))
}

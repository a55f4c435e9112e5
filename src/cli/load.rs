//! Owns reading the manifest with what one person adds to it, and showing what is wrong with them.

use std::path::Path;

use serde_json::json;

use super::exit::Exit;
use super::failure::Failure;
use super::local::{self, LocalFile};
use super::out::Out;
use super::places::{Places, no_manifest};
use super::report::{self, Found};
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest;
use crate::model::{Catalog, Profile, Settings};
use crate::source::Source;
use crate::system::clock;
use crate::system::seen::{self, Look, Seen};

/// A manifest in order.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// What it says.
    pub(crate) catalog: Catalog,
    /// What the person wants who uses it.
    pub(crate) settings: Settings,
    source: Source,
    look: Look,
}

/// A manifest as it was read, in order or not.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The text.
    pub(crate) source: Source,
    /// What it says, if it is in order.
    pub(crate) catalog: Option<Catalog>,
    /// What one person adds to it.
    pub(crate) local: Vec<LocalFile>,
    /// What is wrong with the manifest itself.
    diagnostics: Vec<Diagnostic>,
    look: Look,
}

impl Reading {
    /// Reads the manifest where it is.
    pub(crate) fn read(places: Places<'_>) -> Result<Self, Failure> {
        let path = places.manifest()?;
        let (bytes, look) = read_file(&path)?;
        let source = Source::new(&path, text(&path, bytes)?);
        let local = local::read(&path)?;
        let loaded = manifest::load(&source);
        let catalog = loaded.catalog.filter(|_| local.iter().all(LocalFile::is_in_order));
        Ok(Self { source, catalog, local, diagnostics: loaded.diagnostics, look })
    }

    /// What was found in each file.
    fn found(&self) -> Vec<Found<'_>> {
        let local = self.local.iter().map(|file| (&file.source, file.diagnostics.as_slice()));
        std::iter::once((&self.source, self.diagnostics.as_slice())).chain(local).collect()
    }

    fn count(&self, severity: Severity) -> usize {
        let all = self.found().into_iter().flat_map(|(_, diagnostics)| diagnostics);
        all.filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// The document of `--json`.
    pub(crate) fn document(&self) -> serde_json::Value {
        let catalog = self.catalog.as_ref();
        json!({
            "manifest": self.source.path,
            "local": self.local.iter().map(|file| &file.source.path).collect::<Vec<_>>(),
            "errors": self.count(Severity::Error),
            "warnings": self.count(Severity::Warning),
            "profiles": catalog.map(|catalog| catalog.profiles().len()),
            "sso_sessions": catalog.map(|catalog| catalog.sessions().len()),
            "diagnostics": report::diagnostics_json(&self.found()),
        })
    }

    /// Shows the diagnostics as text.
    pub(crate) fn show(&self, out: Out) {
        let text = report::diagnostics_text(&self.found(), out.width);
        if !text.is_empty() {
            out.say(&text);
        }
    }
}

/// A file's text.
pub(super) fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..offset].split(|byte| *byte == b'\n').count();
        Failure::new(Exit::Manifest, format!("{} is not UTF-8: line {line}", path.display()))
            .hint("save it as UTF-8 in your editor")
    })
}

fn read_file(path: &Path) -> Result<(Vec<u8>, Look), Failure> {
    match seen::read(path, clock::now()) {
        Ok(Some(read)) => Ok(read),
        Ok(None) => Err(no_manifest(path)),
        Err(error) => Err(Failure::of(Exit::Manifest, &error)),
    }
}

impl Manifest {
    /// Reads the manifest for a command that needs it in order; errors are shown, warnings are `check`'s to tell.
    pub(crate) fn read(places: Places<'_>, out: Out) -> Result<Self, Failure> {
        let mut reading = Reading::read(places)?;
        if let Some(catalog) = reading.catalog.take() {
            let settings = local::merged(&reading.local);
            return Ok(Self { catalog, settings, source: reading.source, look: reading.look });
        }
        if out.json {
            out.document(reading.document())?;
        }
        reading.show(out);
        Err(Failure::shown(Exit::Manifest))
    }

    /// The files that it was read from, to be remembered with what is made of it.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        vec![self.look.seen(self.source.text.as_bytes())]
    }

    /// The text that it was read from.
    pub(crate) fn text(&self) -> &str {
        &self.source.text
    }

    /// The profile of that name.
    pub(crate) fn profile(&self, name: &str) -> Result<&Profile, Failure> {
        self.catalog.get(name).ok_or_else(|| {
            let failure = Failure::new(Exit::Usage, format!("there is no profile `{name}` in the manifest"));
            match self.nearest(name) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`awsauth status` lists the profiles"),
            }
        })
    }

    fn nearest(&self, name: &str) -> Option<&str> {
        let names = self.catalog.profiles().iter().map(|profile| profile.name.as_str());
        let scored = names.map(|candidate| (strsim::damerau_levenshtein(candidate, name), candidate));
        let (distance, candidate) = scored.min_by_key(|(distance, _)| *distance)?;
        (distance <= 1 + name.len() / 4).then_some(candidate)
    }
}

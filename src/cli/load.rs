//! Owns reading the manifest, and showing what is wrong with it.

use std::path::Path;

use serde_json::json;

use super::exit::Exit;
use super::failure::Failure;
use super::out::Out;
use super::places::{Places, no_manifest};
use super::report;
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest;
use crate::model::{Catalog, Profile};
use crate::source::Source;
use crate::system::clock;
use crate::system::seen::{self, Look, Seen};

/// A manifest in order.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// What it says.
    pub(crate) catalog: Catalog,
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
    /// What is wrong with it.
    pub(crate) diagnostics: Vec<Diagnostic>,
    look: Look,
}

impl Reading {
    /// Reads the manifest where it is.
    pub(crate) fn read(places: Places<'_>) -> Result<Self, Failure> {
        let path = places.manifest()?;
        let (bytes, look) = read_file(&path)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let offset = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..offset].split(|byte| *byte == b'\n').count();
            Failure::new(Exit::Manifest, format!("{} is not UTF-8: line {line}", path.display()))
                .hint("save it as UTF-8 in your editor")
        })?;
        let source = Source::new(&path, text);
        let loaded = manifest::load(&source);
        Ok(Self { source, catalog: loaded.catalog, diagnostics: loaded.diagnostics, look })
    }

    /// How many diagnostics there are of one severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// The document of `--json`.
    pub(crate) fn document(&self) -> serde_json::Value {
        let catalog = self.catalog.as_ref();
        json!({
            "manifest": self.source.path,
            "errors": self.count(Severity::Error),
            "warnings": self.count(Severity::Warning),
            "profiles": catalog.map(|catalog| catalog.profiles().len()),
            "sso_sessions": catalog.map(|catalog| catalog.sessions().len()),
            "diagnostics": report::diagnostics_json(&self.source, &self.diagnostics),
        })
    }

    /// Shows the diagnostics as text.
    pub(crate) fn show(&self, out: Out) {
        if !self.diagnostics.is_empty() {
            out.say(&report::diagnostics_text(&self.source, &self.diagnostics, out.width));
        }
    }
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
            return Ok(Self { catalog, source: reading.source, look: reading.look });
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

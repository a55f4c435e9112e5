//! Owns reading the manifest with what one person adds to it, and showing what is wrong with them.

use serde_json::json;

use super::exit::Exit;
use super::explain;
use super::failure::Failure;
use super::files::Files;
use super::out::Out;
use super::places::Places;
use super::report;
use crate::diagnostic::Severity;
use crate::manifest::{self, Audience, Loaded};
use crate::model::{Catalog, Profile, Settings};
use crate::source::Source;
use crate::system::seen::Seen;

/// A manifest in order.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// What it says.
    pub(crate) catalog: Catalog,
    /// What the person wants who uses it.
    pub(crate) settings: Settings,
    files: Files,
}

/// A manifest as it was read, in order or not.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The files.
    pub(crate) files: Files,
    /// What they say.
    pub(crate) loaded: Loaded,
}

impl Reading {
    /// Reads the manifest where it is.
    pub(crate) fn read(places: Places<'_>, audience: Audience) -> Result<Self, Failure> {
        let files = Files::read(places, audience)?;
        let loaded = manifest::load(&files.layers, audience);
        Ok(Self { files, loaded })
    }

    /// The same, with every variable and its uses.
    pub(crate) fn read_with_variables(places: Places<'_>) -> Result<Self, Failure> {
        let files = Files::read(places, Audience::Person)?;
        let loaded = manifest::load_with_variables(&files.layers);
        Ok(Self { files, loaded })
    }

    /// The same, with where the profile of that name comes from.
    pub(crate) fn read_with_why(places: Places<'_>, name: &str) -> Result<Self, Failure> {
        let files = Files::read(places, Audience::Person)?;
        let loaded = manifest::load_with_why(&files.layers, name);
        Ok(Self { files, loaded })
    }

    /// The manifest's own file.
    pub(crate) fn source(&self) -> &Source {
        self.files.layers.sources().get(0)
    }

    /// The files of one person's own.
    pub(crate) fn local(&self) -> impl Iterator<Item = &Source> {
        self.files.layers.local().map(|number| self.files.layers.sources().get(number))
    }

    /// The files that the manifest includes, if only through others.
    pub(crate) fn included(&self) -> impl Iterator<Item = &Source> {
        let all = self.files.layers.sources().iter().enumerate();
        all.filter(|(number, _)| self.files.layers.is_included(*number)).map(|(_, source)| source)
    }

    fn count(&self, severity: Severity) -> usize {
        self.loaded.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// The document of `--json`.
    pub(crate) fn document(&self) -> serde_json::Value {
        let counted = self.loaded.is_in_order();
        json!({
            "manifest": Places::text(&self.source().path),
            "included": self.included().map(|source| Places::text(&source.path)).collect::<Vec<_>>(),
            "local": self.local().map(|source| Places::text(&source.path)).collect::<Vec<_>>(),
            "errors": self.count(Severity::Error),
            "warnings": self.count(Severity::Warning),
            "profiles": counted.then_some(self.loaded.profiles),
            "sso_sessions": counted.then_some(self.loaded.sessions),
            "diagnostics": report::diagnostics_json(self.files.layers.sources(), &self.loaded.diagnostics),
        })
    }

    /// Shows the diagnostics as text.
    pub(crate) fn show(&self, out: Out) {
        let text = report::diagnostics_text(self.files.layers.sources(), &self.loaded.diagnostics, out.width);
        if !text.is_empty() {
            out.say(&text);
        }
    }
}

impl Manifest {
    /// Reads the manifest for a command that needs it in order; errors are shown, warnings are `check`'s to tell.
    pub(crate) fn read(places: Places<'_>, out: Out) -> Result<Self, Failure> {
        let mut reading = Reading::read(places, Audience::Person)?;
        if let Some(catalog) = reading.loaded.catalog.take() {
            return Ok(Self { catalog, settings: reading.loaded.settings, files: reading.files });
        }
        if out.json {
            out.document(reading.document())?;
        }
        reading.show(out);
        Err(Failure::shown(Exit::Manifest))
    }

    /// Everything that it was read from, to be remembered with what is made of it.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.files.seen()
    }

    /// The profile of that name.
    pub(crate) fn profile(&self, name: &str) -> Result<&Profile, Failure> {
        self.catalog.get(name).ok_or_else(|| {
            let failure = Failure::new(Exit::Usage, format!("there is no profile `{name}` in the manifest"));
            let names = self.catalog.profiles().iter().map(|profile| profile.name.as_str());
            failure.hint(explain::unknown_profile(name, names))
        })
    }
}

//! Owns reading the manifest with the person's own file, and showing what is wrong with them.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::diagnostics::{self, DiagnosticJson};
use crate::cli::config::files::Files;
use crate::cli::config::kept_names::Names;
use crate::cli::exit::Exit;
use crate::cli::explain::unknown_name;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names;
use crate::cli::ui::out::{FindingsShown, Out};
use crate::diagnostic::{Diagnostic, Severity};
use crate::ini::FileKind;
use crate::manifest::{self, Audience, Layers, Loaded, SettingsTrust, Use, Variable, WrongProfile};
use crate::model::{Catalog, MfaSerial, Profile, SecretStore, Settings, SsoSession};
use crate::provider::Origin;
use crate::source::{Position, Source, Span};

/// Stands for a device that is not known yet. It is one that nobody has, and fits in an ARN too.
const UNKNOWN_DEVICE: &str = "awsauth-unknown-device";

/// False for a serial that is only assumed.
pub(crate) fn is_known(serial: &MfaSerial) -> bool {
    !serial.as_str().contains(UNKNOWN_DEVICE)
}

/// The valid profiles of a manifest.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) catalog: Catalog,
    pub(crate) settings: Settings,
    // Its catalog and settings are moved out.
    reading: Reading,
    aws_files: Vec<(PathBuf, FileKind)>,
    out: Out,
}

/// A manifest as it was read, valid or not.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) files: Files,
    pub(crate) loaded: Loaded,
}

#[derive(Serialize)]
pub(crate) struct ManifestJson {
    manifest: String,
    included: Vec<String>,
    local: Vec<String>,
    errors: usize,
    warnings: usize,
    profiles: Option<usize>,
    sso_sessions: Option<usize>,
    diagnostics: Vec<DiagnosticJson>,
}

/// A place in one of the manifest's files; line and column count from 1.
#[derive(Serialize)]
pub(crate) struct PlaceJson {
    file: String,
    line: usize,
    column: usize,
}

impl Reading {
    pub(crate) fn read(paths: Paths<'_>, audience: Audience) -> Result<Self, Failure> {
        let files = Files::read(paths, audience)?;
        let loaded = manifest::load(&files.layers, audience);
        Ok(Self { files, loaded })
    }

    /// Reads what the team shares, with what it comes to.
    pub(crate) fn read_effective(paths: Paths<'_>) -> Result<Self, Failure> {
        Ok(Self::effective(Files::read(paths, Audience::Team)?))
    }

    /// Reads what the team shares, with this person's values for the variables that it wants of everybody.
    pub(crate) fn read_shared(paths: Paths<'_>) -> Result<Self, Failure> {
        let own = Self::read(paths, Audience::Person)?.loaded.variables;
        let mut shared = Self::read(paths, Audience::Team)?;
        let unset = shared.loaded.variables.iter().filter(|variable| variable.set_at.is_none());
        let values: String = unset
            .filter_map(|unset| {
                let value = own.iter().find(|variable| variable.name == unset.name)?.value.as_ref()?;
                Some(format!("{} = {}\n", manifest::toml_key(&unset.name), manifest::toml_text(value)))
            })
            .collect();
        shared.assume(format!("[vars]\n{values}"), None);
        Ok(shared)
    }

    /// What the team shares of these files, with what it comes to.
    pub(crate) fn effective(files: Files) -> Self {
        let loaded = manifest::load_effective(&files.layers, Audience::Team);
        Self { files, loaded }
    }

    /// The same shared files, with those of this person.
    pub(crate) fn with_own(mut self, paths: Paths<'_>) -> Result<Self, Failure> {
        self.files = self.files.with_own(paths)?;
        self.loaded = manifest::load(&self.files.layers, Audience::Person);
        Ok(self)
    }

    /// Reads it as if the personal file had these values.
    pub(crate) fn read_assuming(paths: Paths<'_>, values: &[(String, String)]) -> Result<Self, Failure> {
        let mut reading = Self::read(paths, Audience::Person)?;
        let line = |(name, value): &(String, String)| {
            format!("{} = {}\n", manifest::toml_key(name), manifest::toml_text(value))
        };
        reading.assume(format!("[vars]\n{}", values.iter().map(line).collect::<String>()), None);
        Ok(reading)
    }

    /// Reads it and finds where each key of the profile `name` comes from.
    pub(crate) fn read_with_why(paths: Paths<'_>, name: &str) -> Result<Self, Failure> {
        let files = Files::read(paths, Audience::Person)?;
        let loaded = manifest::load_with_provenance(&files.layers, name);
        Ok(Self { files, loaded })
    }

    /// Reads it as if each `mfa_serial` that is missing, or whose variable is unset, named a device, for commands that find out
    /// which one. With `name`, finds where each key of that profile comes from.
    pub(crate) fn read_assuming_devices(paths: Paths<'_>, name: Option<&str>) -> Result<Self, Failure> {
        let mut reading = Self::read(paths, Audience::Person)?;
        let variables = reading.unset_devices().map(|variable| format!("{} = \"{UNKNOWN_DEVICE}\"\n", variable.name));
        let variables = format!("[vars]\n{}", variables.collect::<String>());
        reading.assume(variables, name);
        // Profiles are known only with all variables.
        let device = |wrong: &WrongProfile| {
            format!("[profiles.{}]\nmfa_serial = \"{UNKNOWN_DEVICE}\"\n", manifest::toml_key(&wrong.name))
        };
        let devices: String = reading.lacking_devices().map(device).collect();
        if !devices.is_empty() {
            reading.assume(devices, name);
        }
        Ok(reading)
    }

    /// Reads it with one more personal file.
    fn assume(&mut self, text: String, name: Option<&str>) {
        let layers = &mut self.files.layers;
        layers.add_local(Source::new(&self.files.personal, text), SettingsTrust::Beside);
        self.loaded = match name {
            Some(name) => manifest::load_with_provenance(layers, name),
            None => manifest::load(layers, Audience::Person),
        };
    }

    /// True if an `mfa_serial` that a profile needs is missing, or has a variable without a value.
    pub(crate) fn lacks_devices(&self) -> bool {
        self.unset_devices().next().is_some() || self.lacking_devices().next().is_some()
    }

    /// The variables of an `mfa_serial` that have no value.
    fn unset_devices(&self) -> impl Iterator<Item = &Variable> {
        let unset = self.loaded.variables.iter().filter(|variable| variable.set_at.is_none());
        unset.filter(|variable| variable.uses.iter().any(Use::is_device))
    }

    fn lacking_devices(&self) -> impl Iterator<Item = &WrongProfile> {
        self.loaded.wrong.iter().filter(|wrong| wrong.lacks_device)
    }

    /// The manifest's own file.
    pub(crate) fn source(&self) -> &Source {
        self.files.layers.sources().get(0)
    }

    /// The person's own files.
    pub(crate) fn local(&self) -> impl Iterator<Item = &Source> {
        self.files.layers.local().map(|number| self.files.layers.sources().get(number))
    }

    /// The files that the manifest includes, directly or through others.
    pub(crate) fn included(&self) -> impl Iterator<Item = &Source> {
        let all = self.files.layers.sources().iter().enumerate();
        all.filter(|(number, _)| self.files.layers.is_included(*number)).map(|(_, source)| source)
    }

    fn count(&self, severity: Severity) -> usize {
        self.loaded.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    pub(crate) fn document(&self) -> ManifestJson {
        self.document_of(&self.loaded.diagnostics)
    }

    pub(crate) fn document_of(&self, diagnostics: &[Diagnostic]) -> ManifestJson {
        let counted = self.loaded.is_in_order();
        ManifestJson {
            manifest: Paths::text(&self.source().path),
            included: self.included().map(|source| Paths::text(&source.path)).collect(),
            local: self.local().map(|source| Paths::text(&source.path)).collect(),
            errors: self.count(Severity::Error),
            warnings: self.count(Severity::Warning),
            profiles: counted.then_some(self.loaded.profiles),
            sso_sessions: counted.then_some(self.loaded.sessions),
            diagnostics: diagnostics::diagnostics_json(self.files.layers.sources(), diagnostics),
        }
    }

    pub(crate) fn place(&self, at: Span) -> PlaceJson {
        let (path, Position { line, column }) = self.files.layers.sources().locate(at);
        PlaceJson { file: Paths::text(path), line, column }
    }

    /// Shows all findings on stderr.
    pub(crate) fn show(&self, out: Out) {
        self.show_some(&self.loaded.diagnostics, out);
    }

    pub(crate) fn show_some(&self, diagnostics: &[Diagnostic], out: Out) {
        let sources = self.files.layers.sources();
        if out.findings == FindingsShown::OneLine {
            return out.say(&diagnostics::diagnostics_line(sources, diagnostics));
        }
        out.show(&diagnostics::diagnostics_text(sources, diagnostics, out.width));
    }

    fn refuse_all(&self, out: Out) -> Failure {
        self.refuse(&self.loaded.diagnostics, out)
    }

    /// Shows the findings, with `--json` as the document, and returns the failure.
    fn refuse(&self, diagnostics: &[Diagnostic], out: Out) -> Failure {
        if out.json
            && let Err(failure) = out.document(self.document_of(diagnostics))
        {
            return failure;
        }
        self.show_some(diagnostics, out);
        Failure::shown(Exit::Manifest)
    }
}

impl Manifest {
    /// Reads the manifest for a command that needs all of it. Errors are shown; warnings only by `check`.
    pub(crate) fn read(app: App<'_>) -> Result<Self, Failure> {
        Self::of(Reading::read(app.paths, Audience::Person)?, app)
    }

    /// As [`Self::read`], of a manifest that was read.
    pub(crate) fn of(reading: Reading, app: App<'_>) -> Result<Self, Failure> {
        if reading.loaded.is_in_order() { Self::new(reading, app) } else { Err(reading.refuse_all(app.out)) }
    }

    /// Reads the manifest for a command that goes on with the valid profiles.
    pub(crate) fn read_in_part(app: App<'_>) -> Result<Self, Failure> {
        Self::in_part(Reading::read(app.paths, Audience::Person)?, app)
    }

    /// As [`Self::read_in_part`], of a manifest that was read.
    pub(crate) fn in_part(reading: Reading, app: App<'_>) -> Result<Self, Failure> {
        Self::new(reading, app)
    }

    /// None if anything is wrong; says nothing of it.
    pub(crate) fn read_in_order(app: App<'_>) -> Option<Self> {
        let reading = Reading::read(app.paths, Audience::Person).ok()?;
        reading.loaded.is_in_order().then(|| Self::new(reading, app).ok())?
    }

    /// As [`Self::read_in_part`], with devices as [`Reading::read_assuming_devices`] has them.
    pub(crate) fn read_assuming_devices(app: App<'_>) -> Result<Self, Failure> {
        Self::new(Reading::read_assuming_devices(app.paths, None)?, app)
    }

    fn new(mut reading: Reading, app: App<'_>) -> Result<Self, Failure> {
        let is_in_order = reading.loaded.is_in_order();
        let is_fit = |catalog: &mut Catalog| is_in_order || !catalog.profiles().is_empty();
        let Some(catalog) = reading.loaded.catalog.take_if(is_fit) else {
            return Err(reading.refuse_all(app.out));
        };
        let settings = std::mem::take(&mut reading.loaded.settings);
        Ok(Self { catalog, settings, reading, aws_files: unknown_name::aws_files(app.paths), out: app.out })
    }

    pub(crate) fn store(&self) -> SecretStore {
        self.settings.store.unwrap_or_default()
    }

    /// Warns in one line of errors, and names the profiles that are left out.
    pub(crate) fn warn_of_errors(&self) {
        let errors = self.reading.count(Severity::Error);
        if errors == 0 {
            return;
        }
        let names = names::first(3, self.reading.loaded.wrong.iter().map(|wrong| &wrong.name));
        let left_out = if names.is_empty() { names } else { format!(" (left out: {names})") };
        let file = self.reading.source().path.file_name().unwrap_or_default().display();
        self.out.warn(&format!("{file} has {}{left_out}; run awsauth check", names::count(errors, "error")));
    }

    /// Keeps the names of the valid profiles for completion.
    pub(crate) fn keep_names(&self, paths: Paths<'_>) {
        let names = Names { profiles: self.catalog.profiles(), sessions: &self.reading.loaded.valid_sessions };
        names.keep(self.reading.files.seen(), paths);
    }

    pub(crate) fn layers(&self) -> &Layers {
        &self.reading.files.layers
    }

    /// Everything that it was read from, to be stored with the sessions that are made from it.
    pub(crate) fn origin(&self) -> Origin {
        Origin { seen: self.reading.files.seen(), is_in_order: self.reading.count(Severity::Error) == 0 }
    }

    /// The profile of that name, or the errors that it has or may have.
    pub(crate) fn profile(&self, name: &str) -> Result<&Profile, Failure> {
        self.catalog.get(name).ok_or_else(|| {
            let is_session = self.reading.loaded.session_files.iter().any(|(session, _)| session == name);
            // A session that can't be used may be what is meant.
            let is_wrong_session = is_session && self.session(name).is_none();
            self.refuse_wrong(|wrong| wrong == name || is_wrong_session).unwrap_or_else(|| self.unknown(name))
        })
    }

    fn unknown(&self, name: &str) -> Failure {
        if self.catalog.profiles().is_empty() {
            return self.without_profiles();
        }
        let why = match self.reading.loaded.matrices {
            0 => String::new(),
            _ => format!("; `awsauth list --why {name}` says which matrix leaves this one out, if one does"),
        };
        let otherwise = format!("`awsauth list` lists the profiles{why}");
        unknown_name::unknown_profile(name, &self.catalog, &self.reading.loaded, &self.aws_files, otherwise)
    }

    /// The SSO session of that name, unless a profile has the name.
    pub(crate) fn session(&self, name: &str) -> Option<&Arc<SsoSession>> {
        let is_profile =
            self.catalog.get(name).is_some() || self.reading.loaded.wrong.iter().any(|one| one.name == name);
        let mut sessions = self.catalog.sessions().iter();
        sessions.find(|session| session.name.as_str() == name).filter(|_| !is_profile)
    }

    /// The failure of a command that needs a profile where the manifest has none.
    pub(crate) fn without_profiles(&self) -> Failure {
        let path = Paths::shown(&self.reading.source().path);
        let failure = Failure::new(Exit::Usage, "the manifest has no profiles");
        if self.reading.loaded.matrices > 0 {
            return failure.hint("its [matrix] makes none: `awsauth check` says why");
        }
        failure.hint(format!("describe one in {path}; `awsauth init --print` shows each pattern"))
    }

    /// The failure of a command whose wanted profiles are all invalid: with their errors, or with all errors if the names of
    /// the profiles are unknown. None if no invalid profile is wanted.
    pub(crate) fn refuse_wrong(&self, is_wanted: impl Fn(&str) -> bool) -> Option<Failure> {
        let loaded = &self.reading.loaded;
        let errors = loaded.errors_of(is_wanted);
        if !errors.is_empty() {
            return Some(self.reading.refuse(&errors, self.out));
        }
        let may_be_hidden = !loaded.is_in_order() && loaded.profiles_unknown;
        may_be_hidden.then(|| self.reading.refuse_all(self.out))
    }
}

//! Owns AWS's two files as they were read, and turning them into a manifest.

use crate::cli::app::App;
use crate::cli::config::load::Reading;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::few;
use crate::import::{self, FileLine, Form, Import, ImportFiles};
use crate::ini::FileKind;
use crate::manifest::Audience;
use crate::model::Catalog;
use crate::system::files::snapshot::Snapshot;

/// Reads AWS's files, and turns them into a manifest.
pub(crate) fn take_over(form: Form, app: App<'_>) -> Result<(AwsSnapshots, Import), Failure> {
    let files = AwsSnapshots::read(app)?;
    let found = files.import(form, app)?;
    if found.catalog.profiles().is_empty() && found.catalog.sessions().is_empty() && !found.faults.is_empty() {
        return Err(files.unreadable(&found));
    }
    Ok((files, found))
}

const LOST: &str = "awsauth's block does not say which profiles ask for an MFA code: only their manifest does";

/// AWS's two files as they were read.
pub(crate) struct AwsSnapshots {
    config: Snapshot,
    credentials: Snapshot,
}

impl AwsSnapshots {
    pub(crate) fn read(app: App<'_>) -> Result<Self, Failure> {
        let read = |path| Snapshot::read(path).map_err(|error| explain::disk(&error));
        Ok(Self { config: read(&app.paths.config()?)?, credentials: read(&app.paths.credentials()?)? })
    }

    /// The number of profiles that an import would take without a manifest.
    pub(crate) fn importable(&self) -> usize {
        let known = Catalog::default();
        let files = ImportFiles { config: &self.config.bytes, credentials: &self.credentials.bytes, known: &known };
        import::import(files, Form::Profiles).catalog.profiles().len()
    }

    /// `~/.aws/config and ~/.aws/credentials have`, of the files that have something, before `what`.
    pub(crate) fn have(&self, what: &str) -> String {
        let existing = [&self.config, &self.credentials].into_iter().filter(|file| !file.bytes.is_empty());
        let names: Vec<String> = existing.map(|file| Paths::shown(&file.path)).collect();
        format!("{} {} {what}", names.join(" and "), if names.len() > 1 { "have" } else { "has" })
    }

    /// Turns both files into a manifest, with the help of the one that there is.
    fn import(&self, form: Form, app: App<'_>) -> Result<Import, Failure> {
        // There need be no manifest, nor a valid one.
        let reading = Reading::read(app.paths, Audience::Person).ok();
        let manifest = reading.as_ref().map(|reading| Paths::shown(&reading.source().path));
        let known = reading.and_then(|reading| reading.loaded.catalog).unwrap_or_default();
        let files = ImportFiles { config: &self.config.bytes, credentials: &self.credentials.bytes, known: &known };
        let lost = import::of_another_manifest(files);
        match manifest {
            Some(manifest) if !lost.is_empty() => return Err(self.emptied(&manifest, &lost)),
            None if !lost.is_empty() => {
                app.out.warn(&format!("{LOST}, and there is none: correct what is printed for {}", few(&lost)));
            }
            _ => {}
        }
        Ok(import::import(files, form))
    }

    fn emptied(&self, manifest: &str, lost: &[String]) -> Failure {
        let config = self.path(FileKind::Config);
        let message = format!("awsauth's block in {config} has profiles that {manifest} does not: {}", few(lost));
        Failure::new(Exit::Refused, message)
            .cause(LOST)
            .cause("with `awsauth import > FILE` the shell empties FILE before awsauth can read it")
            .hint(format!(
                "restore {manifest}, with git or from where you keep it; `awsauth check` says if it is wrong"
            ))
            .hint("then write to another file first: `awsauth import > new.toml`")
    }

    pub(crate) fn path(&self, file: FileKind) -> String {
        let snapshot = if file == FileKind::Config { &self.config } else { &self.credentials };
        Paths::shown(&snapshot.path)
    }

    pub(crate) fn place(&self, at: FileLine) -> String {
        format!("{} line {}", self.path(at.file), at.line)
    }

    fn unreadable(&self, found: &Import) -> Failure {
        let failure = Failure::new(Exit::Refused, "AWS's tools can't read these files, and there is nothing to import");
        let causes = found
            .faults
            .iter()
            .map(|(file, fault)| format!("{}: {}", self.place(FileLine { file: *file, line: fault.line }), fault.kind));
        causes.take(12).fold(failure, Failure::cause).hint("correct these lines, then run `awsauth import` again")
    }
}

//! Owns the findings in the manifest and around it: its own mistakes, what is not applied yet, its repository, its store.

use std::path::PathBuf;
use std::time::Duration;

use super::environment::quoted;
use super::facts::Facts;
use super::finding::{Finding, Place, shell_path};
use crate::address::RepositoryAddress;
use crate::cli::apply::plans::Plans;
use crate::cli::apply::program_path::Program;
use crate::cli::environment::secret_variables;
use crate::cli::exit::Exit;
use crate::cli::paths::Paths;
use crate::cli::team::revision;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::count;
use crate::diagnostic::Severity;
use crate::model::SecretStore;
use crate::plan::{Adoption, Overwrite, Permission};
use crate::store::KeyringError;
use crate::system::files::{disk, trust};
use crate::system::programs::git::{Attended, Tracking, WorkTree, branch_commit, tracking};

/// How long the keyring may take; a person who is asked for its password has seen what is missing.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn invalid(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(reading) = &facts.invalid else { return Vec::new() };
    let errors: Vec<_> = reading.loaded.diagnostics.iter().filter(|one| one.severity == Severity::Error).collect();
    let place = match errors.first() {
        Some(first) => {
            let (path, at) = reading.files.layers.sources().locate(first.primary.span);
            Place::Line(path.to_path_buf(), at.line)
        }
        None => Place::Path(reading.source().path.clone()),
    };
    let what = match errors.as_slice() {
        [] => "the manifest is not complete".to_owned(),
        [only] => only.message.clone(),
        [first, ..] => format!("{} (of {})", first.message, count(errors.len(), "error")),
    };
    let found = Finding::error("manifest-invalid", place, what);
    vec![found.why("`apply` writes nothing until it is corrected").fix("awsauth check")]
}

pub(crate) fn missing(facts: &Facts<'_>) -> Vec<Finding> {
    // Without a home directory, AWS's files have that finding.
    let Some(failure) = facts.unread.as_ref().filter(|failure| failure.exit != Exit::Unavailable) else {
        return Vec::new();
    };
    let path = facts.app.paths.manifest();
    let place = path.as_ref().map_or(Place::Machine, |path| Place::Path(path.clone()));
    let is_none = path.as_ref().is_ok_and(|path| !disk::exists(path) && Paths::is_manifest_own(path));
    if !is_none {
        let found = Finding::error("manifest-unread", place, failure.message());
        let hint = failure.hints().first().map_or("awsauth check", String::as_str);
        return vec![found.why("awsauth knows no profile without it").fix(hint)];
    }
    let fix = if facts.profiles().is_empty() { "awsauth init" } else { "awsauth init --import" };
    let found = Finding::note("no-manifest", place, "there is no manifest yet");
    vec![found.why("awsauth logs in to profiles that a manifest describes").fix(fix)]
}

/// AWS's files against what `apply` would write.
pub(crate) fn not_applied(facts: &Facts<'_>) -> Vec<Finding> {
    let is_readable = [&facts.config, &facts.credentials]
        .iter()
        .all(|file| file.problem.is_none() && file.document.faults().is_empty());
    let (Some(manifest), true) = (&facts.manifest, is_readable) else { return Vec::new() };
    let place = Place::Path(facts.config.path.to_path_buf());
    let is_pending = || -> Result<bool, Failure> {
        let permission = Permission { overwrite: Overwrite::Intact, adoption: Adoption::Refuse };
        let program = Program::find(facts.app.host, &manifest.catalog)?;
        let plans = Plans::new(permission, false, manifest, &program, facts.app)?;
        Ok(plans.make(facts.app.paths)?.is_pending())
    };
    match is_pending() {
        Ok(false) => Vec::new(),
        Ok(true) => {
            let found = Finding::warning("not-applied", place, "the manifest says something else than AWS's files");
            vec![found.why("AWS's tools work with what the files say").fix("awsauth apply")]
        }
        Err(failure) => {
            let what = failure.reason();
            let found = Finding::error("apply-refuses", place, what);
            let hint = failure.hints().first().map_or("awsauth apply", String::as_str);
            vec![found.why("`apply` writes nothing, so changes of the manifest reach no tool").fix(hint)]
        }
    }
}

/// A personal file that everybody with the repository gets.
pub(crate) fn tracked_personal_file(facts: &Facts<'_>) -> Vec<Finding> {
    let Ok(manifest) = facts.app.paths.manifest() else { return Vec::new() };
    let mut found: Vec<Finding> = Vec::new();
    for path in Paths::local(&manifest).into_iter().filter(|path| disk::exists(path)) {
        let places: Vec<PathBuf> = trust::resolved_parent(&path).into_iter().chain(disk::real_path(&path)).collect();
        let Some(place) = places.into_iter().find(|place| matches!(tracking(place), Tracking::Tracked(_))) else {
            continue;
        };
        let (dir, name) = (place.parent().unwrap_or(&place), place.file_name().unwrap_or_default());
        let name = name.to_string_lossy();
        let fix = format!("git -C {} rm --cached {}", shell_path(dir), quoted(&name));
        let finding = Finding::warning("personal-file-tracked", Place::Path(path), "git tracks your personal file");
        found.push(
            finding.why("everybody who has the repository gets your values, and yours may be overwritten").fix(fix),
        );
    }
    found
}

/// A checkout that lacks commits of the branch that it follows: those of the last fetch, or of now.
pub(crate) fn behind(facts: &Facts<'_>) -> Vec<Finding> {
    let is_behind = || {
        let place = revision::Place::of(&facts.app.paths.manifest().ok()?)?;
        let tree = WorkTree::open(&place.root).ok()?;
        let upstream = tree.upstream()?;
        let address = RepositoryAddress::parse(&upstream.url).ok().filter(|_| facts.is_online);
        let secrets = secret_variables(facts.app.host);
        let attended = Attended { is_interactive: false, secrets: &secrets };
        let asked = address.and_then(|address| branch_commit(&address, &upstream.branch, attended));
        let newest = asked.or_else(|| tree.fetched(&upstream))?;
        // A commit that is not here can't be followed.
        (!tree.is_ancestor(&newest, &tree.head().ok()?).unwrap_or(false)).then_some(place.root)
    };
    let Some(root) = is_behind() else { return Vec::new() };
    let found = Finding::warning(
        "manifest-behind",
        Place::Path(root),
        "the checkout lacks commits of the branch that it follows",
    );
    vec![found.why("your profiles may lack what the team has changed").fix("awsauth update")]
}

pub(crate) fn locked_store(facts: &Facts<'_>) -> Vec<Finding> {
    if facts.manifest.as_ref().is_none_or(|manifest| manifest.store() != SecretStore::Keyring) {
        return Vec::new();
    }
    let keyring = facts.app.keyring();
    keyring.limit(PATIENCE);
    let Err(error) = keyring.check_writable() else { return Vec::new() };
    let failure = crate::cli::explain::keyring::failure(&error, &error);
    let what = match &error {
        KeyringError::Absent(_) => "the system's keyring can't be reached".to_owned(),
        other => other.to_string(),
    };
    let found = Finding::error("store-locked", Place::Machine, what);
    let hint = failure.hints().first().map_or("unlock it", String::as_str);
    vec![found.why("your keys and sessions are in it, so nothing can log in or renew").fix(hint)]
}

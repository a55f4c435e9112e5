//! Owns the findings in the manifest and around it: its own mistakes, what is not applied yet, its repository, its store.

use std::path::PathBuf;
use std::time::Duration;

use super::environment::{gone_files, quoted};
use super::facts::Facts;
use super::finding::{Finding, Place, shell_path};
use crate::address::RepositoryAddress;
use crate::cli::apply::plans::Plans;
use crate::cli::apply::program_path::Program;
use crate::cli::config::load::Manifest;
use crate::cli::environment::secret_variables;
use crate::cli::exit::Exit;
use crate::cli::paths::Paths;
use crate::cli::team::revision;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::count;
use crate::diagnostic::Severity;
use crate::ini::FileKind;
use crate::model::SecretStore;
use crate::plan::{Adoption, Difference, Overwrite, Permission, Refusal, SectionDifference, block_range};
use crate::store::KeyringError;
use crate::system::files::{disk, trust};
use crate::system::programs::git::{Attended, Tracking, WorkTree, branch_commit, tracking};

/// How long the keyring may take; a person who is asked for its password has seen what is missing.
const KEYRING_TIMEOUT: Duration = Duration::from_secs(5);

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
    // A variable that names a file which is not there is the cause.
    let can_compare = is_readable && gone_files(facts).is_empty();
    let (Some(manifest), true) = (&facts.manifest, can_compare) else { return Vec::new() };
    let (what, why) = match is_pending(facts, manifest) {
        Ok(false) => return Vec::new(),
        Err(found) => return vec![*found],
        Ok(true) if block_range(&facts.config.document).is_empty() => {
            ("the manifest is not applied yet", "AWS's tools do not have what it says")
        }
        Ok(true) => ("the manifest says something else than AWS's files", "AWS's tools work with what the files say"),
    };
    let found = Finding::warning("not-applied", Place::Path(facts.config.path.to_path_buf()), what);
    vec![found.why(why).fix("awsauth apply")]
}

/// True if `apply` would write anything; why not, if it would refuse.
fn is_pending(facts: &Facts<'_>, manifest: &Manifest) -> Result<bool, Box<Finding>> {
    let permission = Permission { overwrite: Overwrite::Intact, adoption: Adoption::Refuse };
    let unknown = |failure: Failure| Box::new(apply_refuses(Place::Path(facts.config.path.to_path_buf()), &failure));
    let program = Program::find(facts.app.host, &manifest.catalog).map_err(unknown)?;
    let plans = Plans::new(permission, false, manifest, &program, facts.app).map_err(unknown)?;
    let failure = match plans.make(facts.app.paths) {
        Ok(work) => return Ok(work.is_pending()),
        Err(failure) => failure,
    };
    let (config, credentials) = (facts.config.document.bytes(), facts.credentials.document.bytes());
    let refusal = plans.config(config, credentials).err();
    Err(match refusal.or_else(|| plans.credentials(credentials, config).err()) {
        Some(Refusal::Edited { sections, line, .. }) => Box::new(edited(facts, line, sections.first())),
        Some(refusal) => Box::new(apply_refuses(place_of(facts, &refusal), &failure)),
        None => unknown(failure),
    })
}

const NOTHING_WRITTEN: &str = "`apply` writes nothing, so changes of the manifest reach no tool";

fn apply_refuses(place: Place, failure: &Failure) -> Finding {
    let hint = failure.hints().first().map_or("awsauth apply", String::as_str);
    let reason = failure.reason();
    // The place has said it.
    let line = if let Place::Line(_, line) = &place { format!("line {line}: ") } else { String::new() };
    let what = reason.strip_prefix(&line).unwrap_or(reason);
    Finding::error("apply-refuses", place, what).why(NOTHING_WRITTEN).fix(hint)
}

/// The block that begins on `line` was edited.
fn edited(facts: &Facts<'_>, line: usize, first: Option<&SectionDifference>) -> Finding {
    let (line, differs) = match first {
        Some(SectionDifference { header, line: at, differences, .. }) => match differences.first() {
            Some(Difference::Value { line, key, .. } | Difference::Spelling { line, key }) => {
                (*line, format!("{key} of [{header}] is not what the manifest gives"))
            }
            Some(Difference::Missing { key }) => (*at, format!("[{header}] lacks {key}")),
            Some(Difference::Foreign) => (*at, format!("the manifest does not have [{header}]")),
            Some(Difference::Absent) | None => (*at, format!("[{header}] is gone")),
        },
        None => (line, "only comments, blank lines, the order of lines or the markers differ".to_owned()),
    };
    let what = format!("awsauth's block was changed since awsauth wrote it: {differs}");
    let found = Finding::error("apply-refuses", facts.config.line(line), what);
    found.why(format!("{NOTHING_WRITTEN}; it shows the edit, and how to keep or drop it")).fix("awsauth apply")
}

/// The line for which `apply` refuses, as far as it is one.
fn place_of(facts: &Facts<'_>, refusal: &Refusal) -> Place {
    let (config, credentials) = (&facts.config, &facts.credentials);
    match refusal {
        Refusal::Shadowed { section, line, .. } => {
            let key = facts.profile(section).in_credentials("aws_access_key_id");
            key.map_or_else(|| credentials.line(*line), |key| key.place)
        }
        Refusal::Defaults { line, .. } | Refusal::KeyExists { line, .. } => credentials.line(*line),
        Refusal::Overridden(_) | Refusal::WouldLose(FileKind::Credentials, _) => {
            Place::Path(credentials.path.to_path_buf())
        }
        Refusal::Markers { line, .. } | Refusal::Leading { line } | Refusal::Trailing { line } => config.line(*line),
        Refusal::Outside(sections) => {
            sections.first().map_or(Place::Path(config.path.to_path_buf()), |first| config.line(first.line))
        }
        _ => Place::Path(config.path.to_path_buf()),
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
    keyring.limit(KEYRING_TIMEOUT);
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

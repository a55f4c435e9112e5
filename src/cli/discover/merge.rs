//! Owns what a listing changes in the manifest's files: the new texts, the check that they have no new errors, and the
//! writing.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::{
    self, Audience, EntryState, Gone, Layers, Loaded, MergeError, Merged, MergedEntry, SyncRequest, UnusableName,
};
use crate::model::{AccountId, Catalog, Chain, Pattern, Root, SsoSession};
use crate::plan::{self, Plan};
use crate::provider::Listing;
use crate::source::Source;
use crate::system::clock;
use crate::system::files::backups::{BackupTime, Backups};
use crate::system::files::snapshot::Snapshot;

use crate::cli::app::App;
use crate::cli::apply::file_plan::FileWork;
use crate::cli::config::diagnostics;
use crate::cli::config::load::Reading;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::confirm::check_replaceable;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;

/// The most names of one matrix that a hint names.
const MOST_NAMED: usize = 5;

/// The changes that a listing makes.
pub(crate) struct Findings<'r> {
    pub(crate) reading: &'r Reading,
    pub(crate) merged: Merged,
    /// Accounts and roles that are not listed any more are kept or dropped.
    pub(crate) gone: Gone,
    pub(crate) matrices: usize,
    /// True if the manifest has no error, with these changes.
    pub(crate) is_in_order: bool,
    /// None if the manifest has an error, before or after.
    pub(crate) profiles: Option<ProfileChange>,
}

/// The profiles that the changed manifest has more and less, in its order.
#[derive(Debug, Default)]
pub(crate) struct ProfileChange {
    pub(crate) more: Vec<String>,
    pub(crate) less: Vec<String>,
}

impl ProfileChange {
    fn between(before: &Catalog, after: &Catalog) -> Self {
        let lacking = |from: &Catalog, other: &Catalog| {
            let lacking = from.profiles().iter().filter(|profile| other.get(profile.name.as_str()).is_none());
            lacking.map(|profile| profile.name.to_string()).collect()
        };
        Self { more: lacking(after, before), less: lacking(before, after) }
    }
}

impl<'r> Findings<'r> {
    /// Merges `listing` into the manifest, and refuses changes that would break it.
    pub(crate) fn new(
        reading: &'r Reading,
        session: &SsoSession,
        listing: &Listing,
        gone: Gone,
        out: Out,
    ) -> Result<Self, Failure> {
        let unknown: Vec<AccountId> = listing.access_lost.iter().map(|account| account.id.clone()).collect();
        let layers = &reading.files.layers;
        let (session_file, is_only_session) = reading_of(session, reading);
        let catalog = reading.loaded.whole();
        // Without the catalog, nobody knows which entries are unused.
        let gone = if catalog.is_none() { Gone::Keep } else { gone };
        let (of_other_sessions, of_other_roots) = uses(session, catalog);
        let wish = SyncRequest {
            session: session.name.as_str(),
            session_file,
            is_only_session,
            of_other_sessions: catalog.map(|_| of_other_sessions.as_slice()),
            of_other_roots: &of_other_roots,
            accounts: &listing.accounts,
            unknown: &unknown,
            gone,
        };
        let merged = manifest::merge(layers, &reading.loaded.variables, wish).map_err(|error| match error {
            MergeError::Unfit { .. } => Failure::of(Exit::Refused, &error),
            MergeError::Bug => Failure::of(Exit::Bug, &error)
                .hint("nothing was written; please report this with the manifest's [accounts]"),
        })?;
        let (matrices, is_in_order) = (reading.loaded.matrices, reading.loaded.is_in_order());
        let profiles = is_in_order.then(ProfileChange::default);
        let mut findings = Self { reading, merged, gone, matrices, is_in_order, profiles };
        if gone == Gone::Prune && listing.accounts.is_empty() && findings.of(EntryState::Gone).next().is_some() {
            let message =
                format!("{} lists no account at all, and `--prune` would drop every entry of it", session.name);
            return Err(Failure::new(Exit::Refused, message)
                .hint("nothing was written; if it is right that none is left, delete the entries by hand"));
        }
        findings.check(out)?;
        Ok(findings)
    }

    /// Refuses files that can't be written, before a person is asked.
    pub(crate) fn check_changed(&self) -> Result<(), Failure> {
        self.changed().try_for_each(|(source, _)| check_replaceable(&source.path))
    }

    pub(crate) fn of(&self, state: EntryState) -> impl Iterator<Item = &MergedEntry> {
        self.merged.entries.iter().filter(move |entry| entry.state == state)
    }

    /// The number of roles of listed accounts that are not listed any more.
    pub(crate) fn gone_roles(&self) -> usize {
        self.merged.entries.iter().map(|entry| entry.gone.len()).sum()
    }

    /// True if `--prune` drops anything.
    pub(crate) fn drops(&self) -> bool {
        self.gone == Gone::Prune && (self.gone_roles() > 0 || self.of(EntryState::Gone).next().is_some())
    }

    /// Refuses texts with errors that the old ones do not have.
    fn check(&mut self, out: Out) -> Result<(), Failure> {
        if self.merged.texts.is_empty() {
            return Ok(());
        }
        let after = self.reading.files.layers.with_texts(&self.merged.texts);
        let loaded = manifest::load(&after, Audience::Person);
        self.is_in_order = loaded.is_in_order();
        let catalogs = self.reading.loaded.whole().zip(loaded.whole());
        self.profiles = catalogs.map(|(before, after)| ProfileChange::between(before, after));
        let exclusions = exclusions(&self.reading.loaded, &loaded);
        let errors = new_errors(&self.reading.loaded, loaded);
        if errors.is_empty() { Ok(()) } else { Err(self.refused(&after, &errors, exclusions, out)) }
    }

    fn refused(&self, after: &Layers, errors: &[Diagnostic], exclusions: Option<String>, out: Out) -> Failure {
        out.show(&diagnostics::diagnostics_text(after.sources(), errors, out.width));
        let message = "with what was listed, the manifest would not be in order any more; nothing was written";
        let failure = Failure::new(Exit::Refused, message)
            .detail("diagnostics", serde_json::json!(diagnostics::diagnostics_json(after.sources(), errors)));
        let hint = match self.gone {
            Gone::Prune => {
                "the lines above are those of the manifest as it would be: something in it still names what `--prune` would drop"
            }
            Gone::Keep => "the lines above are those of the manifest as it would be",
        };
        match exclusions {
            Some(exclusions) => {
                failure.hint(format!("{exclusions}, so that those profiles are left out, and run it again"))
            }
            None => failure.hint(hint),
        }
    }

    /// The files to change, as they were read, with their new texts.
    fn changed(&self) -> impl Iterator<Item = (&Source, &str)> {
        let sources = self.reading.files.layers.sources();
        self.merged.texts.iter().map(|(number, text)| (sources.get(*number), text.as_str()))
    }

    /// The files to change with their diffs, under the names that `name` gives.
    pub(crate) fn diffs(&self, name: fn(&Path) -> String) -> impl Iterator<Item = (&Source, String)> {
        self.changed().map(move |(source, text)| {
            let diff = plan::unified(&name(&source.path), source.text.as_bytes(), text.as_bytes());
            (source, diff)
        })
    }

    /// Writes the changes, unless another program has changed any of the files that were read: then `again` is the command to
    /// run once more.
    pub(crate) fn write(&self, again: &str, app: App<'_>) -> Result<(), Failure> {
        let state = app.paths.state()?;
        let changed = |path: &Path| {
            let message = format!("{} was changed by another program meanwhile", path.display());
            Failure::new(Exit::Refused, message).hint(format!("run `{again}` again"))
        };
        let all = self.reading.files.seen();
        if let Some(seen) = all.iter().find(|seen| !seen.is_current()) {
            return Err(changed(seen.path()));
        }
        let mut works = Vec::new();
        for (source, text) in self.changed() {
            let snapshot = Snapshot::read_settled(&source.path).map_err(|error| explain::disk(&error))?;
            if snapshot.bytes != source.text.as_bytes() {
                return Err(changed(&source.path));
            }
            let plan = Plan::whole(source.text.as_bytes(), text.as_bytes().to_vec());
            works.push(FileWork { snapshot, plan });
        }
        let backups: Vec<Backups> = works.iter().map(|work| Backups::of(&state, &work.snapshot.target)).collect();
        let stamp = BackupTime::after(clock::now(), &backups.iter().collect::<Vec<_>>());
        for (place, work) in works.iter().enumerate() {
            let written = work.carry_out_as_read(&state, &stamp, app.out, again);
            written.map_err(|failure| match works[..place].first() {
                Some(first) => {
                    let path = Paths::shown(&first.snapshot.path);
                    failure.hint(format!("{path} was written before; the same command once more does the rest"))
                }
                None => failure,
            })?;
        }
        Ok(())
    }
}

/// Refuses a manifest of which no file can be written, before anybody signs in: only the listing tells which one changes.
pub(crate) fn check_files(session: &SsoSession, reading: &Reading) -> Result<(), Failure> {
    let layers = &reading.files.layers;
    let is_local = layers.is_local(reading_of(session, reading).0);
    let files = layers.sources().iter().enumerate().filter(|(number, _)| layers.is_local(*number) == is_local);
    let mut refusal = Ok(());
    for (_, source) in files {
        match check_replaceable(&source.path) {
            Ok(()) => return Ok(()),
            Err(failure) => refusal = refusal.and(Err(failure)),
        }
    }
    refusal
}

/// The number of the file with the session, and true if it is the only session for all who share that file: the sessions
/// of one person's own file don't count for the others.
fn reading_of(session: &SsoSession, reading: &Reading) -> (usize, bool) {
    let (files, layers) = (&reading.loaded.session_files, &reading.files.layers);
    let own = files.iter().find(|(name, _)| name == session.name.as_str()).map_or(0, |(_, number)| *number);
    let shared = files.iter().filter(|(_, number)| !layers.is_local(*number)).count();
    (own, if layers.is_local(own) { files.len() == 1 } else { shared == 1 })
}

/// Sorted ids of accounts: those with SSO profiles of other sessions, and those with any profiles whose credentials do not
/// come from this session.
fn uses<'c>(session: &SsoSession, catalog: Option<&'c Catalog>) -> (Vec<&'c str>, Vec<&'c str>) {
    let (mut of_sessions, mut of_roots) = (Vec::new(), Vec::new());
    let Some(catalog) = catalog else { return (of_sessions, of_roots) };
    for profile in catalog.profiles() {
        let Some(account) = profile.account() else { continue };
        let root = catalog.chain(profile.name.as_str());
        match root.as_ref().and_then(Chain::root) {
            Some(Root::Session(other)) if other.name == session.name => continue,
            Some(Root::Session(_)) if profile.pattern() == Pattern::Sso => of_sessions.push(account),
            _ => {}
        }
        of_roots.push(account);
    }
    for accounts in [&mut of_sessions, &mut of_roots] {
        accounts.sort_unstable();
        accounts.dedup();
    }
    (of_sessions, of_roots)
}

/// The errors of `after` that `before` does not have.
fn new_errors(before: &Loaded, after: Loaded) -> Vec<Diagnostic> {
    let is_known = |found: &Diagnostic| {
        before.diagnostics.iter().any(|known| (known.code, &known.message) == (found.code, &found.message))
    };
    let errors = after.diagnostics.into_iter().filter(|found| found.severity == Severity::Error);
    errors.filter(|found| !is_known(found)).collect()
}

/// The advice to exclude the names that matrices would newly make and that no profile can have.
fn exclusions(before: &Loaded, after: &Loaded) -> Option<String> {
    let mut matrices: Vec<(&UnusableName, Vec<&str>)> = Vec::new();
    for unmade in after.unusable_names.iter().filter(|unmade| !before.unusable_names.contains(unmade)) {
        let known = matrices.iter_mut().find(|(first, _)| first.matrix == unmade.matrix);
        match known {
            Some((_, names)) if names.contains(&unmade.exclusion.as_str()) => {}
            Some((_, names)) => names.push(&unmade.exclusion),
            None => matrices.push((unmade, vec![&unmade.exclusion])),
        }
    }
    let line = |(unmade, names): &(&UnusableName, Vec<&str>)| {
        let shown: Vec<String> = names.iter().take(MOST_NAMED).map(|name| format!("{name:?}")).collect();
        let more = names.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let shown = shown.join(", ");
        if unmade.has_exclude {
            format!("add {shown}{more} to `exclude` of [matrix.{}]", unmade.matrix)
        } else {
            format!("add `exclude = [{shown}]`{more} to [matrix.{}]", unmade.matrix)
        }
    };
    let lines: Vec<String> = matrices.iter().map(line).collect();
    (!lines.is_empty()).then(|| lines.join(", and "))
}

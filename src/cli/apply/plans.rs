//! Owns the plans of `apply` for all files together. Must not write anything.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::rc::Rc;

use crate::apply::ApplyError;
use crate::cli::app::App;
use crate::cli::apply::file_plan::{FileWork, Moment};
use crate::cli::apply::permissions::Permissions;
use crate::cli::apply::program_path::Program;
use crate::cli::apply::prune::Prune;
use crate::cli::config::load::Manifest;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::few;
use crate::import::{ImportFiles, replaceable_sections};
use crate::ini::SectionId;
use crate::manifest::{Layers, is_setting};
use crate::model::{Catalog, CredentialMethod, Profile, ProfileName, SecretStore};
use crate::plan::{
    self, Adoption, Change, Dependent, ExternalSections, ManifestRules, MissingKey, Overwrite, Permission, Plan,
    Refusal,
};
use crate::store::{KeyringKeys, LongTermKeys, Sessions};
use crate::system::files::snapshot::Snapshot;

/// Makes the plans, as often as needed.
pub(crate) struct Plans<'a> {
    catalog: &'a Catalog,
    layers: &'a Layers,
    written: &'a Catalog,
    program: &'a str,
    permission: Permission,
    pub(crate) sessions: Sessions,
    keyring_keys: KeyringKeys,
    store: SecretStore,
    fix_permissions: bool,
}

/// The work of one run.
pub(crate) struct Work {
    pub(crate) config: FileWork,
    pub(crate) credentials: FileWork,
    pub(crate) missing: Vec<MissingKey>,
    /// The sessions to end.
    pub(crate) prune: Prune,
    pub(crate) permissions: Permissions,
}

impl<'a> Plans<'a> {
    /// `program` decides which profiles of the manifest can be written.
    pub(crate) fn new(
        permission: Permission,
        fix_permissions: bool,
        manifest: &'a Manifest,
        program: &'a Program,
        app: App<'_>,
    ) -> Result<Self, Failure> {
        let (state_dir, keyring) = (app.paths.state()?, app.keyring());
        let store = manifest.settings.store.unwrap_or_default();
        Ok(Self {
            catalog: &manifest.catalog,
            layers: manifest.layers(),
            written: program.written(&manifest.catalog),
            program: program.path(),
            permission,
            sessions: Sessions::new(&state_dir, Rc::clone(&keyring), store),
            keyring_keys: KeyringKeys::new(&state_dir, keyring),
            store,
            fix_permissions,
        })
    }

    /// Plans the config file. `credentials` is the text of the other one.
    pub(crate) fn config(&self, bytes: &[u8], credentials: &[u8]) -> Result<Plan, Refusal> {
        let is_given = self.given(bytes, credentials);
        plan::config(self.written, bytes, credentials, self.program, self.permission, &|id| is_given.contains(id))
    }

    /// The sections that may be taken over, in whatever words they say what the manifest says.
    fn given(&self, config: &[u8], credentials: &[u8]) -> HashSet<SectionId> {
        match self.permission.adoption {
            Adoption::Refuse => HashSet::new(),
            Adoption::TakeOver => replaceable_sections(ImportFiles { config, credentials, known: self.catalog }),
        }
    }

    /// Plans the credentials file and the sessions to end. `config` is the text of the other one.
    pub(crate) fn credentials(&self, bytes: &[u8], config: &[u8]) -> Result<(Plan, Vec<MissingKey>, Prune), Refusal> {
        let is_given = self.given(config, bytes);
        let Self { catalog, program, permission, .. } = self;
        let rules = ManifestRules { is_setting, is_given: &|id| is_given.contains(id) };
        let planned =
            |ends: &dyn Fn(&str) -> bool| plan::credentials(catalog, bytes, program, rules, ends, permission.adoption);
        let (mut plan, mut missing) = planned(&|_| false)?;
        // A key that moves is still the one that sessions were made from.
        let sections = catalog.profiles().iter().filter_map(Profile::long_term_section);
        let in_file = plan::long_term_keys(plan.result(bytes), sections);
        let keys = LongTermKeys::new(in_file, self.keyring_keys.clone(), self.store);
        let prune = Prune::find(catalog, &self.sessions, &keys);
        if prune.is_pending() {
            (plan, missing) = planned(&|name| prune.ends(name))?;
        }
        missing.retain(|missing| !keys.contains(&missing.section));
        Ok((plan, missing, prune))
    }

    /// The sections of the credentials file that are renamed, each with its new name.
    pub(crate) fn renamed<'w>(&'w self, file: &'w FileWork) -> impl Iterator<Item = (&'w str, &'w ProfileName)> {
        let renamed = file.plan.changes.iter().filter(|(_, change)| *change == Change::Renamed);
        renamed.filter_map(|(id, _)| Some((id.name(), self.catalog.get(id.name())?.section_of_own_key()?)))
    }

    /// Those of [`Self::renamed`] that need a login now. For the role that a key is for, AWS CLI asks for the code itself.
    pub(crate) fn logins<'w>(&'w self, file: &'w FileWork) -> impl Iterator<Item = &'w str> {
        let renamed = self.renamed(file).filter_map(|(name, _)| self.catalog.get(name));
        let needs = |one: &&Profile| one.long_term_section().is_some() || one.method == CredentialMethod::Process;
        renamed.filter(needs).map(|profile| profile.name.as_str())
    }

    /// True if a profile that `awsauth login` offers is added to the config file.
    pub(crate) fn adds_logins(&self, work: &Work) -> bool {
        let mut added = work.config.plan.changes.iter().filter(|(_, change)| *change == Change::Added);
        let profile = |id: &SectionId| self.catalog.get(id.profile()?);
        added.any(|(id, _)| profile(id).is_some_and(Profile::has_session))
    }

    /// The other profiles whose chains go through this one.
    pub(crate) fn through(&self, name: &str) -> Vec<&'a str> {
        let is_through = |other: &str| {
            let chain = self.catalog.chain(other);
            other != name && chain.is_some_and(|chain| chain.profiles().iter().any(|one| one.name.as_str() == name))
        };
        let names = self.catalog.profiles().iter().map(|profile| profile.name.as_str());
        names.filter(|other| is_through(other)).collect()
    }

    /// The user's own sections that go through one that leaves the config file, or whose source's key moves.
    pub(crate) fn dependents(&self, work: &Work, moment: Moment) -> Vec<Dependent> {
        let removed = work.config.plan.changes.iter().filter(|(_, change)| *change == Change::Removed);
        let removed: Vec<SectionId> = removed.map(|(id, _)| id.clone()).collect();
        let moved = self.renamed(&work.credentials).map(|(name, _)| SectionId::Profile(name.to_owned()));
        let moved: Vec<SectionId> = moved.collect();
        plan::dependents(self.catalog, work.config.content(moment), work.config.after(), &removed, &moved)
    }

    /// The `external` profiles that have no section. `default` needs none: it may be the machine's own role.
    pub(crate) fn without_section(&self, work: &Work, moment: Moment) -> Vec<&'a ProfileName> {
        let mut names: Vec<_> = self.catalog.profiles().iter().filter_map(Profile::external_section).collect();
        names.retain(|name| name.as_str() != "default");
        if !names.is_empty() {
            // A config file of thousands of profiles need not be parsed for nothing.
            let sections = ExternalSections::parse(work.config.content(moment), work.credentials.content(moment));
            names.retain(|name| !sections.has(name));
        }
        names
    }

    /// The settings that come from the manifest to profiles that are adopted: each key with its profiles.
    pub(crate) fn new_settings(&self, work: &Work) -> BTreeMap<String, Vec<String>> {
        let Work { config, credentials, .. } = work;
        if self.permission.adoption == Adoption::Refuse {
            return BTreeMap::new();
        }
        plan::new_settings(self.catalog, &config.snapshot.bytes, &credentials.snapshot.bytes, &config.plan.changes)
    }

    /// Reads and plans both files.
    pub(crate) fn make(&self, paths: Paths<'_>) -> Result<Work, Failure> {
        let read = |path: &Path| Snapshot::read_settled(path).map_err(|error| explain::disk(&error));
        let config = read(&paths.config()?)?;
        let snapshot = read(&paths.credentials()?)?;
        let config = match self.config(&config.bytes, &snapshot.bytes) {
            Ok(plan) => FileWork { snapshot: config, plan },
            Err(refusal) => {
                let next = self.credentials(&snapshot.bytes, &config.bytes);
                let failure = self.refused(config, refusal);
                let Err(Refusal::WouldLose(_, next)) = next else { return Err(failure) };
                let names = few(next.iter().map(|section| format!("[{}]", section.header)));
                let path = Paths::shown(&snapshot.path);
                return Err(failure.cause(format!("{path} has such settings too, which come next: {names}")));
            }
        };
        let (plan, missing, prune) = match self.credentials(&snapshot.bytes, &config.snapshot.bytes) {
            Ok(planned) => planned,
            Err(refusal) => return Err(self.refused(snapshot, refusal)),
        };
        let credentials = FileWork { snapshot, plan };
        if credentials.snapshot.target == config.snapshot.target {
            let path = Paths::shown(&config.snapshot.path);
            return Err(Failure::new(
                Exit::Refused,
                format!("{path} is both the config file and the credentials file"),
            )
            .hint("AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE must name two files"));
        }
        let permissions = Permissions::look(&credentials.snapshot.target, self.fix_permissions);
        Ok(Work { config, credentials, missing, prune, permissions })
    }

    /// The failure for a refused file, with the way on; for an edited block also with the diff of what would be lost.
    fn refused(&self, file: Snapshot, source: Refusal) -> Failure {
        let is_edited = matches!(source, Refusal::Edited { .. });
        let failure =
            explain::planning(&ApplyError::Refused { path: file.path.clone(), source }, self.catalog, self.layers);
        let forced = Permission { overwrite: Overwrite::Edited, ..self.permission };
        if !is_edited {
            return failure;
        }
        match plan::config(self.written, &file.bytes, b"", self.program, forced, &|_| false) {
            Ok(plan) => failure.diff(FileWork { snapshot: file, plan }.diff()),
            Err(_) => failure,
        }
    }
}

impl Work {
    /// True if anything is to be written.
    pub(crate) fn is_pending(&self) -> bool {
        let files = [&self.config, &self.credentials].iter().any(|file| file.is_pending());
        files || self.permissions.is_pending() || self.prune.is_pending()
    }

    /// The files that change, in the order of writing: a profile must be in the config file before its keys leave the
    /// credentials file.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &FileWork> {
        [&self.config, &self.credentials].into_iter().filter(|file| file.is_pending())
    }
}

//! Owns the result of reading a manifest: the valid profiles, and the findings about the others.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::check::unchecked::LeftOut;
use super::effective::Effective;
use super::findings::codes;
use super::matrix::expand::UnusableName;
use super::provenance::Provenance;
use super::vars::Variable;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Catalog, Settings, SsoSession};

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Loaded {
    /// The valid profiles. None if nothing is known about any: a file can't be parsed, the personal settings are wrong,
    /// or a required variable is unset.
    pub(crate) catalog: Option<Catalog>,
    /// In the manifest's order.
    pub(crate) wrong: Vec<WrongProfile>,
    pub(crate) profiles_unknown: bool,
    pub(crate) settings: Settings,
    pub(crate) profiles: usize,
    pub(crate) sessions: usize,
    /// Each name with the number of the first file that has it.
    pub(crate) session_files: Vec<(String, usize)>,
    /// Valid ones, even if other things are wrong.
    pub(crate) valid_sessions: Vec<Arc<SsoSession>>,
    pub(crate) matrices: usize,
    /// By place.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// By name.
    pub(crate) variables: Vec<Variable>,
    /// For the profile that `load_with_provenance` asks about.
    pub(crate) provenance: Option<Provenance>,
    /// For the name that `load_with_provenance` asks about.
    pub(crate) left_out: Vec<LeftOut>,
    /// For `load_effective`.
    pub(crate) effective: Effective,
    /// Names of matrices that no profile can have.
    pub(crate) unusable_names: Vec<UnusableName>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WrongProfile {
    pub(crate) name: String,
    /// Its `source_profile`, which may be the one that is wrong.
    pub(crate) source: Option<String>,
    /// True if its pattern needs an `mfa_serial`, and it has none.
    pub(crate) lacks_device: bool,
}

impl Loaded {
    /// None if there is any error.
    pub(crate) fn whole(&self) -> Option<&Catalog> {
        self.catalog.as_ref().filter(|_| self.is_in_order())
    }

    /// Returns the errors of the wanted profiles and of their chains, or else those of what profiles share, such as
    /// variables. Empty if none of these profiles is wrong.
    pub(crate) fn errors_of(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
        let sources: HashMap<&str, Option<&str>> =
            self.wrong.iter().map(|wrong| (wrong.name.as_str(), wrong.source.as_deref())).collect();
        let mut chains = HashSet::new();
        for wrong in self.wrong.iter().filter(|wrong| is_wanted(&wrong.name)) {
            let mut next = Some(wrong.name.as_str());
            while let Some(name) = next.filter(|name| chains.insert(*name)) {
                next = sources.get(name).copied().flatten();
            }
        }
        if chains.is_empty() {
            return Vec::new();
        }
        let errors = || self.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        let is_own = |found: &&Diagnostic| found.profiles.iter().any(|profile| chains.contains(profile.as_str()));
        let own: Vec<_> = errors().filter(is_own).cloned().collect();
        if own.is_empty() { errors().filter(|found| found.profiles.is_empty()).cloned().collect() } else { own }
    }

    /// True if adding entries to `[accounts]` could fix every error that is not about single profiles.
    pub(crate) fn is_fit_for_listing(&self) -> bool {
        const MENDED: [&str; 3] = [codes::UNKNOWN_ACCOUNT, codes::MISSING_KEY, codes::UNKNOWN_SOURCE];
        let is_fit = |found: &Diagnostic| {
            found.severity != Severity::Error || MENDED.contains(&found.code) || !found.profiles.is_empty()
        };
        self.diagnostics.iter().all(is_fit)
    }

    pub(crate) fn is_in_order(&self) -> bool {
        self.diagnostics.iter().all(|found| found.severity != Severity::Error)
    }

    /// True if nothing is wrong but that variables have no value.
    pub(crate) fn lacks_only_values(&self) -> bool {
        let mut errors = self.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        errors.all(|found| found.code == codes::UNDEFINED_VARIABLE)
    }

    pub(super) fn stopped(diagnostics: Vec<Diagnostic>) -> Self {
        Self { profiles_unknown: true, diagnostics, ..Self::default() }
    }
}

//! Owns what a manifest comes to when it is read: the profiles that are in order, and everything that is said of the others.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::check::unchecked::LeftOut;
use super::codes;
use super::matrix::expand::UnusableName;
use super::provenance::Provenance;
use super::vars::Variable;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Catalog, Settings, SsoSession};

/// A manifest as it was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Loaded {
    /// The profiles that are in order. None where nothing can be said of any: a file can't be read, one person's own settings
    /// are wrong, or each person has yet to supply a value.
    pub(crate) catalog: Option<Catalog>,
    /// The other profiles, in the manifest's order.
    pub(crate) wrong: Vec<WrongProfile>,
    /// True if a mistake hides which profiles there are.
    pub(crate) profiles_unknown: bool,
    /// What one person wants, as far as that is right.
    pub(crate) settings: Settings,
    pub(crate) profiles: usize,
    pub(crate) sessions: usize,
    /// The name of each, and the first file, by number, that has it.
    pub(crate) session_files: Vec<(String, usize)>,
    /// Those that are right, whatever else is wrong.
    pub(crate) right_sessions: Vec<Arc<SsoSession>>,
    pub(crate) matrices: usize,
    /// Every finding by place.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Every variable by name.
    pub(crate) variables: Vec<Variable>,
    /// Where the profile comes from that was asked for.
    pub(crate) why: Option<Provenance>,
    /// The matrices that leave out the name that was asked for.
    pub(crate) left_out: Vec<LeftOut>,
    /// The names that matrices would make and that nothing can have.
    pub(crate) unusable_names: Vec<UnusableName>,
}

/// A profile that is not in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WrongProfile {
    /// Its name as it is written.
    pub(crate) name: String,
    /// The profile that it takes its credentials from, which may be the one that is wrong.
    pub(crate) source: Option<String>,
}

impl Loaded {
    /// The catalog of a manifest without any error.
    pub(crate) fn whole(&self) -> Option<&Catalog> {
        self.catalog.as_ref().filter(|_| self.is_in_order())
    }

    /// What is wrong with the profiles that are wanted by name: their own errors and those of their chains, else those of what
    /// profiles share, such as variables. Empty if none of them is wrong.
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

    /// True if there is no error but in single profiles, or such as entries of `[accounts]` that are missing bring about.
    pub(crate) fn is_fit_for_listing(&self) -> bool {
        const MENDED: [&str; 3] = [codes::UNKNOWN_ACCOUNT, codes::MISSING_KEY, codes::UNKNOWN_SOURCE];
        let is_fit = |found: &Diagnostic| {
            found.severity != Severity::Error || MENDED.contains(&found.code) || !found.profiles.is_empty()
        };
        self.diagnostics.iter().all(is_fit)
    }

    /// True if there is no error.
    pub(crate) fn is_in_order(&self) -> bool {
        self.diagnostics.iter().all(|found| found.severity != Severity::Error)
    }

    /// What is known of files that can't be read.
    pub(super) fn stopped(diagnostics: Vec<Diagnostic>) -> Self {
        Self { profiles_unknown: true, diagnostics, ..Self::default() }
    }
}

//! Owns why a profile is what it is: which matrix made it, and where each of its keys comes from. Must not judge them.

use super::check::unchecked::{Made, Unchecked};
use super::files::Layers;
use super::raw::field::KeyOrigin;
use super::raw::profile::ProfileKeys;
use super::vars::Vars;
use crate::source::Span;

/// Where a profile comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Provenance {
    /// The matrix that made it; none if it is written.
    pub(crate) made: Option<Made>,
    /// The name of the role that it is made for, if there is one.
    pub(crate) role: Option<String>,
    /// Where it is written, in the file that wins; none if it is only made.
    pub(crate) written_at: Option<Span>,
    /// Each key in the order of the documentation, `settings` last.
    pub(crate) keys: Vec<KeyOrigin>,
}

/// Where a profile comes from, which was checked.
pub(super) fn of(profile: &Unchecked, vars: &Vars, files: &Layers) -> Provenance {
    let written_at = profile.made.is_none_or(|made| made.matrix != profile.at).then_some(profile.over);
    let mut keys = profile.fields.told();
    // What it has from `[defaults]` and has no use for is not its own.
    keys.retain(|told| {
        let key = ProfileKeys::KEYS.iter().find(|key| key.name == told.key);
        key.zip(profile.pattern()).is_none_or(|(key, pattern)| key.fits(pattern))
    });
    keys.sort_by_key(|told| told.key.starts_with("settings."));
    for told in &mut keys {
        told.variables = vars.used_at(told.at, files);
    }
    Provenance { made: profile.made, role: profile.role.clone(), written_at, keys }
}

//! Owns the origin of a profile: the matrix that made it, and the table that gives each key. Must not judge them.

use super::check::unchecked::{GeneratedBy, UncheckedProfile};
use super::files::Layers;
use super::raw::field::KeyOrigin;
use super::vars::Vars;
use crate::source::Span;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Provenance {
    /// None if it is only written.
    pub(crate) generated: Option<GeneratedBy>,
    /// The role that a matrix makes it for.
    pub(crate) role: Option<String>,
    /// The place in the file that wins; None if only a matrix makes it.
    pub(crate) written_at: Option<Span>,
    /// In the order of the documentation, `settings` last.
    pub(crate) keys: Vec<KeyOrigin>,
}

pub(super) fn of(profile: &UncheckedProfile, vars: &Vars, files: &Layers) -> Provenance {
    let written_at = profile.generated.is_none_or(|made| made.matrix != profile.at).then_some(profile.over);
    let mut keys = profile.fields.origins();
    keys.sort_by_key(|origin| origin.key.starts_with("settings."));
    for origin in &mut keys {
        origin.variables = vars.used_at(origin.at, files);
    }
    Provenance { generated: profile.generated, role: profile.role.clone(), written_at, keys }
}

//! Owns manifests in git repositories: reading one from a commit and comparing two.

pub(crate) mod comparison;
pub(crate) mod revision;

//! Owns manifests in git repositories: reading one from a commit, comparing two, taking over a new one.

pub(crate) mod comparison;
pub(crate) mod finish;
pub(crate) mod revision;

//! Owns the plans of `apply`, their presentation, and undoing them.

pub(crate) mod compat_warnings;
pub(crate) mod file_plan;
pub(crate) mod manifest;
pub(crate) mod permissions;
pub(crate) mod plans;
pub(crate) mod program_path;
pub(crate) mod prune;
pub(crate) mod run;
pub(crate) mod undo;

//! Owns the manifest as commands use it: reading it, telling what is wrong with it, choosing profiles from it.

pub(crate) mod complete;
pub(crate) mod diagnostics;
pub(crate) mod files;
pub(crate) mod kept_names;
pub(crate) mod load;
pub(crate) mod personal;
pub(crate) mod portals;
pub(crate) mod profile_json;
pub(crate) mod provenance;
pub(crate) mod selection;
pub(crate) mod variables;

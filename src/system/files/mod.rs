//! Owns files: reading, replacing, locking and keeping them, and who else could write them.

pub(crate) mod atomic;
pub(crate) mod backups;
pub(crate) mod disk;
pub(crate) mod glob;
pub(crate) mod lock;
mod permissions;
pub(crate) mod private;
pub(crate) mod snapshot;
pub(crate) mod stamp;
pub(crate) mod trust;
pub(in crate::system) mod walk;

//! Owns the outside of this process: files, environment, clock, locks, atomic replacement. Must not know AWS.
#![expect(clippy::disallowed_methods, reason = "this is the one room that may touch files, environment and clock")]

pub(crate) mod atomic;
pub(crate) mod backups;
pub(crate) mod browser;
pub(crate) mod capture;
pub(crate) mod children;
pub(crate) mod clock;
pub(crate) mod core_dumps;
pub(crate) mod disk;
pub(crate) mod git;
pub(crate) mod glob;
pub(crate) mod host;
pub(crate) mod interrupt;
pub(crate) mod lock;
pub(crate) mod loopback;
pub(crate) mod pager;
mod permissions;
pub(crate) mod private;
pub(crate) mod process;
pub(crate) mod random;
pub(crate) mod snapshot;
pub(crate) mod stamp;
pub(crate) mod trust;
pub(crate) mod tty;
pub(crate) mod wait;
mod walk;

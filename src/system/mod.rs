//! Owns the outside of this process: files, environment, clock, locks, atomic replacement. Must not know AWS.
#![expect(clippy::disallowed_methods, reason = "this is the one room that may touch files, environment and clock")]

pub(crate) mod clock;
pub(crate) mod core_dumps;
pub(crate) mod files;
pub(crate) mod host;
pub(crate) mod interrupt;
pub(crate) mod loopback;
pub(crate) mod programs;
pub(crate) mod random;
pub(crate) mod tty;
pub(crate) mod wait;
pub(crate) mod web_server;

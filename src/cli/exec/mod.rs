//! Owns running one command for many profiles.

pub(crate) mod batch;
pub(crate) mod runs;
pub(crate) mod with_server;

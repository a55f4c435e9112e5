//! Owns running one command for many profiles.

pub(crate) mod batch;
pub(crate) mod runs;

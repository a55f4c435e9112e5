//! Owns what `discover` fetches, merges and reports.

pub(crate) mod fetch;
pub(crate) mod merge;
pub(crate) mod report;

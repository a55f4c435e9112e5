//! Owns one file for each command: flags in, one call, text out.

pub(crate) mod completions;
pub(crate) mod init;
pub(crate) mod man;

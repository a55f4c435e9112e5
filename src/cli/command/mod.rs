//! Owns one file for each command: flags in, one call, text out.

pub(crate) mod apply;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod credential_process;
pub(crate) mod diff;
pub(crate) mod discover;
pub(crate) mod doctor;
pub(crate) mod env;
pub(crate) mod exec;
pub(crate) mod graph;
pub(crate) mod hook;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod join;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
pub(crate) mod mfa;
pub(crate) mod schema;
pub(crate) mod status;
pub(crate) mod store;
pub(crate) mod update;
pub(crate) mod using;
pub(crate) mod vars;

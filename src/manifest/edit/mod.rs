//! Owns edits to the manifest's files, which leave all other bytes alone. Must not decide what to change.

pub(crate) mod accounts;
pub(crate) mod form;
mod items;
pub(crate) mod keys;
mod text;
pub(crate) mod vars;

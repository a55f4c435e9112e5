//! Owns changes to a person's files: every byte that is not meant stays. Must not decide what is wanted.

pub(crate) mod accounts;
pub(crate) mod form;
mod items;
mod text;
pub(crate) mod vars;

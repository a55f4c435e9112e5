//! Owns changes to a person's files: every byte that is not meant stays. Must not decide what is wanted.

pub(crate) mod accounts;
mod text;
pub(crate) mod vars;

//! Owns findings while a manifest is read: their codes, the list of them, and guesses at misspelt names.

pub(super) mod codes;
pub(super) mod sink;
pub(super) mod suggest;

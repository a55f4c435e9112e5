//! Owns tables as they are written: each value checked on its own, where it stands. Must not know what a pattern needs.

pub(crate) mod account;
pub(crate) mod field;
pub(crate) mod profile;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod values;

//! Owns tables in which each value has been checked on its own. Must not know what a pattern needs.

pub(crate) mod account;

pub(crate) mod field;
pub(crate) mod profile;
pub(crate) mod profile_settings;
pub(crate) mod sso_session;
pub(crate) mod values;

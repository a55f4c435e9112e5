//! Owns how long profiles have credentials, and how a person sees that.

pub(crate) mod prompt;
pub(crate) mod table;
pub(crate) mod validity;
pub(crate) mod watch;

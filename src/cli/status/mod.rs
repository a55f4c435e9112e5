//! Owns how long profiles have credentials.

pub(crate) mod validity;

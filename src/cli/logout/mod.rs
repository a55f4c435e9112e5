//! Owns which sessions a logout ends, and ending them.

pub(crate) mod execute;
pub(crate) mod select;

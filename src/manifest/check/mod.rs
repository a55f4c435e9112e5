//! Owns the rules for whole profiles and their chains, and the catalog of the valid ones.

pub(crate) mod catalog;
pub(crate) mod chain;
pub(crate) mod profile;
pub(crate) mod unchecked;

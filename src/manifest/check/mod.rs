//! Owns what must hold of whole profiles, one by one and along their chains, and the catalog of those that are in order.

pub(crate) mod catalog;
pub(crate) mod chain;
pub(crate) mod profile;
pub(crate) mod unchecked;

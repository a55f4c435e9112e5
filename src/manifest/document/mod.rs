//! Owns the way from the text of the files to one merged tree with places, and typed access to it. Must not know what a key means.

pub(super) mod merge;
pub(super) mod syntax;
pub(super) mod table;
pub(super) mod top;
pub(super) mod tree;

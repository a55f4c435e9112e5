//! Owns what `import` and `init --import` have in common.

pub(crate) mod files;
pub(crate) mod report;

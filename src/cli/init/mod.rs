//! Owns what `init` asks, and the manifest that comes of the answers.

pub(crate) mod answers;
pub(crate) mod interview;

//! Owns what the commands about long-term keys share. Must not ask the person or print.

pub(crate) mod caller;
pub(crate) mod moving;
pub(crate) mod owner;
pub(crate) mod rotation;
pub(crate) mod store;

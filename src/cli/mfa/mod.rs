//! Owns what the commands about MFA devices share: whose devices, the codes, where the chosen one is written.

pub(crate) mod choice;
pub(crate) mod codes;
pub(crate) mod device;
pub(crate) mod place;
pub(crate) mod seed;
pub(crate) mod user;

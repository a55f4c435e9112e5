//! Owns logging in for a command: the provider with its ports, what is said before, on the way and after.

pub(crate) mod callback_page;
pub(crate) mod failures;
pub(crate) mod mfa_prompt;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod service;
pub(crate) mod summary;
pub(crate) mod terminal;

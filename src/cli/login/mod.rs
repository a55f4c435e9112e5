//! Owns logging in for a command: the provider with its ports, the plan, and what the person sees of it.

pub(crate) mod callback_page;
pub(crate) mod externals;
pub(crate) mod failures;
pub(crate) mod frontend;
pub(crate) mod kept_seed;
pub(crate) mod mfa_prompt;
pub(crate) mod options;
pub(crate) mod report;
pub(crate) mod runtime;
pub(crate) mod service;
pub(crate) mod shared_copies;
pub(crate) mod summary;
pub(crate) mod terminal;
pub(crate) mod warm;

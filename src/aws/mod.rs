//! Owns the calls to AWS through its SDK: takes `flow`'s calls, returns values or a [`CallError`]. Must not cache, prompt, or let
//! an SDK type out.
//!
//! [`CallError`]: crate::flow::CallError

mod body_limit;
mod certificates;
mod client;
mod clock;
mod dpop;
mod error;
mod federation;
mod iam;
mod machine;
mod oidc;
mod portal;
mod proxies;
mod sign_in;
mod sts;
#[cfg(test)]
mod tests;
mod transport;

pub(crate) use client::{Aws, CaBundle, Endpoints};
pub(crate) use dpop::new_dpop_key;
pub(crate) use proxies::Proxies;

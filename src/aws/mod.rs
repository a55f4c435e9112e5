//! Owns the calls to AWS through its SDK: a call of `login`'s vocabulary in, a value or a [`CallError`] out. Must not
//! cache, prompt, or let an SDK type out.
//!
//! [`CallError`]: crate::flow::CallError

mod certificates;
mod client;
mod clock;
mod error;
mod limit;
mod obstacle;
mod oidc;
mod portal;
mod proxies;
mod sts;

pub(crate) use client::{Aws, CaBundle, Endpoints};
pub(crate) use proxies::Proxies;

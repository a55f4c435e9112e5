//! `keys`: long-term keys of IAM users, from the first one to the next.

mod add;
#[cfg(feature = "real-clients")]
#[cfg(target_os = "linux")]
mod faults;
mod list;
mod remove;
pub(crate) mod rotate;

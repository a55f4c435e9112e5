//! Owns what is kept between runs: sessions in the state directory, and the caches that AWS CLI and the SDKs share.
//! A file that is missing, cut short or foreign is a miss, never an error. Must not call AWS or decide freshness.

mod applied;
mod ends;
mod json;
mod listings;
mod role_cache;
mod sessions;
mod sign_ins;
mod sso_cache;

use sha1::Digest as _;

use crate::source::hex;

pub(crate) use applied::{Applied, Inputs, Left};
pub(crate) use listings::Listings;
pub(crate) use role_cache::{RoleCache, SsoRole};
pub(crate) use sessions::{Saved, Sessions};
pub(crate) use sign_ins::SignIn;
pub(crate) use sso_cache::SsoCache;

/// The name of a file in one of AWS CLI's caches: SHA-1 of `key` and `.json`.
fn cache_file_name(key: &str) -> String {
    format!("{}.json", hex(&sha1::Sha1::digest(key.as_bytes())))
}

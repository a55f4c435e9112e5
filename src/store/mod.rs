//! Owns what is kept between runs: sessions in the state directory, and the caches that AWS CLI and the SDKs share. A file that is
//! missing, damaged or another user's is a miss, never an error. Must not call AWS or decide freshness.

mod applied;
mod file_names;
mod json;
mod keyring;
mod login_cache;
mod logouts;
mod long_term_keys;
mod names;
mod profile_facts;
mod role_cache;
mod rotations;
mod seeds;
mod sessions;
mod sign_ins;
mod sso_cache;

use std::path::{Path, PathBuf};

use sha2::Digest as _;

use crate::secret::Secret;
use crate::system::files::atomic::sweep;
use crate::system::files::private::{self, FileOwner};

pub(crate) use applied::AppliedDigests;
pub(crate) use file_names::FileNames;
pub(crate) use json::{cache_file_name, parse_timestamp};
pub(crate) use keyring::{Keyring, KeyringError, SaveError};
pub(crate) use login_cache::LoginCache;
pub(crate) use long_term_keys::{KeyringKeys, LongTermKeys};
pub(crate) use names::KeptNames;
pub(crate) use profile_facts::{ProfileFacts, RenewedBy};
pub(crate) use role_cache::{RoleCache, SsoRole};
pub(crate) use rotations::{Rotation, Rotations};
pub(crate) use seeds::Seeds;
pub(crate) use sessions::{Saved, Sessions};
pub(crate) use sign_ins::SignIn;
pub(crate) use sso_cache::SsoCache;

/// Removes what killed runs left half-written in the state directory and in AWS CLI's caches, since it may hold tokens.
pub(crate) fn sweep_leftovers(sessions: &Sessions, state_dir: &Path, caches: &[PathBuf]) {
    let below = |dir: &Path| private::list(dir, FileOwner::Awsauth).unwrap_or_default();
    let own = std::iter::once(state_dir.to_path_buf()).chain(below(state_dir)).chain(below(&state_dir.join("backups")));
    sessions.remove_old_names();
    for dir in own.filter(|dir| private::check(dir, FileOwner::Awsauth).is_ok()) {
        sweep(&dir);
    }
    for dir in caches.iter().filter(|dir| private::check(dir, FileOwner::AwsCli).is_ok()) {
        sweep(dir);
    }
}

/// The SHA-256 of a token, which is too long to be guessed from it.
fn fingerprint(token: &Secret) -> String {
    hex::encode(sha2::Sha256::digest(token.expose().as_bytes()))
}

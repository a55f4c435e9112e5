//! Owns what each of AWS's tools does with a profile as AWS's two files stand: the keys that count for it, and what it calls
//! (aws-facts §1, §3). Must not run anything, and must not show a secret.
//!
//! [`AwsFiles::resolve`] is the way in. A tool reads both files in its own dialect ([`crate::ini::Dialect`]) into a `view`, and
//! chooses among the keys of the profile by rules of its own, one file each here. Tests compare all of it with the real tools
//! (`tests/it/readers/verdicts.rs`).

mod botocore;
mod files;
mod go;
mod java;
mod javascript;
mod resolution;
mod rust;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use files::{AwsFiles, Reader};
pub(crate) use resolution::{Mechanism, Mfa, Refusal, Resolution};

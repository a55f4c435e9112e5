//! Owns the laws that must hold for any manifest and any file, and drawing such inputs from bytes. Must not be part of the
//! program: only tests and the targets of `fuzz/` compile it.
//!
//! A law is a function that panics if it does not hold. All inputs are drawn from a string of bytes ([`Unstructured`]), so that
//! proptest and libFuzzer try, shrink and keep the very same cases: `tests` runs 10,000 and more of each with a fixed seed in
//! every `cargo test`, `fuzz/` runs them for as long as one likes.

mod adopt;
mod apply;
mod blocks;
mod credentials;
mod edit;
mod expected;
mod files;
mod import;
mod layered_table;
mod manifests;
mod matrix;
mod parse;
mod planned;
#[cfg(test)]
mod tests;
mod unstructured;
mod values;
mod view;

pub use adopt::{AdoptCase, adopt_holds};
pub use apply::{ApplyCase, apply_holds, check_holds, layers_hold};
pub use credentials::{CredentialsCase, credentials_hold};
pub use edit::{EditCase, EditStep, edits_hold};
pub use files::{File, FileSort};
pub use import::{ImportCase, import_holds};
pub use matrix::{MatrixCase, matrix_holds};
pub use parse::parse_is_identity;
pub use unstructured::Unstructured;
pub use values::{ValueCase, value_holds};

/// The outcome of a law for one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// Something was written, and it is right.
    Yes,
    /// Everything was refused.
    Refused,
}

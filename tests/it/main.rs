//! The one integration binary.

#[path = "../support/mod.rs"]
mod support;

#[cfg(test)]
mod fake_aws;

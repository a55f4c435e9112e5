//! The one integration binary.

#[path = "../support/mod.rs"]
mod support;

mod fake_aws;

//! The one integration binary.
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests set up files and programs by themselves"))]

#[path = "../support/mod.rs"]
mod support;

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod check;
#[cfg(test)]
mod fake_aws;
#[cfg(test)]
mod schema;

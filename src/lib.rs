//! awsauth: one declarative `profiles.toml` for every AWS profile, and one login command for all of them.

mod diagnostic;
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "until `plan` uses it"))]
mod ini;
mod model;
mod secret;
mod source;

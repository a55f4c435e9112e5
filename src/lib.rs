//! awsauth: one declarative `profiles.toml` for every AWS profile, and one login command for all of them.

mod diagnostic;
mod login;
mod model;
mod secret;
mod source;
mod store;
mod system;

//! awsauth: one declarative `profiles.toml` for every AWS profile, and one login command for all of them.
//!
//! ```text
//! profiles.toml → manifest → model::Catalog → plan → apply → ~/.aws/{config,credentials}
//! profile name  → model::Chain → flow (decides) ⇄ provider (does) → aws / store / prompt → render → env, JSON, table
//!
//!             cli          args · one file per command · report · exit codes; imported by nobody
//!    apply        provider   executors: carry out a Plan; carry out the steps of flow through the ports
//!    system   aws  store  prompt      the outside: files, clock, env · STS/SSO/OIDC · saved sessions · the person
//!             import      readers                pure
//!    manifest   plan    flow    render           pure
//!              model     ini                      pure
//!    source   diagnostic   secret   address      leaves
//! ```
//!
//! The core takes bytes, values and `now`, and returns values; the shell reads, calls the core, and carries out what it
//! returned. `tests/it/architecture.rs` checks who imports whom. `laws`, only in tests and for `fuzz/`, holds what must be
//! true of the core for any input.

mod address;
mod apply;
mod aws;
mod cli;
mod diagnostic;
#[cfg(test)]
#[expect(
    dead_code,
    unused_imports,
    clippy::disallowed_methods,
    reason = "as the integration tests have it, and less used"
)]
#[path = "../tests/support/fake_aws/mod.rs"]
mod fake_aws;
mod flow;
mod import;
mod ini;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod laws;
mod manifest;
mod model;
mod plan;
mod prompt;
mod provider;
mod readers;
mod render;
mod secret;
mod source;
mod store;
mod system;

/// Runs the program with this process's arguments and environment, and returns its exit code.
pub fn main() -> std::process::ExitCode {
    cli::main()
}

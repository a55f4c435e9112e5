//! awsauth: one declarative `profiles.toml` for every AWS profile, and one login command for all of them.

mod apply;
mod aws;
mod broker;
mod cli;
mod diagnostic;
mod ini;
mod login;
mod manifest;
mod model;
mod plan;
mod prompt;
mod render;
mod secret;
mod source;
mod store;
mod system;

/// Runs the program with this process's arguments and environment, and returns its exit code.
pub fn main() -> std::process::ExitCode {
    cli::main()
}

//! awsauth: one declarative `profiles.toml` for every AWS profile, and one login command for all of them.

mod aws;
mod broker;
mod cli;
mod diagnostic;
mod ini;
mod login;
mod model;
mod plan;
mod prompt;
mod secret;
mod source;
mod store;
mod system;

/// Runs the program with this process's arguments and environment, and returns its exit code.
pub fn main() -> std::process::ExitCode {
    cli::main()
}

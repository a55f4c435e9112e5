//! awsauth: one declarative `profiles.toml` for every AWS profile, and one login command for all of them.

mod aws;
mod cli;
mod diagnostic;
mod login;
mod manifest;
mod model;
mod secret;
mod source;
mod store;
mod system;
mod text;

/// Runs the program with this process's arguments and environment, and returns its exit code.
pub fn main() -> std::process::ExitCode {
    cli::main()
}

//! The program: everything is in the library, so that one map of the house covers it.

use std::process::ExitCode;

fn main() -> ExitCode {
    awsauth::main()
}

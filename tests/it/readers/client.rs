//! The readers: where they are, how each is asked who it is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::sandbox::{Run, Sandbox};

/// A program that reads AWS's files as AWS wrote it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    /// AWS CLI v1.
    AwsCli,
    /// boto3.
    Boto3,
    /// AWS SDK for JavaScript v3.
    JavaScript,
    /// `aws-config` of the AWS SDK for Rust.
    Rust,
}

impl Client {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::AwsCli, Self::Boto3, Self::JavaScript, Self::Rust];

    /// Asks `GetCallerIdentity` as `profile`: one ARN on stdout. Nobody is there to answer a prompt.
    pub(super) fn ask(self, sandbox: &Sandbox, profile: &str) -> Run {
        let mut command = sandbox.program(&tool("AWSAUTH_TEST_PYTHON"));
        command.env("AWS_PROFILE", profile).arg(script("detached.py")).args(self.words());
        command.output().unwrap().into()
    }

    /// The same by way of a shell, at whose terminal a person may sit; its words end up in `out` and `err`.
    #[cfg(unix)]
    pub(super) fn ask_in_shell(self, sandbox: &Sandbox, profile: &str) -> Command {
        let mut command = sandbox.program("sh".as_ref());
        let script = "\"$@\" </dev/null >out 2>err; echo \"ended with $?\"";
        command.env("AWS_PROFILE", profile).args(["-c", script, "sh"]).args(self.words());
        command
    }

    /// Its program and arguments.
    pub(super) fn words(self) -> Vec<OsString> {
        let words = match self {
            Self::AwsCli => {
                let words = CALLER_ARN.iter().map(OsString::from);
                return std::iter::once(tool("AWSAUTH_TEST_AWS_CLI_V1").into()).chain(words).collect();
            }
            Self::Boto3 => vec![tool("AWSAUTH_TEST_PYTHON"), script("reader.py")],
            Self::JavaScript => {
                vec![tool("AWSAUTH_TEST_NODE"), script("reader.mjs"), tool("AWSAUTH_TEST_NODE_DIR")]
            }
            Self::Rust => vec![rust_example("rust_reader")],
        };
        words.into_iter().map(OsString::from).collect()
    }
}

/// What AWS CLI is asked.
pub(super) const CALLER_ARN: [&str; 6] = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text"];

/// A tool that `tests/run` has put in place and named in the environment.
pub(crate) fn tool(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable).map(PathBuf::from);
    let path =
        path.unwrap_or_else(|| panic!("{variable} is not set: run `tests/run`, which installs the real clients"));
    assert!(path.exists(), "{variable} names {}, which is missing: run `tests/run`", path.display());
    path
}

/// A file of `tests/clients`.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

/// An example, which `cargo test` builds beside the program.
pub(super) fn rust_example(name: &str) -> PathBuf {
    let name = format!("examples/{name}{}", std::env::consts::EXE_SUFFIX);
    let path = Path::new(env!("CARGO_BIN_EXE_awsauth")).with_file_name(name);
    let words = "is missing: `cargo build --features real-clients --examples`";
    assert!(path.exists(), "{} {words}", path.display());
    path
}

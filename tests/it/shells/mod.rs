//! Real shells: what `env` and `hook` print is evaluated by the shell that it is for.
//!
//! sh and bash are on every machine that can build awsauth. zsh, fish, tcsh, nushell and the readers of `.env` files are put in
//! place by `tests/run`.

mod by_name;
#[cfg(unix)]
mod completion;
mod failing;
mod hook;
#[cfg(unix)]
mod interactive;
#[cfg(unix)]
mod prompt;
mod values;

use std::path::PathBuf;

use crate::scene::Scene;
use crate::support::sandbox::Run;

/// A shell with a function, or a way to evaluate lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interpreter {
    /// The system's own, whatever it is.
    Sh,
    /// bash
    Bash,
    /// zsh
    #[cfg(feature = "real-clients")]
    Zsh,
    /// fish
    #[cfg(feature = "real-clients")]
    Fish,
    /// tcsh
    #[cfg(feature = "real-clients")]
    Tcsh,
}

/// The shells that `hook` is for and that can be run here.
const HOOKED: &[Interpreter] = &[
    Interpreter::Bash,
    #[cfg(feature = "real-clients")]
    Interpreter::Zsh,
    #[cfg(feature = "real-clients")]
    Interpreter::Fish,
];

impl Interpreter {
    /// Where it is.
    fn program(self) -> PathBuf {
        match self {
            Self::Sh => PathBuf::from("/bin/sh"),
            Self::Bash => PathBuf::from("/bin/bash"),
            #[cfg(feature = "real-clients")]
            Self::Zsh => crate::readers::client::tool("AWSAUTH_TEST_ZSH"),
            #[cfg(feature = "real-clients")]
            Self::Fish => crate::readers::client::tool("AWSAUTH_TEST_FISH"),
            #[cfg(feature = "real-clients")]
            Self::Tcsh => crate::readers::client::tool("AWSAUTH_TEST_TCSH"),
        }
    }

    /// Flags that leave the machine's start-up files out.
    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Sh => &[],
            Self::Bash => &["--norc", "--noprofile"],
            #[cfg(feature = "real-clients")]
            Self::Zsh | Self::Tcsh => &["-f"],
            #[cfg(feature = "real-clients")]
            Self::Fish => &["--no-config"],
        }
    }

    /// Its name for awsauth.
    fn name(self) -> &'static str {
        match self {
            Self::Sh | Self::Bash => "bash",
            #[cfg(feature = "real-clients")]
            Self::Zsh => "zsh",
            #[cfg(feature = "real-clients")]
            Self::Fish => "fish",
            #[cfg(feature = "real-clients")]
            Self::Tcsh => "tcsh",
        }
    }

    /// Whether its language is that of POSIX.
    fn is_posix(self) -> bool {
        !matches!(self.name(), "fish" | "tcsh")
    }

    /// The line that evaluates what `env` prints with these arguments.
    fn evaluate(self, args: &str) -> String {
        let line = match self.name() {
            "fish" => "awsauth env ARGS --shell fish | source\n",
            "tcsh" => "eval \"`awsauth env ARGS --shell tcsh`\"\n",
            _ => "eval \"$(awsauth env ARGS --shell NAME)\"\n",
        };
        line.replace("ARGS", args).replace("NAME", self.name())
    }

    /// The first of two texts for a POSIX shell, the second for fish.
    fn pick<'a>(self, posix: &'a str, fish: &'a str) -> &'a str {
        if self.is_posix() { posix } else { fish }
    }

    /// The line that brings the function.
    fn hook(self) -> String {
        let name = self.name();
        self.pick("eval \"$(awsauth hook NAME)\"\n", "awsauth hook NAME | source\n").replace("NAME", name)
    }

    /// The line that shows the last exit code.
    fn code(self) -> &'static str {
        self.pick("echo \"code $?\"\n", "echo \"code $status\"\n")
    }

    /// A line that gives the environment a variable.
    fn set(self, name: &str, value: &str) -> String {
        self.pick("export NAME='VALUE'\n", "set -gx NAME 'VALUE'\n").replace("NAME", name).replace("VALUE", value)
    }

    /// Runs a script with awsauth on the path.
    fn run(self, scene: &Scene, script: &str) -> Run {
        self.run_with(scene, &[], script)
    }

    /// The same with more flags for the shell.
    fn run_with(self, scene: &Scene, flags: &[&str], script: &str) -> Run {
        let mut command = scene.home.program_beside_awsauth(&self.program());
        command.args(self.flags()).args(flags).args(["-c", script]).output().unwrap().into()
    }
}

/// The variables of AWS in the output of `env`, sorted, without those that point at the fake.
fn aws_variables(text: &str) -> Vec<&str> {
    let is_ours = |line: &&str| line.starts_with("AWS") && !line.contains("ENDPOINT") && !line.contains("EC2");
    let mut lines: Vec<&str> = text.lines().filter(is_ours).collect();
    lines.sort_unstable();
    lines
}

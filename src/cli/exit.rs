//! Owns the exit codes, which are part of the contract.

use std::process::ExitCode;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done.
    Done,
    /// 1: `doctor` or `--check` found something.
    Different,
    /// 2: the command line is wrong.
    Usage,
    /// 3: the manifest is missing or invalid.
    Manifest,
    /// 4: refused, and nothing was written.
    Refused,
    /// 5: a login is needed, or was denied.
    Login,
    /// 6: AWS, the keyring or the file system is unavailable.
    Unavailable,
    /// 70: a bug.
    Bug,
    /// 130: interrupted.
    Interrupted,
    /// The exit code of a program that `exec` ran.
    Program(u8),
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Different => 1,
            Self::Usage => 2,
            Self::Manifest => 3,
            Self::Refused => 4,
            Self::Login => 5,
            Self::Unavailable => 6,
            Self::Bug => 70,
            Self::Interrupted => 130,
            Self::Program(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

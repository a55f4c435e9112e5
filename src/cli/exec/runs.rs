//! Owns the result of each profile's run, in words and in the document of `--json`.

use std::fmt::{self, Write as _};
use std::io;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::model::Profile;
use crate::system::programs::children::Ended;
use crate::system::programs::process::End;

pub(super) enum ProfileRun {
    NotRun,
    NoCredentials(Reported),
    NotStarted(Reported),
    /// `is_interrupted` if Ctrl-C ended it, or came before it failed.
    Ended {
        ended: Ended,
        is_interrupted: bool,
    },
}

/// A failure that the person has read.
pub(super) struct Reported {
    pub(super) exit: Exit,
    pub(super) document: Value,
}

impl Reported {
    pub(super) fn of(failure: &Failure) -> Self {
        Self { exit: failure.exit, document: serde_json::json!(failure.document()) }
    }
}

impl ProfileRun {
    /// None for a profile that was not run.
    pub(super) fn code(&self) -> Option<u8> {
        match self {
            Self::NotRun => None,
            Self::NoCredentials(reported) | Self::NotStarted(reported) => Some(reported.exit.code()),
            Self::Ended { ended, .. } => Some(ended.end.code()),
        }
    }

    /// The error that lost a part of the output.
    pub(super) fn lost(&self) -> Option<&io::Error> {
        if let Self::Ended { ended, .. } = self { ended.lost.as_ref() } else { None }
    }

    pub(super) fn words(&self) -> String {
        let code = self.code().map_or_else(String::new, |code| format!("exit code {code}"));
        match self {
            Self::NotRun => "not run".to_owned(),
            Self::NoCredentials(_) => format!("no credentials, {code}"),
            Self::NotStarted(_) => format!("could not be run, {code}"),
            Self::Ended { is_interrupted: true, .. } => format!("interrupted, {code}"),
            Self::Ended { ended: Ended { end: End::Code(_), .. }, .. } => code,
            Self::Ended { ended: Ended { end: End::Signal(signal), .. }, .. } => format!("signal {signal}, {code}"),
        }
    }

    /// The group in the summary, unless it succeeded.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::NotRun => "not run",
            Self::Ended { is_interrupted: true, .. } => "interrupted",
            Self::NoCredentials(_) | Self::NotStarted(_) | Self::Ended { .. } => "failed",
        }
    }
}

#[derive(Serialize)]
pub(super) struct BatchDocument<'f> {
    version: u8,
    exit_code: u8,
    profiles: Vec<RunEntry<'f>>,
}

#[derive(Serialize)]
struct RunEntry<'f> {
    name: &'f str,
    state: &'static str,
    code: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'f Value>,
    #[serde(flatten)]
    printed: Option<Printed<'f>>,
}

#[derive(Serialize)]
struct Printed<'f> {
    seconds: f64,
    stdout: OutputText<'f>,
    stdout_is_exact: bool,
}

impl<'f> BatchDocument<'f> {
    pub(super) fn new(exit_code: u8, all: &[(&'f Profile, &'f ProfileRun)]) -> Self {
        Self { version: 1, exit_code, profiles: all.iter().map(|(profile, run)| run.entry(profile)).collect() }
    }
}

impl ProfileRun {
    fn entry<'f>(&'f self, profile: &'f Profile) -> RunEntry<'f> {
        let bare =
            RunEntry { name: profile.name.as_str(), state: "not run", code: self.code(), error: None, printed: None };
        match self {
            Self::NotRun => bare,
            Self::NoCredentials(reported) | Self::NotStarted(reported) => {
                RunEntry { state: "failed", error: Some(&reported.document), ..bare }
            }
            Self::Ended { ended: Ended { time, captured, .. }, is_interrupted } => {
                let printed = Printed {
                    seconds: f64::from(u32::try_from(time.as_millis()).unwrap_or(u32::MAX)) / 1000.0,
                    stdout: OutputText(&captured.bytes),
                    stdout_is_exact: !captured.is_cut && std::str::from_utf8(&captured.bytes).is_ok(),
                };
                let state = if *is_interrupted { "interrupted" } else { "ended" };
                RunEntry { state, printed: Some(printed), ..bare }
            }
        }
    }
}

/// Serialises bytes as text without a copy, which may be long. Invalid UTF-8 is replaced.
struct OutputText<'f>(&'f [u8]);

impl fmt::Display for OutputText<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            formatter.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                formatter.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(())
    }
}

impl Serialize for OutputText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

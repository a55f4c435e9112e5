//! Owns why a run failed, as the person reads it: what happened, why, and what to do. Hints are made here and nowhere
//! below.

use std::error::Error;

use serde::Serialize;

use crate::cli::exit::Exit;
use crate::secret::mask_words;

/// The end of a run that did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    // In a box, since every command's result has room for one.
    pub(super) told: Box<Told>,
}

/// What there is to tell.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) message: String,
    pub(super) causes: Vec<String>,
    pub(super) hints: Vec<String>,
    pub(super) lines: Vec<String>,
    pub(super) diff: String,
    details: serde_json::Map<String, serde_json::Value>,
    pub(super) manner: Manner,
}

/// How a failure is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// With causes and hints.
    Whole,
    /// Its message alone, on a line that scripts and SDKs pass on.
    OneLine,
    /// Not at all: the person has read it already.
    Shown,
}

impl Failure {
    /// A failure in one sentence, lower case, without a final period.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self::told(exit, message.into(), Manner::Whole)
    }

    /// A failure that was shown already; only the exit code is left.
    pub(crate) fn shown(exit: Exit) -> Self {
        Self::told(exit, String::new(), Manner::Shown)
    }

    /// Whether the person has read it already.
    pub(crate) fn is_shown(&self) -> bool {
        self.told.manner == Manner::Shown
    }

    /// A failure that is told in one line.
    pub(crate) fn one_line(exit: Exit, message: impl Into<String>) -> Self {
        Self::told(exit, message.into(), Manner::OneLine)
    }

    fn told(exit: Exit, message: String, manner: Manner) -> Self {
        let (causes, hints, lines, details) = Default::default();
        let told = Told { message, causes, hints, lines, diff: String::new(), details, manner };
        Self { exit, told: Box::new(told) }
    }

    /// A failure told by `error` and what caused it.
    pub(crate) fn of(exit: Exit, error: &dyn Error) -> Self {
        let failure = Self::new(exit, error.to_string());
        match error.source() {
            Some(source) => failure.because(source),
            None => failure,
        }
    }

    /// The same with what caused it.
    pub(crate) fn because(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            self.told.causes.push(cause.to_string());
            next = cause.source();
        }
        self
    }

    /// The same with one more line about the cause.
    pub(crate) fn cause(mut self, text: impl Into<String>) -> Self {
        self.told.causes.push(text.into());
        self
    }

    /// The same with advice.
    pub(crate) fn hint(mut self, text: impl Into<String>) -> Self {
        self.told.hints.push(text.into());
        self
    }

    /// The same with lines to be copied, below the advice.
    pub(crate) fn lines(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.told.lines.extend(lines);
        self
    }

    /// The same with a diff, shown first.
    pub(crate) fn diff(mut self, diff: String) -> Self {
        self.told.diff = diff;
        self
    }

    /// The same with a fact for `--json`.
    pub(crate) fn detail(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        let value = match value.into() {
            serde_json::Value::String(text) => mask_words(&text).into(),
            other => other,
        };
        self.told.details.insert(key.to_owned(), value);
        self
    }

    /// What it advises.
    pub(crate) fn hints(&self) -> &[String] {
        &self.told.hints
    }

    /// The facts for `--json`.
    pub(crate) fn document(&self) -> ErrorJson {
        let masked = |texts: &[String]| texts.iter().map(|text| mask_words(text)).collect::<Vec<_>>();
        ErrorJson {
            exit_code: self.exit.code(),
            message: mask_words(&self.told.message),
            causes: masked(&self.told.causes),
            hints: masked(&self.told.hints),
            manifest_lines: masked(&self.told.lines),
            diff: self.told.diff.clone(),
            details: self.told.details.clone(),
        }
    }
}

/// A failure for `--json`.
#[derive(Serialize)]
pub(crate) struct ErrorJson {
    exit_code: u8,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    manifest_lines: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    diff: String,
    /// What this kind of failure has besides: `profile`, `operation`, `aws_code`, `reason` and the like.
    #[serde(flatten)]
    details: serde_json::Map<String, serde_json::Value>,
}

/// The document of a command that did nothing but fail.
#[derive(Serialize)]
pub(crate) struct FailedJson {
    /// Why.
    pub(crate) error: ErrorJson,
}

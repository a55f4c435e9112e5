//! Owns why a run failed, as the person reads it: what happened, why, and what to do. Hints are made in `cli` and nowhere
//! below.

use std::error::Error;
use std::ops::Range;

use serde::Serialize;

use crate::cli::exit::Exit;
use crate::secret::{mask_advice, mask_words};

/// The most causes of one kind in the text, and in the document.
const MOST_SHOWN: usize = 12;
const MOST_LISTED: usize = 1000;

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(super) shown_as: ShownAs,
    // Boxed: every command's result has room for one.
    pub(super) error: Box<ErrorJson>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShownAs {
    /// With causes and hints.
    Report,
    /// Its message alone, on a line that scripts and SDKs pass on.
    Line,
    /// Not at all: the person has read it already.
    Nothing,
}

/// What is known of a failure, which is also its document. Nothing in it looks like a secret.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ErrorJson {
    exit_code: u8,
    pub(super) message: String,
    pub(super) causes: Vec<String>,
    /// Ranges of `causes` that the text only counts.
    #[serde(skip)]
    pub(super) unshown: Vec<Range<usize>>,
    pub(super) hints: Vec<String>,
    #[serde(rename = "manifest_lines", skip_serializing_if = "Vec::is_empty")]
    pub(super) lines: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) diff: String,
    /// Facts of this kind of failure: `profile`, `operation`, `aws_code`, `reason` and the like.
    #[serde(flatten)]
    details: serde_json::Map<String, serde_json::Value>,
}

/// The document of a command that did nothing but fail.
#[derive(Serialize)]
pub(crate) struct FailedJson {
    pub(crate) error: ErrorJson,
}

impl Failure {
    /// `message` is one sentence, lower case, without a final period.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        let message = mask_words(&message.into());
        let error = ErrorJson { exit_code: exit.code(), message, ..ErrorJson::default() };
        Self { exit, shown_as: ShownAs::Report, error: Box::new(error) }
    }

    /// A failure that was shown already; only the exit code is left.
    pub(crate) fn shown(exit: Exit) -> Self {
        Self { shown_as: ShownAs::Nothing, ..Self::new(exit, "") }
    }

    pub(crate) fn is_shown(&self) -> bool {
        self.shown_as == ShownAs::Nothing
    }

    /// A failure that is shown in one line.
    pub(crate) fn one_line(exit: Exit, message: impl Into<String>) -> Self {
        Self { shown_as: ShownAs::Line, ..Self::new(exit, message) }
    }

    pub(crate) fn is_line(&self) -> bool {
        self.shown_as == ShownAs::Line
    }

    /// A failure with the message of `error` and the causes below it.
    pub(crate) fn of(exit: Exit, error: &dyn Error) -> Self {
        let failure = Self::new(exit, error.to_string());
        match error.source() {
            Some(source) => failure.because(source),
            None => failure,
        }
    }

    /// Names the profile that was asked for, if the message begins with one that it goes through.
    pub(crate) fn of_target(mut self, target: &str) -> Self {
        if let Some((step, what)) = self.error.message.split_once(": ").filter(|(step, _)| *step != target) {
            self.error.message = format!("{target} (through {step}): {what}");
        }
        self
    }

    /// Adds `error` and the causes below it.
    pub(crate) fn because(mut self, error: &dyn Error) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            self = self.cause(cause.to_string());
            next = cause.source();
        }
        self
    }

    pub(crate) fn cause(mut self, text: impl Into<String>) -> Self {
        self.error.causes.push(mask_words(&text.into()));
        self
    }

    /// Adds causes of one kind: the text shows the first of them and counts the others.
    pub(crate) fn causes(self, texts: Vec<String>) -> Self {
        let start = self.error.causes.len();
        let mut failure = texts.into_iter().take(MOST_LISTED).fold(self, Self::cause);
        let end = failure.error.causes.len();
        if end > start + MOST_SHOWN + 2 {
            failure.error.unshown.push(start + MOST_SHOWN..end);
        }
        failure
    }

    pub(crate) fn hint(mut self, text: impl Into<String>) -> Self {
        self.error.hints.push(mask_advice(&text.into()));
        self
    }

    /// Adds lines to be copied, shown below the hints.
    pub(crate) fn lines(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.error.lines.extend(lines.into_iter().map(|line| mask_advice(&line)));
        self
    }

    /// Sets a diff, which is shown first.
    pub(crate) fn diff(mut self, diff: String) -> Self {
        self.error.diff = diff;
        self
    }

    /// Adds a fact for `--json`.
    pub(crate) fn detail(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        let value = match value.into() {
            serde_json::Value::String(text) => mask_words(&text).into(),
            other => other,
        };
        self.error.details.insert(key.to_owned(), value);
        self
    }

    pub(crate) fn message(&self) -> &str {
        &self.error.message
    }

    /// The first cause, or else the message.
    pub(crate) fn reason(&self) -> &str {
        self.error.causes.first().unwrap_or(&self.error.message)
    }

    pub(crate) fn hints(&self) -> &[String] {
        &self.error.hints
    }

    pub(crate) fn document(&self) -> ErrorJson {
        (*self.error).clone()
    }
}

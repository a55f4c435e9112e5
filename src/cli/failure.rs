//! Owns why a run failed, as the person reads it: what happened, why, and what to do. Hints are made here and nowhere
//! below.

use std::error::Error;

use serde_json::json;

use super::exit::Exit;
use super::out::Out;
use crate::source::display_safe;

/// The end of a run that did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    details: serde_json::Map<String, serde_json::Value>,
    manner: Manner,
}

/// How a failure is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
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
        Self {
            exit,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            details: serde_json::Map::new(),
            manner: Manner::Whole,
        }
    }

    /// A failure that was shown already; only the exit code is left.
    pub(crate) fn shown(exit: Exit) -> Self {
        Self { manner: Manner::Shown, ..Self::new(exit, "") }
    }

    /// A failure that is told in one line.
    pub(crate) fn one_line(exit: Exit, message: impl Into<String>) -> Self {
        Self { manner: Manner::OneLine, ..Self::new(exit, message) }
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
            self.causes.push(cause.to_string());
            next = cause.source();
        }
        self
    }

    /// The same with one more line about the cause.
    pub(crate) fn cause(mut self, text: impl Into<String>) -> Self {
        self.causes.push(text.into());
        self
    }

    /// The same with advice.
    pub(crate) fn hint(mut self, text: impl Into<String>) -> Self {
        self.hints.push(text.into());
        self
    }

    /// The same with a fact for `--json`.
    pub(crate) fn detail(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// The message.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Tells it: as text on stderr, with `--json` also as the document on stdout.
    pub(crate) fn report(&self, out: Out) {
        match self.manner {
            Manner::Shown => return,
            Manner::OneLine => out.say(&display_safe(&self.message)),
            Manner::Whole => self.say(out),
        }
        if out.json {
            // The text on stderr was written; if stdout is gone, nothing more can be said.
            drop(out.document(json!({ "error": self.document() })));
        }
    }

    /// The text on stderr.
    pub(crate) fn say(&self, out: Out) {
        let style = anstyle::AnsiColor::Red.on_default().bold();
        out.say(&format!("{style}error{style:#}: {}", display_safe(&self.message)));
        for cause in &self.causes {
            out.say(&format!("  {}", display_safe(cause)));
        }
        let style = anstyle::AnsiColor::Cyan.on_default().bold();
        for hint in &self.hints {
            out.say(&format!("{style}hint{style:#}: {}", display_safe(hint)));
        }
    }

    /// The facts for `--json`.
    pub(crate) fn document(&self) -> serde_json::Value {
        let mut fields = serde_json::Map::new();
        fields.insert("exit_code".to_owned(), self.exit.code().into());
        fields.insert("message".to_owned(), self.message.clone().into());
        fields.insert("causes".to_owned(), self.causes.clone().into());
        fields.insert("hints".to_owned(), self.hints.clone().into());
        fields.extend(self.details.clone());
        fields.into()
    }
}

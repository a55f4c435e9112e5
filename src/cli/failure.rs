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
    /// Whether the person has read it already, in a form of its own.
    is_shown: bool,
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
            is_shown: false,
        }
    }

    /// A failure that was shown already; only the exit code is left.
    pub(crate) fn shown(exit: Exit) -> Self {
        Self { is_shown: true, ..Self::new(exit, "") }
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

    /// Tells it: as text on stderr, with `--json` also as the document on stdout.
    pub(crate) fn report(&self, out: Out) {
        if self.is_shown {
            return;
        }
        let style = anstyle::AnsiColor::Red.on_default().bold();
        out.say(&format!("{style}error{style:#}: {}", display_safe(&self.message)));
        for cause in &self.causes {
            out.say(&format!("  caused by: {}", display_safe(cause)));
        }
        let style = anstyle::AnsiColor::Cyan.on_default().bold();
        for hint in &self.hints {
            out.say(&format!("{style}hint{style:#}: {}", display_safe(hint)));
        }
        if out.json {
            let mut error = json!({
                "exit_code": self.exit.code(),
                "message": self.message,
                "causes": self.causes,
                "hints": self.hints,
            });
            if let serde_json::Value::Object(fields) = &mut error {
                fields.extend(self.details.clone());
            }
            // The text on stderr was written; if stdout is gone, nothing more can be said.
            drop(out.document(json!({ "error": error })));
        }
    }
}

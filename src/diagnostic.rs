//! Owns a finding in the user's text as a value. Must not render itself: `cli::report` does.

use crate::source::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// The text can't be used.
    Error,
    /// The text can be used, but probably not as meant.
    Warning,
}

/// One finding: what is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    pub(crate) severity: Severity,
    /// The stable name of the rule, kebab-case.
    pub(crate) code: &'static str,
    /// One sentence, lower case, without a final period.
    pub(crate) message: String,
    pub(crate) primary: Label,
    /// Other places that explain it.
    pub(crate) related: Vec<Label>,
    pub(crate) help: Option<String>,
    /// Empty if it is about something that profiles share.
    pub(crate) profiles: Vec<String>,
    /// Lines for the manifest, shown below the help.
    pub(crate) lines: Vec<String>,
}

/// A place, with a few words about it or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) span: Span,
    pub(crate) text: String,
}

impl Diagnostic {
    pub(crate) fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    pub(crate) fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message)
    }

    fn new(severity: Severity, code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            message: message.into(),
            primary: Label { span, text: String::new() },
            related: Vec::new(),
            help: None,
            profiles: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Adds words beside the underlined place.
    pub(crate) fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    pub(crate) fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    pub(crate) fn lines(mut self, lines: Vec<String>) -> Self {
        self.lines = lines;
        self
    }
}

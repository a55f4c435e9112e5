//! Owns a finding in the user's text as a value. Must not render itself: `cli::report` does.

use crate::source::Span;

/// How bad a finding is.
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
    /// Error or warning.
    pub(crate) severity: Severity,
    /// The stable name of the rule, kebab-case.
    pub(crate) code: &'static str,
    /// One sentence, lower case, without a final period.
    pub(crate) message: String,
    /// The place to look at.
    pub(crate) primary: Label,
    /// Other places that explain it.
    pub(crate) related: Vec<Label>,
    /// What to do, if there is something to say.
    pub(crate) help: Option<String>,
    /// The profiles that it is about; none where it is about what profiles share.
    pub(crate) profiles: Vec<String>,
    /// Lines for the manifest, below the advice.
    pub(crate) lines: Vec<String>,
}

/// A place with a few words about it; the words may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label {
    /// Where.
    pub(crate) span: Span,
    /// What is there.
    pub(crate) text: String,
}

impl Diagnostic {
    /// An error at `span`.
    pub(crate) fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    /// A warning at `span`.
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

    /// The same with words beside the underlined place.
    pub(crate) fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// The same with another place that explains it.
    pub(crate) fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// The same with advice.
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// The same with lines to be copied, below the advice.
    pub(crate) fn lines(mut self, lines: Vec<String>) -> Self {
        self.lines = lines;
        self
    }
}

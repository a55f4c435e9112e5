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

/// All findings of one run, in the order of their places.
#[derive(Debug, Clone, Default)]
pub(crate) struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one finding.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes those out that were added when there were `count` already.
    pub(crate) fn since(&mut self, count: usize) -> Vec<Diagnostic> {
        self.0.split_off(count)
    }

    /// Puts other words beside the place that one of them underlines.
    pub(crate) fn relabel(&mut self, index: usize, words: impl FnOnce(&str) -> String) {
        if let Some(found) = self.0.get_mut(index) {
            found.primary.text = words(&found.primary.text);
        }
    }

    /// Says of those that were added when there were `count` already that they are about this profile.
    pub(crate) fn attribute_since(&mut self, count: usize, profile: &str) {
        for found in self.0.iter_mut().skip(count) {
            found.profiles.push(profile.to_owned());
        }
    }

    /// Says of one of them that it is about this profile as well.
    pub(crate) fn attribute(&mut self, index: usize, profile: &str) {
        if let Some(found) = self.0.get_mut(index) {
            found.profiles.push(profile.to_owned());
        }
    }

    /// Whether there is an error among those that were added when there were `count` already.
    pub(crate) fn has_errors_since(&self, count: usize) -> bool {
        self.0.iter().skip(count).any(|found| found.severity == Severity::Error)
    }

    /// All of them by place in the text, then by severity.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.0.sort_by_key(|diagnostic| (diagnostic.primary.span, diagnostic.severity));
        self.0
    }
}

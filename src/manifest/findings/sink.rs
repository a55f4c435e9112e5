//! Owns the findings of one run. A finding in many profiles of a matrix is reported once. Must not know what is checked.

use std::collections::HashMap;
use std::fmt::Display;
use std::rc::Rc;

use super::suggest::Suggester;
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::document::tree::{FilledBy, Text};
use crate::source::Span;

/// How many other profiles one finding names.
const MOST_NAMED: usize = 5;

/// The subject of the next findings.
#[derive(Debug, Default)]
pub(crate) enum About {
    /// Something that profiles share.
    #[default]
    Shared,
    Written(Rc<str>),
    /// A profile of a matrix: a finding in many of these is reported once.
    Generated(GeneratedProfile),
}

#[derive(Debug, Default, Clone)]
pub(crate) struct GeneratedProfile {
    /// Empty as long as it is unknown.
    pub(crate) name: Rc<str>,
    /// False if another profile has the name.
    pub(crate) is_named: bool,
    pub(crate) account: Span,
    pub(crate) role: Option<Span>,
}

#[derive(Debug)]
struct Fold {
    /// The index in `found`.
    index: usize,
    names: Vec<Rc<str>>,
    others: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Sink {
    found: Vec<Diagnostic>,
    errors: usize,
    about: About,
    /// Counts the findings of one code and place for the current profile.
    alike: HashMap<(&'static str, Span), usize>,
    folds: HashMap<(&'static str, Span, usize), Fold>,
    guesses: Suggester,
    /// True if a mistake or an unset variable hides which profiles there are: then none can be called missing.
    pub(crate) profiles_unknown: bool,
}

impl Sink {
    /// Returns the previous subject.
    pub(crate) fn turn_to(&mut self, about: About) -> About {
        self.alike.clear();
        std::mem::replace(&mut self.about, about)
    }

    /// Counts repeated ones too.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    pub(crate) fn push(&mut self, mut found: Diagnostic) {
        self.errors += usize::from(found.severity == Severity::Error);
        match &self.about {
            About::Shared => {}
            About::Written(name) => found.profiles.push(name.to_string()),
            About::Generated(profile) => {
                if !profile.name.is_empty() {
                    found.profiles.push(profile.name.to_string());
                }
                let (code, at) = (found.code, found.primary.span);
                let number = self.alike.entry((code, at)).or_default();
                let key = (code, at, *number);
                *number += 1;
                if let Some(fold) = self.folds.get_mut(&key) {
                    fold.add(profile);
                    self.found[fold.index].profiles.append(&mut found.profiles);
                    return;
                }
                self.folds.insert(key, Fold { index: self.found.len(), names: Vec::new(), others: 0 });
            }
        }
        self.found.push(found);
    }

    /// Adds a finding about `text`, with the account and role if a matrix filled it in.
    pub(crate) fn report(&mut self, text: Text<'_>, found: Diagnostic) {
        let found = match &self.about {
            About::Generated(profile) if text.filled == FilledBy::Matrix => {
                let found = found.related(profile.account, "made for this account");
                profile.role.into_iter().fold(found, |found, role| found.related(role, "and this role"))
            }
            _ => found,
        };
        self.push(found);
    }

    /// Adds an error about `text`.
    pub(crate) fn reject(&mut self, text: Text<'_>, code: &'static str, message: impl Into<String>, help: &str) {
        let mut found = Diagnostic::error(code, text.at, message);
        if text.filled != FilledBy::Nothing {
            found = found.label(format!("with its variables expanded, this is `{}`", text.value));
        }
        self.report(text, if help.is_empty() { found } else { found.help(help) });
    }

    /// Adds an error about a text that is not one of `words`; `all` introduces the list of them.
    pub(crate) fn reject_word(
        &mut self,
        text: Text<'_>,
        code: &'static str,
        message: String,
        words: &[&'static str],
        all: &str,
    ) {
        let words = words.iter().copied();
        let help = self.did_you_mean(text.value, words.clone(), || format!("{all} {}", quoted(words)));
        self.reject(text, code, message, &help);
    }

    /// Returns the parsed value, or reports the error.
    pub(crate) fn parsed<T, E: Display>(
        &mut self,
        text: Text<'_>,
        parsed: Result<T, E>,
        code: &'static str,
        help: &str,
    ) -> Option<T> {
        parsed.map_err(|error| self.reject(text, code, error.to_string(), help)).ok()
    }

    pub(crate) fn nearest<'c>(&mut self, word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
        self.guesses.nearest(word, candidates)
    }

    pub(crate) fn nearest_key<'c>(
        &mut self,
        word: &str,
        keys: impl Iterator<Item = &'c str> + Clone,
    ) -> Option<&'c str> {
        self.guesses.key(word, keys)
    }

    /// A help text with the nearest candidate, if there is one, before other advice.
    pub(crate) fn did_you_mean_or<'c>(
        &mut self,
        word: &str,
        candidates: impl Iterator<Item = &'c str>,
        help: &str,
    ) -> String {
        match self.nearest(word, candidates) {
            Some(guess) => format!("did you mean `{guess}`? If not, {help}"),
            None => help.to_owned(),
        }
    }

    /// A help text with the nearest candidate, or else other advice.
    pub(crate) fn did_you_mean<'c>(
        &mut self,
        word: &str,
        candidates: impl Iterator<Item = &'c str>,
        otherwise: impl FnOnce() -> String,
    ) -> String {
        let guess = self.nearest(word, candidates);
        guess.map_or_else(otherwise, |guess| format!("did you mean `{guess}`?"))
    }

    /// By place and then by severity.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        for fold in self.folds.into_values() {
            if let Some(words) = fold.words() {
                let label = &mut self.found[fold.index].primary.text;
                *label = if label.is_empty() { words } else { format!("{label}; {words}") };
            }
        }
        self.found.sort_by_key(|found| (found.primary.span, found.severity));
        self.found
    }
}

impl Fold {
    fn add(&mut self, profile: &GeneratedProfile) {
        self.others += 1;
        if self.names.len() < MOST_NAMED && !profile.name.is_empty() && profile.is_named {
            self.names.push(profile.name.clone());
        }
    }

    fn words(&self) -> Option<String> {
        let more = self.others - self.names.len();
        let others = if more == 1 { "1 other profile".to_owned() } else { format!("{more} other profiles") };
        match (self.names.is_empty(), more) {
            (true, 0) => None,
            (true, _) => Some(format!("also in {others} of this matrix")),
            (false, 0) => Some(format!("also in {}", quoted(self.names.iter()))),
            (false, _) => Some(format!("also in {} and {others}", quoted(self.names.iter()))),
        }
    }
}

/// Puts names in backticks, with commas between them.
pub(crate) fn quoted(names: impl Iterator<Item = impl Display>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

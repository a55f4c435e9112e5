//! Owns what `doctor` finds: one thing that is wrong, with its place, its consequence and the way to mend it.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::cli::paths::Paths;
use crate::cli::ui::names::count;

/// In the order in which findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Something fails, or signs as somebody else.
    Error,
    /// Something will, or does for some tools.
    Warning,
    /// Good to know. Nothing is wrong.
    Note,
}

impl Severity {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A line of a file, from 1.
    Line(PathBuf, usize),
    /// A file or directory.
    Path(PathBuf),
    /// A variable of the environment.
    Variable(String),
    /// Nothing in particular; `what` names it.
    Machine,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(path, line) => write!(formatter, "{}:{line}", Paths::shown(path)),
            Self::Path(path) => formatter.write_str(&Paths::shown(path)),
            Self::Variable(name) => formatter.write_str(name),
            Self::Machine => Ok(()),
        }
    }
}

/// What `--fix` does. Nothing here touches a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Repair {
    /// Leaves no rights to a file to other users.
    Close(PathBuf),
    /// Leaves other users no right to write to a directory.
    Protect(PathBuf),
    /// Removes a file of a cache that nothing can use.
    Remove(PathBuf),
    /// Removes what killed runs left half-written in a directory.
    Sweep(PathBuf),
}

impl Repair {
    /// What it will do, as the end of a sentence.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Close(path) => format!("make {} readable only by you", Paths::shown(path)),
            Self::Protect(dir) => format!("make {} writable only by you", Paths::shown(dir)),
            Self::Remove(path) => format!("remove {}", Paths::shown(path)),
            Self::Sweep(dir) => format!("remove half-written files in {}", Paths::shown(dir)),
        }
    }

    /// What all of them have done.
    pub(crate) fn done(repairs: &[&Self]) -> String {
        let number = |is_it: fn(&Self) -> bool| repairs.iter().filter(|repair| is_it(repair)).count();
        let done = [
            ("removed", number(|one| matches!(one, Self::Remove(_))), "file", ""),
            ("closed", number(|one| matches!(one, Self::Close(_))), "file", " to other users"),
            ("protected", number(|one| matches!(one, Self::Protect(_))), "path", " from other users"),
            ("swept", number(|one| matches!(one, Self::Sweep(_))), "path", ""),
        ];
        let done = done.into_iter().filter(|(_, number, ..)| *number > 0);
        let done: Vec<String> =
            done.map(|(verb, number, what, end)| format!("{verb} {}{end}", count(number, what))).collect();
        done.join(", ")
    }
}

/// A path as a word for a shell.
pub(crate) fn shell_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    match shlex::try_quote(&text) {
        Ok(quoted) if quoted == text => Paths::shown(path),
        Ok(quoted) => quoted.into_owned(),
        Err(_) => "FILE".to_owned(),
    }
}

/// Texts are one line each, and may quote what stands in a file: whoever shows them makes them safe.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    /// The stable name of the rule, kebab-case.
    pub(crate) code: &'static str,
    pub(crate) place: Place,
    /// What is wrong.
    pub(crate) what: String,
    /// Why it matters.
    pub(crate) why: String,
    /// A command to paste, or what to do by hand.
    pub(crate) fix: String,
    /// What `--fix` does about it.
    pub(crate) repairs: Vec<Repair>,
}

impl Finding {
    pub(crate) fn error(code: &'static str, place: Place, what: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, place, what)
    }

    pub(crate) fn warning(code: &'static str, place: Place, what: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, place, what)
    }

    pub(crate) fn note(code: &'static str, place: Place, what: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, place, what)
    }

    fn new(severity: Severity, code: &'static str, place: Place, what: impl Into<String>) -> Self {
        let (why, fix) = (String::new(), String::new());
        Self { severity, code, place, what: what.into(), why, fix, repairs: Vec::new() }
    }

    pub(crate) fn why(self, why: impl Into<String>) -> Self {
        Self { why: why.into(), ..self }
    }

    pub(crate) fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: fix.into(), ..self }
    }

    /// Lets `--fix` mend it.
    pub(crate) fn repairs(self, repairs: Vec<Repair>) -> Self {
        Self { repairs, ..self }.fix("awsauth doctor --fix")
    }
}

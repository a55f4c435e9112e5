//! Owns how findings are shown, as text and as JSON, and what `--fix` does about them.

use std::collections::HashMap;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::Examination;
use super::finding::{Finding, Place, Repair, Severity};
use crate::cli::paths::Paths;
use crate::cli::ui::names::count;
use crate::cli::ui::out::Out;
use crate::render::TerminalText;
use crate::secret::{mask_advice, mask_words};
use crate::source::display_safe;
use crate::system::files::{atomic, disk};

/// The most findings of one rule in the text.
const MOST_OF_A_RULE: usize = 3;

#[derive(Serialize)]
pub(crate) struct DoctorJson<'f> {
    findings: Vec<FindingJson<'f>>,
    errors: usize,
    warnings: usize,
    notes: usize,
    /// What `--fix` did.
    fixed: &'f [String],
}

#[derive(Serialize)]
struct FindingJson<'f> {
    severity: &'static str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variable: Option<&'f str>,
    message: String,
    why: String,
    fix: String,
    /// True if `--fix` mends it.
    fixable: bool,
}

impl<'f> FindingJson<'f> {
    fn of(found: &'f Finding) -> Self {
        let (file, line, variable) = match &found.place {
            Place::Line(path, line) => (Some(path), Some(*line), None),
            Place::Path(path) => (Some(path), None, None),
            Place::Variable(name) => (None, None, Some(name.as_str())),
            Place::Machine => (None, None, None),
        };
        Self {
            severity: found.severity.as_str(),
            code: found.code,
            file: file.map(|path| Paths::text(path)),
            line,
            variable,
            message: mask_words(&found.what),
            why: mask_words(&found.why),
            fix: mask_advice(&found.fix),
            fixable: !found.repairs.is_empty(),
        }
    }
}

impl Examination {
    fn number(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|found| found.severity == severity).count()
    }

    /// True if nothing is wrong; there may be notes.
    pub(crate) fn is_healthy(&self) -> bool {
        self.findings.iter().all(|found| found.severity == Severity::Note)
    }

    pub(crate) fn document<'f>(&'f self, fixed: &'f [String]) -> DoctorJson<'f> {
        DoctorJson {
            findings: self.findings.iter().map(FindingJson::of).collect(),
            errors: self.number(Severity::Error),
            warnings: self.number(Severity::Warning),
            notes: self.number(Severity::Note),
            fixed,
        }
    }

    /// Each finding in three lines; of those of one rule, the first few.
    pub(crate) fn text(&self) -> TerminalText {
        let mut of_rule: HashMap<&str, usize> = HashMap::new();
        let mut lines = Vec::new();
        for found in &self.findings {
            let number = of_rule.entry(found.code).or_default();
            *number += 1;
            if *number <= MOST_OF_A_RULE {
                lines.push(lines_of(found));
            } else if *number == MOST_OF_A_RULE + 1 {
                let all = self.findings.iter().filter(|other| other.code == found.code).count();
                let dimmed = Style::new().dimmed();
                let more = all - MOST_OF_A_RULE;
                lines.push(format!("  {dimmed}and {more} more of this kind (--json has all){dimmed:#}\n"));
            }
        }
        TerminalText::trusted(lines.concat())
    }

    /// The end: how many there are, or what was looked at.
    pub(crate) fn summary(&self) -> String {
        if self.findings.is_empty() {
            let manifest = if self.has_manifest { ", the manifest" } else { "" };
            let profiles = count(self.profiles, "profile");
            return format!("healthy: looked at {profiles}{manifest}, the environment, logins, programs");
        }
        let fixable = !self.repairs().is_empty();
        let fix = if fixable { "; `awsauth doctor --fix` mends what is safe" } else { "" };
        if let Some(lacks) = self.lacks().filter(|_| self.is_healthy()) {
            return format!("nothing is misconfigured; {lacks}: awsauth status{fix}");
        }
        let counted = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
        let parts = counted.map(|(severity, word)| (self.number(severity), word)).into_iter();
        let parts: Vec<String> =
            parts.filter(|(number, _)| *number > 0).map(|(number, word)| count(number, word)).collect();
        format!("{}{fix}", parts.join(", "))
    }

    /// The logins and keys that somebody has to see to.
    fn lacks(&self) -> Option<String> {
        let lack = |(code, what, one, several): (&str, &str, &str, &str)| {
            let number = self.findings.iter().filter(|found| found.code == code).count();
            let verb = if number == 1 { one } else { several };
            (number > 0).then(|| format!("{} {verb}", count(number, what)))
        };
        let lacks = [
            ("login-ended", "login", "has ended", "have ended"),
            ("login-missing", "login", "is missing", "are missing"),
            ("key-missing", "key", "is missing", "are missing"),
        ];
        let lacks: Vec<String> = lacks.into_iter().filter_map(lack).collect();
        (!lacks.is_empty()).then(|| lacks.join(", "))
    }

    /// What `--fix` would do.
    pub(crate) fn repairs(&self) -> Vec<&Repair> {
        self.findings.iter().flat_map(|found| &found.repairs).collect()
    }
}

fn lines_of(found: &Finding) -> String {
    let safe = |text: &str| display_safe(&mask_words(text));
    let (style, dimmed) = (style(found.severity), Style::new().dimmed());
    let place = match found.place.to_string() {
        place if place.is_empty() => place,
        place => safe(&format!("{place}: ")),
    };
    let (severity, what, why, fix) =
        (found.severity.as_str(), safe(&found.what), safe(&found.why), display_safe(&mask_advice(&found.fix)));
    format!("{style}{severity}{style:#}: {place}{what}\n  {why}\n  {dimmed}fix:{dimmed:#} {fix}\n")
}

fn style(severity: Severity) -> Style {
    let color = match severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Note => AnsiColor::Cyan,
    };
    color.on_default().bold()
}

/// Mends it. Returns false, and tells why, if it can't.
pub(crate) fn carry_out(repair: &Repair, out: Out) -> bool {
    let done = match repair {
        Repair::Close(path) => disk::close_to_others(path),
        Repair::Protect(dir) => disk::protect_from_others(dir),
        Repair::Remove(path) => disk::remove(path).map(drop),
        Repair::Sweep(dir) => {
            atomic::sweep(dir);
            Ok(())
        }
    };
    match &done {
        Ok(()) => out.detail(&repair.words()),
        Err(error) => out.warn(&error.with_cause()),
    }
    done.is_ok()
}

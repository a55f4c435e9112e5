//! Owns how a failure is shown: as text on stderr, and as the document of `--json`.

use crate::cli::ui::diff::colored;
use crate::cli::ui::failure::{FailedJson, Failure, Manner, shown};
use crate::cli::ui::out::Out;

impl Failure {
    /// Tells it: as text on stderr, with `--json` also as the document on stdout.
    pub(crate) fn report(&self, out: Out) {
        self.say_text(out);
        if out.json && self.told.manner != Manner::Shown {
            // The text on stderr was written; if stdout is gone, nothing more can be said.
            drop(out.document(FailedJson { error: self.document() }));
        }
    }

    /// Tells it in one line, as a warning: what was asked for was done all the same.
    pub(crate) fn say_as_warning(&self, out: Out) {
        let parts = std::iter::once(&self.told.message).chain(&self.told.causes);
        let text = parts.map(String::as_str).collect::<Vec<_>>().join(": ");
        let hints = self.told.hints.iter().map(|hint| format!("; {hint}"));
        out.warn(&hints.fold(text, |text, hint| text + &hint));
    }

    /// Tells it as text on stderr.
    pub(crate) fn say_text(&self, out: Out) {
        match self.told.manner {
            Manner::Shown => {}
            Manner::OneLine => out.say(&shown(&self.told.message)),
            Manner::Whole => self.say_whole(out),
        }
    }

    fn say_whole(&self, out: Out) {
        if !self.told.diff.is_empty() {
            out.say(&colored(&self.told.diff));
        }
        let style = anstyle::AnsiColor::Red.on_default().bold();
        out.say(&format!("{style}error{style:#}: {}", shown(&self.told.message)));
        for cause in &self.told.causes {
            out.say(&format!("  {}", shown(cause)));
        }
        let style = anstyle::AnsiColor::Cyan.on_default().bold();
        for hint in &self.told.hints {
            out.say(&format!("{style}hint{style:#}: {}", shown(hint)));
        }
        for line in &self.told.lines {
            out.say(&format!("    {}", shown(line)));
        }
    }
}

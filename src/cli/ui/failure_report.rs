//! Owns how a failure is shown: as text on stderr, and as the document of `--json`.

use anstyle::AnsiColor;

use crate::cli::ui::diff::colored;
use crate::cli::ui::failure::{FailedJson, Failure, Manner};
use crate::cli::ui::out::Out;
use crate::secret::mask_words;

impl Failure {
    /// Tells it as text on stderr, with `--json` also as the document on stdout.
    pub(crate) fn report(&self, out: Out) {
        self.say_text(out);
        if out.json && self.told.manner != Manner::Shown {
            // The text on stderr was written; if stdout is gone, nothing more can be said.
            drop(out.document(FailedJson { error: self.document() }));
        }
    }

    /// Tells it in one line, as a warning: the command went on.
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
            Manner::OneLine => out.say(&mask_words(&self.told.message)),
            Manner::Whole => self.say_whole(out),
        }
    }

    fn say_whole(&self, out: Out) {
        out.show(&colored(&self.told.diff));
        out.say_labelled(AnsiColor::Red, "error", &self.told.message);
        for cause in &self.told.causes {
            out.say(&format!("  {}", mask_words(cause)));
        }
        for hint in &self.told.hints {
            out.say_labelled(AnsiColor::Cyan, "hint", hint);
        }
        for line in &self.told.lines {
            out.say(&format!("    {}", mask_words(line)));
        }
    }
}

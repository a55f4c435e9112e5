//! Owns how a failure is shown: as text on stderr, and as the document of `--json`.

use anstyle::AnsiColor;

use crate::cli::ui::diff::colored;
use crate::cli::ui::failure::{FailedJson, Failure, ShownAs};
use crate::cli::ui::out::Out;

impl Failure {
    /// Shows it on stderr, with `--json` also as the document on stdout.
    pub(crate) fn report(&self, out: Out) {
        self.say_text(out);
        if out.json && !self.is_shown() {
            // The text on stderr was written; if stdout is gone, nothing more can be said.
            drop(out.document(FailedJson { error: self.document() }));
        }
    }

    /// Shows it in one line, as a warning: the command went on.
    pub(crate) fn say_as_warning(&self, out: Out) {
        let causes = self.error.causes.iter().map(|cause| format!(": {cause}"));
        let hints = self.error.hints.iter().map(|hint| format!("; {hint}"));
        out.warn(&causes.chain(hints).fold(self.error.message.clone(), |text, more| text + &more));
    }

    /// Shows it on stderr.
    pub(crate) fn say_text(&self, out: Out) {
        match self.shown_as {
            ShownAs::Nothing => {}
            ShownAs::Line => out.say(&self.error.message),
            ShownAs::Report => {
                out.show(&colored(&self.error.diff));
                out.say_labelled(AnsiColor::Red, "error", &self.error.message);
                for (index, cause) in self.error.causes.iter().enumerate() {
                    match self.error.unshown.iter().find(|range| range.contains(&index)) {
                        None => out.say(&format!("  {cause}")),
                        Some(range) if range.start == index => out.say(&format!("  and {} more", range.len())),
                        Some(_) => {}
                    }
                }
                self.error.hints.iter().for_each(|hint| out.say_labelled(AnsiColor::Cyan, "hint", hint));
                self.error.lines.iter().for_each(|line| out.say(format!("    {line}").trim_end()));
            }
        }
    }
}

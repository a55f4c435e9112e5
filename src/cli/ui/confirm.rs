//! Owns the question before files are written.

use std::path::Path;

use crate::cli::apply::file_plan::FileWork;
use crate::cli::environment::secret_variables;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::ui::diff::colored;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::prompt;
use crate::render::TerminalText;
use crate::system::files::snapshot::Snapshot;
use crate::system::host::Host;
use crate::system::programs::pager;

/// Refuses a file that can't be written, before a person is asked what to write.
pub(crate) fn check_replaceable(path: &Path) -> Result<(), Failure> {
    let file = Snapshot::read(path).and_then(|file| file.check_replaceable());
    file.map_err(|error| explain::disk(&error))
}

/// Shows the diffs, in a pager if they are longer than the screen, then `notes`, and asks. An answer of no is a failure.
pub(crate) fn confirm<'w>(
    work: impl Iterator<Item = &'w FileWork>,
    notes: &[String],
    default: bool,
    host: &Host,
    out: Out,
) -> Result<(), Failure> {
    let mut diffs = TerminalText::default();
    let mut summaries = Vec::new();
    for file in work {
        file.snapshot.check_replaceable().map_err(|error| explain::disk(&error))?;
        diffs += colored(&file.diff());
        summaries.push(file.summary());
    }
    show_diff(&summaries, &diffs, host, out)?;
    for line in summaries.iter().chain(notes) {
        out.say(line);
    }
    ask(default)
}

/// Enter means `default`. An answer of no is a failure.
pub(crate) fn ask(default: bool) -> Result<(), Failure> {
    match prompt::confirm("Write this?", default) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::one_line(Exit::Refused, "the change was not written")),
        Err(prompt::NoAnswer::Interrupted) => {
            Err(Failure::one_line(Exit::Interrupted, "interrupted; the change was not written"))
        }
        Err(other) => Err(Failure::of(Exit::Usage, &other).hint("`--yes` writes without asking")),
    }
}

/// Shows a diff that a question follows. A pager begins with the summaries, which tell how much is to come.
fn show_diff(summaries: &[String], diff: &TerminalText, host: &Host, out: Out) -> Result<(), Failure> {
    let mut paged = TerminalText::lines(summaries.iter().chain([&String::new()]));
    paged += diff.clone();
    let plain = || anstream::adapter::strip_str(paged.as_str()).to_string();
    let shown = if out.has_color_on_stdout() { paged.as_str().to_owned() } else { plain() };
    if pager::show(&shown, host, &secret_variables(host)) { Ok(()) } else { out.print(diff) }
}

//! Owns the warnings about lines of the user's own that AWS's tools do not read alike.

use serde::Serialize;

use crate::cli::apply::file_plan::{FileWork, Moment};
use crate::cli::paths::Paths;
use crate::cli::ui::out::Out;
use crate::ini::{FileKind, Warning};
use crate::secret::mask_words;

/// The most warnings without `-v`.
const SHOWN: usize = 5;

/// A line of the user's own that needs a look.
#[derive(Clone, Serialize)]
pub(crate) struct WarningJson {
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: usize,
    /// Safe to show.
    pub(crate) text: String,
}

/// The warnings for `--json`: all of them, for a file that changes.
pub(crate) fn document(file: &FileWork, kind: FileKind, moment: Moment) -> Vec<WarningJson> {
    if !file.is_pending() {
        return Vec::new();
    }
    let one = |warning: &Warning| WarningJson {
        path: Paths::text(&file.snapshot.path),
        line: warning.line,
        text: mask_words(&warning.text),
    };
    file.warnings(kind, moment).iter().map(one).collect()
}

/// Warns of lines outside awsauth's block.
pub(crate) fn warn(file: &FileWork, kind: FileKind, moment: Moment, out: Out) {
    // Every run would repeat it.
    if !file.is_pending() && !out.verbose {
        return;
    }
    let warnings = file.warnings(kind, moment);
    let shown = if out.verbose { warnings.len() } else { SHOWN };
    let path = file.snapshot.path.display();
    for warning in warnings.iter().take(shown) {
        out.warn(&format!("{path} line {}: {}", warning.line, warning.text));
    }
    let more = warnings.len().saturating_sub(shown);
    if more > 0 {
        let lines = if more == 1 { "1 more line".to_owned() } else { format!("{more} more lines") };
        out.warn(&format!("{path}: AWS's tools do not all read {lines} alike; -v shows them"));
    }
}

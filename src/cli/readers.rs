//! Owns the warnings about what AWS's tools do not read alike in a file of the user's.

use serde_json::json;

use super::out::Out;
use super::places::Places;
use super::work::FileWork;
use crate::ini::Disagreement;
use crate::secret::mask_words;
use crate::source::display_safe;

/// So many are told unless everything is asked for.
const TOLD: usize = 5;

/// The warnings for `--json`: all of them, for a file that changes.
pub(crate) fn document(file: &FileWork) -> Vec<serde_json::Value> {
    let found = file.plan.disagreements.iter().filter(|_| file.is_pending());
    let one = |found: &Disagreement| json!({ "path": Places::text(&file.snapshot.path), "line": found.line, "text": display_safe(&mask_words(&found.to_string())) });
    found.map(one).collect()
}

/// Warns of places outside awsauth's own, with their lines in the file before the work.
pub(crate) fn warn(file: &FileWork, out: Out) {
    // The same words at every run would soon be read by nobody.
    if !file.is_pending() && !out.verbose {
        return;
    }
    let found = &file.plan.disagreements;
    let told = if out.verbose { found.len() } else { TOLD };
    let path = file.snapshot.path.display();
    for disagreement in found.iter().take(told) {
        out.warn(&format!("{path} line {}: {disagreement}", disagreement.line));
    }
    let more = found.len().saturating_sub(told);
    if more > 0 {
        out.warn(&format!("{path}: AWS's tools read {more} more places differently; -v tells which"));
    }
}

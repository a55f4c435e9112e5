//! Owns the warnings about what AWS's tools do not read alike in a file of the user's.

use super::out::Out;
use super::work::FileWork;
use crate::ini::FileKind;
use crate::plan;

/// So many are told unless everything is asked for.
const TOLD: usize = 5;

/// Warns of places outside awsauth's own in the file as it is after the work, or before it if that is only shown.
pub(crate) fn warn(file: &FileWork, kind: FileKind, is_shown_only: bool, out: Out) {
    // The same words at every run would soon be read by nobody.
    if !file.is_pending() && !out.verbose {
        return;
    }
    let is_changed = file.is_pending() && !is_shown_only;
    let bytes = if is_changed { &file.plan.after } else { &file.snapshot.bytes };
    let found = plan::disagreements(bytes, kind);
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

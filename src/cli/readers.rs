//! Owns the warnings about what AWS's tools do not read alike in a file of the user's.

use super::out::Out;
use super::work::FileWork;

/// So many are told unless everything is asked for.
const TOLD: usize = 5;

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

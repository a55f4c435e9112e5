//! Owns refusing a config file that AWS CLI could not read after the plan either.

use super::refusal::Refusal;
use crate::ini::{Document, Fault, FaultKind};

/// Refuses a file with faults, but for those that leave it: `leaves` says of a place whether it does, if what is wrong
/// there is that it repeats something (`true`), or anything else.
pub(super) fn check_faults(
    document: &Document<'_>,
    faults: &[Fault],
    leaves: &dyn Fn(usize, bool) -> bool,
) -> Result<(), Refusal> {
    let line_leaves = |line: usize, is_copy: bool| leaves(document.lines()[line - 1].range().start, is_copy);
    let mut faults = faults.to_vec();
    faults.retain(|fault| match fault.kind {
        FaultKind::DuplicateSection { first_line, .. } | FaultKind::DuplicateKey { first_line, .. } => {
            !line_leaves(fault.line, true) && !line_leaves(first_line, true)
        }
        _ => !line_leaves(fault.line, false),
    });
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Unreadable(faults)) }
}

//! Owns what has to change in AWS's two files, as a value: edits, their summary, the diff, and the proof that nothing
//! else changes. Must not read files, know TOML, or know the clock.

mod adopt;
mod block;
mod compare;
mod config;
mod credentials;
mod dependents;
mod desired;
mod diff;
mod faults;
mod former;
mod key_section;
mod proof;
mod refusal;
mod shadow;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::ini::{Edit, Warning, splice};

pub(crate) use compare::{Difference, SectionDifference, Value};
pub(crate) use config::{Existing, config, is_in_block, missing_sections};
pub(crate) use credentials::{
    Missing, add_key, check_session_section, credentials, long_term_keys, remove_sessions, save_session,
    take_sessions_out, with_sessions, without_sessions,
};
pub(crate) use dependents::{Dependent, dependents};
pub(crate) use diff::unified;
pub(crate) use former::former;
pub(crate) use key_section::long_term_key;
pub(crate) use refusal::{Refusal, Way};

/// Whether something that was made by hand may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overwrite {
    /// No: that is a refusal.
    Intact,
    /// Yes: what was edited is lost.
    Edited,
}

/// What becomes of the user's own sections that stand where awsauth would write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Adoption {
    /// They stay, and that is a refusal.
    Refuse,
    /// They are taken over, if nothing in them is lost by that.
    TakeOver,
}

/// How far a plan may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Permission {
    /// For a block that was edited by hand.
    pub(crate) overwrite: Overwrite,
    /// For sections outside it.
    pub(crate) adoption: Adoption,
}

/// How one section changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is new.
    Added,
    /// It says something else.
    Changed,
    /// It goes.
    Removed,
    /// It stood outside the block, and comes into it.
    Adopted,
    /// It gets another name, and stays as it is otherwise.
    Renamed,
}

impl Change {
    /// All of them, in the order of a summary.
    pub(crate) const ALL: [Self; 5] = [Self::Added, Self::Adopted, Self::Renamed, Self::Changed, Self::Removed];

    /// The word for it in `--json`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Adopted => "adopted",
            Self::Renamed => "renamed",
        }
    }
}

/// What is to be done to one file. Has no `Debug`: the text may hold secrets.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    /// By place; none if there is nothing to do.
    pub(crate) edits: Vec<Edit>,
    /// The file as it will be; not filled if there is nothing to do.
    pub(crate) after: Vec<u8>,
    /// What that means, by the text between the brackets.
    pub(crate) changes: Vec<(String, Change)>,
    /// Lines outside the block that not all of AWS's tools read alike, as they are numbered before the edits.
    pub(crate) warnings: Vec<Warning>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The plan of doing `edits` to `before`; edits that change nothing are left out.
    fn new(before: &[u8], edits: Vec<Edit>, changes: Vec<(String, Change)>) -> Result<Self, Refusal> {
        let is_real = |edit: &Edit| before.get(edit.range.clone()) != Some(&edit.bytes);
        let mut edits: Vec<Edit> = edits.into_iter().filter(is_real).collect();
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        if edits.is_empty() {
            return Ok(Self::default());
        }
        let after = splice(before, &edits).ok_or_else(|| Refusal::bug("two edits overlap"))?;
        Ok(Self { edits, after, changes, warnings: Vec::new() })
    }

    /// The plan of `after` in the place of the whole text.
    pub(crate) fn whole(before: &[u8], after: Vec<u8>) -> Self {
        let edits = vec![Edit { range: 0..before.len(), bytes: after.clone() }];
        Self { edits, after, changes: Vec::new(), warnings: Vec::new() }
    }

    /// What `other`, which was made for the text after this one, does to the text before it.
    fn then(self, other: Self, before: &[u8]) -> Result<Self, Refusal> {
        if self.is_empty() {
            return Ok(other);
        }
        let mut edits = self.edits;
        let later = other.edits.into_iter().map(|edit| Edit { range: original(&edits, edit.range), bytes: edit.bytes });
        let later: Vec<Edit> = later.collect();
        edits.extend(later);
        let changes = self.changes.into_iter().chain(other.changes).collect();
        let mut both = Self::new(before, edits, changes)?;
        both.warnings = self.warnings;
        let expected = if other.after.is_empty() { self.after } else { other.after };
        if both.after == expected { Ok(both) } else { Err(Refusal::bug("two plans do not fit together")) }
    }
}

/// Whether one of `ranges`, which are sorted and apart from one another, holds `offset`. Logarithmic.
fn covers(ranges: &[Range<usize>], offset: usize) -> bool {
    let behind = ranges.partition_point(|range| range.start <= offset);
    behind.checked_sub(1).is_some_and(|at| ranges[at].contains(&offset))
}

/// Where a range of the text after `removals`, which only take text out, was before them.
fn original(removals: &[Edit], range: Range<usize>) -> Range<usize> {
    let before = |offset: usize, is_end: bool| {
        removals.iter().fold(offset, |at, removal| {
            let is_behind = if is_end { removal.range.start < at } else { removal.range.start <= at };
            if is_behind { at + removal.range.len() } else { at }
        })
    };
    let start = before(range.start, false);
    start..if range.is_empty() { start } else { before(range.end, true) }
}

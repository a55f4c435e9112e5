//! Owns the changes that AWS's two files need, as values: edits, their summary, the diff, and the proof that nothing else
//! changes. Must not read files, know TOML, or know the clock.

mod compare;
mod config;
mod credentials;
mod diff;
mod external;
mod file_plan;
mod proof;
mod refusal;

#[cfg(test)]
mod tests;

use std::ops::Range;

pub(crate) use compare::{Difference, SectionDifference, SectionValue, is_caseless, is_false, values};
pub(crate) use config::adopt::{adopted_comments, comments, new_settings};
pub(crate) use config::config_file::warnings;
pub(crate) use config::dependents::{Dependent, dependents};
pub(crate) use config::desired::by_hand;
pub(crate) use config::{block_range, config, missing_sections, sections_outside};
pub(crate) use credentials::key_section::long_term_key;
pub(crate) use credentials::overrides::ManifestRules;
pub(crate) use credentials::{
    MissingKey, add_key, check_session_section, credentials, long_term_keys, lost_sessions, misplaced_keys, remove_key,
    remove_sessions, save_session, take_sessions_out, with_sessions, without_sessions,
};
pub(crate) use diff::unified;
pub(crate) use external::ExternalSections;
pub(crate) use file_plan::{Change, Plan};
pub(crate) use refusal::{Refusal, Remedy};

/// Permission to replace a block or a key: only as awsauth wrote it, or edited by hand as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Overwrite {
    #[default]
    Intact,
    Edited,
}

/// The user's own sections in awsauth's way are refused, or taken over if no setting is lost by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Adoption {
    #[default]
    Refuse,
    TakeOver,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Permission {
    pub(crate) overwrite: Overwrite,
    pub(crate) adoption: Adoption,
}

/// True if one of `ranges`, which are sorted and do not overlap, holds `offset`. Logarithmic.
fn covers(ranges: &[Range<usize>], offset: usize) -> bool {
    let after = ranges.partition_point(|range| range.start <= offset);
    after.checked_sub(1).is_some_and(|at| ranges[at].contains(&offset))
}

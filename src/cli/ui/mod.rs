//! Owns what the terminal shows and asks, for every command: streams, failures, questions, diffs.

pub(crate) mod confirm;
pub(crate) mod diff;
pub(crate) mod failure;
pub(crate) mod failure_report;
pub(crate) mod names;
pub(crate) mod out;
pub(crate) mod picker;
pub(crate) mod time;

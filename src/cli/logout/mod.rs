//! Owns which sessions a logout ends, ending them, and the report.

pub(crate) mod execute;
pub(crate) mod report;
pub(crate) mod select;

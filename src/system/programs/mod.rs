//! Owns starting other programs: the browser, the pager, git, and those that a person names.

pub(crate) mod browser;
pub(crate) mod capture;
pub(crate) mod children;
pub(crate) mod git;
pub(crate) mod output;
pub(crate) mod pager;
pub(crate) mod process;

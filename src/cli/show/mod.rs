//! Owns what `show` says of one profile: the chain step by step, and what each tool that reads AWS's files does.

pub(crate) mod advice;
pub(crate) mod by_name;
pub(crate) mod chain;
pub(crate) mod identity;
pub(crate) mod json;
pub(crate) mod now;
pub(crate) mod page;
pub(crate) mod sections;
pub(crate) mod step;
pub(crate) mod text;
pub(crate) mod verdict;

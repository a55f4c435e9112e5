//! The parts of `awsauth console`: the page that is opened, the link to it, and the browser.

pub(crate) mod browser;
mod commands;
pub(crate) mod link;
pub(crate) mod page;

//! Owns what every command has: the process's surroundings, where files are, and the streams.

use crate::cli::paths::Paths;
use crate::cli::ui::out::Out;
use crate::system::host::Host;

#[derive(Clone, Copy)]
pub(crate) struct App<'a> {
    pub(crate) host: &'a Host,
    pub(crate) paths: Paths<'a>,
    pub(crate) out: Out,
}

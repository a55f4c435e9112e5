//! Owns what every command has: the process's surroundings, where files are, and the streams.

use std::rc::Rc;

use crate::cli::paths::Paths;
use crate::cli::ui::out::Out;
use crate::store::Keyring;
use crate::system::host::Host;

#[derive(Clone, Copy)]
pub(crate) struct App<'a> {
    pub(crate) host: &'a Host,
    pub(crate) paths: Paths<'a>,
    pub(crate) out: Out,
}

impl App<'_> {
    /// The system's keyring, which is asked only for what is in it.
    pub(crate) fn keyring(self) -> Rc<Keyring> {
        let out = self.out;
        Rc::new(Keyring::new(move || out.say("waiting for the system's keyring; is a dialog open?")))
    }
}

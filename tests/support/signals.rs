//! The signals that a program under test must have at their defaults, whatever the tests were started with: `nohup` and a
//! script's `&` have them ignored, and what is ignored stays so in every program that is started.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Once};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/// Sets them for every program that is started from now on: a signal that is caught here is at its default there.
pub(crate) fn at_their_defaults() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let always = Arc::new(AtomicBool::new(true));
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&always)).unwrap();
        }
    });
}

//! Owns the wall clock.

use jiff::Timestamp;

pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

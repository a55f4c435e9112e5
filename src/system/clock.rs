//! Owns the wall clock.

use jiff::Timestamp;

/// Now, as the machine's clock has it.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

//! Owns values that must never reach a log, an error or a `Debug` print. Must not know what they are for.

mod mask;

use std::fmt;

use zeroize::Zeroize;

pub(crate) use mask::{is_harmless, mask_advice, mask_ini, mask_rendered, mask_values, mask_words};

/// A text that only [`Secret::expose`] shows, and that is wiped from memory when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Each call is a place where a secret becomes visible: keep them few.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Compares without telling, by the time it takes, how much of a guess is right.
    pub(crate) fn is_in_constant_time(&self, guess: &[u8]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), guess).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[REDACTED]")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let shown = format!("{:?}", Some(Secret::new("wJalrXUtnFEMI")));
        assert_eq!(shown, "Some([REDACTED])");
    }
}

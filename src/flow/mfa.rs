//! Owns the syntax of an MFA code, and the number of tries.

use thiserror::Error;

use crate::secret::Secret;

/// Codes that a person may try for one call.
pub(crate) const MAX_TRIES: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an MFA code is six digits")]
pub(crate) struct CodeError;

/// STS's `TokenCode`. AWS accepts a code once, so a call takes it by value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MfaCode(Secret);

impl MfaCode {
    /// Ignores blanks, since authenticator apps show `123 456`.
    pub(crate) fn new(text: &str) -> Result<Self, CodeError> {
        let digits: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(Secret::new(digits)))
        } else {
            Err(CodeError)
        }
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_a_code_and_nothing_else_is() {
        assert_eq!(MfaCode::new(" 012 345\n").unwrap().expose(), "012345");
        for bad in ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"] {
            assert_eq!(MfaCode::new(bad), Err(CodeError), "{bad}");
        }
    }
}

//! Unguessable identifiers and secrets of AWS's shapes. Random per [`Ids`], unique within it.

use std::hash::{BuildHasher, Hasher, RandomState};

use sha2::{Digest, Sha256};

use super::SECRET_MARK;

/// The letters of access key ids and entity ids.
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// The letters of secrets and tokens, with those that need quoting in shells and encoding in URLs.
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// The letters of OAuth identifiers.
const BASE64_URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The letters of user codes: those that nobody mixes up.
const USER_CODE: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";

/// A source of identifiers.
pub(crate) struct Ids {
    /// Random for each source.
    seed: u64,
    /// How many blocks have been drawn.
    drawn: u64,
}

impl Ids {
    /// A source unlike any other.
    pub(crate) fn random() -> Self {
        Self { seed: RandomState::new().build_hasher().finish(), drawn: 0 }
    }

    /// `length` letters out of `alphabet`.
    fn letters(&mut self, alphabet: &[u8], length: usize) -> String {
        let mut text = String::with_capacity(length);
        while text.len() < length {
            self.drawn += 1;
            let block = Sha256::digest(format!("{}/{}", self.seed, self.drawn));
            let wanted = length - text.len();
            text.extend(block.iter().take(wanted).map(|byte| letter(alphabet, *byte)));
        }
        text
    }

    /// An id of a temporary access key: `ASIA` and 16 letters.
    pub(crate) fn session_key_id(&mut self) -> String {
        format!("ASIA{}", self.letters(BASE32, 16))
    }

    /// An id of a long-term access key: `AKIA` and 16 letters, by which it is known for a new one.
    pub(crate) fn long_term_key_id(&mut self) -> String {
        format!("AKIANEW{}", self.letters(BASE32, 13))
    }

    /// The seed of an MFA device: 64 letters of base32, the mark among them.
    pub(crate) fn seed(&mut self) -> String {
        format!("{SECRET_MARK}{}", self.letters(BASE32, 64 - SECRET_MARK.len()))
    }

    /// A secret access key: 40 characters, the mark among them.
    pub(crate) fn secret_key(&mut self) -> String {
        let tail = self.letters(BASE64, 40 - SECRET_MARK.len() - 2);
        format!("{SECRET_MARK}+/{tail}")
    }

    /// A session token: long, with characters that need quoting, the mark among them.
    pub(crate) fn session_token(&mut self) -> String {
        format!("IQoJb3JpZ2luX2Vj{SECRET_MARK}{}+/==", self.letters(BASE64, 360))
    }

    /// A public identifier of OAuth, such as a client id.
    pub(crate) fn public(&mut self) -> String {
        self.letters(BASE64_URL, 22)
    }

    /// A secret of OAuth: a token, a client secret or a device code, the mark in it.
    pub(crate) fn oauth_secret(&mut self, prefix: &str) -> String {
        format!("{prefix}{SECRET_MARK}{}", self.letters(BASE64_URL, 86))
    }

    /// A code for a person to compare: `BCDF-GHJK`.
    pub(crate) fn user_code(&mut self) -> String {
        format!("{}-{}", self.letters(USER_CODE, 4), self.letters(USER_CODE, 4))
    }

    /// A request id in the form of a UUID.
    pub(crate) fn request_id(&mut self) -> String {
        let hex = self.letters(b"0123456789abcdef", 32);
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

/// One letter of an alphabet, picked by a byte.
fn letter(alphabet: &[u8], byte: u8) -> char {
    char::from(alphabet[usize::from(byte) % alphabet.len()])
}

/// A stable id of an entity: `AIDA…` of a user, `AROA…` of a role.
pub(crate) fn entity_id(prefix: &str, arn: &str) -> String {
    let tail: String = Sha256::digest(arn).iter().take(17).map(|byte| letter(BASE32, *byte)).collect();
    format!("{prefix}{tail}")
}

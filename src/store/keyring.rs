//! Owns the system's keyring: the secret halves of keys and sessions, each under an account of the service `awsauth`. Must not
//! know where the rest of them is.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use keyring_core::{CredentialStore, Entry, Error as StoreError};
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::model::KeySecret;
use crate::secret::Secret;
use crate::system::files::disk::DiskError;
use crate::system::wait::{Deadline, Waited, wait_telling};

const SERVICE: &str = "awsauth";
/// In bytes. Windows refuses longer ones (`CRED_MAX_CREDENTIAL_BLOB_SIZE`); a session's token may have 4,096.
const LONGEST_ENTRY: usize = if cfg!(windows) { 2560 } else { 64 * 1024 };
/// A dialog that asks for the keyring's password may be open, on another screen.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);
/// The person is told of a longer wait.
const TELL_AFTER: Duration = Duration::from_secs(1);

type Store = Arc<CredentialStore>;

/// Says what happened, and nothing of what a keyring holds.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum KeyringError {
    #[error("the system's keyring can't be reached: {0}")]
    Absent(String),
    #[error("the system's keyring is locked")]
    Locked,
    #[error("the system's keyring did not answer in time")]
    TimedOut,
    #[error("interrupted")]
    Interrupted,
    #[error("the system's keyring failed: {0}")]
    Failed(String),
    #[error("the system's keyring does not give back what was put into it")]
    Unfaithful,
}

/// A secret could not be saved or removed.
#[derive(Debug, Error)]
pub(crate) enum SaveError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

impl From<StoreError> for KeyringError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoStorageAccess(_) => Self::Locked,
            StoreError::PlatformFailure(cause) => Self::Absent(cause.to_string()),
            // No other one is shown whole: some carry the value.
            StoreError::Ambiguous(_) => Self::Failed("it has several entries of one name".to_owned()),
            StoreError::TooLong(..) => Self::Failed("it refuses a value of this length".to_owned()),
            _ => Self::Failed("it holds something else under this name".to_owned()),
        }
    }
}

/// The keyring, which is not opened before it is needed.
pub(crate) struct Keyring {
    open: fn() -> Result<Store, StoreError>,
    opened: RefCell<Option<Store>>,
    /// What is left of the time that this run waits, all together.
    patience: Cell<Duration>,
    tell: Box<dyn Fn()>,
}

/// The value of an entry.
#[derive(Serialize, Deserialize)]
struct KeyringValue {
    /// Tells the secret of another key, which an interrupted run or another state directory has left here.
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl Drop for KeyringValue {
    fn drop(&mut self) {
        self.secret_access_key.zeroize();
        self.session_token.zeroize();
    }
}

impl Keyring {
    /// `tell` is called when an answer takes long.
    pub(crate) fn new(tell: impl Fn() + 'static) -> Self {
        let (opened, patience) = (RefCell::new(None), Cell::new(ANSWER_TIMEOUT));
        Self { open: open_system, opened, patience, tell: Box::new(tell) }
    }

    /// Waits no longer than `limit` from now on.
    pub(crate) fn limit(&self, limit: Duration) {
        self.patience.set(self.patience.get().min(limit));
    }

    /// None if there is no secret of this key.
    pub(crate) fn read(&self, account: &str, access_key_id: &str) -> Result<Option<KeySecret>, KeyringError> {
        let account = account.to_owned();
        let text = self.ask(move |store| load(store, &account))?;
        let value = text.and_then(|text| serde_json::from_slice(&text).ok());
        let value = value.filter(|value: &KeyringValue| value.access_key_id == access_key_id);
        Ok(value.map(|value| KeySecret {
            secret_access_key: Secret::new(value.secret_access_key.as_str()),
            session_token: value.session_token.as_deref().map(Secret::new),
        }))
    }

    /// Puts a secret there, and reads it back.
    pub(crate) fn write(&self, account: &str, access_key_id: &str, secret: &KeySecret) -> Result<(), KeyringError> {
        let value = KeyringValue {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret.secret_access_key.expose().to_owned(),
            session_token: secret.session_token.as_ref().map(|token| token.expose().to_owned()),
        };
        let text = Zeroizing::new(serde_json::to_vec(&value).map_err(|error| KeyringError::Failed(error.to_string()))?);
        let account = account.to_owned();
        let is_same = self.ask(move |store| {
            save(store, &account, &text, LONGEST_ENTRY)?;
            Ok(load(store, &account)? == Some(text))
        })?;
        if is_same { Ok(()) } else { Err(KeyringError::Unfaithful) }
    }

    /// Returns false if there was nothing.
    pub(crate) fn remove(&self, account: &str) -> Result<bool, KeyringError> {
        let account = account.to_owned();
        self.ask(move |store| delete_from(store, &account, 1))
    }

    /// Tests that secrets can be kept: one that is locked says so only when something is put into it.
    pub(crate) fn check_writable(&self) -> Result<(), KeyringError> {
        // Other runs test it at the same time.
        let account = format!("test/{:08x}", fastrand::u32(..));
        let secret = KeySecret { secret_access_key: Secret::new("test"), session_token: None };
        self.write(&account, "test", &secret)?;
        self.remove(&account).map(drop)
    }

    /// Asks in another thread, since the keyring may ask the person.
    fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, KeyringError> {
        let (open, opened) = (self.open, self.opened.borrow().clone());
        let deadline = Deadline::after(self.patience.get());
        let waited = wait_telling(deadline.left(), TELL_AFTER, &self.tell, move || {
            let store = opened.map_or_else(open, Ok)?;
            let result = work(&store)?;
            Ok((store, result))
        });
        self.patience.set(deadline.left());
        match waited {
            Waited::Done(Ok((store, result))) => {
                *self.opened.borrow_mut() = Some(store);
                Ok(result)
            }
            Waited::Done(Err(error)) => Err(StoreError::into(error)),
            Waited::TimedOut => Err(KeyringError::TimedOut),
            Waited::Interrupted => Err(KeyringError::Interrupted),
        }
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn open_system() -> Result<Store, StoreError> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn open_system() -> Result<Store, StoreError> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn open_system() -> Result<Store, StoreError> {
    Ok(windows_native_keyring_store::Store::new()?)
}

/// The account of a value's nth part, from 1.
fn part_account(account: &str, part: usize) -> String {
    if part == 1 { account.to_owned() } else { format!("{account}#{part}") }
}

/// Cuts `text` into parts of at most `limit` bytes. The first one begins with their number and a digest of the whole, so that
/// parts of two values are never put together.
fn split(text: &[u8], limit: usize) -> Vec<Zeroizing<Vec<u8>>> {
    let digest = hex::encode(sha2::Sha256::digest(text));
    let whole = |count: usize| Zeroizing::new([format!("{count:04} {digest}\n").as_bytes(), text].concat());
    let count = whole(0).len().div_ceil(limit);
    whole(count).chunks(limit).map(|part| Zeroizing::new(part.to_vec())).collect()
}

/// Puts together what [`split`] cut; `part` returns the nth one. None if they do not belong together.
fn join<E>(mut part: impl FnMut(usize) -> Result<Option<Vec<u8>>, E>) -> Result<Option<Zeroizing<Vec<u8>>>, E> {
    let Some(first) = part(1)?.map(Zeroizing::new) else { return Ok(None) };
    let header = first.iter().position(|byte| *byte == b'\n').and_then(|end| std::str::from_utf8(&first[..end]).ok());
    let Some((count, digest)) = header.and_then(|header| header.split_once(' ')) else { return Ok(None) };
    let mut text = Zeroizing::new(first[count.len() + digest.len() + 2..].to_vec());
    for number in 2..=count.parse().unwrap_or(0) {
        let Some(next) = part(number)?.map(Zeroizing::new) else { return Ok(None) };
        text.extend_from_slice(&next);
    }
    Ok((hex::encode(sha2::Sha256::digest(&*text)) == digest).then_some(text))
}

fn load(store: &Store, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    join(|part| match Entry::new_in_store(store, SERVICE, &part_account(account, part))?.get_secret() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(StoreError::NoEntry) => Ok(None),
        Err(error) => Err(error),
    })
}

/// The first part comes last: until then, the digest of the old one does not fit.
fn save(store: &Store, account: &str, text: &[u8], limit: usize) -> Result<(), StoreError> {
    let parts = split(text, limit);
    for (index, part) in parts.iter().enumerate().rev() {
        Entry::new_in_store(store, SERVICE, &part_account(account, index + 1))?.set_secret(part)?;
    }
    delete_from(store, account, parts.len() + 1).map(drop)
}

/// Deletes the parts of a value from the nth on. Returns false if there was none.
fn delete_from(store: &Store, account: &str, first: usize) -> Result<bool, StoreError> {
    for part in first.. {
        match Entry::new_in_store(store, SERVICE, &part_account(account, part))?.delete_credential() {
            Ok(()) => {}
            Err(StoreError::NoEntry) => return Ok(part > first),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mock() -> Store {
        keyring_core::mock::Store::new().unwrap()
    }

    fn entry(store: &Store, account: &str) -> Option<Vec<u8>> {
        Entry::new_in_store(store, SERVICE, account).unwrap().get_secret().ok()
    }

    #[test]
    fn a_value_that_is_too_long_for_one_entry_is_kept_in_several_and_none_is_left_over() {
        let store = mock();
        for length in [0, 1, 30, 31, 100, 4096, 95, 96, 10] {
            let text = Zeroizing::new(vec![b'x'; length]);
            save(&store, "a", &text, 128).unwrap();
            assert_eq!(load(&store, "a").unwrap(), Some(text), "{length}");
            let parts = (1..100).take_while(|part| entry(&store, &part_account("a", *part)).is_some()).count();
            // The header has 70 bytes.
            assert_eq!(parts, (length + 70).div_ceil(128), "{length}");
            assert!((1..=parts).all(|part| entry(&store, &part_account("a", part)).unwrap().len() <= 128));
        }
        assert!(delete_from(&store, "a", 1).unwrap() && !delete_from(&store, "a", 1).unwrap());
        assert_eq!(load(&store, "a").unwrap(), None);
    }

    #[test]
    fn parts_of_two_values_or_of_something_else_are_no_value() {
        let store = mock();
        save(&store, "a", &[b'x'; 200], 128).unwrap();
        save(&store, "b", &[b'y'; 200], 128).unwrap();
        let set = |account: &str, bytes: &[u8]| {
            Entry::new_in_store(&store, SERVICE, account).unwrap().set_secret(bytes).unwrap();
        };
        // A run that was killed between the parts.
        set("a#2", &entry(&store, "b#2").unwrap());
        assert_eq!(load(&store, "a").unwrap(), None);
        Entry::new_in_store(&store, SERVICE, "b#2").unwrap().delete_credential().unwrap();
        assert_eq!(load(&store, "b").unwrap(), None);
        for bytes in [&b""[..], b"secret", b"\n", b"0001 \n", b"x y\nz", b"\xff \xff\n"] {
            set("c", bytes);
            assert_eq!(load(&store, "c").unwrap(), None, "{bytes:?}");
        }
    }

    fn secret(text: &str) -> KeySecret {
        KeySecret { secret_access_key: Secret::new(text), session_token: Some(Secret::new("t".repeat(4096))) }
    }

    #[test]
    fn a_secret_is_given_back_for_its_own_key_alone() {
        let keyring = Keyring::in_memory();
        assert_eq!(keyring.read("session/a", "ASIA1"), Ok(None));
        keyring.write("session/a", "ASIA1", &secret("s")).unwrap();
        assert_eq!(keyring.read("session/a", "ASIA1"), Ok(Some(secret("s"))));
        assert_eq!(keyring.read("session/a", "ASIA2"), Ok(None), "it would sign nothing");
        assert_eq!((keyring.remove("session/a"), keyring.remove("session/a")), (Ok(true), Ok(false)));
    }

    #[test]
    fn a_test_of_the_keyring_leaves_nothing_there() {
        let keyring = Keyring::in_memory();
        fastrand::seed(7);
        keyring.check_writable().unwrap();
        fastrand::seed(7);
        assert_eq!(keyring.remove(&format!("test/{:08x}", fastrand::u32(..))), Ok(false));
    }

    #[test]
    fn a_keyring_that_does_not_answer_is_given_up_and_is_not_asked_again() {
        fn never() -> Result<Store, StoreError> {
            loop {
                std::thread::park();
            }
        }
        let keyring = Keyring { open: never, ..Keyring::new(|| {}) };
        let limit = Duration::from_millis(10);
        keyring.limit(limit);
        keyring.limit(ANSWER_TIMEOUT);
        assert_eq!(keyring.patience.get(), limit);
        assert_eq!(keyring.read("a", "b"), Err(KeyringError::TimedOut));
        assert_eq!(keyring.patience.get(), Duration::ZERO);
    }

    #[test]
    fn an_error_never_shows_what_the_keyring_holds() {
        let error = KeyringError::from(StoreError::BadDataFormat(b"SECRETMARK".to_vec(), "SECRETMARK".into()));
        assert!(!format!("{error} {error:?}").contains("SECRETMARK"));
        assert_eq!(KeyringError::from(StoreError::NoStorageAccess("x".into())), KeyringError::Locked);
    }

    impl Keyring {
        /// A keyring for one test.
        pub(crate) fn in_memory() -> Self {
            let keyring = Self::new(|| {});
            *keyring.opened.borrow_mut() = Some(mock());
            keyring
        }
    }
}

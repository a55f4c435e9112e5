//! Owns the seeds of MFA devices that the person lets awsauth keep: in the keyring alone, with a file in the state directory for
//! each that tells the device and which of its codes are used up.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::file_names::file_stem;
use super::json;
use super::keyring::{Keyring, KeyringError, SaveError};
use crate::model::KeySecret;
use crate::secret::Secret;
use crate::system::files::disk;
use crate::system::files::lock::{Lock, LockError};
use crate::system::files::private::{self, FileOwner};

/// More than a device shows in the time for which AWS takes its codes.
const STEPS_KEPT: usize = 50;
/// Who holds the lock writes a small file.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(crate) struct Seeds {
    dir: PathBuf,
    keyring: Rc<Keyring>,
}

#[derive(Serialize, Deserialize)]
struct SeedFile {
    mfa_serial: String,
    /// The time steps whose codes were sent.
    used_steps: Vec<i64>,
}

impl Seeds {
    pub(crate) fn new(state_dir: &Path, keyring: Rc<Keyring>) -> Self {
        Self { dir: state_dir.join("seeds"), keyring }
    }

    /// The devices whose seed is kept; does not ask the keyring.
    pub(crate) fn serials(&self) -> Vec<String> {
        let files = private::list(&self.dir, FileOwner::Awsauth).unwrap_or_default();
        let serial = |path: &PathBuf| json::load(path).map(|file: SeedFile| file.mfa_serial);
        files.iter().filter_map(serial).filter(|serial| self.has(serial)).collect()
    }

    pub(crate) fn has(&self, serial: &str) -> bool {
        self.file(serial).is_some()
    }

    /// None if the keyring does not have it, or not any more.
    pub(crate) fn get(&self, serial: &str) -> Result<Option<Secret>, KeyringError> {
        Ok(self.keyring.read(&account(serial), serial)?.map(|secret| secret.secret_access_key))
    }

    /// Keeps a seed, in the place of an earlier device of that serial. Its file is there before its entry and goes after that,
    /// so that no entry is forgotten.
    pub(crate) fn put(&self, serial: &str, seed: &Secret) -> Result<(), SaveError> {
        self.save(&SeedFile { mfa_serial: serial.to_owned(), used_steps: Vec::new() })?;
        let secret = KeySecret { secret_access_key: seed.clone(), session_token: None };
        Ok(self.keyring.write(&account(serial), serial, &secret)?)
    }

    /// Returns false if there was none.
    pub(crate) fn remove(&self, serial: &str) -> Result<bool, SaveError> {
        if !self.has(serial) {
            return Ok(false);
        }
        self.keyring.remove(&account(serial))?;
        Ok(disk::remove(&self.path(serial))?)
    }

    /// The first step from `now` on whose code nobody has sent; it is used up from now on, for every process.
    pub(crate) fn take_step(&self, serial: &str, now: i64) -> Result<i64, LockError> {
        let mut taken = now;
        self.change_steps(serial, |used| {
            while used.contains(&taken) {
                taken += 1;
            }
            used.push(taken);
        })?;
        Ok(taken)
    }

    /// Remembers the steps of codes that the person typed.
    pub(crate) fn mark_used(&self, serial: &str, steps: &[i64]) -> Result<(), LockError> {
        self.change_steps(serial, |used| used.extend(steps))
    }

    fn change_steps(&self, serial: &str, change: impl FnOnce(&mut Vec<i64>)) -> Result<(), LockError> {
        let name = format!("{}.lock", file_stem(&account(serial)));
        let _lock = Lock::acquire(&self.dir.with_file_name("locks").join(name), LOCK_TIMEOUT)?;
        let Some(mut file) = self.file(serial) else { return Ok(()) };
        change(&mut file.used_steps);
        let old = file.used_steps.len().saturating_sub(STEPS_KEPT);
        file.used_steps.drain(..old);
        Ok(self.save(&file)?)
    }

    fn file(&self, serial: &str) -> Option<SeedFile> {
        json::load(&self.path(serial)).filter(|file: &SeedFile| file.mfa_serial == serial)
    }

    fn save(&self, file: &SeedFile) -> Result<(), disk::DiskError> {
        json::save(&self.path(&file.mfa_serial), file)
    }

    fn path(&self, serial: &str) -> PathBuf {
        self.dir.join(format!("{}.json", file_stem(serial)))
    }
}

/// The name of a seed's entry in the keyring.
fn account(serial: &str) -> String {
    format!("mfa/{serial}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIAL: &str = "arn:aws:iam::111122223333:mfa/alice";

    #[test]
    fn a_seed_is_in_the_keyring_and_only_its_device_in_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let seeds = Seeds::new(dir.path(), Rc::new(Keyring::in_memory()));
        let seed = Secret::new("SECRETMARK");
        assert_eq!((seeds.get(SERIAL), seeds.has(SERIAL)), (Ok(None), false));
        seeds.put(SERIAL, &seed).unwrap();
        assert_eq!(seeds.get(SERIAL), Ok(Some(seed)));
        assert_eq!((seeds.has(SERIAL), seeds.has("GAHT12345678")), (true, false));
        assert_eq!(seeds.serials(), [SERIAL]);
        let text = String::from_utf8(disk::read(&seeds.path(SERIAL)).unwrap().unwrap()).unwrap();
        assert!(text.contains(SERIAL) && !text.contains("SECRETMARK"), "{text}");
        assert_eq!((seeds.remove(SERIAL).unwrap(), seeds.remove(SERIAL).unwrap()), (true, false));
        assert_eq!((seeds.get(SERIAL), seeds.serials()), (Ok(None), Vec::new()));
    }

    #[test]
    fn a_file_without_its_entry_is_removed_too() {
        let dir = tempfile::tempdir().unwrap();
        let seeds = Seeds::new(dir.path(), Rc::new(Keyring::in_memory()));
        seeds.put(SERIAL, &Secret::new("s")).unwrap();
        // A run that was killed in the middle of a removal.
        seeds.keyring.remove(&account(SERIAL)).unwrap();
        assert_eq!((seeds.get(SERIAL), seeds.has(SERIAL)), (Ok(None), true));
        assert!(seeds.remove(SERIAL).unwrap() && !seeds.has(SERIAL));
    }

    #[test]
    fn no_step_is_taken_twice_and_a_wrong_clock_blocks_none() {
        let dir = tempfile::tempdir().unwrap();
        let seeds = Seeds::new(dir.path(), Rc::new(Keyring::in_memory()));
        seeds.put(SERIAL, &Secret::new("s")).unwrap();
        seeds.mark_used(SERIAL, &[100, 101]).unwrap();
        let take = |now| seeds.take_step(SERIAL, now).unwrap();
        assert_eq!([take(100), take(100), take(99), take(99), take(5), take(5)], [102, 103, 99, 104, 5, 6]);
        for _ in 0..STEPS_KEPT {
            take(1_000);
        }
        assert_eq!(take(100), 100, "AWS takes no code of it any more");
        assert_eq!(seeds.file(SERIAL).unwrap().used_steps.len(), STEPS_KEPT);
        // A new device under the same name.
        seeds.put(SERIAL, &Secret::new("t")).unwrap();
        assert_eq!(take(1_000), 1_000);
    }
}

//! Owns what a listing of accounts that ended early has learnt, in the state directory: one 0600 file for each SSO session
//! and portal. Must not ask AWS.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{cache_file_name, json};
use crate::model::{Learnt, LearntRoles, SsoSession};
use crate::system::atomic::sweep_abandoned;
use crate::system::disk::{self, DiskError};

/// The version of the files' form; files of another version are misses.
const VERSION: u32 = 1;
/// How long what AWS said of an account is good enough.
const GOOD: SignedDuration = SignedDuration::from_hours(1);

/// The directory, as a store.
#[derive(Debug)]
pub(crate) struct Listings {
    dir: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    session: String,
    start_url: String,
    accounts: Vec<Account>,
}

#[derive(Serialize, Deserialize)]
struct Account {
    id: String,
    asked_at: Timestamp,
    roles: Vec<String>,
}

impl Listings {
    /// The listings under the state directory.
    pub(crate) fn new(state_dir: &Path) -> Self {
        Self { dir: state_dir.join("listings") }
    }

    /// What was learnt through `session` within the last hour.
    pub(crate) fn get(&self, session: &SsoSession, now: Timestamp) -> Learnt {
        sweep_abandoned(&self.dir, now);
        let file = disk::read(&self.path(session)).ok().flatten();
        let file: Option<File> = file.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let is_same = |file: &File| {
            file.version == VERSION
                && file.session == session.name.as_str()
                && file.start_url == session.start_url.as_str()
        };
        let accounts = file.filter(is_same).map(|file| file.accounts).unwrap_or_default().into_iter();
        // A time to come is another clock's.
        let is_good = |account: &Account| account.asked_at <= now && now.duration_since(account.asked_at) < GOOD;
        let learnt = |one: Account| (one.id, LearntRoles { names: one.roles, at: one.asked_at });
        accounts.filter(is_good).map(learnt).collect()
    }

    /// Keeps what was learnt, in the place of what was kept before.
    pub(crate) fn put(&self, session: &SsoSession, learnt: &Learnt) -> Result<(), DiskError> {
        let account =
            |(id, one): (&String, &LearntRoles)| Account { id: id.clone(), asked_at: one.at, roles: one.names.clone() };
        let file = File {
            version: VERSION,
            session: session.name.as_str().to_owned(),
            start_url: session.start_url.as_str().to_owned(),
            accounts: learnt.iter().map(account).collect(),
        };
        json::write(&self.path(session), &file)
    }

    /// Forgets what was kept of `session`.
    pub(crate) fn remove(&self, session: &SsoSession) -> Result<bool, DiskError> {
        disk::remove(&self.path(session))
    }

    fn path(&self, session: &SsoSession) -> PathBuf {
        self.dir.join(cache_file_name(&format!("{}\n{}", session.name, session.start_url.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Region, SessionName, StartUrl};
    use crate::system::atomic::write_private;

    fn session(name: &str, url: &str) -> SsoSession {
        SsoSession {
            name: SessionName::new(name).unwrap(),
            start_url: StartUrl::new(url).unwrap().0,
            region: Region::new("us-east-1").unwrap(),
            scopes: Vec::new(),
        }
    }

    #[test]
    fn what_was_learnt_is_good_for_an_hour_and_for_its_portal_only() {
        let dir = tempfile::tempdir().unwrap();
        let listings = Listings::new(dir.path());
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let ago = |minutes: i64| LearntRoles {
            names: vec!["Admin".to_owned()],
            at: now - SignedDuration::from_mins(minutes),
        };
        let corp = session("corp", "https://corp.awsapps.com/start");
        let all: Learnt =
            [("1", 0), ("2", 59), ("3", 60), ("4", -1)].map(|(id, minutes)| (id.to_owned(), ago(minutes))).into();
        listings.put(&corp, &all).unwrap();
        let found = listings.get(&corp, now);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(found["2"], ago(59));
        for other in
            [session("corp", "https://other.awsapps.com/start"), session("b", "https://corp.awsapps.com/start")]
        {
            assert_eq!(listings.get(&other, now), Learnt::new());
        }
        write_private(&listings.path(&corp), b"{").unwrap();
        assert_eq!(listings.get(&corp, now), Learnt::new());
        assert!(listings.remove(&corp).unwrap() && !listings.remove(&corp).unwrap());
    }
}

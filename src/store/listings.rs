//! Owns what a listing of accounts that ended early has learnt, in the state directory: one 0600 file for each SSO session
//! and portal, good for one sign-in only: the next person's roles are others. Must not ask AWS.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{cache_file_name, json};
use crate::model::{Learnt, LearntRoles, SsoSession};
use crate::system::atomic::sweep_abandoned;
use crate::system::disk::{self, DiskError};
use crate::system::private::{self, Keeper};

/// The version of the files' form; files of another version are misses.
const VERSION: u32 = 2;
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
    sign_in: String,
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

    /// What was learnt through `session` within the last hour, by that sign-in.
    pub(crate) fn get(&self, session: &SsoSession, sign_in: &str, now: Timestamp) -> Learnt {
        sweep_abandoned(&self.dir, now);
        let is_same = |file: &File| {
            file.session == session.name.as_str()
                && file.start_url == session.start_url.as_str()
                && file.sign_in == sign_in
        };
        let file = File::read(&self.path(session)).filter(is_same);
        let accounts = file.map(|file| file.accounts).unwrap_or_default().into_iter();
        let learnt = |one: Account| (one.id, LearntRoles { names: one.roles, at: one.asked_at });
        accounts.filter(|account| account.is_good(now)).map(learnt).collect()
    }

    /// Keeps what that sign-in has learnt, in the place of what was kept before. What is good for nobody any more goes.
    pub(crate) fn put(
        &self,
        session: &SsoSession,
        sign_in: &str,
        learnt: &Learnt,
        now: Timestamp,
    ) -> Result<(), DiskError> {
        self.sweep(now);
        let account =
            |(id, one): (&String, &LearntRoles)| Account { id: id.clone(), asked_at: one.at, roles: one.names.clone() };
        let file = File {
            version: VERSION,
            session: session.name.as_str().to_owned(),
            start_url: session.start_url.as_str().to_owned(),
            sign_in: sign_in.to_owned(),
            accounts: learnt.iter().map(account).collect(),
        };
        json::write(&self.path(session), Keeper::Awsauth, &file)
    }

    /// Forgets what was kept of `session`.
    pub(crate) fn remove(&self, session: &SsoSession) -> Result<bool, DiskError> {
        disk::remove(&self.path(session))
    }

    /// Forgets what was kept of the session of that name at any portal, or of all sessions.
    pub(crate) fn remove_all(&self, name: Option<&str>) -> Result<(), DiskError> {
        for path in private::list(&self.dir, Keeper::Awsauth)? {
            let is_its = |name| File::read(&path).is_some_and(|file| file.session == name);
            if name.is_none_or(is_its) {
                disk::remove(&path)?;
            }
        }
        Ok(())
    }

    /// Removes the files of which nothing is good any more. What can't be removed stays, and is a miss.
    fn sweep(&self, now: Timestamp) {
        for path in private::list(&self.dir, Keeper::Awsauth).unwrap_or_default() {
            let is_json = path.extension().is_some_and(|extension| extension == "json");
            let is_good = |file: File| file.accounts.iter().any(|account| account.is_good(now));
            if is_json && !File::read(&path).is_some_and(is_good) {
                drop(disk::remove(&path));
            }
        }
    }

    fn path(&self, session: &SsoSession) -> PathBuf {
        self.dir.join(cache_file_name(&format!("{}\n{}", session.name, session.start_url.as_str())))
    }
}

impl File {
    fn read(path: &Path) -> Option<Self> {
        let file: Self = json::read(path, Keeper::Awsauth)?;
        (file.version == VERSION).then_some(file)
    }
}

impl Account {
    /// Whether that was asked within the last hour. A time to come is another clock's.
    fn is_good(&self, now: Timestamp) -> bool {
        self.asked_at <= now && now.duration_since(self.asked_at) < GOOD
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
        listings.put(&corp, "mine", &all, now).unwrap();
        let found = listings.get(&corp, "mine", now);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(found["2"], ago(59));
        for other in
            [session("corp", "https://other.awsapps.com/start"), session("b", "https://corp.awsapps.com/start")]
        {
            assert_eq!(listings.get(&other, "mine", now), Learnt::new());
        }
        assert_eq!(listings.get(&corp, "another's", now), Learnt::new());
        write_private(&listings.path(&corp), b"{").unwrap();
        assert_eq!(listings.get(&corp, "mine", now), Learnt::new());
        assert!(listings.remove(&corp).unwrap() && !listings.remove(&corp).unwrap());
    }
    #[test]
    fn what_is_good_for_nobody_goes_with_the_next_write_and_a_logout_takes_its_sessions() {
        let dir = tempfile::tempdir().unwrap();
        let listings = Listings::new(dir.path());
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let learnt: Learnt = [("1".to_owned(), LearntRoles { names: Vec::new(), at: now })].into();
        let sessions = ["a", "b", "c"].map(|name| session(name, "https://corp.awsapps.com/start"));
        let count = || disk::list(&listings.dir).unwrap().len();
        for one in &sessions {
            listings.put(one, "mine", &learnt, now).unwrap();
        }
        write_private(&listings.dir.join("foreign.json"), b"{}").unwrap();
        listings.put(&sessions[0], "mine", &learnt, now + SignedDuration::from_mins(59)).unwrap();
        assert_eq!(count(), 3);
        listings.remove_all(Some("b")).unwrap();
        assert_eq!((count(), listings.get(&sessions[1], "mine", now).len()), (2, 0));
        listings.put(&sessions[0], "mine", &learnt, now + SignedDuration::from_mins(60)).unwrap();
        assert_eq!(count(), 1, "the one that was just written stays, whatever it holds");
        listings.remove_all(None).unwrap();
        assert_eq!(count(), 0);
    }
}

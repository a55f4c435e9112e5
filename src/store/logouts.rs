//! Owns the record of sessions that a logout ended: one file for each logout, named after its time. A renewal that began before
//! must not save its session after it.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::json;
use crate::model::ProfileName;
use crate::system::files::atomic::{is_temporary, sweep};
use crate::system::files::disk::{self, DiskError};
use crate::system::files::private::{self, FileOwner};

/// No run waits longer for a person or for AWS.
const LONGEST_RUN: SignedDuration = SignedDuration::from_hours(24);

#[derive(Serialize, Deserialize)]
struct Record {
    profiles: Vec<String>,
}

#[derive(Debug)]
pub(super) struct LogoutLog {
    dir: PathBuf,
}

impl LogoutLog {
    pub(super) fn new(state_dir: &Path) -> Self {
        Self { dir: state_dir.join("ended") }
    }

    pub(super) fn mark(&self, names: &[ProfileName], now: Timestamp) -> Result<(), DiskError> {
        let names: Vec<&str> = names.iter().map(ProfileName::as_str).collect();
        // Two files of the same moment have one name only if they are equal.
        let name = format!("{}-{}", now.as_nanosecond(), json::cache_file_name(&names.join("\n")));
        json::save_hint(&self.dir.join(name), &Record { profiles: names.into_iter().map(str::to_owned).collect() })
    }

    /// True if the session of a profile was ended after `since`. Opens only newer files.
    pub(super) fn has(&self, profile: &ProfileName, since: Timestamp) -> bool {
        let files = private::list(&self.dir, FileOwner::Awsauth).unwrap_or_default();
        files.iter().filter(|path| time(path).is_some_and(|time| time >= since)).any(|path| {
            json::load(path).is_some_and(|record: Record| record.profiles.iter().any(|name| name == profile.as_str()))
        })
    }

    /// Removes files that no run can ask for any more.
    pub(super) fn sweep(&self, now: Timestamp) {
        sweep(&self.dir);
        // A time in the future comes from a clock that was wrong.
        let is_wanted = |path: &PathBuf| time(path).is_some_and(|time| now.duration_since(time).abs() <= LONGEST_RUN);
        let files = private::list(&self.dir, FileOwner::Awsauth).unwrap_or_default();
        for path in files.iter().filter(|path| !is_temporary(path) && !is_wanted(path)) {
            // Another run may sweep at the same time.
            drop(disk::remove(path));
        }
    }
}

fn time(path: &Path) -> Option<Timestamp> {
    let (time, _) = path.file_name()?.to_str()?.split_once('-')?;
    Timestamp::from_nanosecond(time.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::files::atomic::write_private;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn names(names: &[&str]) -> Vec<ProfileName> {
        names.iter().map(|name| ProfileName::new(name).unwrap()).collect()
    }

    #[test]
    fn what_was_ended_is_known_to_those_who_began_before() {
        let dir = tempfile::tempdir().unwrap();
        let logouts = LogoutLog::new(dir.path());
        let all = names(&["a/b", "c", "other"]);
        assert!(!logouts.has(&all[0], at(0)));
        logouts.mark(&all[..2], at(10)).unwrap();
        logouts.mark(&all[..1], at(20)).unwrap();
        let known = |name: usize| [9, 10, 11, 20, 21].map(|since| logouts.has(&all[name], at(since)));
        assert_eq!(known(0), [true, true, true, true, false]);
        assert_eq!(known(1), [true, true, false, false, false]);
        assert_eq!(known(2), [false; 5]);
        logouts.mark(&all[2..], at(20)).unwrap();
        assert!(logouts.has(&all[0], at(20)) && logouts.has(&all[2], at(20)), "two of one moment");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "it stands for a run that writes the file")]
    fn what_is_a_day_old_or_is_no_mark_goes_and_a_file_that_is_being_written_stays() {
        let dir = tempfile::tempdir().unwrap();
        let logouts = LogoutLog::new(dir.path());
        let now = crate::system::clock::now();
        for hours in [-30, -23, 0, 30] {
            logouts.mark(&names(&["a"]), now + SignedDuration::from_hours(hours)).unwrap();
        }
        for name in ["prod", ".1-a.json.abc123.awsauth-tmp"] {
            write_private(&dir.path().join("ended").join(name), b"").unwrap();
        }
        let writer = std::fs::File::open(dir.path().join("ended/.1-a.json.abc123.awsauth-tmp")).unwrap();
        writer.lock().unwrap();
        logouts.sweep(now);
        let left = disk::list(&dir.path().join("ended")).unwrap();
        let times: Vec<i64> = left.iter().filter_map(|path| time(path)).map(Timestamp::as_second).collect();
        assert_eq!((times, left.len()), (vec![now.as_second() - 23 * 3600, now.as_second()], 3), "{left:?}");
    }
}

//! Owns the findings in kept logins and sessions, and in what they tell of this machine's clock.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::environment::quoted;
use super::facts::{AwsProfile, Facts};
use super::files::{caches, is_cache_file};
use super::finding::{Finding, Place, Repair, Severity, shell_path};
use super::sections;
use crate::cli::environment::aws;
use crate::cli::exit::Exit;
use crate::cli::login::runtime::run;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::count;
use crate::flow::{ClockSkew, is_intolerable};
use crate::model::{SecretStore, StartUrl, utc};
use crate::store::{Sessions, cache_file_name, parse_timestamp};
use crate::system::files::atomic::has_leftovers;
use crate::system::files::disk;
use crate::system::files::private::{self, FileOwner};

/// How long a file of a cache may be over before it is only a leftover: AWS CLI never removes one.
const STALE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A tool may still be writing a file that is younger.
const WRITING: Duration = Duration::from_mins(1);

/// A login in `~/.aws/sso/cache`.
struct Login {
    start_url: String,
    is_valid: bool,
}

/// An SSO session, or the portal of a profile of the older form, as tokens are kept for it (aws-facts §4.2).
struct Access {
    key: String,
    start_url: String,
    /// The first profile with it; none if none has.
    profile: Option<String>,
}

/// Something in a file of a cache; none if it may not be read.
enum CacheFile {
    Object(Value),
    Broken,
}

fn read(path: &Path) -> Option<CacheFile> {
    let bytes = private::read(path, FileOwner::AwsCli).ok()??;
    let value = serde_json::from_slice(&bytes).ok().filter(Value::is_object);
    Some(value.map_or(CacheFile::Broken, CacheFile::Object))
}

fn cache_files(dir: &Path) -> impl Iterator<Item = PathBuf> {
    private::list(dir, FileOwner::AwsCli).unwrap_or_default().into_iter().filter(|path| is_cache_file(path))
}

fn time(value: &Value, key: &str) -> Option<Timestamp> {
    parse_timestamp(value.get(key)?.as_str()?)
}

/// The logins by the names of their files.
fn logins(now: Timestamp) -> HashMap<String, Login> {
    let Ok(dir) = Paths::aws_cache("sso") else { return HashMap::new() };
    let login = |path: PathBuf| {
        let Some(CacheFile::Object(file)) = read(&path) else { return None };
        file.get("accessToken")?;
        let is_renewable =
            file.get("refreshToken").is_some() && time(&file, "registrationExpiresAt").is_some_and(|end| end > now);
        let login = Login {
            start_url: portal(file.get("startUrl")?.as_str()?),
            is_valid: is_renewable || time(&file, "expiresAt")? > now,
        };
        Some((path.file_name()?.to_str()?.to_owned(), login))
    };
    cache_files(&dir).filter_map(login).collect()
}

/// An address as all of its spellings have it.
fn portal(url: &str) -> String {
    StartUrl::new(url).map_or_else(|_| url.to_owned(), |(url, _)| url.as_str().trim_end_matches('/').to_owned())
}

fn accesses(facts: &Facts<'_>) -> Vec<Access> {
    let config = &facts.config.document;
    let mut all: Vec<Access> = Vec::new();
    for name in sections::sessions(&facts.config) {
        if let Some(url) = config.get(name, "sso_start_url") {
            all.push(Access { key: name.name().to_owned(), start_url: portal(&url), profile: None });
        }
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    for (at, access) in all.iter().enumerate() {
        places.entry(access.key.clone()).or_insert(at);
    }
    for profile in facts.profiles() {
        let (key, url) = match (profile.get("sso_session"), profile.get("sso_start_url")) {
            (Some(session), _) => (session.text.into_owned(), None),
            (None, Some(url)) => (url.text.clone().into_owned(), Some(url.text)),
            (None, None) => continue,
        };
        match (places.get(&key).and_then(|at| all.get_mut(*at)), url) {
            (Some(access), _) => _ = access.profile.get_or_insert_with(|| profile.name().to_owned()),
            (None, Some(url)) => {
                places.insert(key.clone(), all.len());
                all.push(Access { key, start_url: portal(&url), profile: Some(profile.name().to_owned()) });
            }
            (None, None) => {}
        }
    }
    all
}

/// The key by which the login of a profile, or of its source, is kept.
fn key_of(facts: &Facts<'_>, profile: &AwsProfile<'_>) -> Option<String> {
    let mut next = profile.name().to_owned();
    // As many as anybody chains.
    for _ in 0..8 {
        let profile = facts.profile(&next);
        if let Some(key) = profile.get("sso_session").or_else(|| profile.get("sso_start_url")) {
            return Some(key.text.into_owned());
        }
        next = profile.get("source_profile")?.text.into_owned();
    }
    None
}

/// Logins that are there, but not where the profile looks for its own.
pub(crate) fn wrong_logins(facts: &Facts<'_>) -> Vec<Finding> {
    let (logins, accesses) = (logins(facts.now), accesses(facts));
    let valid = |access: &Access| logins.get(&cache_file_name(&access.key)).filter(|login| login.is_valid);
    let logged_in: Vec<&Access> = accesses.iter().filter(|access| valid(access).is_some()).collect();
    // Under the name of a session, or a spelling of the portal, that no section has.
    let named: HashSet<String> = accesses.iter().map(|access| cache_file_name(&access.key)).collect();
    let mut unnamed: Vec<(&String, &Login)> = logins.iter().filter(|(file, _)| !named.contains(*file)).collect();
    unnamed.retain(|(_, login)| login.is_valid);
    unnamed.sort_by_key(|(file, _)| *file);
    let chosen = facts.chosen().map_or("default", |(_, name)| name);
    let current = key_of(facts, &facts.profile(chosen));
    let mut found = Vec::new();
    for access in &accesses {
        let Some(first) = &access.profile else { continue };
        let is_current = current.as_ref() == Some(&access.key);
        let wanted = Wanted { facts, profile: if is_current { chosen } else { first }, access };
        if let Some(login) = valid(access) {
            found.extend((login.start_url != access.start_url).then(|| wanted.other_portal(login)));
            continue;
        }
        // Who works with several portals is not logged in to all of them all day.
        let is_meant = |other: &&Access| is_current || other.start_url == access.start_url || other.profile.is_none();
        let mut others = logged_in.iter().copied().filter(|other| other.key != access.key);
        let other = others.find(is_meant).map(|other| format!("to `{}`", other.key));
        let elsewhere = || unnamed.iter().find(|(_, login)| login.start_url == access.start_url);
        let other = other.or_else(|| elsewhere().map(|(file, _)| format!("in ~/.aws/sso/cache/{file}")));
        if let Some(other) = other {
            let severity = if is_current { Severity::Error } else { Severity::Warning };
            found.push(Finding { severity, ..wanted.other_session(&other) });
        }
    }
    found
}

/// A profile, and the login that it wants.
struct Wanted<'f> {
    facts: &'f Facts<'f>,
    profile: &'f str,
    access: &'f Access,
}

impl Wanted<'_> {
    fn other_portal(&self, login: &Login) -> Finding {
        let Self { profile, access, .. } = self;
        let what = format!("the login of `{}` is for {}", access.key, login.start_url);
        let found = Finding::error("sso-other-portal", self.place(), what);
        found.why(format!("`{profile}` wants {}, and gets nothing with it", access.start_url)).fix(self.fix())
    }

    fn other_session(&self, other: &str) -> Finding {
        let Self { profile, access, .. } = self;
        let what = format!("`{profile}` needs a login to `{}`, and the valid one is {other}", access.key);
        let found = Finding::error("sso-other-session", self.place(), what);
        found.why("each SSO session, and each spelling of a start URL, has its own login").fix(self.fix())
    }

    /// Where the profile says it; its source may say it instead.
    fn place(&self) -> Place {
        let profile = self.facts.profile(self.profile);
        let said = profile.get("sso_session").or_else(|| profile.get("sso_start_url"));
        said.map(|said| said.place).or_else(|| profile.place()).unwrap_or(Place::Machine)
    }

    fn fix(&self) -> String {
        let login = if self.facts.is_managed(self.profile) { "awsauth login" } else { "aws sso login --profile" };
        format!("{login} {}", quoted(self.profile))
    }
}

/// The difference from AWS's clock; offline, files from the future.
pub(crate) fn clock(facts: &Facts<'_>) -> Vec<Finding> {
    let future = || future_files(facts).into_iter().collect();
    if !facts.is_online {
        return future();
    }
    match ask_aws(facts) {
        Ok(skew) if is_intolerable(skew) => {
            let way = if skew < 0 { "behind" } else { "ahead of" };
            let what = format!("this machine's clock is {} minutes {way} AWS's", skew.abs() / 60);
            let found = Finding::error("clock", Place::Machine, what);
            // aws-facts §6.
            vec![found.why("AWS refuses calls that are 15 minutes off").fix(set_clock())]
        }
        Ok(_) => Vec::new(),
        Err(failure) => {
            let found = Finding::warning("no-answer", Place::Machine, failure.message());
            let fix = "look for a proxy or a VPN; then `awsauth doctor --online` again";
            let mut all: Vec<Finding> = future();
            all.push(found.why("the clock was not compared with AWS's").fix(fix));
            all
        }
    }
}

fn future_files(facts: &Facts<'_>) -> Option<Finding> {
    let mut files: Vec<PathBuf> = [&facts.config, &facts.credentials].map(|file| file.target.to_path_buf()).into();
    files.extend(facts.app.host.program());
    files.extend(caches(facts).iter().flat_map(|dir| cache_files(dir)));
    let touch = |path: &Path| format!("touch {}", shell_path(path));
    let mut times: Vec<(Timestamp, PathBuf, String)> =
        files.into_iter().filter_map(|path| Some((disk::modified(&path)?, path.clone(), touch(&path)))).collect();
    if let Some((sessions, dir)) = kept(facts) {
        let logout = |profile: &str| format!("awsauth logout {}", quoted(profile));
        let kept = sessions.all().unwrap_or_default().into_iter();
        times.extend(kept.map(|session| (session.obtained_at, dir.clone(), logout(session.profile.as_str()))));
    }
    let (newest, path, forget) = times.into_iter().max()?;
    let ahead = newest.duration_since(facts.now).as_secs();
    if ahead <= 0 || !is_intolerable(ahead) {
        return None;
    }
    let what = format!("it was written in the future: {}", utc(newest));
    let found = Finding::error("clock", Place::Path(path), what);
    // aws-facts §6.
    let why = "this clock is behind, or was ahead then (only --online tells one that is ahead now); AWS refuses calls that are 15 \
               minutes off";
    Some(found.why(why).fix(format!("{}; if `date` is right: {forget}", set_clock())))
}

/// awsauth's own sessions, and where they are.
fn kept(facts: &Facts<'_>) -> Option<(Sessions, PathBuf)> {
    let state = facts.app.paths.state().ok()?;
    Some((Sessions::new(&state, facts.app.keyring(), SecretStore::File), state.join("sessions")))
}

fn set_clock() -> &'static str {
    match std::env::consts::OS {
        "macos" => "sudo sntp -sS time.apple.com",
        "windows" => "w32tm /resync",
        _ => "sudo timedatectl set-ntp true",
    }
}

fn ask_aws(facts: &Facts<'_>) -> Result<ClockSkew, Failure> {
    let region = facts.app.host.var("AWS_REGION").unwrap_or("us-east-1");
    let asked = run(Box::pin(aws(facts.app.host)?.ask_clock(region)))?;
    asked.map_err(|error| Failure::of(Exit::Unavailable, &error))
}

/// Files of caches that no tool can read, and those that have long been over.
pub(crate) fn useless_files(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for dir in caches(facts) {
        let (mut broken, mut stale) = (Vec::new(), Vec::new());
        for path in cache_files(&dir) {
            match read(&path) {
                Some(CacheFile::Broken) if !disk::is_fresh(&path, WRITING) => broken.push(Repair::Remove(path)),
                Some(CacheFile::Object(file)) if is_stale(&file, facts.now) => stale.push(Repair::Remove(path)),
                _ => {}
            }
        }
        found.extend(useless(
            "broken-cache",
            "can't be read",
            "the tool that wrote it finds nothing there",
            &dir,
            broken,
        ));
        found.extend(useless(
            "stale-cache",
            "ended more than 30 days ago",
            "old tokens are of use to nobody but a thief",
            &dir,
            stale,
        ));
    }
    if let Some((sessions, dir)) = kept(facts) {
        let broken = sessions.unreadable().into_iter().map(Repair::Remove).collect();
        found.extend(useless("broken-cache", "can't be read", "awsauth asks for a login again", &dir, broken));
    }
    found
}

fn useless(code: &'static str, how: &str, why: &str, dir: &Path, repairs: Vec<Repair>) -> Option<Finding> {
    let files = count(repairs.len(), "file");
    if repairs.is_empty() {
        return None;
    }
    let new = if code == "stale-cache" { Finding::note } else { Finding::warning };
    Some(new(code, Place::Path(dir.to_path_buf()), format!("{files} in it {how}")).why(why).repairs(repairs))
}

/// True for a token, a registration or a role's session whose last use has long been.
fn is_stale(file: &Value, now: Timestamp) -> bool {
    let ends = ["expiresAt", "registrationExpiresAt"].iter().filter_map(|key| time(file, key));
    let role = file.get("Credentials").and_then(|keys| time(keys, "Expiration"));
    let sign_in = file.get("accessToken").and_then(|keys| time(keys, "expiresAt"));
    ends.chain(role).chain(sign_in).max().is_some_and(|end| now.duration_since(end) > STALE)
}

/// What killed runs of awsauth have left half-written.
pub(crate) fn leftovers(facts: &Facts<'_>) -> Vec<Finding> {
    let state = facts.app.paths.state().ok();
    let below = state.iter().flat_map(|dir| private::list(dir, FileOwner::Awsauth).unwrap_or_default());
    let aws = [&facts.config, &facts.credentials].map(|file| file.target.parent().map(Path::to_path_buf));
    let mut dirs: Vec<PathBuf> =
        state.iter().cloned().chain(below).chain(caches(facts)).chain(aws.into_iter().flatten()).collect();
    dirs.sort();
    dirs.dedup();
    let look = |dir: PathBuf| {
        let found =
            Finding::note("leftover", Place::Path(dir.clone()), "a run that was killed left a half-written file in it");
        found.why("it may hold keys or tokens").repairs(vec![Repair::Sweep(dir)])
    };
    dirs.into_iter().filter(|dir| has_leftovers(dir)).map(look).collect()
}

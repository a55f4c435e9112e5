//! Owns the line for a shell's prompt. It reads kept files and AWS's, never the manifest, and fails silently.

use std::path::PathBuf;
use std::rc::Rc;

use jiff::Timestamp;

use crate::cli::app::App;
use crate::cli::login::warm;
use crate::cli::paths::Paths;
use crate::cli::show::now::access;
use crate::cli::status::validity::Validity;
use crate::flow::{Freshness, seconds_left};
use crate::model::{LoginSession, ProfileName, SecretStore, SsoAccess};
use crate::readers::{AwsFiles, Mechanism, Reader};
use crate::source::display_safe;
use crate::store::{Keyring, LoginCache, ProfileFacts, RenewedBy, Saved, Sessions, SsoCache};
use crate::system::{clock, files::disk};

/// No chain of profiles is longer; damaged files may lead round in a circle.
const LONGEST_CHAIN: usize = 16;

/// The profile of `AWS_PROFILE`, or the one that `use` has set, and how long it has credentials, as far as that is known.
pub(crate) fn line(app: App<'_>) -> Option<String> {
    let host = app.host;
    let now = clock::now();
    if let Some(name) = host.var_os("AWS_PROFILE") {
        let validity = name.to_str().and_then(|name| {
            let kept = Kept::new(app, now)?;
            kept.validity(&ProfileName::new(name).ok()?, 0).or_else(|| kept.login_by_name(name))
        });
        return Some(worded(&name.to_string_lossy(), validity, now));
    }
    let name = host.var("AWSAUTH_PROFILE")?;
    // Nothing renews the variables of a shell.
    let end = host.var("AWS_CREDENTIAL_EXPIRATION").and_then(|end| end.parse().ok());
    Some(worded(name, end.map(Validity::Until), now))
}

fn worded(name: &str, validity: Option<Validity>, now: Timestamp) -> String {
    let left = match validity {
        Some(Validity::Until(end)) if end > now => format!(" {}", short(seconds_left(end, now))),
        Some(Validity::Renewable(Some(end))) if end > now => format!(" {}+", short(seconds_left(end, now))),
        Some(Validity::Until(_) | Validity::Ended(_)) => " expired".to_owned(),
        Some(Validity::Renewable(_) | Validity::Unlimited) | None => String::new(),
    };
    display_safe(name) + &left
}

/// The largest unit alone: `42m`.
fn short(seconds: i64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "m")];
    let unit = units.into_iter().find(|(length, _)| seconds >= *length);
    unit.map_or_else(|| format!("{seconds}s"), |(length, unit)| format!("{}{unit}", seconds / length))
}

struct Kept<'a> {
    app: App<'a>,
    keyring: Rc<Keyring>,
    sessions: Sessions,
    tokens: SsoCache,
    now: Timestamp,
}

impl<'a> Kept<'a> {
    fn new(app: App<'a>, now: Timestamp) -> Option<Self> {
        let (state_dir, keyring) = (app.paths.state().ok()?, app.keyring());
        let sessions = Sessions::new(&state_dir, Rc::clone(&keyring), SecretStore::default());
        Some(Self { app, keyring, sessions, tokens: SsoCache::new(Paths::aws_cache("sso").ok()?, &state_dir), now })
    }

    /// None if no session is kept, or the manifest has changed since.
    fn validity(&self, name: &ProfileName, depth: usize) -> Option<Validity> {
        let Saved { session, facts: Some(facts), .. } = warm::bound(name, &self.sessions, &self.keyring, self.app)?
        else {
            return None;
        };
        let is_refused = self.sessions.is_refused(name, &session.definition);
        let renewal = if is_refused { None } else { self.renewal(&facts, depth) };
        let is_over = Freshness::of(&session, self.now) == Freshness::Expired;
        Some(match renewal.unwrap_or(Validity::Ended(None)) {
            renewal if !is_over => renewal.or_session(session.expiration),
            Validity::Ended(_) => Validity::Ended(Some(session.expiration)),
            renewal => renewal,
        })
    }

    fn renewal(&self, facts: &ProfileFacts, depth: usize) -> Option<Validity> {
        match facts.renewed_by.as_ref()? {
            RenewedBy::Anytime => Some(Validity::Renewable(None)),
            RenewedBy::Profile(below) => {
                let below = ProfileName::new(below).ok().filter(|_| depth < LONGEST_CHAIN)?;
                self.validity(&below, depth + 1)
            }
            RenewedBy::Login(session) => self.sign_in(session),
            RenewedBy::Token(place) => Some(self.token(&place.access()?)),
        }
    }

    /// For a profile of which awsauth keeps no session: the login that AWS CLI would take, as AWS's files have it.
    fn login_by_name(&self, name: &str) -> Option<Validity> {
        let read = |path: Result<PathBuf, _>| disk::read(&path.ok()?).ok()?;
        let (config, credentials) = (read(self.app.paths.config())?, read(self.app.paths.credentials()));
        let files = AwsFiles::parse(&config, credentials.as_deref().unwrap_or_default());
        match files.resolve(Reader::AwsCli2, name).ok()?.parts().last()? {
            Mechanism::Login { session, .. } => self.sign_in(session),
            base => Some(self.token(&access(base)?)),
        }
    }

    fn sign_in(&self, session: &str) -> Option<Validity> {
        let logins = LoginCache::new(self.app.paths.login_cache().ok()?, &self.app.paths.state().ok()?);
        Some(Validity::of_login(logins.token(&LoginSession::new(session).ok()?), self.now))
    }

    fn token(&self, access: &SsoAccess) -> Validity {
        Validity::of_token(self.tokens.token(access), access, self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_unit() {
        let said: Vec<String> = [0, 59, 60, 3599, 3600, 86_399, 200_000].into_iter().map(short).collect();
        assert_eq!(said, ["0s", "59s", "1m", "59m", "1h", "23h", "2d"]);
    }
}

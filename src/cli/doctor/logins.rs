//! Owns the notes on what the manifest's profiles lack: logins that have ended, and long-term keys. Must not ask AWS.

use std::collections::HashSet;

use jiff::Timestamp;

use super::environment::{gone_files, quoted};
use super::facts::Facts;
use super::finding::{Finding, Place};
use crate::cli::config::load::Manifest;
use crate::cli::login::service::LoginService;
use crate::cli::status::validity::{States, Validity};
use crate::model::{Chain, Kind, Renewal, SsoAccess, utc};

/// One note for each login and each key. A login that nobody has made yet counts only if nothing works without it: not everybody
/// needs all portals of a team.
pub(crate) fn missing(facts: &Facts<'_>) -> Vec<Finding> {
    if facts.manifest.is_none() || !gone_files(facts).is_empty() {
        return Vec::new();
    }
    let service = || LoginService::with(Manifest::read_in_order(facts.app)?, facts.app).ok();
    let Some(service) = service() else { return Vec::new() };
    let (states, catalog) = (States::new(&service), &service.manifest.catalog);
    let chains: Vec<Chain<'_>> =
        catalog.profiles().iter().filter_map(|profile| catalog.chain(profile.name.as_str())).collect();
    let does_nothing_work =
        states.of_all(&chains).iter().all(|(_, state)| matches!(state.validity, Validity::Ended(_)));
    let look = |chain: &Chain<'_>| {
        let lack = Lack::of(&service, &states, chain)?;
        let (target, login) = (chain.target().name.as_str(), login_name(&service, chain));
        (does_nothing_work || !matches!(lack, Lack::Login(_))).then(|| lack.note(target, login))
    };
    let mut seen = HashSet::new();
    let notes = chains.iter().filter_map(look);
    notes.filter(|note| seen.insert(note.what.clone())).collect()
}

/// The name to log in by. An SSO session has one login for all its profiles, and none of them need be touched.
fn login_name<'c>(service: &LoginService<'_>, chain: &Chain<'c>) -> &'c str {
    match Renewal::of(chain.profiles()) {
        Renewal::Token(SsoAccess::Session(session)) if service.manifest.session(session.name.as_str()).is_some() => {
            session.name.as_str()
        }
        _ => chain.target().name.as_str(),
    }
}

/// What a profile lacks itself; what its source lacks is the source's.
enum Lack {
    Key(String),
    Login(String),
    /// A login that was there; the end is unknown if AWS refused it.
    Ended(String, Option<Timestamp>),
}

impl Lack {
    fn of(service: &LoginService<'_>, states: &States<'_>, chain: &Chain<'_>) -> Option<Self> {
        let profile = chain.target();
        let state = states.of(chain.profiles());
        let Validity::Ended(end) = state.validity else { return None };
        if state.word == "no key" {
            // `apply` has a finding of its own for one in another section.
            let section = profile.long_term_section().filter(|_| service.misplaced_key(profile).is_none())?;
            return Some(Self::Key(section.to_string()));
        }
        match Renewal::of(chain.profiles()) {
            Renewal::Token(access) => {
                let login = format!("login to `{}`", access.token_key());
                let Some(token) = service.tokens.token(access) else { return Some(Self::Login(login)) };
                // One for another portal has a finding of its own.
                let has_ended = token.start_url == *access.start_url() && token.expires_at <= states.now;
                let end = Some(token.expires_at).filter(|end| *end > Timestamp::UNIX_EPOCH);
                has_ended.then_some(Self::Ended(login, end))
            }
            Renewal::Login(session) => {
                let login = format!("console sign-in of {}", session.as_str());
                let is_there = service.logins.token(session).is_some();
                Some(if is_there { Self::Ended(login, None) } else { Self::Login(login) })
            }
            Renewal::Person if matches!(profile.kind, Kind::IamMfa { .. }) => {
                let login = format!("MFA session of `{}`", profile.name);
                Some(if end.is_some() { Self::Ended(login, end) } else { Self::Login(login) })
            }
            _ => None,
        }
    }

    fn note(self, profile: &str, login_name: &str) -> Finding {
        let fix = format!("awsauth login {}", quoted(login_name));
        let (found, fix) = match self {
            Self::Key(section) => {
                let what = format!("there is no long-term key in [{section}]");
                (Finding::note("key-missing", Place::Machine, what), format!("awsauth keys add {}", quoted(profile)))
            }
            Self::Login(login) => {
                let what = format!("there is no {login} yet");
                (Finding::note("login-missing", Place::Machine, what), fix)
            }
            Self::Ended(login, end) => {
                let what = end.map_or_else(
                    || format!("the {login} has ended"),
                    |end| format!("the {login} ended at {}", utc(end)),
                );
                (Finding::note("login-ended", Place::Machine, what), fix)
            }
        };
        found.why(format!("`{profile}`, and what goes through it, gets no new credentials")).fix(fix)
    }
}

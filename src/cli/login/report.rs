//! Owns the report of a login, in text and as a document.

use std::rc::Rc;

use serde::Serialize;

use crate::cli::exit::Exit;
use crate::cli::login::failures::{Failures, ProfileLoginJson, ValidJson};
use crate::cli::status::validity::{States, Validity};
use crate::cli::ui::failure::{ErrorJson, Failure};
use crate::cli::ui::names::count;
use crate::cli::ui::out::Out;
use crate::flow::seconds_left;
use crate::model::{Catalog, Chain, Credentials, Kind, SsoToken};
use crate::provider::ProviderError;
use crate::render::duration;
use crate::system::clock;

/// More profiles are summed up.
const MANY: usize = 12;

pub(crate) struct Report {
    out: Out,
    documents: Vec<ProfileLoginJson>,
    sessions: Vec<String>,
    failures: Failures,
    /// A line for each profile that has credentials.
    ready: Vec<String>,
    /// The number of profiles that are renewed without a prompt.
    renewed: usize,
    /// In seconds.
    shortest: Option<i64>,
}

#[derive(Serialize)]
struct LoginJson {
    profiles: Vec<ProfileLoginJson>,
    sso_sessions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorJson>,
}

impl Report {
    pub(crate) fn new(out: Out) -> Self {
        let (documents, failures, ready) = (Vec::new(), Failures::default(), Vec::new());
        Self { out, documents, sessions: Vec::new(), failures, ready, renewed: 0, shortest: None }
    }

    pub(crate) fn succeeded(&mut self, chain: &Chain<'_>, credentials: &Credentials, states: &States<'_>) {
        let Lifetime { words, seconds_left, renewable } = Lifetime::of(chain, credentials, states);
        self.ready.push(words);
        self.renewed += usize::from(renewable);
        self.shortest = self.shortest.into_iter().chain(seconds_left).min();
        let expires_at = credentials.expiration.map(|end| end.to_string());
        let valid = ValidJson { expires_at, seconds_left, renewable };
        self.documents.push(ProfileLoginJson::valid(chain.target().name.as_str(), valid));
    }

    /// `kept` is the token, if it was there before.
    pub(crate) fn signed_in(&mut self, session: &str, kept: Option<&SsoToken>) {
        if !self.out.json {
            let words = kept.map_or("signed in".to_owned(), |token| {
                let more = if token.refresh_token.is_some() { " or longer" } else { "" };
                format!("already signed in for {}{more}", duration(seconds_left(token.expires_at, clock::now())))
            });
            self.out.say(&format!("{session}: {words}"));
        }
        self.sessions.push(session.to_owned());
    }

    /// Adds a failure that others may share.
    pub(crate) fn failed(&mut self, name: &str, error: &Rc<ProviderError>, catalog: &Catalog) {
        let document = self.failures.add_shared(name, error, catalog);
        self.documents.push(document);
    }

    pub(crate) fn refused(&mut self, name: &str, failure: Failure) {
        let document = self.failures.add(name, failure);
        self.documents.push(document);
    }

    /// `of_all` is a failure that concerns all profiles. The first failure decides the exit code, unless there was an interrupt.
    pub(crate) fn end(mut self, of_all: Option<Failure>) -> Result<Exit, Failure> {
        let exit = self.failures.exit();
        let (ready, (failed, left)) = (self.ready.len(), self.failures.say(self.out));
        if !self.out.json {
            self.say_ready();
        }
        if failed + left > 0 && ready + failed + left > 1 {
            let part =
                |number: usize, what: &str| if number > 0 { format!(", {number} {what}") } else { String::new() };
            let parts = part(failed, "failed") + &part(left, "not done");
            self.out.say(&format!("{} ready{parts}", count(ready, "profile")));
        }
        if let Some(failure) = &of_all {
            failure.say_text(self.out);
        }
        if self.out.json {
            let error = of_all.as_ref().map(Failure::document);
            self.out.document(LoginJson { profiles: self.documents, sso_sessions: self.sessions, error })?;
        }
        Ok(exit.or(of_all.map(|failure| failure.exit)).unwrap_or(Exit::Done))
    }

    fn say_ready(&self) {
        match self.shortest {
            Some(left) if self.ready.len() > MANY && !self.out.verbose => {
                let renewed = if self.renewed == self.ready.len() { " and renewed without a prompt" } else { "" };
                self.out.say(&format!(
                    "{} profiles: each valid for at least {}{renewed}; `awsauth status` tells how long each",
                    self.ready.len(),
                    duration(left)
                ));
            }
            _ => self.ready.iter().for_each(|line| self.out.say(line)),
        }
    }
}

/// How long the credentials of a profile last.
pub(crate) struct Lifetime {
    /// A line for a person, with the profile's name.
    pub(crate) words: String,
    /// None without an end.
    pub(crate) seconds_left: Option<i64>,
    /// True if no person is needed for the next ones.
    pub(crate) renewable: bool,
}

impl Lifetime {
    pub(crate) fn of(chain: &Chain<'_>, credentials: &Credentials, states: &States<'_>) -> Self {
        let (name, now) = (chain.target().name.as_str(), clock::now());
        let left = credentials.expiration.map(|end| seconds_left(end, now));
        let renewal = match (states.with(chain.profiles(), credentials), left) {
            // A role's session is shorter than its source's (aws-facts §6: an hour at most with role chaining).
            (Validity::Until(end), Some(left)) if seconds_left(end, now) > left + 60 => {
                format!("; renews without a prompt for the next {}", duration(seconds_left(end, now)))
            }
            (Validity::Renewable(_), Some(_)) if matches!(chain.base().kind, Kind::Sso { .. }) => {
                "; renews without a prompt while the SSO login lasts".to_owned()
            }
            (Validity::Renewable(_), Some(_)) if chain.base().login_session().is_some() => {
                "; renews without a prompt for up to 12 h after the sign-in".to_owned()
            }
            (Validity::Renewable(_) | Validity::Unlimited, Some(_)) => "; renews without a prompt".to_owned(),
            _ => String::new(),
        };
        let has = if chain.target().long_term_section().is_some() { "its long-term key" } else { "credentials" };
        let text = left.map_or(format!("has {has}"), |left| format!("valid for {}", duration(left)));
        Self { words: format!("{name}: {text}{renewal}"), seconds_left: left, renewable: !renewal.is_empty() }
    }
}

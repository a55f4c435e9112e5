//! Owns telling how a login of one or many profiles went, in text and as documents.

use std::rc::Rc;

use serde::Serialize;

use crate::cli::exit::Exit;
use crate::cli::login::failures::{Misses, ProfileLoginJson, ValidJson};
use crate::cli::login::service::LoginService;
use crate::cli::login::summary::count;
use crate::cli::status::validity::{Life, state};
use crate::cli::ui::failure::{ErrorJson, Failure};
use crate::cli::ui::out::Out;
use crate::flow::seconds_left;
use crate::model::{Catalog, Chain, Credentials};
use crate::provider::ProviderError;
use crate::render::duration;
use crate::system::clock;

/// More profiles than this are not told one by one.
const MANY: usize = 12;

/// How each login went.
pub(crate) struct Outcomes {
    out: Out,
    documents: Vec<ProfileLoginJson>,
    /// The SSO sessions that somebody is signed in to by name.
    sessions: Vec<String>,
    misses: Misses,
    /// What is told of each profile that has its credentials.
    ready: Vec<String>,
    /// How many of these are renewed without asking.
    renewed: usize,
    /// The fewest seconds that one of them has left.
    shortest: Option<i64>,
}

#[derive(Serialize)]
struct LoginJson {
    profiles: Vec<ProfileLoginJson>,
    sso_sessions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorJson>,
}

impl Outcomes {
    /// None yet.
    pub(crate) fn new(out: Out) -> Self {
        let (documents, misses, ready) = (Vec::new(), Misses::default(), Vec::new());
        Self { out, documents, sessions: Vec::new(), misses, ready, renewed: 0, shortest: None }
    }

    /// A profile that has its credentials.
    pub(crate) fn succeeded(&mut self, chain: &Chain<'_>, credentials: &Credentials, desk: &LoginService<'_>) {
        let (name, now) = (chain.target().name.as_str(), clock::now());
        let left = credentials.expiration.map(|end| seconds_left(end, now));
        let life = state(desk, chain.profiles(), now).life;
        let renewed = match (life, left) {
            // A role's session is shorter than what it is renewed from (aws-facts §6: an hour at most after any session).
            (Life::Until(end), Some(left)) if seconds_left(end, now) > left + 60 => {
                format!(", renewed without asking for {}", duration(seconds_left(end, now)))
            }
            (Life::Renewed(_), _) => ", renewed without asking while the SSO login lasts".to_owned(),
            _ => String::new(),
        };
        let text = left.map_or("has its long-term key".to_owned(), |left| format!("valid for {}", duration(left)));
        self.ready.push(format!("{name}: {text}{renewed}"));
        self.renewed += usize::from(!renewed.is_empty());
        self.shortest = [self.shortest, left].into_iter().flatten().min();
        let valid = ValidJson {
            expires_at: credentials.expiration.map(|end| end.to_string()),
            seconds_left: left,
            renewable: !renewed.is_empty(),
        };
        self.documents.push(ProfileLoginJson::valid(name, valid));
    }

    /// An SSO session that somebody is signed in to.
    pub(crate) fn signed_in(&mut self, session: &str) {
        if !self.out.json {
            self.out.say(&format!("{session}: signed in"));
        }
        self.sessions.push(session.to_owned());
    }

    /// A profile that has none; others may share the reason.
    pub(crate) fn missed(&mut self, name: &str, error: &Rc<ProviderError>, catalog: &Catalog) {
        let document = self.misses.missed(name, error, catalog);
        self.documents.push(document);
    }

    /// A profile that has none for a reason of its own.
    pub(crate) fn failed(&mut self, name: &str, failure: Failure) {
        let document = self.misses.failed(name, failure);
        self.documents.push(document);
    }

    /// Tells all of it, and what went wrong with all of them. The first failure decides the exit code, unless the person
    /// interrupted: that means all of it.
    pub(crate) fn end(mut self, of_all: Option<Failure>) -> Result<Exit, Failure> {
        let exit = self.misses.exit();
        let (ready, (failed, left)) = (self.ready.len(), self.misses.say(self.out));
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

    /// Each by itself; of many, what they have in common.
    fn say_ready(&self) {
        match self.shortest {
            Some(left) if self.ready.len() > MANY && !self.out.verbose => {
                let renewed = if self.renewed == self.ready.len() { ", renewed without asking" } else { "" };
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

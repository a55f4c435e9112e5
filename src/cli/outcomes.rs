//! Owns telling how a login of one or many profiles went, in text and as documents.

use std::rc::Rc;

use serde_json::json;

use super::announce::count;
use super::desk::Desk;
use super::exit::Exit;
use super::explain;
use super::failure::Failure;
use super::life::{Life, state};
use super::out::Out;
use crate::broker::BrokerError;
use crate::login::seconds_left;
use crate::model::{Catalog, Chain, Credentials};
use crate::render::duration;
use crate::system::clock;

/// More profiles than this are not told one by one.
const MANY: usize = 12;
/// More names than this are not told in one line.
const MOST_NAMES: usize = 8;

/// How each login went.
pub(crate) struct Outcomes {
    out: Out,
    documents: Vec<serde_json::Value>,
    failures: Vec<Missed>,
    /// What is told of each profile that has its credentials.
    ready: Vec<String>,
    /// How many of these are renewed without asking.
    renewed: usize,
    /// The fewest seconds that one of them has left.
    shortest: Option<i64>,
}

/// A failure, and the profiles that have no credentials for that reason.
struct Missed {
    failure: Failure,
    /// What failed, if others may share it.
    error: Option<Rc<BrokerError>>,
    names: Vec<String>,
}

impl Missed {
    /// Whether `error` is this one, or AWS's same words about another profile.
    fn is_told_by(&self, error: &Rc<BrokerError>) -> bool {
        let Some(own) = &self.error else { return false };
        let alike = match (&**own, &**error) {
            (BrokerError::Call { call: own, .. }, BrokerError::Call { call, .. }) => own.is_like(call),
            _ => false,
        };
        Rc::ptr_eq(own, error) || alike
    }
}

impl Outcomes {
    /// None yet.
    pub(crate) fn new(out: Out) -> Self {
        let (documents, failures, ready) = (Vec::new(), Vec::new(), Vec::new());
        Self { out, documents, failures, ready, renewed: 0, shortest: None }
    }

    /// A profile that has its credentials.
    pub(crate) fn succeeded(&mut self, chain: &Chain<'_>, credentials: &Credentials, desk: &Desk<'_>) {
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
        self.documents.push(json!({
            "name": name,
            "state": "valid",
            "expires_at": credentials.expiration.map(|end| end.to_string()),
            "seconds_left": left,
            "renewable": !renewed.is_empty(),
        }));
    }

    /// A profile that has none; others may share the reason.
    pub(crate) fn missed(&mut self, name: &str, error: &Rc<BrokerError>, catalog: &Catalog) {
        let failure = explain::broker(error, catalog);
        self.add_document(name, &failure);
        match self.failures.iter_mut().find(|missed| missed.is_told_by(error)) {
            Some(missed) => missed.names.push(name.to_owned()),
            None => {
                self.failures.push(Missed { failure, error: Some(Rc::clone(error)), names: vec![name.to_owned()] });
            }
        }
    }

    /// A profile that has none for a reason of its own.
    pub(crate) fn failed(&mut self, name: &str, failure: Failure) {
        self.add_document(name, &failure);
        self.failures.push(Missed { failure, error: None, names: vec![name.to_owned()] });
    }

    fn add_document(&mut self, name: &str, failure: &Failure) {
        let state = if failure.exit == Exit::Interrupted { "interrupted" } else { "failed" };
        self.documents.push(json!({ "name": name, "state": state, "error": failure.document() }));
    }

    /// Tells all of it. The first failure decides the exit code, unless the person interrupted: that means all of it.
    pub(crate) fn end(mut self) -> Result<Exit, Failure> {
        let exits: Vec<Exit> = self.failures.iter().map(|missed| missed.failure.exit).collect();
        let (ready, mut failed, mut left) = (self.ready.len(), 0, 0);
        for Missed { failure, names, .. } in std::mem::take(&mut self.failures) {
            let number = if failure.exit == Exit::Interrupted { &mut left } else { &mut failed };
            *number += names.len();
            let failure = if names.len() > 1 { failure.cause(concerned(&names)) } else { failure };
            failure.say_text(self.out);
        }
        if !self.out.json {
            self.say_ready();
        }
        if failed + left > 0 && ready + failed + left > 1 {
            let part =
                |number: usize, what: &str| if number > 0 { format!(", {number} {what}") } else { String::new() };
            let parts = part(failed, "failed") + &part(left, "not done");
            self.out.say(&format!("{} ready{parts}", count(ready, "profile")));
        }
        if self.out.json {
            self.out.document(json!({ "profiles": self.documents }))?;
        }
        let interrupted = exits.iter().find(|exit| **exit == Exit::Interrupted);
        Ok(interrupted.or(exits.first()).copied().unwrap_or(Exit::Done))
    }

    /// Each by itself; of many, what they have in common.
    fn say_ready(&self) {
        match self.shortest {
            Some(left) if self.ready.len() > MANY && !self.out.verbose => {
                let renewed = if self.renewed == self.ready.len() { ", renewed without asking" } else { "" };
                self.out.say(&format!(
                    "{} profiles: valid for {} or longer{renewed}; `awsauth status` tells how long each",
                    self.ready.len(),
                    duration(left)
                ));
            }
            _ => self.ready.iter().for_each(|line| self.out.say(line)),
        }
    }
}

/// The profiles that have no credentials for one reason.
fn concerned(names: &[String]) -> String {
    let first = names.iter().take(MOST_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => format!("no credentials for that reason: {first}"),
        more => format!("no credentials for that reason: {first} and {more} more"),
    }
}

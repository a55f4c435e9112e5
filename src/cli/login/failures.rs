//! Owns the profiles that have no credentials, and telling why: what several have in common is told once.

use std::rc::Rc;

use serde::Serialize;

use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::summary::first_names;
use crate::cli::ui::failure::{ErrorJson, Failure};
use crate::cli::ui::out::Out;
use crate::model::Catalog;
use crate::provider::ProviderError;

/// Why some profiles have no credentials.
#[derive(Default)]
pub(crate) struct Misses(Vec<Missed>);

/// A failure, and the profiles that have no credentials for that reason.
struct Missed {
    failure: Failure,
    /// What failed, if others may share it.
    error: Option<Rc<ProviderError>>,
    /// The failure as it is told of several profiles.
    shared: Option<Failure>,
    /// The profiles, with what is each one's own in it.
    names: Vec<String>,
}

impl Missed {
    /// Whether `error` is this one, or says the same of another profile and is mended in the same way.
    fn is_told_by(&self, error: &Rc<ProviderError>, shared: &Failure) -> bool {
        let (Some(own), Some(told)) = (&self.error, &self.shared) else { return false };
        Rc::ptr_eq(own, error) || own.has_same_cause(error) && advice_of(own, told) == advice_of(error, shared)
    }
}

/// The hints, whichever profile of the manifest they lead to.
fn advice_of(error: &ProviderError, failure: &Failure) -> Vec<String> {
    let ProviderError::Call { profile, .. } = error else { return failure.hints().to_vec() };
    let (table, login) = (format!("[profiles.{profile}]"), format!("`awsauth login {profile} --force`"));
    failure.hints().iter().map(|hint| hint.replace(&table, "[profiles]").replace(&login, "a login")).collect()
}

impl Misses {
    /// A profile whose login failed; others may share the reason. Returns its document.
    pub(crate) fn missed(&mut self, name: &str, error: &Rc<ProviderError>, catalog: &Catalog) -> ProfileLoginJson {
        let failure = explain::provider(error, catalog);
        let document = document(name, &failure);
        let shared = explain::shared(error, catalog);
        let name = match explain::subject(error, catalog) {
            Some(subject) => format!("{name} ({subject})"),
            None => name.to_owned(),
        };
        if let Some(missed) = self.0.iter_mut().find(|missed| missed.is_told_by(error, &shared)) {
            missed.names.push(name);
        } else {
            let (error, shared) = (Some(Rc::clone(error)), Some(shared));
            self.0.push(Missed { failure, error, shared, names: vec![name] });
        }
        document
    }

    /// A profile that has none for a reason of its own. Returns its document.
    pub(crate) fn failed(&mut self, name: &str, failure: Failure) -> ProfileLoginJson {
        let document = document(name, &failure);
        self.0.push(Missed { failure, error: None, shared: None, names: vec![name.to_owned()] });
        document
    }

    /// The exit code that the first failure gives, unless the person interrupted: that means all of it. None without one.
    pub(crate) fn exit(&self) -> Option<Exit> {
        let exits = || self.0.iter().map(|missed| missed.failure.exit);
        exits().find(|exit| *exit == Exit::Interrupted).or_else(|| exits().next())
    }

    /// Tells all of it. Returns how many profiles failed, and how many were left out by an interruption.
    pub(crate) fn say(&mut self, out: Out) -> (usize, usize) {
        let (mut failed, mut left) = (0, 0);
        for Missed { failure, shared, names, .. } in std::mem::take(&mut self.0) {
            let number = if failure.exit == Exit::Interrupted { &mut left } else { &mut failed };
            *number += names.len();
            let failure = match shared.filter(|_| names.len() > 1) {
                Some(shared) => shared.cause(concerned(&names)),
                None => failure,
            };
            failure.say_text(out);
        }
        (failed, left)
    }
}

/// How the login of one profile went. `expires_at` is null for a long-term key.
#[derive(Serialize)]
pub(crate) struct ProfileLoginJson {
    name: String,
    state: &'static str,
    #[serde(flatten)]
    valid: Option<ValidJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorJson>,
}

/// What a profile has that has its credentials.
#[derive(Serialize)]
pub(crate) struct ValidJson {
    pub(crate) expires_at: Option<String>,
    pub(crate) seconds_left: Option<i64>,
    pub(crate) renewable: bool,
}

impl ProfileLoginJson {
    /// A profile that has its credentials.
    pub(crate) fn valid(name: &str, valid: ValidJson) -> Self {
        Self { name: name.to_owned(), state: "valid", valid: Some(valid), error: None }
    }
}

fn document(name: &str, failure: &Failure) -> ProfileLoginJson {
    let state = if failure.exit == Exit::Interrupted { "interrupted" } else { "failed" };
    ProfileLoginJson { name: name.to_owned(), state, valid: None, error: Some(failure.document()) }
}

/// The profiles that have no credentials for one reason.
fn concerned(names: &[String]) -> String {
    format!("no credentials for that reason: {}", first_names(names.iter().map(String::as_str)))
}

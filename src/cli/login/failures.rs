//! Owns the failures of a login: profiles whose failures share one cause are reported together.

use std::rc::Rc;

use serde::Serialize;

use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::ui::failure::{ErrorJson, Failure};
use crate::cli::ui::names::few;
use crate::cli::ui::out::Out;
use crate::model::Catalog;
use crate::provider::ProviderError;

#[derive(Default)]
pub(crate) struct Failures(Vec<Shared>);

/// One cause, and the profiles that share it.
struct Shared {
    failure: Failure,
    /// None for a failure that no other profile can share.
    error: Option<Rc<ProviderError>>,
    /// Worded for several profiles.
    for_several: Option<Failure>,
    names: Vec<String>,
}

impl Shared {
    /// True if `error` has the same message and the same fix.
    fn covers(&self, error: &Rc<ProviderError>, shared: &Failure) -> bool {
        let (Some(own), Some(told)) = (&self.error, &self.for_several) else { return false };
        Rc::ptr_eq(own, error) || own.has_same_cause(error) && advice_of(own, told) == advice_of(error, shared)
    }
}

/// The hints without the profile's name.
fn advice_of(error: &ProviderError, failure: &Failure) -> Vec<String> {
    let ProviderError::Call { profile, .. } = error else { return failure.hints().to_vec() };
    let (table, login) = (format!("[profiles.{profile}]"), format!("`awsauth login {profile} --force`"));
    failure.hints().iter().map(|hint| hint.replace(&table, "[profiles]").replace(&login, "a login")).collect()
}

impl Failures {
    pub(crate) fn add_shared(&mut self, name: &str, error: &Rc<ProviderError>, catalog: &Catalog) -> ProfileLoginJson {
        let failure = explain::provider(error, name, catalog);
        let document = document(name, &failure);
        let shared = explain::shared(error, catalog);
        let name = match explain::subject(error, catalog) {
            Some(subject) => format!("{name} ({subject})"),
            None => name.to_owned(),
        };
        if let Some(one) = self.0.iter_mut().find(|one| one.covers(error, &shared)) {
            one.names.push(name);
        } else {
            let (error, for_several) = (Some(Rc::clone(error)), Some(shared));
            self.0.push(Shared { failure, error, for_several, names: vec![name] });
        }
        document
    }

    pub(crate) fn add(&mut self, name: &str, failure: Failure) -> ProfileLoginJson {
        let document = document(name, &failure);
        self.0.push(Shared { failure, error: None, for_several: None, names: vec![name.to_owned()] });
        document
    }

    /// The exit code of the first failure; an interrupt comes before all others.
    pub(crate) fn exit(&self) -> Option<Exit> {
        let exits = || self.0.iter().map(|one| one.failure.exit);
        exits().find(|exit| *exit == Exit::Interrupted).or_else(|| exits().next())
    }

    /// Returns the number of profiles that failed, and of those that an interrupt left out.
    pub(crate) fn say(&mut self, out: Out) -> (usize, usize) {
        let (mut failed, mut left) = (0, 0);
        for Shared { failure, for_several, names, .. } in std::mem::take(&mut self.0) {
            let number = if failure.exit == Exit::Interrupted { &mut left } else { &mut failed };
            *number += names.len();
            let failure = match for_several.filter(|_| names.len() > 1) {
                Some(shared) => shared.cause(concerned(&names)),
                None => failure,
            };
            failure.say_text(out);
        }
        (failed, left)
    }
}

/// `expires_at` is null for a long-term key.
#[derive(Serialize)]
pub(crate) struct ProfileLoginJson {
    name: String,
    state: &'static str,
    #[serde(flatten)]
    valid: Option<ValidJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorJson>,
}

#[derive(Serialize)]
pub(crate) struct ValidJson {
    pub(crate) expires_at: Option<String>,
    pub(crate) seconds_left: Option<i64>,
    pub(crate) renewable: bool,
}

impl ProfileLoginJson {
    pub(crate) fn valid(name: &str, valid: ValidJson) -> Self {
        Self { name: name.to_owned(), state: "valid", valid: Some(valid), error: None }
    }
}

fn document(name: &str, failure: &Failure) -> ProfileLoginJson {
    let state = if failure.exit == Exit::Interrupted { "interrupted" } else { "failed" };
    ProfileLoginJson { name: name.to_owned(), state, valid: None, error: Some(failure.document()) }
}

fn concerned(names: &[String]) -> String {
    format!("no credentials for this reason: {}", few(names))
}

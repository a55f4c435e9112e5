//! Owns the report of a logout, in text and as a document.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::exit::Exit;
use crate::cli::explain::{self, aws};
use crate::cli::logout::select::ForeignToken;
use crate::cli::ui::failure::{ErrorJson, Failure};
use crate::cli::ui::out::Out;
use crate::flow::{CallError, seconds_left};
use crate::model::StartUrl;
use crate::render::duration;
use crate::system::clock;
use crate::system::files::disk::DiskError;

#[derive(Default)]
pub(crate) struct LogoutReport {
    pub(crate) signed_out: Vec<SignedOut>,
    /// The profiles whose sessions, or copies of sessions, ended.
    pub(crate) profiles: BTreeSet<String>,
    /// The profiles whose credentials AWS still accepts, with their end.
    pub(crate) still_valid: BTreeMap<String, Timestamp>,
    /// The number of credentials of AWS CLI's own that were removed.
    pub(crate) sso_roles: usize,
    pub(crate) foreign: Vec<ForeignToken>,
    /// An interrupt comes first.
    pub(crate) failures: Vec<Failure>,
}

pub(crate) struct SignedOut {
    /// An SSO session's name, or a start URL.
    pub(crate) name: String,
    /// The reason why AWS was not told.
    pub(crate) untold: Option<CallError>,
}

impl LogoutReport {
    /// Notes a failure and goes on: one that can't be removed is no reason to leave the others.
    pub(crate) fn take<T: Default>(&mut self, result: Result<T, Failure>) -> T {
        result.unwrap_or_else(|failure| {
            self.failures.push(failure);
            T::default()
        })
    }

    pub(crate) fn take_disk<T: Default>(&mut self, result: Result<T, DiskError>) -> T {
        self.take(result.map_err(|error| match error {
            DiskError::Exposed { .. } => explain::disk(&error),
            _ => Failure::of(Exit::Unavailable, &error),
        }))
    }

    /// The first failure gives the exit code.
    pub(crate) fn show(&self, out: Out) -> Result<Exit, Failure> {
        for SignedOut { name, untold } in &self.signed_out {
            if let Some(error) = untold {
                out.warn(&format!(
                    "{name}: AWS was not told ({error}). The token is gone from this machine, but at AWS the sign-in lasts \
                     until the portal's session ends; to end it now, sign out of the portal in a browser"
                ));
            }
        }
        for ForeignToken { name, sign_in } in &self.foreign {
            let url = sign_in.start_url.as_ref().map_or("a portal that it does not name", StartUrl::as_str);
            let place = name.as_ref().map(|name| format!("in the place of {name}, ")).unwrap_or_default();
            out.warn(&format!(
                "{place}the sign-in of another program to {url} stays; `aws sso logout` ends all sign-ins"
            ));
        }
        if out.json {
            out.document(self.document())?;
        } else {
            self.say(out);
        }
        for failure in &self.failures {
            failure.say_text(out);
        }
        Ok(self.failures.first().map_or(Exit::Done, |failure| failure.exit))
    }

    fn say(&self, out: Out) {
        for SignedOut { name, untold } in &self.signed_out {
            let only = if untold.is_some() { ", on this machine alone" } else { "" };
            out.say(&format!("signed out of {name}{only}"));
        }
        if !self.profiles.is_empty() {
            let names: Vec<&str> = self.profiles.iter().map(String::as_str).collect();
            out.say(&format!("ended: {}", names.join(", ")));
        }
        if self.sso_roles > 0 {
            out.say(&format!("removed AWS CLI's own credentials of SSO roles: {}", self.sso_roles));
        }
        let has_ended = !self.signed_out.is_empty() || !self.profiles.is_empty() || self.sso_roles > 0;
        if !has_ended && self.failures.is_empty() {
            out.say("no session to end");
        }
        if let Some((name, end)) = self.still_valid.iter().max_by_key(|(_, end)| **end) {
            let left = duration(seconds_left(*end, clock::now()));
            out.say(&format!("AWS still accepts credentials already issued, for up to {left} (longest: {name})"));
        }
    }

    fn document(&self) -> LogoutJson<'_> {
        let now = clock::now();
        let alive = self.still_valid.iter().map(|(name, end)| AliveJson {
            profile: name,
            expires_at: end.to_string(),
            seconds_left: seconds_left(*end, now),
        });
        let untold = self.signed_out.iter().filter_map(|SignedOut { name, untold }| {
            let failure = aws::with_facts(Failure::of(Exit::Unavailable, untold.as_ref()?), untold.as_ref()?);
            Some(NotToldJson { name, error: failure.document() })
        });
        let foreign = self.foreign.iter().map(|ForeignToken { name, sign_in }| SignInJson {
            name: name.as_deref(),
            sso_start_url: sign_in.start_url.as_ref().map(StartUrl::as_str),
        });
        LogoutJson {
            sso: self.signed_out.iter().map(|one| one.name.as_str()).collect(),
            profiles: &self.profiles,
            aws_cli_sso_roles: self.sso_roles,
            aws_not_told: untold.collect(),
            alive_at_aws: alive.collect(),
            errors: self.failures.iter().map(Failure::document).collect(),
            left_alone: foreign.collect(),
        }
    }
}

#[derive(Serialize)]
struct LogoutJson<'s> {
    sso: Vec<&'s str>,
    profiles: &'s BTreeSet<String>,
    aws_cli_sso_roles: usize,
    aws_not_told: Vec<NotToldJson<'s>>,
    alive_at_aws: Vec<AliveJson<'s>>,
    errors: Vec<ErrorJson>,
    left_alone: Vec<SignInJson<'s>>,
}

#[derive(Serialize)]
struct NotToldJson<'s> {
    name: &'s str,
    error: ErrorJson,
}

#[derive(Serialize)]
struct AliveJson<'s> {
    profile: &'s str,
    expires_at: String,
    seconds_left: i64,
}

#[derive(Serialize)]
struct SignInJson<'s> {
    name: Option<&'s str>,
    sso_start_url: Option<&'s str>,
}

//! Owns the SSO sessions of the manifest: those of the file, and one for each portal that profiles name themselves.

use std::collections::HashSet;

use super::left::Why;
use super::read::{AwsProfile, AwsSession};
use super::table::Note;
use crate::model::{StartUrl, UrlChange};

/// The scope of a session that names none (aws-facts §4.1).
const DEFAULT_SCOPE: &str = "sso:account:access";

/// An SSO session of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SessionTable {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) region: String,
    pub(super) scopes: Vec<String>,
    /// The index of its section in the file; none for a new session.
    pub(super) section: Option<usize>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Portals {
    pub(super) list: Vec<SessionTable>,
    /// Names that profiles use, also of sessions that are missing: a new one of that name would change what these mean.
    used: HashSet<String>,
}

impl Portals {
    /// Those sections that have an address and a region, and that the manifest's reader does not refuse.
    pub(super) fn of(sections: &[AwsSession], profiles: &[AwsProfile], is_refused: impl Fn(&str) -> bool) -> Self {
        let portal = |(at, one): (usize, &AwsSession)| {
            let scopes = one.text("sso_registration_scopes").unwrap_or(DEFAULT_SCOPE);
            let scopes: Vec<String> = scopes.split(',').map(|scope| scope.trim().to_owned()).collect();
            Some(SessionTable {
                name: one.name.clone(),
                url: address(one.text("sso_start_url")?),
                region: one.text("sso_region")?.to_owned(),
                scopes: if scopes == [DEFAULT_SCOPE] { Vec::new() } else { scopes },
                section: Some(at),
            })
        };
        let fit = sections.iter().enumerate().filter(|(_, one)| !is_refused(&one.name));
        let mut portals: Vec<SessionTable> = Vec::new();
        for portal in fit.filter_map(portal) {
            if portals.iter().all(|other| other.name != portal.name) {
                portals.push(portal);
            }
        }
        let used = profiles.iter().filter_map(|profile| profile.text("sso_session")).map(str::to_ascii_lowercase);
        let names = sections.iter().map(|session| session.name.to_ascii_lowercase());
        Self { list: portals, used: used.chain(names).collect() }
    }

    /// The session of that name in any case.
    pub(super) fn named(&self, name: &str) -> Option<String> {
        self.list.iter().find(|portal| portal.name.eq_ignore_ascii_case(name)).map(|portal| portal.name.clone())
    }

    /// The session for a portal, a new one if there is none.
    pub(super) fn session(&mut self, url: &str, region: &str) -> String {
        let url = address(url);
        if let Some(portal) = self.list.iter().find(|portal| portal.url == url && portal.region == region) {
            return portal.name.clone();
        }
        let base = StartUrl::new(&url).map_or_else(|_| "sso".to_owned(), |(url, _)| url.session_name());
        let is_free = |name: &String| {
            let lower = name.to_ascii_lowercase();
            !self.used.contains(&lower) && self.list.iter().all(|portal| portal.name.to_ascii_lowercase() != lower)
        };
        let mut names = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}-{number}")));
        let name = names.find(is_free).unwrap_or(base);
        let portal = SessionTable { name, url, region: region.to_owned(), scopes: Vec::new(), section: None };
        self.list.push(portal.clone());
        portal.name
    }

    /// The session that a profile names, which must agree with what the profile says beside it.
    pub(super) fn check(
        &self,
        name: &str,
        url: Option<&str>,
        region: Option<&str>,
    ) -> Result<(String, Option<Note>), Why> {
        let Some(portal) = self.list.iter().find(|portal| portal.name == name) else {
            let why = Why::new(format!("its session [sso-session {name}] is not in the file, or can't be used"));
            return Err(why.remedy(format!("add [sso-session {name}] with sso_start_url and sso_region")));
        };
        let is_same = url.is_none_or(|url| address(url) == portal.url) && region.is_none_or(|one| one == portal.region);
        if !is_same {
            let why = Why::new(format!("its address is not that of [sso-session {name}], so AWS CLI refuses it"));
            return Err(why.remedy("delete its own sso_start_url and sso_region"));
        }
        Ok((portal.name.clone(), None))
    }
}

/// The address as the manifest has it. go-ini writes backquotes around a value with a `#`.
fn address(url: &str) -> String {
    let url = url.trim_matches('`');
    match StartUrl::new(url) {
        Ok((url, UrlChange::None | UrlChange::Trimmed)) => url.as_str().to_owned(),
        Err(_) => url.to_owned(),
    }
}

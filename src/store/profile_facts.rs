//! Owns what a session's file tells of its profile, for commands that read no manifest.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{Kind, Profile, Region, Renewal, SessionName, SsoAccess, SsoSession, StartUrl};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProfileFacts {
    /// Those of [`Profile::values`].
    pub(crate) values: BTreeMap<String, String>,
    /// None if that takes a person.
    pub(crate) renewed_by: Option<RenewedBy>,
}

/// [`Renewal`] without the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RenewedBy {
    /// A long-term key, another program or this machine, whenever it is asked.
    Anytime,
    Profile(String),
    Token(TokenPlace),
    /// A console sign-in, by its `login_session`.
    Login(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TokenPlace {
    session: Option<String>,
    start_url: String,
    region: String,
}

impl ProfileFacts {
    /// The facts of the top of `steps`.
    pub(crate) fn of(steps: &[&Profile]) -> Self {
        let renewed_by = match Renewal::of(steps) {
            Renewal::Person => None,
            Renewal::Login(session) => Some(RenewedBy::Login(session.as_str().to_owned())),
            // No file but AWS CLI's has the session of such a profile.
            Renewal::Source(Profile { kind: Kind::Login(session), .. }) => {
                Some(RenewedBy::Login(session.as_str().to_owned()))
            }
            Renewal::Source(source) if source.has_session() => Some(RenewedBy::Profile(source.name.to_string())),
            Renewal::Source(_) | Renewal::Machine => Some(RenewedBy::Anytime),
            Renewal::Token(access) => Some(RenewedBy::Token(TokenPlace {
                session: match access {
                    SsoAccess::Session(session) => Some(session.name.to_string()),
                    SsoAccess::Legacy { .. } => None,
                },
                start_url: access.start_url().as_str().to_owned(),
                region: access.region().as_str().to_owned(),
            })),
        };
        Self { values: steps.last().map(|profile| profile.values()).unwrap_or_default(), renewed_by }
    }
}

impl TokenPlace {
    pub(crate) fn access(&self) -> Option<SsoAccess> {
        let (start_url, region) = (StartUrl::new(&self.start_url).ok()?.0, Region::new(&self.region).ok()?);
        let Some(name) = &self.session else { return Some(SsoAccess::Legacy { start_url, region }) };
        let name = SessionName::new(name).ok()?;
        // A token is found without the scopes that it was asked for.
        Some(SsoAccess::Session(Arc::new(SsoSession { name, start_url, region, scopes: Vec::new() })))
    }
}

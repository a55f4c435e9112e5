//! Owns what is left of profiles that the manifest no longer has: their sessions, and AWS CLI's copies of them.

use super::exit::Exit;
use super::failure::Failure;
use super::out::Out;
use super::places::Places;
use crate::model::{Catalog, ProfileName};
use crate::store::{RoleCache, Sessions};

/// The profiles that are gone and have sessions.
pub(crate) struct Prune {
    gone: Vec<ProfileName>,
}

impl Prune {
    /// Looks through the state directory; what can't be read there is no reason to stop.
    pub(crate) fn find(catalog: &Catalog, sessions: &Sessions) -> Self {
        Self { gone: sessions.unknown(|name| catalog.get(name).is_some()).unwrap_or_default() }
    }

    /// Removes them.
    pub(crate) fn carry_out(&self, sessions: &Sessions, out: Out) -> Result<(), Failure> {
        for name in &self.gone {
            end(sessions, name)?;
            out.detail(&format!("{name}: session removed"));
        }
        Ok(())
    }

    /// Whether there is anything to end.
    pub(crate) fn is_pending(&self) -> bool {
        !self.gone.is_empty()
    }

    /// The profiles.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.gone.iter().map(ProfileName::as_str).collect()
    }

    /// Says so.
    pub(crate) fn report(&self, is_shown_only: bool, out: Out) {
        if self.gone.is_empty() {
            return;
        }
        let verb = if is_shown_only { "would end" } else { "ended" };
        out.say(&format!("{verb} the sessions of profiles that are gone: {}", self.names().join(", ")));
    }
}

/// Removes a session here and where AWS CLI has a copy of it. Returns whether there was one.
pub(crate) fn end(sessions: &Sessions, name: &ProfileName) -> Result<bool, Failure> {
    let unavailable = |error| Failure::of(Exit::Unavailable, &error);
    let copies = match sessions.key_id(name.as_str()) {
        Some(key_id) => RoleCache::new(Places::aws_cache("cli")?).remove_key(&key_id).map_err(unavailable),
        None => Ok(()),
    };
    // A copy that does not go is no reason to leave the session.
    let was_there = sessions.remove(name).map_err(unavailable);
    copies.and(was_there)
}

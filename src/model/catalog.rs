//! Owns the whole checked manifest: every profile and SSO session, unique by name.

use std::sync::Arc;

use super::{Chain, Kind, Profile, SsoAccess, SsoSession};

/// All profiles and SSO sessions, in the manifest's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Catalog {
    sessions: Vec<Arc<SsoSession>>,
    profiles: Vec<Profile>,
    /// Paths in `profiles`, sorted by name.
    by_name: Vec<usize>,
}

impl Catalog {
    /// Takes checked profiles; names must be unique, and every chain must resolve (`manifest` has made sure).
    pub(crate) fn new(sessions: Vec<Arc<SsoSession>>, profiles: Vec<Profile>) -> Self {
        let mut by_name: Vec<usize> = (0..profiles.len()).collect();
        by_name.sort_by_key(|place| profiles[*place].name.as_str());
        Self { sessions, profiles, by_name }
    }

    pub(crate) fn sessions(&self) -> &[Arc<SsoSession>] {
        &self.sessions
    }

    pub(crate) fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Profile> {
        let place = self.by_name.binary_search_by_key(&name, |place| self.profiles[*place].name.as_str());
        place.ok().map(|place| &self.profiles[self.by_name[place]])
    }

    pub(crate) fn chain(&self, name: &str) -> Option<Chain<'_>> {
        Chain::resolve(self.get(name)?, |source| self.get(source.as_str()))
    }

    /// The profiles that log in through the same token as `access`.
    pub(crate) fn sharing(&self, access: &SsoAccess) -> impl Iterator<Item = &Profile> {
        self.profiles.iter().filter(move |profile| {
            matches!(&profile.kind, Kind::Sso { access: other, .. } if other.token_key() == access.token_key())
        })
    }
}

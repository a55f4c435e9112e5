//! Owns the whole checked manifest: every profile and SSO session, unique by name.

use std::collections::HashMap;

use super::{Chain, Kind, Profile, ProfileName, SsoAccess, SsoSession};

/// All profiles and SSO sessions, in the manifest's order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Catalog {
    sessions: Vec<SsoSession>,
    profiles: Vec<Profile>,
    by_name: HashMap<ProfileName, usize>,
}

impl Catalog {
    /// Takes checked profiles; names must be unique, and every chain must resolve (`manifest` has made sure).
    /// Of profiles with one name, the last is found.
    pub(crate) fn new(sessions: Vec<SsoSession>, profiles: Vec<Profile>) -> Self {
        let by_name = profiles.iter().enumerate().map(|(index, profile)| (profile.name.clone(), index)).collect();
        Self { sessions, profiles, by_name }
    }

    /// The SSO sessions.
    pub(crate) fn sessions(&self) -> &[SsoSession] {
        &self.sessions
    }

    /// The profiles.
    pub(crate) fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// The profile of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Profile> {
        self.by_name.get(name).map(|index| &self.profiles[*index])
    }

    /// The chain of the profile of that name.
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

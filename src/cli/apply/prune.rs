//! Owns ending sessions whose profile or key has changed, in the state directory and in AWS CLI's copies: SDKs would use
//! them although awsauth does not.

use crate::cli::explain;
use crate::cli::login::shared_copies::role_cache;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::model::{Catalog, ChainFingerprint, Externals, ProfileName, Session};
use crate::provider::is_bound;
use crate::store::{LongTermKeys, Sessions};

/// The sessions to end.
#[derive(Default)]
pub(crate) struct Prune {
    /// Profiles that are gone and have sessions.
    gone: Vec<ProfileName>,
    /// Sessions of profiles that changed, or whose long-term key did.
    unbound: Vec<Session>,
}

impl Prune {
    /// Compares the saved sessions with the manifest and the long-term keys. Sessions that can't be read are passed over.
    pub(crate) fn find(catalog: &Catalog, sessions: &Sessions, keys: &LongTermKeys) -> Self {
        let gone = sessions.unknown(|name| catalog.get(name).is_some()).unwrap_or_default();
        Self { gone, unbound: unbound(catalog, sessions, keys) }
    }

    /// Finds the sessions that were made from the key in `section`.
    pub(crate) fn of_key(section: &ProfileName, catalog: &Catalog, sessions: &Sessions, keys: &LongTermKeys) -> Self {
        let mut unbound = unbound(catalog, sessions, keys);
        unbound.retain(|session| {
            let chain = catalog.chain(session.profile.as_str());
            chain.is_some_and(|chain| chain.base().long_term_section() == Some(section))
        });
        Self { gone: Vec::new(), unbound }
    }

    pub(crate) fn carry_out(&self, sessions: &Sessions, out: Out) -> Result<(), Failure> {
        // A session that a login got meanwhile is another one, and stays.
        let is_there = |old: &&Session| {
            sessions.get(&old.profile).is_some_and(|saved| saved.session.access_key_id == old.access_key_id)
        };
        let unbound = self.unbound.iter().filter(is_there).map(|session| &session.profile);
        for name in self.gone.iter().chain(unbound) {
            end(sessions, name)?;
            out.detail(&format!("{name}: session removed"));
        }
        Ok(())
    }

    /// True if there is anything to end.
    pub(crate) fn is_pending(&self) -> bool {
        !self.gone.is_empty() || !self.unbound.is_empty()
    }

    /// True if the session of that profile, which still exists, ends.
    pub(crate) fn ends(&self, name: &str) -> bool {
        self.changed().any(|changed| changed == name)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.gone.iter().map(ProfileName::as_str).chain(self.changed()).collect()
    }

    fn changed(&self) -> impl Iterator<Item = &str> {
        self.unbound.iter().map(|session| session.profile.as_str())
    }

    pub(crate) fn report(&self, is_shown_only: bool, out: Out) {
        let verb = if is_shown_only { "would end" } else { "ended" };
        let gone: Vec<&str> = self.gone.iter().map(ProfileName::as_str).collect();
        if !gone.is_empty() {
            out.say(&format!("{verb} the sessions of profiles that are gone: {}", gone.join(", ")));
        }
        let changed: Vec<&str> = self.changed().collect();
        if !changed.is_empty() {
            let names = changed.join(", ");
            out.say(&format!("{verb} the sessions of profiles that changed, or whose long-term key did: {names}"));
        }
    }
}

/// The sessions whose profile, or its long-term key, differs from what they were made from.
fn unbound(catalog: &Catalog, sessions: &Sessions, keys: &LongTermKeys) -> Vec<Session> {
    // SDKs read the config file, and may run in another environment.
    let is_unbound = |session: &Session| {
        let chain = catalog.chain(session.profile.as_str());
        chain.is_some_and(|chain| match chain.base().long_term_section() {
            Some(_) => !is_bound(session, chain.profiles(), keys, &Externals::default(), None),
            // What else gives credentials is looked at when the session is used.
            None => session.definition != ChainFingerprint::of(chain.profiles(), None),
        })
    };
    sessions.all().unwrap_or_default().into_iter().filter(is_unbound).collect()
}

/// Removes a session here, and AWS CLI's copy of it. Returns false if there was none.
pub(crate) fn end(sessions: &Sessions, name: &ProfileName) -> Result<bool, Failure> {
    let unavailable = |error| explain::disk(&error);
    let copies = match sessions.key_id(name.as_str()) {
        Some(key_id) => role_cache()?.remove_key(&key_id).map_err(unavailable),
        None => Ok(()),
    };
    // If the copy can't be removed, the session still is.
    let was_there = sessions.remove(name).map_err(|error| explain::save(&error));
    copies.and(was_there)
}

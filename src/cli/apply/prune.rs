//! Owns sessions that no profile has any more as it is now, in the state directory and in AWS CLI's copies: SDKs would go
//! on with them, although awsauth does not.

use crate::cli::explain;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::model::{Catalog, Chain, ProfileName, Session};
use crate::plan;
use crate::provider::{LongTermKeys, is_bound};
use crate::store::{RoleCache, Sessions};

/// The sessions that are to end.
#[derive(Default)]
pub(crate) struct Prune {
    /// The profiles that are gone and have sessions.
    gone: Vec<ProfileName>,
    /// The sessions of profiles that changed, or whose long-term key did.
    unbound: Vec<Session>,
}

impl Prune {
    /// Looks through the state directory, and at the long-term keys in the text of the credentials file. What can't be read
    /// there is no reason to stop.
    pub(crate) fn find(catalog: &Catalog, sessions: &Sessions, credentials: &[u8]) -> Self {
        let gone = sessions.unknown(|name| catalog.get(name).is_some()).unwrap_or_default();
        Self { gone, unbound: unbound(catalog, sessions, credentials) }
    }

    /// The same for what was made from the key in `section` alone.
    pub(crate) fn of_key(section: &ProfileName, catalog: &Catalog, sessions: &Sessions, credentials: &[u8]) -> Self {
        let mut unbound = unbound(catalog, sessions, credentials);
        unbound.retain(|session| {
            let chain = catalog.chain(session.profile.as_str());
            chain.is_some_and(|chain| chain.base().long_term_section() == Some(section))
        });
        Self { gone: Vec::new(), unbound }
    }

    /// Removes them.
    pub(crate) fn carry_out(&self, sessions: &Sessions, out: Out) -> Result<(), Failure> {
        // One that a login got meanwhile is another one, and stays.
        let is_there = |old: &&Session| {
            sessions.get(&old.profile).is_some_and(|saved| saved.session.credentials == old.credentials)
        };
        let unbound = self.unbound.iter().filter(is_there).map(|session| &session.profile);
        for name in self.gone.iter().chain(unbound) {
            end(sessions, name)?;
            out.detail(&format!("{name}: session removed"));
        }
        Ok(())
    }

    /// Whether there is anything to end.
    pub(crate) fn is_pending(&self) -> bool {
        !self.gone.is_empty() || !self.unbound.is_empty()
    }

    /// Whether the session of that profile, which is not gone, ends.
    pub(crate) fn ends(&self, name: &str) -> bool {
        self.changed().any(|changed| changed == name)
    }

    /// The profiles.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.gone.iter().map(ProfileName::as_str).chain(self.changed()).collect()
    }

    fn changed(&self) -> impl Iterator<Item = &str> {
        self.unbound.iter().map(|session| session.profile.as_str())
    }

    /// Says so.
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

/// The sessions that were not made from what their profile, and its long-term key, are now.
fn unbound(catalog: &Catalog, sessions: &Sessions, credentials: &[u8]) -> Vec<Session> {
    let with_chain = |session: Session| catalog.chain(session.profile.as_str()).map(|chain| (session, chain));
    let kept: Vec<(Session, Chain<'_>)> =
        sessions.all().unwrap_or_default().into_iter().filter_map(with_chain).collect();
    let sections = kept.iter().filter_map(|(_, chain)| chain.base().long_term_section());
    let keys: LongTermKeys = plan::long_term_keys(credentials, sections).collect();
    // SDKs read the config file, and may run where the environment says something else.
    let is_unbound = |(session, chain): &(Session, Chain<'_>)| !is_bound(session, chain.profiles(), &keys, None);
    kept.into_iter().filter(is_unbound).map(|(session, _)| session).collect()
}

/// Removes a session here and where AWS CLI has a copy of it. Returns whether there was one.
pub(crate) fn end(sessions: &Sessions, name: &ProfileName) -> Result<bool, Failure> {
    let unavailable = |error| explain::disk(&error);
    let copies = match sessions.key_id(name.as_str()) {
        Some(key_id) => RoleCache::new(Paths::aws_cache("cli")?).remove_key(&key_id).map_err(unavailable),
        None => Ok(()),
    };
    // A copy that does not go is no reason to leave the session.
    let was_there = sessions.remove(name).map_err(unavailable);
    copies.and(was_there)
}

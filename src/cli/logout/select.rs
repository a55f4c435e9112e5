//! Owns the choice of sessions that a logout ends. Must not end any.

use std::collections::{BTreeMap, HashSet};

use crate::cli::config::load::Manifest;
use crate::cli::ui::failure::Failure;
use crate::model::{Catalog, Kind, LoginSession, Profile, ProfileName, SsoAccess};
use crate::store::{LoginCache, Sessions, SignIn, SsoCache};
use crate::system::files::disk::DiskError;

/// The sessions to end.
#[derive(Default)]
pub(crate) struct Selection<'m> {
    /// True if everything ends, also sessions of profiles that the manifest no longer has.
    pub(crate) is_all: bool,
    pub(crate) profiles: Vec<&'m Profile>,
    /// The names of profiles; sources come in a level before what is made from them.
    pub(crate) levels: Vec<Vec<ProfileName>>,
    pub(crate) sign_ins: Vec<NamedSignIn>,
    /// Console sign-ins, each with its profile, or with its ARN if no profile has it.
    pub(crate) logins: Vec<(String, LoginSession)>,
    pub(crate) foreign: Vec<ForeignToken>,
}

/// What ends although it was not named.
#[derive(Default)]
pub(crate) struct Beyond<'m> {
    /// The sign-ins that end, with the profiles that use them and were not named.
    pub(crate) portals: Vec<(String, Vec<&'m str>)>,
    pub(crate) sources: Vec<&'m str>,
    /// The named profiles that are made from `sources`.
    pub(crate) made_from_sources: Vec<&'m str>,
    /// The profiles whose sessions were made from those that end.
    pub(crate) dependents: Vec<&'m str>,
    /// The profiles that `dependents` are made from.
    pub(crate) ended_sources: Vec<&'m str>,
}

impl Beyond<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.portals.iter().all(|(_, users)| users.is_empty()) && self.sources.is_empty() && self.dependents.is_empty()
    }
}

/// A sign-in to an SSO portal.
pub(crate) struct NamedSignIn {
    /// An SSO session's name, or a start URL.
    pub(crate) name: String,
    pub(crate) sign_in: SignIn,
}

/// A token that another program saved, for a portal that the manifest does not have. It stays.
pub(crate) struct ForeignToken {
    /// The SSO session whose token file it is in.
    pub(crate) name: Option<String>,
    pub(crate) sign_in: SignIn,
}

impl<'m> Selection<'m> {
    /// `profiles` with the sign-ins that they, and `portals`, use; those that can be read.
    pub(crate) fn of(
        profiles: Vec<&'m Profile>,
        portals: &[SsoAccess],
        catalog: &Catalog,
        tokens: &SsoCache,
    ) -> (Self, Result<(), DiskError>) {
        let logins = profiles.iter().filter_map(|profile| login(profile)).collect();
        let mut selection = Self { levels: levels(&profiles, catalog), logins, profiles, ..Self::default() };
        let found = selection.find_sign_ins(portals, tokens);
        (selection, found)
    }

    /// Everything of `catalog`, and what awsauth itself has saved besides.
    pub(crate) fn all(
        catalog: &'m Catalog,
        sessions: &Sessions,
        tokens: &SsoCache,
        logins: &LoginCache,
    ) -> (Self, Result<(), DiskError>) {
        let profiles: Vec<&Profile> = catalog.profiles().iter().collect();
        let mut selection = Self { is_all: true, levels: levels(&profiles, catalog), profiles, ..Self::default() };
        let is_gone = |name: &ProfileName| catalog.get(name.as_str()).is_none();
        let saved = sessions.names().map(|names| names.into_iter().filter(is_gone).collect());
        let portals: Vec<SsoAccess> = catalog.sessions().iter().cloned().map(SsoAccess::Session).collect();
        let found = selection.find_sign_ins(&portals, tokens);
        let saved = saved.map(|names| selection.levels.push(names));
        selection.logins = selection.profiles.iter().filter_map(|profile| login(profile)).collect();
        let recorded = logins.recorded().map(|recorded| {
            let is_new = |session: &LoginSession| !selection.logins.iter().any(|(_, other)| other == session);
            let new: Vec<LoginSession> = recorded.into_iter().filter(is_new).collect();
            selection.logins.extend(new.into_iter().map(|session| (session.as_str().to_owned(), session)));
        });
        (selection, saved.and(found).and(recorded))
    }

    fn find_sign_ins(&mut self, portals: &[SsoAccess], tokens: &SsoCache) -> Result<(), DiskError> {
        let accesses: Vec<&SsoAccess> =
            portals.iter().chain(self.profiles.iter().filter_map(|profile| access(profile))).collect();
        for sign_in in tokens.sign_ins()? {
            let named = accesses.iter().find(|access| sign_in.is_named_by(access)).map(|access| access.token_key());
            let own = tokens.recorded_name(&sign_in).filter(|_| named.is_some() || self.is_all);
            if own.is_some() || accesses.iter().any(|access| is_of(&sign_in, access)) {
                let name = named.map(str::to_owned).or(own).unwrap_or_default();
                self.sign_ins.push(NamedSignIn { name, sign_in });
            } else if named.is_some() || self.is_all {
                self.foreign.push(ForeignToken { name: named.map(str::to_owned), sign_in });
            }
        }
        Ok(())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.is_all || self.profiles.iter().any(|profile| profile.name.as_str() == name)
    }

    /// The sessions that end although only `names` were given.
    pub(crate) fn beyond(
        &self,
        names: &[String],
        catalog: &'m Catalog,
        sessions: &Sessions,
        logins: &LoginCache,
    ) -> Beyond<'m> {
        let mut beyond = Beyond::default();
        let is_named = |profile: &&Profile| names.iter().any(|name| name == profile.name.as_str());
        let (chosen, others): (Vec<&Profile>, Vec<&Profile>) = self.profiles.iter().copied().partition(is_named);
        let mut without_portal = others.clone();
        for NamedSignIn { name, sign_in } in &self.sign_ins {
            let uses = |profile: &Profile| access(profile).is_some_and(|access| is_of(sign_in, access));
            let names = others.iter().filter(|other| uses(other)).map(|other| other.name.as_str()).collect();
            beyond.portals.push((name.clone(), names));
            without_portal.retain(|profile| !uses(profile));
        }
        without_portal.retain(|profile| match profile.login_session() {
            Some(session) => logins.token(session).is_some(),
            None => sessions.get(&profile.name).is_some(),
        });
        for profile in without_portal {
            let comes_from_it = |other: &Profile| sources(other, catalog).contains(&profile.name.as_str());
            let made = chosen.iter().filter(|other| comes_from_it(other)).map(|other| other.name.as_str());
            let made: Vec<&str> = made.collect();
            if made.is_empty() {
                beyond.dependents.push(profile.name.as_str());
                add_new(&mut beyond.ended_sources, sources(profile, catalog).last().copied());
            } else {
                beyond.sources.push(profile.name.as_str());
                add_new(&mut beyond.made_from_sources, made);
            }
        }
        beyond
    }
}

fn login(profile: &Profile) -> Option<(String, LoginSession)> {
    Some((profile.name.to_string(), profile.login_session()?.clone()))
}

fn add_new<'n>(names: &mut Vec<&'n str>, new: impl IntoIterator<Item = &'n str>) {
    for name in new {
        if !names.contains(&name) {
            names.push(name);
        }
    }
}

/// The profiles that `profile` is made from, the nearest one last.
fn sources<'c>(profile: &Profile, catalog: &'c Catalog) -> Vec<&'c str> {
    let chain = catalog.chain(profile.name.as_str());
    let steps = chain.iter().flat_map(|chain| chain.profiles().iter().copied());
    steps.map(|step| step.name.as_str()).filter(|name| *name != profile.name.as_str()).collect()
}

/// The origin of the profile's SSO token, if it has one.
pub(crate) fn access(profile: &Profile) -> Option<&SsoAccess> {
    match &profile.kind {
        Kind::Sso { access, .. } => Some(access),
        _ => None,
    }
}

/// True if a sign-in is saved where `access` looks for its own, and is for the same portal.
pub(crate) fn is_of(sign_in: &SignIn, access: &SsoAccess) -> bool {
    sign_in.is_named_by(access) && sign_in.start_url.as_ref().is_none_or(|url| url == access.start_url())
}

/// The profiles on the named chains that have sessions, those that sign in through `portals`, and all whose chains go through
/// one of them: their sessions were made from those that end.
pub(crate) fn affected<'m>(
    names: &[String],
    portals: &[SsoAccess],
    manifest: &'m Manifest,
) -> Result<Vec<&'m Profile>, Failure> {
    let catalog = &manifest.catalog;
    let sharing = portals.iter().flat_map(|access| catalog.sharing(access));
    let mut ending: HashSet<&str> = sharing.map(|profile| profile.name.as_str()).collect();
    let mut portals_seen: HashSet<&str> = HashSet::new();
    for name in names {
        let profile = manifest.profile(name)?;
        let chain = catalog.chain(profile.name.as_str());
        let steps = chain.iter().flat_map(|chain| chain.profiles().iter().copied());
        for step in steps.filter(|step| step.has_session()) {
            ending.insert(step.name.as_str());
            if let Some(session) = step.login_session() {
                let is_same = |profile: &&Profile| profile.login_session() == Some(session);
                ending.extend(catalog.profiles().iter().filter(is_same).map(|profile| profile.name.as_str()));
            }
            if let Some(access) = access(step)
                && portals_seen.insert(access.token_key())
            {
                ending.extend(catalog.sharing(access).map(|profile| profile.name.as_str()));
            }
        }
    }
    let is_made_from = |profile: &&Profile| {
        let chain = catalog.chain(profile.name.as_str());
        chain.is_some_and(|chain| chain.profiles().iter().any(|step| ending.contains(step.name.as_str())))
    };
    Ok(catalog.profiles().iter().filter(is_made_from).collect())
}

/// Sources first: a renewal during the logout then finds its source gone, or its own session marked as ended.
fn levels(profiles: &[&Profile], catalog: &Catalog) -> Vec<Vec<ProfileName>> {
    let mut levels: BTreeMap<usize, Vec<ProfileName>> = BTreeMap::new();
    for profile in profiles {
        let length = catalog.chain(profile.name.as_str()).map_or(0, |chain| chain.profiles().len());
        levels.entry(length).or_default().push(profile.name.clone());
    }
    levels.into_values().collect()
}

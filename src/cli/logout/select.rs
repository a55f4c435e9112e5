//! Owns which sessions a logout ends. Must not end any.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::config::load::Manifest;
use crate::cli::logout::execute::{Ending, Named};
use crate::cli::ui::failure::Failure;
use crate::model::{Catalog, Kind, Pattern, Profile, ProfileName, SsoAccess};
use crate::store::SignIn;
use crate::system::disk::DiskError;

/// What is to be ended.
#[derive(Default)]
pub(crate) struct Scope {
    /// Those whose sessions end; sources in a level before what is made from them.
    pub(crate) levels: Vec<Vec<ProfileName>>,
    /// The sign-ins that end.
    pub(crate) sign_ins: Vec<Named>,
    /// Those that awsauth knows nothing of, and the name that led there if one did.
    pub(crate) strangers: Vec<(Option<String>, SignIn)>,
}

impl Scope {
    /// Finds the sign-ins of `accesses`, and of those that awsauth has made itself which `wanted` takes by name. What stands
    /// in their place for another portal is a stranger's, as is everything else that `wanted` would take.
    pub(crate) fn find_sign_ins(
        &mut self,
        ending: &Ending,
        accesses: &[&SsoAccess],
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), DiskError> {
        for sign_in in ending.tokens.sign_ins()? {
            let named = accesses.iter().find(|access| sign_in.is_named_by(access)).map(|access| access.token_key());
            let own = ending.tokens.recorded_name(&sign_in).filter(|name| named.is_some() || wanted(name));
            if accesses.iter().any(|access| is_of(&sign_in, access)) || own.is_some() {
                let name = named.map(str::to_owned).or(own).unwrap_or_default();
                self.sign_ins.push(Named { name, sign_in });
            } else if named.is_some() || wanted("") {
                self.strangers.push((named.map(str::to_owned), sign_in));
            }
        }
        Ok(())
    }
}

impl Scope {
    /// True if `profile` has a session, or a sign-in that it would be renewed from ends.
    pub(crate) fn touches(&self, profile: &Profile, ending: &Ending) -> bool {
        let signs_in = |access| self.sign_ins.iter().any(|named| is_of(&named.sign_in, access));
        access(profile).is_some_and(signs_in) || ending.sessions.get(&profile.name).is_some()
    }
}

/// Where the profile's SSO token comes from, if it is one of SSO.
pub(crate) fn access(profile: &Profile) -> Option<&SsoAccess> {
    match &profile.kind {
        Kind::Sso { access, .. } => Some(access),
        _ => None,
    }
}

/// Whether a sign-in stands where `access` has its own, and is for the same portal.
pub(crate) fn is_of(sign_in: &SignIn, access: &SsoAccess) -> bool {
    sign_in.is_named_by(access) && sign_in.start_url.as_ref().is_none_or(|url| url == access.start_url())
}

/// The profiles on the named chains that have sessions, those that sign in through `accesses`, and all whose chains go
/// through one of them: their sessions were made from what ends.
pub(crate) fn affected<'m>(
    names: &[String],
    accesses: &[SsoAccess],
    manifest: &'m Manifest,
) -> Result<Vec<&'m Profile>, Failure> {
    let catalog = &manifest.catalog;
    let sharing = accesses.iter().flat_map(|access| catalog.sharing(access));
    let mut ending: BTreeSet<&str> = sharing.map(|profile| profile.name.as_str()).collect();
    let mut shared: BTreeSet<&str> = BTreeSet::new();
    for name in names {
        let profile = manifest.profile(name)?;
        let chain = catalog.chain(profile.name.as_str());
        let steps = chain.iter().flat_map(|chain| chain.profiles().iter().copied());
        for step in steps.filter(|step| step.pattern() != Pattern::Iam) {
            ending.insert(step.name.as_str());
            if let Some(access) = access(step)
                && shared.insert(access.token_key())
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

/// Sources first: a session that is renewed while this goes on finds its source gone, or its own end noted.
pub(crate) fn in_levels(profiles: &[&Profile], catalog: &Catalog) -> Vec<Vec<ProfileName>> {
    let mut levels: BTreeMap<usize, Vec<ProfileName>> = BTreeMap::new();
    for profile in profiles {
        let length = catalog.chain(profile.name.as_str()).map_or(0, |chain| chain.profiles().len());
        levels.entry(length).or_default().push(profile.name.clone());
    }
    levels.into_values().collect()
}

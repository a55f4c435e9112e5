//! Owns the way from a profile down to its base through `source_profile`.

use std::collections::HashSet;

use super::{MfaSerial, Pattern, Profile, ProfileName};

/// The profiles from the base (first) to the one asked for (last). Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain<'a> {
    profiles: Vec<&'a Profile>,
}

impl<'a> Chain<'a> {
    /// Follows `source_profile` from `profile` down, in time linear to the chain's length. None where the sources make no
    /// chain: an unknown one, a cycle, a pattern that can't lead there. `manifest` reports these, each at its place.
    pub(crate) fn resolve(profile: &'a Profile, find: impl Fn(&ProfileName) -> Option<&'a Profile>) -> Option<Self> {
        let mut profiles = vec![profile];
        let mut seen = HashSet::from([&profile.name]);
        let mut at = profile;
        while let Some(role) = at.role() {
            let source = find(&role.source)?;
            if !fits(at.pattern(), source.pattern()) || !seen.insert(&source.name) {
                return None;
            }
            profiles.push(source);
            at = source;
        }
        profiles.reverse();
        Some(Self { profiles })
    }

    /// From the base to the profile asked for.
    pub(crate) fn profiles(&self) -> &[&'a Profile] {
        &self.profiles
    }

    /// The profile asked for.
    pub(crate) fn target(&self) -> &'a Profile {
        self.profiles[self.profiles.len() - 1]
    }

    /// The profile at the bottom.
    pub(crate) fn base(&self) -> &'a Profile {
        self.profiles[0]
    }

    /// Every place on the chain that asks for an MFA code.
    pub(crate) fn mfa(&self) -> impl Iterator<Item = (&'a Profile, &'a MfaSerial)> {
        self.profiles.iter().filter_map(|profile| profile.mfa_serial().map(|serial| (*profile, serial)))
    }
}

fn fits(pattern: Pattern, source: Pattern) -> bool {
    match pattern {
        Pattern::IamMfaRole => matches!(source, Pattern::Iam | Pattern::IamMfa | Pattern::IamMfaRole),
        Pattern::SsoRole => matches!(source, Pattern::Sso | Pattern::SsoRole),
        Pattern::Iam | Pattern::IamMfa | Pattern::Sso => false,
    }
}

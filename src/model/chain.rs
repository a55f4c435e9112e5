//! Owns the way from a profile down to its base through `source_profile`.

use std::collections::HashSet;

use super::{
    CredentialSource, Kind, LoginSession, MfaSerial, Profile, ProfileName, Role, SsoAccess, SsoSession, StartUrl,
};

/// The profiles from the base (first) to the one asked for (last). Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain<'a> {
    profiles: Vec<&'a Profile>,
}

impl<'a> Chain<'a> {
    /// Follows `source_profile` from `profile` down, in time linear to the chain's length. None if the sources make no chain: an
    /// unknown one, a cycle, a pattern that can't lead there. `manifest` reports these, each at its place.
    pub(crate) fn resolve(profile: &'a Profile, find: impl Fn(&ProfileName) -> Option<&'a Profile>) -> Option<Self> {
        let mut profiles = vec![profile];
        let mut seen = HashSet::from([&profile.name]);
        let mut at = profile;
        while let Some(source) = at.role().and_then(Role::source_profile) {
            let source = find(source)?;
            if !at.pattern().sources().contains(&source.pattern()) || !seen.insert(&source.name) {
                return None;
            }
            profiles.push(source);
            at = source;
        }
        profiles.reverse();
        Some(Self { profiles })
    }

    /// From the base to the target.
    pub(crate) fn profiles(&self) -> &[&'a Profile] {
        &self.profiles
    }

    pub(crate) fn target(&self) -> &'a Profile {
        self.profiles[self.profiles.len() - 1]
    }

    /// The profile that needs no other one.
    pub(crate) fn base(&self) -> &'a Profile {
        self.profiles[0]
    }

    /// The origin of the credentials of its base.
    pub(crate) fn root(&self) -> Option<Root<'a>> {
        Root::of(self.base())
    }

    /// Every profile of the chain that asks for an MFA code.
    pub(crate) fn mfa(&self) -> impl Iterator<Item = (&'a Profile, &'a MfaSerial)> {
        self.profiles.iter().filter_map(|profile| profile.mfa_serial().map(|serial| (*profile, serial)))
    }
}

/// What makes the next session of a profile.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Renewal<'a> {
    /// A code, a new key, or whatever else only a person has.
    Person,
    /// The credentials of the profile below.
    Source(&'a Profile),
    Token(&'a SsoAccess),
    Login(&'a LoginSession),
    /// This machine, or the environment.
    Machine,
}

impl<'a> Renewal<'a> {
    /// What makes the next session of the top of `steps`.
    pub(crate) fn of(steps: &[&'a Profile]) -> Self {
        let Some((profile, below)) = steps.split_last() else { return Self::Person };
        match &profile.kind {
            Kind::Iam | Kind::IamMfa { .. } | Kind::IamMfaRole { mfa_serial: Some(_), .. } | Kind::External => {
                Self::Person
            }
            Kind::Role(role) if role.credential_source().is_some() => Self::Machine,
            Kind::IamMfaRole { mfa_serial: None, .. } | Kind::SsoRole(_) | Kind::Role(_) => {
                below.last().map_or(Self::Person, |source| Self::Source(source))
            }
            Kind::Sso { access, .. } => Self::Token(access),
            Kind::Login(session) => Self::Login(session),
        }
    }
}

/// The origin of a chain's credentials. Two of one name are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Root<'a> {
    Session(&'a SsoSession),
    /// An SSO portal, which no session names.
    Portal(&'a StartUrl),
    /// A long-term key, by its section of the credentials file.
    LongTermKey(&'a ProfileName),
    /// Who signs in to the console.
    Login(&'a LoginSession),
    /// A section of the person's own.
    Section(&'a ProfileName),
    /// A place of this machine.
    Machine(CredentialSource),
}

impl<'a> Root<'a> {
    /// None for a profile whose credentials come from another profile.
    pub(crate) fn of(profile: &'a Profile) -> Option<Self> {
        match &profile.kind {
            Kind::Iam | Kind::IamMfa { .. } => profile.long_term_section().map(Self::LongTermKey),
            Kind::Sso { access: SsoAccess::Session(session), .. } => Some(Self::Session(session)),
            Kind::Sso { access: SsoAccess::Legacy { start_url, .. }, .. } => Some(Self::Portal(start_url)),
            Kind::Login(session) => Some(Self::Login(session)),
            Kind::External => Some(Self::Section(&profile.name)),
            Kind::Role(role) => role.credential_source().map(Self::Machine),
            Kind::IamMfaRole { .. } | Kind::SsoRole(_) => None,
        }
    }

    /// The address if it is a portal.
    pub(crate) fn name(self) -> &'a str {
        match self {
            Self::Session(session) => session.name.as_str(),
            Self::Portal(start_url) => start_url.as_str(),
            Self::Login(session) => session.as_str(),
            Self::LongTermKey(section) | Self::Section(section) => section.as_str(),
            Self::Machine(source) => source.as_str(),
        }
    }
}

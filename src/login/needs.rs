//! Owns what a login will ask a person for, so that it can be said beforehand.

use crate::model::{Chain, Kind, MfaSerial, Profile, SsoAccess};

/// The codes and approvals that are left to get, each once.
#[derive(Debug, Default)]
pub(crate) struct Needs<'a> {
    /// One code for each call that takes one: the profile and its device.
    pub(crate) codes: Vec<(&'a Profile, &'a MfaSerial)>,
    /// One approval for each SSO session.
    pub(crate) approvals: Vec<&'a SsoAccess>,
}

impl<'a> Needs<'a> {
    /// Looks at each chain from its top down to the first profile that `is_held`: what lies above has to be obtained.
    pub(crate) fn of(
        chains: &[Chain<'a>],
        is_held: impl Fn(&[&'a Profile]) -> bool,
        is_approved: impl Fn(&SsoAccess) -> bool,
    ) -> Self {
        let mut needs = Self::default();
        for chain in chains {
            let profiles = chain.profiles();
            let first =
                (0..profiles.len()).rev().find(|index| is_held(&profiles[..=*index])).map_or(0, |held| held + 1);
            for profile in &profiles[first..] {
                needs.add(profile, &is_approved);
            }
        }
        needs
    }

    fn add(&mut self, profile: &'a Profile, is_approved: impl Fn(&SsoAccess) -> bool) {
        if let Some(serial) = profile.mfa_serial()
            && !self.codes.iter().any(|(other, _)| other.name == profile.name)
        {
            self.codes.push((profile, serial));
        }
        if let Kind::Sso { access, .. } = &profile.kind
            && !self.approvals.iter().any(|other| other.token_key() == access.token_key())
            && !is_approved(access)
        {
            self.approvals.push(access);
        }
    }
}

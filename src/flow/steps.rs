//! Owns what a login has to do: the chains of all names as one list of steps, each session once, and what that will ask
//! of a person. Must not know how a step is carried out.

use std::collections::HashMap;

use crate::model::{Chain, Kind, MfaSerial, Profile, SsoAccess};

/// One session to get.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    /// The profiles from the base of the chain up to the one whose session it is.
    pub(crate) profiles: Vec<&'a Profile>,
    /// The place of the step that gives what signs this one; none where that is held already, or nothing signs.
    pub(crate) source: Option<usize>,
}

impl<'a> Step<'a> {
    /// The profile whose session it is.
    pub(crate) fn target(&self) -> &'a Profile {
        self.profiles[self.profiles.len() - 1]
    }
}

/// The sessions that several chains need and that are not held, each once.
#[derive(Debug, Default)]
pub(crate) struct Steps<'a> {
    /// A step stands behind its source; else the order is that of the chains.
    pub(crate) list: Vec<Step<'a>>,
    /// For each chain, the place of its last step; none where its session is held.
    pub(crate) ends: Vec<Option<usize>>,
}

impl<'a> Steps<'a> {
    /// Looks at each chain from its top down to the first profile that `is_held`: what lies above has to be obtained.
    /// Linear in the number of profiles on the chains.
    pub(crate) fn of(chains: &[Chain<'a>], is_held: impl Fn(&[&'a Profile]) -> bool) -> Self {
        let mut steps = Self::default();
        let mut places: HashMap<&str, Option<usize>> = HashMap::new();
        for chain in chains {
            let profiles = chain.profiles();
            let mut end = None;
            // The part of the chain from the top down that was not looked at for an earlier one.
            let mut fresh = 0;
            for (at, profile) in profiles.iter().enumerate().rev() {
                let known = places.get(profile.name.as_str()).copied();
                let known = known.or_else(|| is_held(&profiles[..=at]).then_some(None));
                if let Some(place) = known {
                    places.insert(profile.name.as_str(), place);
                    (end, fresh) = (place, at + 1);
                    break;
                }
            }
            for at in fresh..profiles.len() {
                steps.list.push(Step { profiles: profiles[..=at].to_vec(), source: end });
                end = Some(steps.list.len() - 1);
                places.insert(profiles[at].name.as_str(), end);
            }
            steps.ends.push(end);
        }
        steps
    }

    /// The portals whose token some step needs, each once.
    pub(crate) fn accesses(&self) -> Vec<&'a SsoAccess> {
        let mut found: Vec<&SsoAccess> = Vec::new();
        for step in &self.list {
            if let Kind::Sso { access, .. } = &step.target().kind
                && !found.iter().any(|other| other.is_one_sign_in_with(access))
            {
                found.push(access);
            }
        }
        found
    }

    /// The profiles that ask for a code of their own, with their devices. A code is good for one call, so each asks for
    /// another one.
    pub(crate) fn codes(&self) -> impl Iterator<Item = (&'a Profile, &'a MfaSerial)> {
        self.list.iter().filter_map(|step| Some((step.target(), step.target().mfa_serial()?)))
    }
}

/// What a login will ask of a person, so that it can be said beforehand.
#[derive(Debug, Default)]
pub(crate) struct Needs<'a> {
    /// The devices, each with the profiles that take a code of it.
    pub(crate) codes: Vec<(&'a MfaSerial, Vec<&'a Profile>)>,
    /// One approval for each SSO session.
    pub(crate) approvals: Vec<&'a SsoAccess>,
    /// How many chains there is something to do for.
    pub(crate) profiles: usize,
}

impl<'a> Needs<'a> {
    /// What `steps` ask for, where a code of a profile `can_use` one, and a token has to be approved unless it
    /// `is_approved`.
    pub(crate) fn of(
        steps: &Steps<'a>,
        can_use: impl Fn(&Profile) -> bool,
        is_approved: impl Fn(&SsoAccess) -> bool,
    ) -> Self {
        let mut codes: Vec<(&MfaSerial, Vec<&Profile>)> = Vec::new();
        for (profile, serial) in steps.codes().filter(|(profile, _)| can_use(profile)) {
            match codes.iter_mut().find(|(device, _)| *device == serial) {
                Some((_, profiles)) => profiles.push(profile),
                None => codes.push((serial, vec![profile])),
            }
        }
        let approvals = steps.accesses().into_iter().filter(|access| !is_approved(access)).collect();
        Self { codes, approvals, profiles: steps.ends.iter().flatten().count() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProfileName, Role, RoleArn};

    fn profile(name: &str, kind: Kind) -> Profile {
        Profile::bare(name, kind)
    }

    fn role(name: &str, source: &str, serial: Option<&str>) -> Profile {
        let role = Role {
            arn: RoleArn::new("arn:aws:iam::444455556666:role/Admin").unwrap(),
            source: ProfileName::new(source).unwrap(),
            duration: None,
            session_name: None,
            external_id: None,
        };
        profile(name, Kind::IamMfaRole { role, mfa_serial: serial.map(|serial| MfaSerial::new(serial).unwrap()) })
    }

    /// `main` with the roles `a`, `b` and, through `b`, `c`; `base` with the roles `own` and `own2`.
    fn profiles() -> Vec<Profile> {
        let serial = MfaSerial::new("GAHT12345678").unwrap();
        let long_term_profile = ProfileName::new("main-long-term").unwrap();
        vec![
            profile("main", Kind::IamMfa { mfa_serial: serial, long_term_profile, duration: None }),
            role("a", "main", None),
            role("b", "main", None),
            role("c", "b", None),
            profile("base", Kind::Iam),
            role("own", "base", Some("GAHT12345678")),
            role("own2", "base", Some("GAHT12345678")),
        ]
    }

    fn chains<'a>(profiles: &'a [Profile], names: &[&str]) -> Vec<Chain<'a>> {
        let find = |name: &str| profiles.iter().find(|profile| profile.name.as_str() == name);
        names.iter().map(|name| Chain::resolve(find(name).unwrap(), |source| find(source.as_str())).unwrap()).collect()
    }

    fn named(steps: &Steps<'_>) -> Vec<(String, Option<usize>)> {
        steps.list.iter().map(|step| (step.target().name.to_string(), step.source)).collect()
    }

    fn is_held<'n>(names: &'n [&'n str]) -> impl Fn(&[&Profile]) -> bool + 'n {
        move |steps| steps.last().is_some_and(|top| names.contains(&top.name.as_str()))
    }

    #[test]
    fn chains_that_share_a_source_share_its_step() {
        let profiles = profiles();
        let steps = Steps::of(&chains(&profiles, &["a", "c", "main", "a"]), is_held(&[]));
        let step = |name: &str, source| (name.to_owned(), source);
        assert_eq!(named(&steps), [step("main", None), step("a", Some(0)), step("b", Some(0)), step("c", Some(2))]);
        assert_eq!(steps.ends, [Some(1), Some(3), Some(0), Some(1)]);
    }

    #[test]
    fn what_is_held_is_not_obtained_nor_what_lies_below_it() {
        let profiles = profiles();
        let steps = Steps::of(&chains(&profiles, &["c", "a", "b"]), is_held(&["b"]));
        let step = |name: &str, source| (name.to_owned(), source);
        assert_eq!(named(&steps), [step("c", None), step("main", None), step("a", Some(1))]);
        assert_eq!(steps.ends, [Some(0), Some(2), None]);
        assert!(Steps::of(&chains(&profiles, &["a"]), is_held(&["a"])).list.is_empty());
    }

    #[test]
    fn a_device_is_told_once_with_all_profiles_that_take_a_code_of_it() {
        let profiles = profiles();
        let steps = Steps::of(&chains(&profiles, &["own2", "a", "b", "own"]), is_held(&["base"]));
        let needs = Needs::of(&steps, |_| true, |_| true);
        let [(serial, takers)] = needs.codes.as_slice() else { panic!("{needs:?}") };
        assert_eq!(serial.as_str(), "GAHT12345678");
        let takers: Vec<&str> = takers.iter().map(|profile| profile.name.as_str()).collect();
        assert_eq!((takers, needs.profiles), (vec!["own2", "main", "own"], 4));
        assert!(Needs::of(&steps, |_| false, |_| true).codes.is_empty());
    }
}

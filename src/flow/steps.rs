//! Owns the steps of a login: the chains of all names merged so that each session is obtained once, and what the steps ask of
//! a person. Must not know how a step is carried out.

use std::collections::HashMap;

use crate::model::{Chain, Kind, LoginSession, MfaSerial, Profile, SsoAccess};

/// One session to obtain.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    /// From the base of the chain up to the profile whose session it is.
    pub(crate) profiles: Vec<&'a Profile>,
    /// The index of the step whose session signs this one. None if that session is held, or nothing signs.
    pub(crate) source: Option<usize>,
}

impl<'a> Step<'a> {
    pub(crate) fn target(&self) -> &'a Profile {
        self.profiles[self.profiles.len() - 1]
    }
}

/// The sessions that several chains need and that are not held.
#[derive(Debug, Default)]
pub(crate) struct Steps<'a> {
    /// A step comes after its source; otherwise the order is that of the chains.
    pub(crate) list: Vec<Step<'a>>,
    /// For each chain, the index of its last step; none if its session is held.
    pub(crate) ends: Vec<Option<usize>>,
}

impl<'a> Steps<'a> {
    /// Walks each chain from its top down to the first profile that `is_held`; all above it becomes steps. Calls `is_held` at
    /// most once for a profile. Linear in the number of profiles on the chains.
    pub(crate) fn of(chains: &[Chain<'a>], is_held: impl Fn(&[&'a Profile]) -> bool) -> Self {
        let mut steps = Self::default();
        let mut known: HashMap<&str, Option<usize>> = HashMap::new();
        for chain in chains {
            let profiles = chain.profiles();
            let mut end = None;
            let mut first_new = 0;
            for (at, profile) in profiles.iter().enumerate().rev() {
                let step = known.get(profile.name.as_str()).copied();
                let step = step.or_else(|| is_held(&profiles[..=at]).then_some(None));
                if let Some(step) = step {
                    known.insert(profile.name.as_str(), step);
                    (end, first_new) = (step, at + 1);
                    break;
                }
            }
            for at in first_new..profiles.len() {
                steps.list.push(Step { profiles: profiles[..=at].to_vec(), source: end });
                end = Some(steps.list.len() - 1);
                known.insert(profiles[at].name.as_str(), end);
            }
            steps.ends.push(end);
        }
        steps
    }

    /// One step for each SSO token that is needed.
    pub(crate) fn sign_ins(&self) -> Vec<(&Step<'a>, &'a SsoAccess)> {
        let mut found: Vec<(&Step<'a>, &SsoAccess)> = Vec::new();
        for step in &self.list {
            if let Kind::Sso { access, .. } = &step.target().kind
                && !found.iter().any(|(_, other)| other.is_one_sign_in_with(access))
            {
                found.push((step, access));
            }
        }
        found
    }

    /// The console sign-ins that a person is needed for, each once.
    pub(crate) fn logins(&self, needs_person: impl Fn(&LoginSession) -> bool) -> Vec<&'a LoginSession> {
        let mut found: Vec<&LoginSession> = Vec::new();
        for session in self.list.iter().filter_map(|step| step.target().login_session()) {
            if !found.contains(&session) && needs_person(session) {
                found.push(session);
            }
        }
        found
    }
}

/// The codes and approvals that a login will ask for.
#[derive(Debug, Default)]
pub(crate) struct Requirements<'a> {
    /// MFA devices, each with the profiles that take a code of it. AWS accepts a code once, so each takes its own.
    pub(crate) codes: Vec<(&'a MfaSerial, Vec<&'a Profile>)>,
    /// The SSO sessions to be approved.
    pub(crate) approvals: Vec<&'a SsoAccess>,
    /// Who is to sign in to the console.
    pub(crate) logins: Vec<&'a LoginSession>,
    /// The number of chains with a step.
    pub(crate) profiles: usize,
}

impl<'a> Requirements<'a> {
    /// Leaves out profiles that have no long-term key to use a code with.
    pub(crate) fn of(steps: &Steps<'a>, has_key: impl Fn(&Step<'a>) -> bool, approvals: Vec<&'a SsoAccess>) -> Self {
        let mut codes: Vec<(&MfaSerial, Vec<&Profile>)> = Vec::new();
        for step in &steps.list {
            let profile = step.target();
            let Some(serial) = profile.mfa_serial().filter(|_| has_key(step)) else { continue };
            match codes.iter_mut().find(|(device, _)| *device == serial) {
                Some((_, profiles)) => profiles.push(profile),
                None => codes.push((serial, vec![profile])),
            }
        }
        Self { codes, approvals, logins: Vec::new(), profiles: steps.ends.iter().flatten().count() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProfileName, Role, RoleArn, RoleSource};

    fn profile(name: &str, kind: Kind) -> Profile {
        Profile::bare(name, kind)
    }

    fn role(name: &str, source: &str, serial: Option<&str>) -> Profile {
        let role = Role {
            arn: RoleArn::new("arn:aws:iam::444455556666:role/Admin").unwrap(),
            source: RoleSource::Profile(ProfileName::new(source).unwrap()),
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
        let required = Requirements::of(&steps, |_| true, Vec::new());
        let [(serial, takers)] = required.codes.as_slice() else { panic!("{required:?}") };
        assert_eq!(serial.as_str(), "GAHT12345678");
        let takers: Vec<&str> = takers.iter().map(|profile| profile.name.as_str()).collect();
        assert_eq!((takers, required.profiles), (vec!["own2", "main", "own"], 4));
        assert!(Requirements::of(&steps, |_| false, Vec::new()).codes.is_empty());
    }
}

//! Owns the way from a profile down to its base through `source_profile`.

use std::collections::HashSet;

use thiserror::Error;

use super::{MfaSerial, Pattern, Profile, ProfileName};

/// Why a profile's sources don't make a chain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ChainError {
    /// A source that no profile has.
    #[error("`{at}` takes its credentials from `{source_profile}`, which is not a profile of the manifest")]
    UnknownSource {
        /// The profile that names it.
        at: ProfileName,
        /// The missing name.
        source_profile: ProfileName,
    },
    /// Profiles that take their credentials from each other.
    #[error("these profiles take their credentials from each other: {}", cycle.join(" → "))]
    Cycle {
        /// The names on the way, the first one again at the end.
        cycle: Vec<String>,
    },
    /// A source whose pattern can't lead there.
    #[error(
        "`{at}` has the pattern `{pattern}`, and can't take its credentials from `{source_profile}`, which has `{source_pattern}`"
    )]
    WrongPattern {
        /// The profile that names it.
        at: ProfileName,
        /// Its pattern.
        pattern: Pattern,
        /// The source.
        source_profile: ProfileName,
        /// The source's pattern.
        source_pattern: Pattern,
    },
}

/// The profiles from the base (first) to the one asked for (last). Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain<'a> {
    profiles: Vec<&'a Profile>,
}

impl<'a> Chain<'a> {
    /// Follows `source_profile` from `profile` down. Linear in the chain's length.
    pub(crate) fn resolve(
        profile: &'a Profile,
        find: impl Fn(&ProfileName) -> Option<&'a Profile>,
    ) -> Result<Self, ChainError> {
        let mut profiles = vec![profile];
        let mut seen = HashSet::from([&profile.name]);
        let mut at = profile;
        while let Some(role) = at.role() {
            let source = find(&role.source).ok_or_else(|| ChainError::UnknownSource {
                at: at.name.clone(),
                source_profile: role.source.clone(),
            })?;
            if !fits(at.pattern(), source.pattern()) {
                return Err(ChainError::WrongPattern {
                    at: at.name.clone(),
                    pattern: at.pattern(),
                    source_profile: source.name.clone(),
                    source_pattern: source.pattern(),
                });
            }
            if !seen.insert(&source.name) {
                return Err(ChainError::Cycle { cycle: cycle(&profiles, source) });
            }
            profiles.push(source);
            at = source;
        }
        profiles.reverse();
        Ok(Self { profiles })
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

    /// Whether the target's AssumeRole is called with temporary credentials, which caps it at one hour.
    pub(crate) fn is_chained(&self) -> bool {
        self.profiles.len() > 1 && (self.profiles.len() > 2 || self.base().pattern() != Pattern::Iam)
    }
}

fn cycle(profiles: &[&Profile], back_to: &Profile) -> Vec<String> {
    let start = profiles.iter().position(|profile| profile.name == back_to.name).unwrap_or(0);
    let names = profiles[start..].iter().map(|profile| profile.name.to_string());
    names.chain([back_to.name.to_string()]).collect()
}

fn fits(pattern: Pattern, source: Pattern) -> bool {
    match pattern {
        Pattern::IamMfaRole => matches!(source, Pattern::Iam | Pattern::IamMfa | Pattern::IamMfaRole),
        Pattern::SsoRole => matches!(source, Pattern::Sso | Pattern::SsoRole),
        Pattern::Iam | Pattern::IamMfa | Pattern::Sso => false,
    }
}

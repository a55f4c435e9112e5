//! Owns the profile whose long-term key a command is about.

use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::service::LoginService;
use crate::cli::ui::failure::Failure;
use crate::model::{MfaSerial, Profile, ProfileName};
use crate::provider::ProviderError;

/// A profile with a long-term key of its own.
#[derive(Clone, Copy)]
pub(crate) struct KeyOwner<'m> {
    pub(crate) profile: &'m Profile,
    /// The section of the credentials file that the key is for.
    pub(crate) section: &'m ProfileName,
}

impl<'m> KeyOwner<'m> {
    /// `command` is suggested for the profile that has the key.
    pub(crate) fn find(name: &str, command: &str, service: &'m LoginService<'_>) -> Result<Self, Failure> {
        let profile = service.manifest.profile(name)?;
        Self::of(profile).ok_or_else(|| {
            let words = format!("`{name}` has the pattern `{}`, which has no long-term key", profile.pattern());
            let failure = Failure::new(Exit::Usage, words);
            match service.chain(name) {
                Ok(chain) if chain.base().long_term_section().is_some() => {
                    let base = &chain.base().name;
                    failure.hint(format!("its key is that of `{base}`: `awsauth keys {command} {base}`"))
                }
                Ok(chain) if chain.base().external_section().is_some() => {
                    failure.hint("another program gives its credentials, in a section that awsauth leaves alone")
                }
                _ => failure.hint(format!("it needs none: `awsauth login {name}`")),
            }
        })
    }

    pub(crate) fn of(profile: &'m Profile) -> Option<Self> {
        Some(Self { profile, section: profile.long_term_section()? })
    }

    pub(crate) fn no_key(&self, service: &LoginService<'_>) -> Failure {
        let (profile, section) = (self.profile.name.clone(), self.section.clone());
        let error = ProviderError::NoLongTermKey { profile, section };
        explain::provider(&error, self.profile.name.as_str(), &service.manifest.catalog)
    }

    /// The profiles that take their MFA codes for sessions of this key, with their devices.
    pub(crate) fn devices<'s>(&self, service: &'s LoginService<'_>) -> Vec<(&'s ProfileName, &'s MfaSerial)> {
        let profiles = service.manifest.catalog.profiles().iter();
        let with_device = profiles.filter_map(|profile| Some((profile, profile.mfa_serial()?)));
        let is_of_key = |(profile, _): &(&Profile, &MfaSerial)| {
            let chain = service.manifest.catalog.chain(profile.name.as_str());
            chain.is_some_and(|chain| chain.base().long_term_section() == Some(self.section))
        };
        with_device.filter(is_of_key).map(|(profile, serial)| (&profile.name, serial)).collect()
    }
}

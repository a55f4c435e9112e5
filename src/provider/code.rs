//! Owns asking for an MFA code, and for another one when AWS refuses it.

use super::error::{CodeOrder, ProviderError};
use super::notice::Notice;
use super::{Attendance, Provider};
use crate::flow::{CallError, MAX_TRIES, MfaCode, MfaProof, Problem};
use crate::model::{MfaSerial, Profile};
use crate::prompt::{Echo, Question};
use crate::secret::Secret;

/// Tells an awsauth that runs inside `mfa_process` for which profile the code is, so that it does not ask for it again.
pub(crate) const MFA_PROCESS_VARIABLE: &str = "_AWSAUTH_MFA_PROCESS_OF";

/// The codes for one call, one after another.
pub(super) struct Codes<'p> {
    profile: &'p Profile,
    serial: &'p MfaSerial,
    tries: u32,
}

impl<'p> Codes<'p> {
    /// Codes of `serial`, on behalf of `profile`.
    pub(super) fn new(profile: &'p Profile, serial: &'p MfaSerial) -> Self {
        Self { profile, serial, tries: 0 }
    }

    /// The next code that was not sent yet; it is used up by the one call that it is moved into.
    pub(super) fn next(&mut self, provider: &Provider<'_>) -> Result<MfaProof<'p>, ProviderError> {
        loop {
            let code = self.ask(provider)?;
            let used = (self.serial.clone(), Secret::new(code.expose()));
            if !provider.used.borrow().contains(&used) {
                provider.used.borrow_mut().push(used);
                return Ok(MfaProof { serial: self.serial, code });
            }
            let clock_skew = provider.ports.aws.clock_skew();
            if self.tries >= MAX_TRIES || !provider.ports.prompt.borrow().can_ask_again() {
                return Err(ProviderError::UsedCode { profile: self.profile.name.clone(), clock_skew });
            }
            (provider.ports.notify)(Notice::CodeRefused { serial: self.serial, clock_skew });
        }
    }

    fn ask(&mut self, provider: &Provider<'_>) -> Result<MfaCode, ProviderError> {
        self.tries += 1;
        let (profile, serial) = (self.profile, self.serial);
        let is_another = provider.used.borrow().iter().any(|(device, _)| device == serial);
        let (order, which, help) = if is_another {
            let help = format!("six digits, for {}: not the code that is used up", profile.name);
            (CodeOrder::Another, "The next MFA code", help)
        } else {
            (CodeOrder::First, "MFA code", format!("six digits, for {}", profile.name))
        };
        let answer = provider
            .ports
            .prompt
            .borrow_mut()
            .ask(Question {
                text: &format!("{which} for {}:", serial.as_str()),
                help: &help,
                fits: |text| MfaCode::new(text).is_ok(),
                complaint: "six digits, please",
                echo: Echo::Shown,
                facts: &[
                    ("AWSAUTH_PROFILE", profile.name.as_str()),
                    ("AWSAUTH_MFA_SERIAL", serial.as_str()),
                    (MFA_PROCESS_VARIABLE, profile.name.as_str()),
                ],
            })
            .map_err(|source| {
                let (profile, serial) = (profile.name.clone(), serial.clone());
                ProviderError::NoCode { profile, serial, order, source }
            })?;
        MfaCode::new(answer.expose()).map_err(|_| ProviderError::MalformedCode { profile: profile.name.clone() })
    }

    /// Whether `error` can be mended by another code, and somebody is there to give one.
    pub(super) fn may_retry(&self, provider: &Provider<'_>, error: &CallError) -> bool {
        let may = error.problem == Problem::WrongCode
            && self.tries < MAX_TRIES
            && provider.attendance != Attendance::Nobody
            && provider.ports.prompt.borrow().can_ask_again();
        if may {
            let clock_skew = provider.ports.aws.clock_skew();
            (provider.ports.notify)(Notice::CodeRefused { serial: self.serial, clock_skew });
        }
        may
    }
}

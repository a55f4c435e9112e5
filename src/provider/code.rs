//! Owns MFA codes: asking for one, and for another when AWS refuses it.

use super::Provider;
use super::error::{CodeOrder, ProviderError};
use super::frontend::Notice;
use super::session::failed;
use crate::flow::{CallError, MAX_TRIES, MfaCode, MfaProof, Problem};
use crate::model::{Credentials, MfaSerial, Profile};
use crate::prompt::{Echo, Question};
use crate::secret::Secret;

/// Tells an awsauth that runs inside `mfa_process` for which profile the code is, so that it does not ask for it again.
pub(crate) const MFA_PROCESS_VARIABLE: &str = "_AWSAUTH_MFA_PROCESS_OF";

impl Provider<'_> {
    /// Makes a call with a code of `serial`. While AWS refuses the code and there is somebody to ask, tries the next one.
    pub(super) async fn with_code(
        &self,
        profile: &Profile,
        serial: &MfaSerial,
        call: impl AsyncFn(MfaProof<'_>) -> Result<Credentials, CallError>,
    ) -> Result<Credentials, ProviderError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let code = self.ask_code(profile, serial)?;
            let refusal = if self.is_first_use(serial, &code) {
                match call(MfaProof { serial, code }).await {
                    Err(error) if error.problem == Problem::WrongCode => failed(&profile.name, error),
                    answer => return answer.map_err(|call| failed(&profile.name, call)),
                }
            } else {
                ProviderError::UsedCode { profile: profile.name.clone(), clock_skew: self.ports.aws.clock_skew() }
            };
            if tries >= MAX_TRIES || !self.ports.prompt.borrow().can_ask_again() {
                return Err(refusal);
            }
            self.notify(&Notice::CodeRefused { serial, clock_skew: self.ports.aws.clock_skew() });
        }
    }

    fn is_first_use(&self, serial: &MfaSerial, code: &MfaCode) -> bool {
        let use_of_code = (serial.clone(), Secret::new(code.expose()));
        let is_first = !self.used_codes.borrow().contains(&use_of_code);
        if is_first {
            self.used_codes.borrow_mut().push(use_of_code);
        }
        is_first
    }

    fn ask_code(&self, profile: &Profile, serial: &MfaSerial) -> Result<MfaCode, ProviderError> {
        let is_another = self.used_codes.borrow().iter().any(|(device, _)| device == serial);
        let (order, which, help) = if is_another {
            (CodeOrder::Another, "The next MFA code", format!("wait for a new code, for {}", profile.name))
        } else {
            (CodeOrder::First, "MFA code", format!("six digits, for {}", profile.name))
        };
        let question = Question {
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
        };
        let answer = self.ports.prompt.borrow_mut().ask(question).map_err(|source| {
            let (profile, serial) = (profile.name.clone(), Box::new(serial.clone()));
            ProviderError::NoCode { profile, serial, order, source }
        })?;
        MfaCode::new(answer.expose()).map_err(|_| ProviderError::MalformedCode { profile: profile.name.clone() })
    }
}

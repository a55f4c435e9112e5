//! Owns credentials that no login of awsauth makes: of a section of the person's own, and of this machine.

use std::rc::Rc;
use std::time::Duration;

use super::error::ProviderError;
use super::frontend::Notice;
use super::renewal_lock::{TELL_AFTER, UNATTENDED};
use super::{Attendance, Provider};
use crate::flow::read_process_output;
use crate::model::{CredentialProcess, CredentialSource, Credentials, ExternalError, ExternalSource, Profile};
use crate::system::programs::output::output;

/// Carries an MFA code to awsauth alone: no program that it starts gets it.
pub(crate) const CODE_VARIABLE: &str = "AWSAUTH_MFA_CODE";
/// Names the profiles whose `credential_process` runs, for an awsauth that it starts.
pub(crate) const EXTERNAL_VARIABLE: &str = "AWSAUTH_EXTERNAL";

impl Provider<'_> {
    /// The credentials that something else gives to a profile, as AWS CLI would get them.
    pub(super) async fn external(&self, profile: &Profile) -> Result<Credentials, Rc<ProviderError>> {
        let refused = |why| Rc::new(ProviderError::External { profile: profile.name.clone(), why });
        match self.ports.externals.get(profile) {
            Some(Ok(ExternalSource::Keys(keys))) => Ok(keys.clone()),
            Some(Ok(ExternalSource::Process(process))) => Ok(self.run(profile, process).await?),
            Some(Err(error)) => Err(refused(error.clone())),
            None => Err(refused(ExternalError::NoCredentials)),
        }
    }

    async fn run(&self, profile: &Profile, process: &CredentialProcess) -> Result<Credentials, ProviderError> {
        let CredentialProcess { program, args, .. } = process;
        let set = [(EXTERNAL_VARIABLE, self.ports.externals.within(&profile.name))];
        let limit = match self.attendance {
            // It may open a browser of its own.
            Attendance::Person | Attendance::Elsewhere => self.ports.callback_timeout,
            // Less than a process that waits for this one allows, so that it tells this error and not its own.
            Attendance::Nobody => UNATTENDED.saturating_sub(Duration::from_secs(1)),
        };
        let mut running = Box::pin(output(program, args, &set, &[CODE_VARIABLE], limit));
        let printed = if let Ok(printed) = tokio::time::timeout(TELL_AFTER, &mut running).await {
            printed
        } else {
            if self.attendance != Attendance::Nobody {
                self.notify(&Notice::Running { profile: &profile.name, program });
            }
            running.await
        };
        let printed = printed.map_err(|why| ProviderError::Process { profile: profile.name.clone(), why })?;
        read_process_output(printed.expose(), (self.ports.now)()).map_err(|why| ProviderError::ProcessOutput {
            profile: profile.name.clone(),
            program: program.clone(),
            why,
        })
    }

    /// The credentials that this machine has for a role.
    pub(super) async fn machine(
        &self,
        profile: &Profile,
        place: CredentialSource,
    ) -> Result<Credentials, Rc<ProviderError>> {
        let obtained = match place {
            CredentialSource::Environment => return self.external(profile).await,
            CredentialSource::Ec2InstanceMetadata => self.ports.aws.instance_credentials().await,
            CredentialSource::EcsContainer => self.ports.aws.container_credentials().await,
        };
        obtained.map_err(|why| Rc::new(ProviderError::Machine { profile: profile.name.clone(), place, why }))
    }
}

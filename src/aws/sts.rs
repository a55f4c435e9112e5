//! Owns the calls to STS.

use super::client::{Aws, Retry};
use super::error::{credentials, expect_short, invalid};
use crate::flow::{
    AssumeRole, CallError, CallerIdentity, ClockSkew, GetFederationToken, GetSessionToken, Operation, Signer,
};
use crate::model::{AccountId, Credentials, Routing, SessionDuration};
use crate::secret::Secret;

/// In bytes; as IAM bounds ARNs.
const LONGEST_ARN: usize = 2048;

impl Aws {
    /// Trades a long-term key and an MFA code for a session. Sent once, since the code is good once.
    pub(crate) async fn get_session_token(&self, call: GetSessionToken<'_>) -> Result<Credentials, CallError> {
        let operation = Operation::GetSessionToken;
        let answer = self
            .sts(operation, call.region, call.routing, call.key, Retry::No)?
            .get_session_token()
            .serial_number(call.mfa.serial.as_str())
            .token_code(call.mfa.code.expose())
            .set_duration_seconds(call.duration_seconds)
            .send()
            .await
            .map_err(|error| self.failed_at(operation, call.routing, error))?;
        credentials(operation, answer.credentials)
    }

    /// Assumes a role. Sent once if it carries an MFA code.
    pub(crate) async fn assume_role(&self, call: AssumeRole<'_>) -> Result<Credentials, CallError> {
        let operation = Operation::AssumeRole;
        let retry = if call.mfa.is_some() { Retry::No } else { Retry::Yes };
        let role = call.role;
        let answer = self
            .sts(operation, call.region, call.routing, call.source, retry)?
            .assume_role()
            .role_arn(role.arn.as_str())
            .role_session_name(call.role_session_name)
            .set_duration_seconds(role.duration.map(SessionDuration::seconds))
            .set_external_id(role.external_id.as_ref().map(|id| id.as_str().to_owned()))
            .set_serial_number(call.mfa.as_ref().map(|mfa| mfa.serial.as_str().to_owned()))
            .set_token_code(call.mfa.as_ref().map(|mfa| mfa.code.expose().to_owned()))
            .send()
            .await
            .map_err(|error| self.failed_at(operation, call.routing, error))?;
        // Simulators of AWS may leave it out. The path of a role is not in the ARN of its sessions.
        let name = role.arn.name().rsplit('/').next().unwrap_or_default();
        let asked = format!(":sts::{}:assumed-role/{name}/", role.arn.account());
        if answer.assumed_role_user.is_some_and(|user| !user.arn.contains(&asked)) {
            return Err(invalid(operation, "AssumedRoleUser", "is not the requested role"));
        }
        credentials(operation, answer.credentials)
    }

    /// Trades a long-term key for a session that the console takes.
    pub(crate) async fn get_federation_token(&self, call: GetFederationToken<'_>) -> Result<Credentials, CallError> {
        let (operation, signer) = (Operation::GetFederationToken, call.signer);
        let answer = self
            .sts(operation, signer.region, signer.routing, signer.credentials, Retry::Yes)?
            .get_federation_token()
            .name(call.name)
            .policy(GetFederationToken::POLICY)
            .set_duration_seconds(call.duration.map(SessionDuration::seconds))
            .send()
            .await
            .map_err(|error| self.failed_at(operation, signer.routing, error))?;
        credentials(operation, answer.credentials)
    }

    /// Asks who `signer` is.
    pub(crate) async fn caller_identity(&self, signer: Signer<'_>) -> Result<CallerIdentity, CallError> {
        let operation = Operation::GetCallerIdentity;
        let client = self.sts(operation, signer.region, signer.routing, signer.credentials, Retry::Yes)?;
        let answer = client
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| self.failed_at(operation, signer.routing, error))?;
        let account = AccountId::new(&answer.account.unwrap_or_default());
        Ok(CallerIdentity {
            account: account.map_err(|_| invalid(operation, "Account", "is not 12 digits"))?,
            arn: expect_short(operation, answer.arn, "Arn", LONGEST_ARN)?,
        })
    }

    /// The difference of this machine's clock from that of STS in `region`, which refuses a key that is nobody's. Sent once.
    pub(crate) async fn ask_clock(&self, region: &str) -> Result<ClockSkew, CallError> {
        let (operation, routing) = (Operation::GetCallerIdentity, Routing::default());
        let nobody = Credentials {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: Secret::new("none"),
            session_token: None,
            expiration: None,
        };
        let asked = self.sts(operation, region, routing, &nobody, Retry::No)?.get_caller_identity().send().await;
        match (self.clock_skew(), asked) {
            (Some(skew), _) => Ok(skew),
            (None, Err(error)) => Err(self.failed_at(operation, routing, error)),
            (None, Ok(_)) => Err(CallError::unreachable(operation, "the answer has no date")),
        }
    }
}

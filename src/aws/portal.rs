//! Owns the calls to the SSO portal.

use jiff::Timestamp;

use super::client::{Aws, Retry};
use super::error::expect;
use crate::login::{CallError, GetRoleCredentials, Operation};
use crate::model::{Credentials, Region};
use crate::secret::Secret;

impl Aws {
    /// Gets the credentials of an assigned role. Sent once: who asks for many minds the portal's quota for all of them.
    pub(crate) async fn get_role_credentials(&self, call: GetRoleCredentials<'_>) -> Result<Credentials, CallError> {
        let operation = Operation::GetRoleCredentials;
        let answer = self
            .portal(operation, call.region.as_str(), Retry::No)?
            .get_role_credentials()
            .access_token(call.access_token.expose())
            .account_id(call.account_id.as_str())
            .role_name(call.role_name.as_str())
            .send()
            .await
            .map_err(|error| self.failed(operation, error))?;
        let answer = expect(operation, answer.role_credentials, "roleCredentials")?;
        let expiration = Timestamp::from_millisecond(answer.expiration).ok();
        Ok(Credentials {
            access_key_id: expect(operation, answer.access_key_id, "accessKeyId")?,
            secret_access_key: Secret::new(expect(operation, answer.secret_access_key, "secretAccessKey")?),
            session_token: Some(Secret::new(expect(operation, answer.session_token, "sessionToken")?)),
            expiration: Some(expect(operation, expiration, "expiration")?),
        })
    }

    /// Ends the session behind a token, for every role that was got with it. Sent once: who signs out does not wait for
    /// a network that is not there.
    pub(crate) async fn logout(&self, region: &Region, access_token: &Secret) -> Result<(), CallError> {
        let operation = Operation::Logout;
        let call = self.portal(operation, region.as_str(), Retry::No)?.logout().access_token(access_token.expose());
        call.send().await.map(drop).map_err(|error| self.failed(operation, error))
    }
}

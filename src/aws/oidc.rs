//! Owns the calls to SSO OIDC.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::client::{Aws, Retry};
use super::error::expect;
use crate::login::{
    CallError, CreateToken, DeviceAuthorization, Grant, Granted, Operation, RegisterClient, StartDeviceAuthorization,
};
use crate::model::SsoClient;
use crate::secret::Secret;

/// RFC 8628 §3.2: how often to poll when the service does not say.
const DEFAULT_INTERVAL: i32 = 5;
/// RFC 8628 §3.4.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 6749 §6.
const REFRESH_TOKEN: &str = "refresh_token";

impl Aws {
    /// Registers a public client.
    pub(crate) async fn register_client(&self, call: RegisterClient<'_>) -> Result<SsoClient, CallError> {
        let operation = Operation::RegisterClient;
        let scopes: Vec<String> = call.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
        let answer = self
            .oidc(operation, call.region.as_str(), Retry::Yes)?
            .register_client()
            .client_name(call.client_name)
            .client_type("public")
            .set_scopes(Some(scopes).filter(|scopes| !scopes.is_empty()))
            .send()
            .await
            .map_err(|error| self.failed(operation, error))?;
        let expires_at = Timestamp::from_second(answer.client_secret_expires_at).ok();
        Ok(SsoClient {
            client_id: expect(operation, answer.client_id, "clientId")?,
            client_secret: Secret::new(expect(operation, answer.client_secret, "clientSecret")?),
            expires_at: expect(operation, expires_at, "clientSecretExpiresAt")?,
        })
    }

    /// Asks for the codes of a device authorization.
    pub(crate) async fn start_device_authorization(
        &self,
        call: StartDeviceAuthorization<'_>,
    ) -> Result<DeviceAuthorization, CallError> {
        let operation = Operation::StartDeviceAuthorization;
        let answer = self
            .oidc(operation, call.region.as_str(), Retry::Yes)?
            .start_device_authorization()
            .client_id(&call.client.client_id)
            .client_secret(call.client.client_secret.expose())
            .start_url(call.start_url.as_str())
            .send()
            .await
            .map_err(|error| self.failed(operation, error))?;
        let interval = if answer.interval > 0 { answer.interval } else { DEFAULT_INTERVAL };
        Ok(DeviceAuthorization {
            device_code: Secret::new(expect(operation, answer.device_code, "deviceCode")?),
            user_code: expect(operation, answer.user_code, "userCode")?,
            verification_uri: expect(operation, answer.verification_uri, "verificationUri")?,
            verification_uri_complete: answer.verification_uri_complete,
            expires_in: seconds(answer.expires_in),
            interval: seconds(interval),
        })
    }

    /// Asks for a token, once: a grant is good once. `now` is what the token's lifetime is counted from.
    pub(crate) async fn create_token(&self, call: CreateToken<'_>, now: Timestamp) -> Result<Granted, CallError> {
        let operation = Operation::CreateToken;
        let request = self
            .oidc(operation, call.region.as_str(), Retry::No)?
            .create_token()
            .client_id(&call.client.client_id)
            .client_secret(call.client.client_secret.expose());
        let request = match call.grant {
            Grant::DeviceCode(code) => request.grant_type(DEVICE_CODE).device_code(code.expose()),
            Grant::RefreshToken(token) => request.grant_type(REFRESH_TOKEN).refresh_token(token.expose()),
        };
        let answer = request.send().await.map_err(|error| self.failed(operation, error))?;
        let expires_at = now.checked_add(SignedDuration::from_secs(answer.expires_in.into())).ok();
        Ok(Granted {
            access_token: Secret::new(expect(operation, answer.access_token, "accessToken")?),
            expires_at: expect(operation, expires_at, "expiresIn")?,
            refresh_token: answer.refresh_token.map(Secret::new),
        })
    }
}

fn seconds(count: i32) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or(0))
}

//! Owns the calls to SSO OIDC.

use std::time::Duration;

use aws_sdk_ssooidc::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use jiff::{SignedDuration, Timestamp};

use super::client::{Aws, Retry};
use super::error::{expect, expect_sendable, expect_short, invalid};
use crate::address::WebAddress;
use crate::flow::{
    CallError, CreateToken, DeviceAuthorization, Grant, Operation, RegisterClient, StartDeviceAuthorization,
    TokenResponse, registered_redirect_uri,
};
use crate::model::{ClientUse, Region, SsoClient};
use crate::secret::Secret;

/// The time between two polls if the service gives none (RFC 8628 §3.2).
const DEFAULT_INTERVAL: i32 = 5;
/// The most characters of a code that a person compares; AWS's have 9.
const LONGEST_USER_CODE: usize = 40;
/// The most characters of an address that a person opens, and of a client's id in one.
const LONGEST_ADDRESS: usize = 2000;
/// The longest lifetime of device codes; AWS's are good for 10 minutes.
const LONGEST_LIFE: Duration = Duration::from_hours(1);
/// The longest time between two polls. AWS asks for 1 s, and nobody waits minutes after they approved.
const LONGEST_INTERVAL: Duration = Duration::from_mins(1);
/// The most seconds of a token's lifetime: the longest session of a portal, 90 days.
const LONGEST_TOKEN: i32 = 90 * 86_400;
/// RFC 8628 §3.4.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 6749 §4.1.3.
const AUTHORIZATION_CODE: &str = "authorization_code";
/// RFC 6749 §6.
const REFRESH_TOKEN: &str = "refresh_token";

impl Aws {
    /// Registers a public client.
    pub(crate) async fn register_client(&self, call: RegisterClient<'_>) -> Result<SsoClient, CallError> {
        let operation = Operation::RegisterClient;
        let scopes: Vec<String> = call.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
        let request = self
            .oidc(operation, call.region.as_str(), call.dual_stack, Retry::Yes)?
            .register_client()
            .client_name(call.client_name)
            .client_type("public")
            .set_scopes(Some(scopes).filter(|scopes| !scopes.is_empty()));
        let request = match call.client_use {
            ClientUse::DeviceCode => request,
            ClientUse::AuthorizationCode => {
                let grants = call.client_use.grant_types().iter().map(|grant| (*grant).to_owned()).collect();
                let request = request.set_grant_types(Some(grants)).redirect_uris(registered_redirect_uri());
                request.issuer_url(call.start_url.as_str())
            }
        };
        let answer = request.send().await.map_err(|error| self.failed(operation, error))?;
        let expires_at = Timestamp::from_second(answer.client_secret_expires_at).ok();
        Ok(SsoClient {
            client_id: expect_short(operation, answer.client_id, "clientId", LONGEST_ADDRESS)?,
            client_secret: Secret::new(expect_sendable(operation, answer.client_secret, "clientSecret")?),
            expires_at: expect(operation, expires_at, "clientSecretExpiresAt")?,
        })
    }

    /// The address of OIDC in `region`, to which a browser is sent too.
    pub(crate) async fn oidc_endpoint(&self, region: &Region, dual_stack: Option<bool>) -> Result<String, CallError> {
        if let Some(url) = self.endpoints().sso_oidc.clone() {
            return Ok(url);
        }
        let unknown = |cause: String| CallError::unreachable(Operation::Authorize, cause);
        let dual_stack = self.endpoints().dual_stack(None, dual_stack).unwrap_or(false);
        let params = Params::builder()
            .region(region.as_str())
            .use_dual_stack(dual_stack)
            .build()
            .map_err(|error| unknown(error.to_string()))?;
        let endpoint = DefaultResolver::new().resolve_endpoint(&params).await;
        Ok(endpoint.map_err(|error| unknown(error.to_string()))?.url().to_owned())
    }

    pub(crate) async fn start_device_authorization(
        &self,
        call: StartDeviceAuthorization<'_>,
    ) -> Result<DeviceAuthorization, CallError> {
        let operation = Operation::StartDeviceAuthorization;
        let answer = self
            .oidc(operation, call.region.as_str(), call.dual_stack, Retry::Yes)?
            .start_device_authorization()
            .client_id(&call.client.client_id)
            .client_secret(call.client.client_secret.expose())
            .start_url(call.start_url.as_str())
            .send()
            .await
            .map_err(|error| self.failed(operation, error))?;
        let address = |uri, name| {
            let uri = expect_short(operation, uri, name, LONGEST_ADDRESS)?;
            // A person is asked to open it.
            let is_private = WebAddress::parse(&uri).is_some_and(WebAddress::is_private);
            if is_private { Ok(uri) } else { Err(invalid(operation, name, "is not an https address")) }
        };
        if answer.expires_in < 1 {
            return Err(invalid(operation, "expiresIn", "is a lifetime that AWS never gives"));
        }
        let interval = if answer.interval > 0 { answer.interval } else { DEFAULT_INTERVAL };
        Ok(DeviceAuthorization {
            device_code: Secret::new(expect_sendable(operation, answer.device_code, "deviceCode")?),
            user_code: expect_short(operation, answer.user_code, "userCode", LONGEST_USER_CODE)?,
            verification_uri: address(answer.verification_uri, "verificationUri")?,
            verification_uri_complete: answer
                .verification_uri_complete
                .map(|uri| address(Some(uri), "verificationUriComplete"))
                .transpose()?,
            expires_in: seconds(answer.expires_in, LONGEST_LIFE),
            interval: seconds(interval, LONGEST_INTERVAL),
        })
    }

    /// Asks for a token. Sent once, since a grant is good once. The token's lifetime begins `now`.
    pub(crate) async fn create_token(&self, call: CreateToken<'_>, now: Timestamp) -> Result<TokenResponse, CallError> {
        let operation = Operation::CreateToken;
        let request = self
            .oidc(operation, call.region.as_str(), call.dual_stack, Retry::No)?
            .create_token()
            .client_id(&call.client.client_id)
            .client_secret(call.client.client_secret.expose());
        let request = match call.grant {
            Grant::DeviceCode(code) => request.grant_type(DEVICE_CODE).device_code(code.expose()),
            Grant::AuthorizationCode { code, verifier, redirect_uri } => request
                .grant_type(AUTHORIZATION_CODE)
                .code(code.expose())
                .code_verifier(verifier.expose())
                .redirect_uri(redirect_uri),
            Grant::RefreshToken(token) => request.grant_type(REFRESH_TOKEN).refresh_token(token.expose()),
        };
        let answer = request.send().await.map_err(|error| self.failed(operation, error))?;
        if !(1..=LONGEST_TOKEN).contains(&answer.expires_in) {
            return Err(invalid(operation, "expiresIn", "is a lifetime that AWS never gives"));
        }
        let expires_at = now.checked_add(SignedDuration::from_secs(answer.expires_in.into())).ok();
        let sendable = |text| expect_sendable(operation, Some(text), "refreshToken");
        let refresh_token = answer.refresh_token.map(sendable).transpose()?;
        Ok(TokenResponse {
            access_token: Secret::new(expect_sendable(operation, answer.access_token, "accessToken")?),
            expires_at: expect(operation, expires_at, "expiresIn")?,
            refresh_token: refresh_token.map(Secret::new),
        })
    }
}

fn seconds(count: i32, most: Duration) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or(0)).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Endpoints, Proxies};

    fn endpoint(endpoints: Endpoints, region: &str) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let region = Region::new(region).unwrap();
        let aws = Aws::new(endpoints, None, Proxies::read(|_| None), || Timestamp::UNIX_EPOCH);
        runtime.block_on(aws.oidc_endpoint(&region, None)).unwrap()
    }

    #[test]
    fn an_answer_keeps_nobody_waiting_for_ever() {
        assert_eq!(seconds(600, LONGEST_LIFE), Duration::from_mins(10));
        assert_eq!(seconds(i32::MAX, LONGEST_LIFE), Duration::from_hours(1));
        assert_eq!(seconds(i32::MAX, LONGEST_INTERVAL), Duration::from_mins(1));
        assert_eq!(seconds(-1, LONGEST_LIFE), Duration::ZERO);
    }

    #[test]
    fn oidc_is_where_the_regions_partition_has_it_or_where_something_stands_in() {
        for (region, url) in [
            ("us-east-1", "https://oidc.us-east-1.amazonaws.com"),
            ("cn-north-1", "https://oidc.cn-north-1.amazonaws.com.cn"),
            ("us-gov-west-1", "https://oidc.us-gov-west-1.amazonaws.com"),
            ("eusc-de-east-1", "https://oidc.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(endpoint(Endpoints::default(), region), url);
        }
        let dual_stack = Endpoints { dual_stack: Some(true), ..Endpoints::default() };
        assert_eq!(endpoint(dual_stack, "us-east-1"), "https://oidc.us-east-1.api.aws");
        let own = "http://127.0.0.1:4566".to_owned();
        let endpoints = Endpoints { sso_oidc: Some(own.clone()), ..Endpoints::default() };
        assert_eq!(endpoint(endpoints, "us-east-1"), own);
    }
}

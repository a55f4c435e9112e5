//! Owns the calls to the sign-in service, which gives the credentials of a console sign-in (aws-facts §13.1).

use aws_lc_rs::error::Unspecified;
use aws_sdk_signin::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use aws_sdk_signin::types::CreateOAuth2TokenRequestBody;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use jiff::{SignedDuration, Timestamp};

use super::client::{Aws, Endpoint};
use super::dpop::DpopKey;
use super::error::{expect, expect_sendable, invalid};
use crate::address::WebAddress;
use crate::flow::{CallError, CreateOAuth2Token, Operation, Problem, SignInGrant, SignInResponse, TransportError};
use crate::model::{Credentials, Routing};
use crate::secret::Secret;

/// The most seconds that credentials last, by the service's model.
const LONGEST: i32 = 900;

impl Aws {
    /// The address of the sign-in service in `region`, to which a browser is sent too.
    pub(crate) async fn sign_in_endpoint(
        &self,
        operation: Operation,
        region: &str,
        fips: Option<bool>,
    ) -> Result<String, CallError> {
        if let Some(url) = self.own_sign_in_endpoint(operation)? {
            return Ok(url.trim_end_matches('/').to_owned());
        }
        let unknown = |cause: String| CallError::unreachable(operation, cause);
        let params = Params::builder().region(region).use_fips(self.endpoints().fips(None, fips).unwrap_or(false));
        let params = params.is_control_plane(false).build().map_err(|error| unknown(error.to_string()))?;
        let endpoint = DefaultResolver::new().resolve_endpoint(&params).await;
        Ok(endpoint.map_err(|error| unknown(error.to_string()))?.url().to_owned())
    }

    /// The address that the environment sets for the sign-in service. Refuses one of another machine without TLS: a code, a refresh
    /// token or a session would go there.
    pub(super) fn own_sign_in_endpoint(&self, operation: Operation) -> Result<Option<&str>, CallError> {
        let own = self.endpoint(Operation::CreateOAuth2Token, Routing::default());
        match own {
            Some(own) if !WebAddress::parse(own.url).is_some_and(WebAddress::is_private) => {
                Err(unencrypted(operation, own))
            }
            own => Ok(own.map(|own| own.url)),
        }
    }

    /// Asks for credentials. Sent once: a code is good once. Their lifetime begins `now`.
    pub(crate) async fn create_oauth2_token(
        &self,
        call: CreateOAuth2Token<'_>,
        now: Timestamp,
    ) -> Result<SignInResponse, CallError> {
        let operation = Operation::CreateOAuth2Token;
        let key = DpopKey::from_pem(call.dpop_key).ok_or_else(bad_key)?;
        let prove = move |mut request: HttpRequest| {
            let proof = key.proof(request.uri(), now)?;
            request.headers_mut().insert("DPoP", proof);
            Ok::<_, Unspecified>(request)
        };
        let body = CreateOAuth2TokenRequestBody::builder().client_id(call.client_id);
        let body = match call.grant {
            SignInGrant::AuthorizationCode { code, verifier, redirect_uri } => body
                .grant_type("authorization_code")
                .code(code.expose())
                .code_verifier(verifier.expose())
                .redirect_uri(redirect_uri),
            SignInGrant::RefreshToken(token) => body.grant_type("refresh_token").refresh_token(token.expose()),
        };
        let body = body.build().map_err(|error| CallError::unreachable(operation, error.to_string()))?;
        let request = self.sign_in(operation, call.region, call.fips)?.create_o_auth2_token().token_input(body);
        let answer = request.customize().map_request(prove).send().await;
        let answer = answer.map_err(|error| self.failed(operation, error))?;
        let answer = expect(operation, answer.token_output, "tokenOutput")?;
        if !(1..=LONGEST).contains(&answer.expires_in) {
            return Err(invalid(operation, "expiresIn", "is a lifetime that AWS never gives"));
        }
        let expiration = now.checked_add(SignedDuration::from_secs(answer.expires_in.into())).ok();
        let keys = expect(operation, answer.access_token, "accessToken")?;
        let sendable = |text, name| expect_sendable(operation, Some(text), name);
        Ok(SignInResponse {
            credentials: Credentials {
                access_key_id: sendable(keys.access_key_id, "accessKeyId")?,
                secret_access_key: Secret::new(sendable(keys.secret_access_key, "secretAccessKey")?),
                session_token: Some(Secret::new(sendable(keys.session_token, "sessionToken")?)),
                expiration: Some(expect(operation, expiration, "expiresIn")?),
            },
            token_type: sendable(answer.token_type, "tokenType")?,
            refresh_token: Secret::new(sendable(answer.refresh_token, "refreshToken")?),
            id_token: answer.id_token.map(|token| sendable(token, "idToken")).transpose()?.map(Secret::new),
        })
    }
}

fn unencrypted(operation: Operation, Endpoint { url, setting }: Endpoint<'_>) -> CallError {
    let words = format!("{url} ({setting}): credentials would go to another machine without encryption");
    let error = CallError::unreachable(operation, words).caused_by(TransportError::Setting);
    CallError { endpoint_setting: Some(setting), ..error }
}

/// A key that another program has damaged is of no more use than a refused token.
fn bad_key() -> CallError {
    let words = "the key of the kept sign-in can't be read";
    CallError { problem: Problem::GrantRejected, ..CallError::unreachable(Operation::CreateOAuth2Token, words) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Endpoints, Proxies};

    fn endpoint(endpoints: Endpoints, region: &str) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(aws(endpoints).sign_in_endpoint(Operation::Authorize, region, None)).unwrap()
    }

    fn aws(endpoints: Endpoints) -> Aws {
        Aws::new(endpoints, None, Proxies::read(|_| None), || Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn the_service_is_where_the_regions_partition_has_it_or_where_something_stands_in() {
        for (region, url) in [
            ("us-east-1", "https://us-east-1.signin.aws.amazon.com"),
            ("cn-north-1", "https://cn-north-1.signin.amazonaws.cn"),
            ("us-gov-west-1", "https://us-gov-west-1.signin.amazonaws-us-gov.com"),
            ("eusc-de-east-1", "https://eusc-de-east-1.signin.amazonaws-eusc.eu"),
            ("us-iso-east-1", "https://us-iso-east-1.signin.c2shome.ic.gov"),
            ("us-isob-east-1", "https://us-isob-east-1.signin.sc2shome.sgov.gov"),
            ("eu-isoe-west-1", "https://eu-isoe-west-1.signin.csphome.adc-e.uk"),
            ("us-isof-south-1", "https://us-isof-south-1.signin.csphome.hci.ic.gov"),
        ] {
            assert_eq!(endpoint(Endpoints::default(), region), url);
        }
        let fips = Endpoints { fips: Some(true), ..Endpoints::default() };
        assert_eq!(endpoint(fips, "us-gov-east-1"), "https://us-gov-east-1.signin-fips.amazonaws-us-gov.com");
        let elsewhere = Endpoints { sign_in: Some("http://sign-in.example".to_owned()), ..Endpoints::default() };
        let aws = aws(elsewhere);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(runtime.block_on(aws.sign_in_endpoint(Operation::Authorize, "us-east-1", None)).is_err());
        assert!(aws.sign_in(Operation::CreateOAuth2Token, "us-east-1", None).is_err());
        let own = Endpoints { sign_in: Some("http://127.0.0.1:4566/".to_owned()), ..Endpoints::default() };
        assert_eq!(endpoint(own, "us-east-1"), "http://127.0.0.1:4566");
    }
}

//! Owns the connections: one HTTP client for all services, made when the first call needs it.

use std::sync::OnceLock;
use std::time::Duration;

use aws_credential_types::Credentials as SdkCredentials;
use aws_sdk_sts::config::{BehaviorVersion, Region};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::login::{CallError, Operation};
use crate::model::Credentials;

/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(30);

/// Addresses that stand in for AWS's own, from `AWS_ENDPOINT_URL_*` (aws-facts §7).
#[derive(Debug, Clone, Default)]
pub(crate) struct Endpoints {
    /// Instead of STS.
    pub(crate) sts: Option<String>,
    /// Instead of the SSO portal.
    pub(crate) sso: Option<String>,
    /// Instead of SSO OIDC.
    pub(crate) sso_oidc: Option<String>,
}

/// Gives certificates in PEM to trust instead of the system's, when a connection needs them; or says why not.
pub(crate) type CaBundle = Box<dyn Fn() -> Result<Vec<u8>, String>>;

/// The way to AWS.
pub(crate) struct Aws {
    endpoints: Endpoints,
    ca_bundle: Option<CaBundle>,
    /// For addresses without TLS, which only tests and stand-ins have: it need not load certificates.
    plain: OnceLock<SharedHttpClient>,
    secure: OnceLock<SharedHttpClient>,
}

/// Whether a call may be sent again when the answer is lost or AWS is busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    /// It changes nothing.
    Yes,
    /// It carries something that is good once, an MFA code or a grant; or the caller decides.
    No,
}

impl Aws {
    /// A way that uses `endpoints` where they are given and trusts `ca_bundle` instead of the system's roots.
    pub(crate) fn new(endpoints: Endpoints, ca_bundle: Option<CaBundle>) -> Self {
        Self { endpoints, ca_bundle, plain: OnceLock::new(), secure: OnceLock::new() }
    }

    /// A client of STS in `region`, signing with `signer`.
    pub(super) fn sts(
        &self,
        call: Operation,
        region: &str,
        signer: &Credentials,
        retry: Retry,
    ) -> Result<aws_sdk_sts::Client, CallError> {
        let mut config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.to_owned()))
            .http_client(self.http(call, self.endpoints.sts.as_deref())?)
            .retry_config(retries(retry))
            .timeout_config(timeouts())
            .credentials_provider(sdk_credentials(signer));
        config.set_endpoint_url(self.endpoints.sts.clone());
        Ok(aws_sdk_sts::Client::from_conf(config.build()))
    }

    /// A client of SSO OIDC in `region`.
    pub(super) fn oidc(
        &self,
        call: Operation,
        region: &str,
        retry: Retry,
    ) -> Result<aws_sdk_ssooidc::Client, CallError> {
        let mut config = aws_sdk_ssooidc::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.to_owned()))
            .http_client(self.http(call, self.endpoints.sso_oidc.as_deref())?)
            .retry_config(retries(retry))
            .timeout_config(timeouts());
        config.set_endpoint_url(self.endpoints.sso_oidc.clone());
        Ok(aws_sdk_ssooidc::Client::from_conf(config.build()))
    }

    /// A client of the SSO portal in `region`.
    pub(super) fn portal(&self, call: Operation, region: &str, retry: Retry) -> Result<aws_sdk_sso::Client, CallError> {
        let mut config = aws_sdk_sso::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.to_owned()))
            .http_client(self.http(call, self.endpoints.sso.as_deref())?)
            .retry_config(retries(retry))
            .timeout_config(timeouts());
        config.set_endpoint_url(self.endpoints.sso.clone());
        Ok(aws_sdk_sso::Client::from_conf(config.build()))
    }

    fn http(&self, call: Operation, endpoint: Option<&str>) -> Result<SharedHttpClient, CallError> {
        if endpoint.is_some_and(|url| url.starts_with("http://")) {
            let client = self.plain.get_or_init(|| shared(|settings| connector(settings).build_http()));
            return Ok(client.clone());
        }
        if let Some(client) = self.secure.get() {
            return Ok(client.clone());
        }
        let trust = match &self.ca_bundle {
            Some(read) => {
                TrustStore::empty().with_pem_certificate(read().map_err(|why| CallError::unreachable(call, why))?)
            }
            None => TrustStore::default(),
        };
        let tls = TlsContext::builder()
            .with_trust_store(trust)
            .build()
            .map_err(|error| CallError::unreachable(call, format!("TLS can't be set up: {error}")))?;
        let build = move |settings: &HttpConnectorSettings| {
            let connector = connector(settings).tls_provider(Provider::Rustls(CryptoMode::AwsLc));
            connector.tls_context(tls.clone()).build()
        };
        Ok(self.secure.get_or_init(|| shared(build)).clone())
    }
}

/// A client that makes its one connector when it is first used, and keeps it for all services.
fn shared(build: impl Fn(&HttpConnectorSettings) -> Connector + Send + Sync + 'static) -> SharedHttpClient {
    let connector = OnceLock::new();
    http_client_fn(move |settings, _| connector.get_or_init(|| SharedHttpConnector::new(build(settings))).clone())
}

/// A connector built by hand does not look at `HTTPS_PROXY` and `NO_PROXY` by itself.
fn connector(settings: &HttpConnectorSettings) -> ConnectorBuilder {
    Connector::builder()
        .connector_settings(settings.clone())
        .sleep_impl(TokioSleep::new())
        .proxy_config(ProxyConfig::from_env())
}

fn retries(retry: Retry) -> RetryConfig {
    match retry {
        Retry::Yes => RetryConfig::standard().with_max_attempts(5),
        Retry::No => RetryConfig::disabled(),
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ANSWER).build()
}

fn sdk_credentials(credentials: &Credentials) -> SdkCredentials {
    SdkCredentials::new(
        &credentials.access_key_id,
        credentials.secret_access_key.expose(),
        credentials.session_token.as_ref().map(|token| token.expose().to_owned()),
        None,
        "awsauth",
    )
}

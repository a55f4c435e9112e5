//! Owns the connections: one HTTP client for all services, made when the first call needs it.

use std::sync::OnceLock;
use std::time::Duration;

use aws_credential_types::Credentials as SdkCredentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::config::{BehaviorVersion, Region};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::sdk_config::{self, SdkConfig};
use jiff::Timestamp;

use super::body_limit::Limited;
use super::certificates;
use super::clock::Clock;
use super::proxies::{Proxies, Proxy};
use crate::address::WebAddress;
use crate::flow::{CallError, ClockSkew, Operation, Signer, TransportError};
use crate::model::{Credentials, Partition, Routing};

/// The time limit for opening a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// The time limit for an answer.
pub(super) const ANSWER: Duration = Duration::from_secs(30);

/// The endpoints that the environment sets (aws-facts §7), over what a profile says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Endpoints {
    /// True if every `endpoint_url` is ignored, those of profiles too.
    pub(crate) ignored: Option<bool>,
    pub(crate) fips: Option<bool>,
    pub(crate) dual_stack: Option<bool>,
    /// The one for all services, which those below may have too.
    pub(crate) general: Option<String>,
    pub(crate) sts: Option<String>,
    pub(crate) sso: Option<String>,
    pub(crate) sso_oidc: Option<String>,
    pub(crate) iam: Option<String>,
    pub(crate) sign_in: Option<String>,
}

impl Endpoints {
    /// The endpoint of STS or IAM: `own` is what the environment sets for it.
    pub(super) fn of<'a>(&self, own: Option<&'a str>, routing: Routing<'a>) -> Option<&'a str> {
        let is_ignored = self.ignored.or(routing.ignores_endpoint_urls) == Some(true);
        own.or(routing.endpoint_url).filter(|_| !is_ignored)
    }

    /// None with an `endpoint`, which is used as it is.
    pub(super) fn dual_stack(&self, endpoint: Option<&str>, profile: Option<bool>) -> Option<bool> {
        self.dual_stack.or(profile).filter(|_| endpoint.is_none())
    }

    pub(super) fn fips(&self, endpoint: Option<&str>, profile: Option<bool>) -> Option<bool> {
        self.fips.or(profile).filter(|_| endpoint.is_none())
    }
}

/// Another address than AWS's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Endpoint<'a> {
    pub(super) url: &'a str,
    /// The variable, or the setting of a profile, that names it.
    pub(super) setting: &'static str,
}

/// Certificates to trust instead of the system's.
pub(crate) struct CaBundle {
    /// The setting that names them, as it should be shown.
    pub(crate) name: String,
    /// Reads them in PEM once a connection needs them.
    pub(crate) read: Box<dyn Fn() -> Result<Vec<u8>, String>>,
}

pub(crate) struct Aws {
    endpoints: Endpoints,
    ca_bundle: Option<CaBundle>,
    proxies: Proxies,
    pub(super) clock: Clock,
    clients: [OnceLock<SharedHttpClient>; 4],
}

/// The kind of an address. Each has an HTTP client of its own: this machine's are reached without a proxy, and those without TLS
/// need no certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Address {
    is_plain: bool,
    is_here: bool,
}

impl Address {
    fn of(endpoint: Option<&str>) -> Self {
        let is_plain = endpoint.is_some_and(|url| url.starts_with("http://"));
        let is_here = endpoint.and_then(WebAddress::parse).is_some_and(|address| address.is_here);
        Self { is_plain, is_here }
    }

    fn number(self) -> usize {
        2 * usize::from(self.is_plain) + usize::from(self.is_here)
    }

    fn proxy(self) -> ProxyConfig {
        if self.is_here { ProxyConfig::disabled() } else { ProxyConfig::from_env() }
    }
}

/// Repeats a call when the answer is lost or AWS is busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    Yes,
    /// For a call with an MFA code or a grant, which AWS takes once; or the caller tries again by itself.
    No,
}

impl Aws {
    /// `now` is this machine's clock, which the dates of AWS's answers are compared with.
    pub(crate) fn new(
        endpoints: Endpoints,
        ca_bundle: Option<CaBundle>,
        proxies: Proxies,
        now: fn() -> Timestamp,
    ) -> Self {
        Self { endpoints, ca_bundle, proxies, clock: Clock::new(now), clients: Default::default() }
    }

    /// The difference between this machine's clock and AWS's, once an answer has told.
    pub(crate) fn clock_skew(&self) -> Option<ClockSkew> {
        self.clock.last()
    }

    /// As [`Self::clock_skew`], for somebody who outlives this.
    pub(crate) fn skew_teller(&self) -> impl Fn() -> Option<ClockSkew> + use<> {
        let clock = self.clock.clone();
        move || clock.last()
    }

    pub(crate) fn ignores_endpoint_urls(&self) -> Option<bool> {
        self.endpoints.ignored
    }

    pub(super) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// A client of STS in `region`, or where `routing` leads, signing with `signer`.
    pub(super) fn sts(
        &self,
        call: Operation,
        region: &str,
        routing: Routing<'_>,
        signer: &Credentials,
        retry: Retry,
    ) -> Result<aws_sdk_sts::Client, CallError> {
        let endpoint = self.endpoints.of(self.endpoints.sts.as_deref(), routing);
        let config = self.signed_config(call, Signer { region, routing, credentials: signer }, endpoint, retry)?;
        let config = aws_sdk_sts::config::Builder::from(&config).interceptor(self.clock.clone());
        Ok(aws_sdk_sts::Client::from_conf(config.build()))
    }

    /// A client of IAM in the signer's partition, or where its `routing` leads.
    pub(super) fn iam(
        &self,
        call: Operation,
        signer: Signer<'_>,
        retry: Retry,
    ) -> Result<aws_sdk_iam::Client, CallError> {
        let endpoint = self.endpoints.of(self.endpoints.iam.as_deref(), signer.routing);
        // IAM takes signatures for one region of each partition, and with an endpoint the SDK would sign for the given one.
        let signer = Signer { region: Partition::of_region(signer.region).default_region(), ..signer };
        let config = self.signed_config(call, signer, endpoint, retry)?;
        let config = aws_sdk_iam::config::Builder::from(&config).interceptor(self.clock.clone());
        Ok(aws_sdk_iam::Client::from_conf(config.build()))
    }

    fn signed_config(
        &self,
        call: Operation,
        signer: Signer<'_>,
        endpoint: Option<&str>,
        retry: Retry,
    ) -> Result<SdkConfig, CallError> {
        let routing = signer.routing;
        let mut config = self.config(call, signer.region, endpoint, retry)?;
        config.set_use_fips(self.endpoints.fips(endpoint, routing.fips));
        config.set_use_dual_stack(self.endpoints.dual_stack(endpoint, routing.dual_stack));
        config.set_credentials_provider(Some(SharedCredentialsProvider::new(sdk_credentials(signer.credentials))));
        Ok(config.build())
    }

    pub(super) fn oidc(
        &self,
        call: Operation,
        region: &str,
        dual_stack: Option<bool>,
        retry: Retry,
    ) -> Result<aws_sdk_ssooidc::Client, CallError> {
        let endpoint = self.endpoints.sso_oidc.as_deref();
        let mut config = self.config(call, region, endpoint, retry)?;
        config.set_use_dual_stack(self.endpoints.dual_stack(endpoint, dual_stack));
        let config = aws_sdk_ssooidc::config::Builder::from(&config.build()).interceptor(self.clock.clone());
        Ok(aws_sdk_ssooidc::Client::from_conf(config.build()))
    }

    pub(super) fn sign_in(
        &self,
        call: Operation,
        region: &str,
        fips: Option<bool>,
    ) -> Result<aws_sdk_signin::Client, CallError> {
        let endpoint = self.own_sign_in_endpoint(call)?;
        let mut config = self.config(call, region, endpoint, Retry::No)?;
        config.set_use_fips(self.endpoints.fips(endpoint, fips));
        let config = aws_sdk_signin::config::Builder::from(&config.build()).interceptor(self.clock.clone());
        Ok(aws_sdk_signin::Client::from_conf(config.build()))
    }

    /// A client of the SSO portal in `region`. Its calls are sent once: whoever makes many of them keeps to the portal's quota.
    pub(super) fn portal(
        &self,
        call: Operation,
        region: &str,
        dual_stack: Option<bool>,
    ) -> Result<aws_sdk_sso::Client, CallError> {
        let endpoint = self.endpoints.sso.as_deref();
        let mut config = self.config(call, region, endpoint, Retry::No)?;
        config.set_use_dual_stack(self.endpoints.dual_stack(endpoint, dual_stack));
        let config = aws_sdk_sso::config::Builder::from(&config.build()).interceptor(self.clock.clone());
        Ok(aws_sdk_sso::Client::from_conf(config.build()))
    }

    fn config(
        &self,
        call: Operation,
        region: &str,
        endpoint: Option<&str>,
        retry: Retry,
    ) -> Result<sdk_config::Builder, CallError> {
        let mut config = SdkConfig::builder();
        config.set_behavior_version(Some(BehaviorVersion::v2026_01_12()));
        config.set_region(Region::new(region.to_owned()));
        config.set_endpoint_url(endpoint.map(str::to_owned));
        config.set_http_client(Some(self.http(call, endpoint)?));
        config.set_retry_config(Some(match retry {
            Retry::Yes => RetryConfig::standard().with_max_attempts(5),
            Retry::No => RetryConfig::disabled(),
        }));
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ANSWER);
        config.set_timeout_config(Some(timeouts.build()));
        Ok(config)
    }

    /// The variable that names the proxy of a service.
    pub(super) fn proxy_variable(&self, endpoint: Option<Endpoint<'_>>) -> &'static str {
        self.proxy(Address::of(endpoint.map(|endpoint| endpoint.url))).variable
    }

    /// The endpoint that the environment or a profile sets for a service.
    pub(super) fn endpoint<'a>(&'a self, operation: Operation, routing: Routing<'a>) -> Option<Endpoint<'a>> {
        let endpoints = &self.endpoints;
        let (url, variable, own) = match operation {
            _ if operation.is_sts() => {
                (endpoints.of(endpoints.sts.as_deref(), routing), "AWS_ENDPOINT_URL_STS", &endpoints.sts)
            }
            _ if operation.is_iam() => {
                (endpoints.of(endpoints.iam.as_deref(), routing), "AWS_ENDPOINT_URL_IAM", &endpoints.iam)
            }
            _ if operation.is_portal() => (endpoints.sso.as_deref(), "AWS_ENDPOINT_URL_SSO", &endpoints.sso),
            Operation::GetSigninToken | Operation::CreateOAuth2Token => {
                (endpoints.sign_in.as_deref(), "AWS_ENDPOINT_URL_SIGNIN", &endpoints.sign_in)
            }
            _ => (endpoints.sso_oidc.as_deref(), "AWS_ENDPOINT_URL_SSO_OIDC", &endpoints.sso_oidc),
        };
        let setting = match own {
            None => "endpoint_url",
            own if *own == self.endpoints.general => "AWS_ENDPOINT_URL",
            Some(_) => variable,
        };
        url.map(|url| Endpoint { url, setting })
    }

    fn proxy(&self, address: Address) -> &Proxy {
        if address.is_plain { &self.proxies.http } else { &self.proxies.https }
    }

    fn http(&self, call: Operation, endpoint: Option<&str>) -> Result<SharedHttpClient, CallError> {
        let address = Address::of(endpoint);
        let client = &self.clients[address.number()];
        if let Some(client) = client.get() {
            return Ok(client.clone());
        }
        self.check_proxy(call, address)?;
        let tls = if address.is_plain { None } else { Some(self.tls(call)?) };
        Ok(client.get_or_init(|| new_client(address, tls)).clone())
    }

    /// A client for this machine's own addresses. Not one of the others: its connector has the short time limits of its caller.
    pub(super) fn machine_client(&self) -> Result<SharedHttpClient, CallError> {
        let tls = self.tls(Operation::AssumeRole)?;
        Ok(new_client(Address { is_plain: false, is_here: true }, Some(tls)))
    }

    /// A connector for calls that no SDK makes, by which `endpoint` is reached as the SDKs reach theirs.
    pub(super) fn connector(&self, call: Operation, endpoint: &str) -> Result<SharedHttpConnector, CallError> {
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(ANSWER).build();
        let address = Address::of(Some(endpoint));
        self.check_proxy(call, address)?;
        let tls = if address.is_plain { None } else { Some(self.tls(call)?) };
        Ok(SharedHttpConnector::new(Limited(new_connector(&settings, address, tls))))
    }

    fn check_proxy(&self, call: Operation, address: Address) -> Result<(), CallError> {
        match self.proxy(address).refused().filter(|_| !address.is_here) {
            Some(why) => Err(CallError::unreachable(call, why).caused_by(TransportError::ProxySetting)),
            None => Ok(()),
        }
    }

    fn tls(&self, call: Operation) -> Result<TlsContext, CallError> {
        let setting = |why: String| CallError::unreachable(call, why).caused_by(TransportError::Setting);
        let trust = match &self.ca_bundle {
            Some(bundle) => {
                let pem = (bundle.read)().map_err(setting)?;
                let usable = certificates::usable(&pem).map_err(|why| setting(format!("{} {why}", bundle.name)))?;
                usable.into_iter().fold(TrustStore::empty(), TrustStore::with_pem_certificate)
            }
            None => TrustStore::default(),
        };
        let tls = TlsContext::builder().with_trust_store(trust).build();
        tls.map_err(|error| setting(format!("TLS can't be set up: {error}")))
    }
}

/// A client with one connector for all services, made when it is first used.
fn new_client(address: Address, tls: Option<TlsContext>) -> SharedHttpClient {
    let connector = OnceLock::new();
    http_client_fn(move |settings, _| {
        let new = || SharedHttpConnector::new(Limited(new_connector(settings, address, tls.clone())));
        connector.get_or_init(new).clone()
    })
}

fn new_connector(settings: &HttpConnectorSettings, address: Address, tls: Option<TlsContext>) -> Connector {
    let connector = Connector::builder().connector_settings(settings.clone()).sleep_impl(TokioSleep::new());
    // By itself, a connector that is built by hand ignores `HTTPS_PROXY` and `NO_PROXY`.
    let connector = connector.proxy_config(address.proxy());
    match tls {
        Some(tls) => connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(tls).build(),
        None => connector.build_http(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_on_this_machine_are_told_from_all_other_addresses() {
        for (endpoint, expected) in [
            (None, (false, false)),
            (Some("https://sts.example.com/"), (false, false)),
            (Some("https://localhost.example.com:443"), (false, false)),
            (Some("https://127.0.0.1.example.com"), (false, false)),
            (Some("https://127.0.0.1:8443/x"), (false, true)),
            (Some("https://[::1]:8443"), (false, true)),
            (Some("https://[::1]"), (false, true)),
            (Some("http://LOCALHOST:4566"), (true, true)),
            (Some("http://127.0.0.1"), (true, true)),
            (Some("http://moto:5000"), (true, false)),
            (Some("http://127.0.0.1:80@moto"), (true, false)),
        ] {
            let address = Address::of(endpoint);
            assert_eq!((address.is_plain, address.is_here), expected, "{endpoint:?}");
        }
    }

    #[test]
    fn the_environment_comes_before_the_profile_and_an_address_before_its_kinds() {
        let profile = Routing {
            endpoint_url: Some("http://127.0.0.1:1"),
            fips: Some(true),
            dual_stack: Some(true),
            ..Routing::default()
        };
        let none = Endpoints::default();
        let own = Endpoints { sts: Some("http://127.0.0.1:2".to_owned()), ..Endpoints::default() };
        let ignoring = Routing { ignores_endpoint_urls: Some(true), ..profile };
        let sts = |endpoints: &Endpoints, routing| endpoints.of(endpoints.sts.as_deref(), routing).map(str::to_owned);
        assert_eq!(sts(&none, profile).as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(sts(&own, profile).as_deref(), Some("http://127.0.0.1:2"));
        for (endpoints, routing) in [(&none, ignoring), (&own, ignoring), (&none, Routing::default())] {
            assert_eq!(sts(endpoints, routing), None);
        }
        let heeding = Endpoints { ignored: Some(false), ..own };
        assert_eq!(sts(&heeding, ignoring).as_deref(), Some("http://127.0.0.1:2"));
        let ignored = Endpoints { ignored: Some(true), ..heeding };
        assert_eq!(sts(&ignored, profile), None);
        let off = Endpoints { fips: Some(false), dual_stack: Some(false), ..Endpoints::default() };
        assert_eq!((none.fips(None, profile.fips), off.fips(None, profile.fips)), (Some(true), Some(false)));
        assert_eq!((none.dual_stack(None, Some(true)), off.dual_stack(None, Some(true))), (Some(true), Some(false)));
        assert_eq!(
            (none.fips(Some("http://a"), Some(true)), none.dual_stack(Some("http://a"), Some(true))),
            (None, None)
        );
    }

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    /// Asks a server that takes connections and never says a word, on a clock that runs ahead whenever nothing happens.
    fn ask_a_silent_server(scheme: &str) -> (CallError, Duration) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://{}", silent.local_addr().unwrap());
        let aws = Aws::new(Endpoints { sso: Some(url), ..Endpoints::default() }, None, Proxies::read(|_| None), now);
        let region = crate::model::Region::new("us-east-1").unwrap();
        runtime.block_on(async {
            let start = tokio::time::Instant::now();
            let error = aws.logout(&region, &crate::secret::Secret::new("t")).await.unwrap_err();
            (error, start.elapsed())
        })
    }

    #[test]
    fn a_server_that_never_answers_is_given_up_after_the_time_limit() {
        let (error, waited) = ask_a_silent_server("http");
        assert_eq!(error.to_string(), "Logout failed: AWS did not answer in time");
        assert_eq!(error.transport_error, Some(TransportError::TimedOut));
        assert_eq!(waited, ANSWER);
    }

    #[test]
    fn a_server_that_never_shakes_hands_is_given_up_after_the_time_limit_of_connections() {
        let (error, waited) = ask_a_silent_server("https");
        assert_eq!(error.transport_error, Some(TransportError::TimedOut), "{error}");
        assert_eq!(waited, CONNECT);
    }
}

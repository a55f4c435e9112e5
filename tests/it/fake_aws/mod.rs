//! The fake AWS under AWS's own Rust clients: it must accept what AWS accepts and refuse what AWS refuses.

#![expect(clippy::result_large_err, reason = "the SDK's errors are large, and tests are in no hurry")]

mod codes;
mod faults;
mod http;
mod iam;
mod sign_in;
mod sso;
mod sts;

use aws_sdk_sts::config::http::HttpResponse;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;

use crate::support::fake_aws::{FakeAws, standard};

/// Runs a client's call to its end.
fn run<F: Future>(call: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(call)
}

/// A client without TLS: the fake is on loopback.
fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

/// STS as seen with these credentials; no retries, so that calls can be counted.
fn sts(fake: &FakeAws, credentials: Credentials) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(fake.url())
        .retry_config(RetryConfig::disabled())
        .http_client(http_client())
        .credentials_provider(credentials)
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

/// Alice's long-term key.
fn alice() -> Credentials {
    key(standard::KEY_ID, standard::SECRET_KEY)
}

/// A key without session token.
fn key(id: &str, secret: &str) -> Credentials {
    Credentials::new(id, secret, None, None, "test")
}

/// Credentials as STS returned them.
fn received(credentials: Option<&aws_sdk_sts::types::Credentials>) -> Credentials {
    let got = credentials.unwrap();
    Credentials::new(got.access_key_id(), got.secret_access_key(), Some(got.session_token().to_owned()), None, "test")
}

/// `AssumeRole` with a session name.
fn assume(client: &aws_sdk_sts::Client, role: &str) -> AssumeRoleFluentBuilder {
    client.assume_role().role_arn(role).role_session_name("tester")
}

/// Status, code and message of a refused call. OIDC's message is `error_description`, which the SDK keeps apart.
fn refusal<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    result: Result<T, SdkError<E, HttpResponse>>,
) -> (u16, String, String) {
    let error = result.unwrap_err();
    let response = error.raw_response().expect("the server must have answered");
    let body = response.body().bytes().unwrap_or_default();
    let oauth = serde_json::from_slice::<serde_json::Value>(body).unwrap_or_default();
    let message = error.message().or(oauth["error_description"].as_str()).unwrap_or_default();
    (response.status().as_u16(), error.code().unwrap_or_default().to_owned(), message.to_owned())
}

/// Owned expectation for [`refusal`].
fn expect(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

/// The machine's time in seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "compared with an expiry that the server took from the same clock")]
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

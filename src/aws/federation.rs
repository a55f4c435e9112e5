//! Owns the call to the federation endpoint of the sign-in service, which no SDK has.

use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;
use serde::Deserialize;
use tokio::time::timeout;

use super::client::{ANSWER, Aws};
use super::error::{expect_sendable, impostor, is_too_long, timed_out, too_long, unreadable};
use crate::flow::{CallError, ErrorResponse, GetSigninToken, Operation};
use crate::model::Routing;
use crate::secret::Secret;

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "SigninToken")]
    signin_token: Option<String>,
}

impl Aws {
    /// Trades a session for a token with which a browser signs in. The session is in the URL: nobody offers another way (aws-facts
    /// §8.1). So the manifest does not choose the endpoint, which is that of [`Self::sign_in_endpoint`], no error shows the URL, and
    /// redirects are not followed.
    pub(crate) async fn get_signin_token(&self, call: GetSigninToken<'_>, endpoint: &str) -> Result<Secret, CallError> {
        let operation = Operation::GetSigninToken;
        let setting = self.endpoint(operation, Routing::default());
        let mut request = HttpRequest::new(SdkBody::empty());
        let is_set = request.set_uri(call.url(endpoint).expose()).is_ok();
        if !is_set {
            return Err(CallError::unreachable(operation, "the session is too long for a URL"));
        }
        request.headers_mut().insert("accept", "application/json");
        let connector = self.connector(operation, endpoint)?;
        let answered = timeout(ANSWER, connector.call(request)).await.map_err(|_| timed_out(operation))?;
        let answer = answered.map_err(|error| self.not_connected(operation, setting, &error))?;
        let (status, clock_skew) = (answer.status(), self.clock.compare(&answer));
        if status.as_u16() / 100 == 3 {
            return Err(impostor(operation));
        }
        if !status.is_success() {
            let answer = ErrorResponse { status: status.as_u16(), clock_skew, ..ErrorResponse::default() };
            return Err(CallError::from_response(operation, answer));
        }
        let body = timeout(ANSWER, answer.into_body().collect()).await.map_err(|_| timed_out(operation))?;
        let body = body
            .map_err(|error| if is_too_long(&*error) { too_long(operation) } else { unreadable(operation, status) })?;
        let answer: Answer = serde_json::from_slice(&body.to_bytes()).map_err(|_| impostor(operation))?;
        expect_sendable(operation, answer.signin_token, "SigninToken").map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Endpoints, Proxies};
    use crate::flow::Signer;
    use crate::model::Credentials;

    #[test]
    fn an_endpoint_that_never_answers_is_given_up_after_the_time_limit_and_no_secret_is_told() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let aws = Aws::new(Endpoints::default(), None, Proxies::read(|_| None), || jiff::Timestamp::UNIX_EPOCH);
        let endpoint = format!("http://{}", silent.local_addr().unwrap());
        let credentials = Credentials {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: Secret::new("SECRETMARK"),
            session_token: Some(Secret::new("SECRETMARK")),
            expiration: None,
        };
        let session = Signer { region: "us-east-1", routing: Routing::default(), credentials: &credentials };
        runtime.block_on(async {
            let start = tokio::time::Instant::now();
            let error = aws.get_signin_token(GetSigninToken { session, duration: None }, &endpoint).await.unwrap_err();
            assert_eq!(error.to_string(), "GetSigninToken failed: AWS did not answer in time");
            assert_eq!(start.elapsed(), ANSWER);
        });
    }
}

//! Owns reading the SDK's errors: AWS's code and message if it answered, the cause if it did not.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, DispatchFailure, SdkError};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use super::body_limit::LARGEST;
use super::client::{Aws, Endpoint};
use super::transport;
use crate::flow::{CallError, ErrorResponse, Operation, Problem, TransportError};
use crate::model::{Credentials, Routing, is_sendable};
use crate::secret::Secret;

impl Aws {
    pub(super) fn failed<E>(&self, operation: Operation, error: SdkError<E, HttpResponse>) -> CallError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        self.failed_at(operation, Routing::default(), error)
    }

    /// As [`Self::failed`], for a call that went where `routing` leads.
    pub(super) fn failed_at<E>(
        &self,
        operation: Operation,
        routing: Routing<'_>,
        error: SdkError<E, HttpResponse>,
    ) -> CallError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let endpoint = self.endpoint(operation, routing);
        match error {
            // A proxy or captive portal answers 200 with a page of its own.
            SdkError::ServiceError(answer) if answer.raw().status().is_success() => impostor(operation),
            SdkError::ServiceError(answer) => {
                let (code, message) = (answer.err().code(), answer.err().message());
                self.refused(operation, endpoint, answer.raw(), code, message)
            }
            SdkError::TimeoutError(_) => timed_out(operation),
            SdkError::DispatchFailure(failure) => self.dispatch(operation, endpoint, &failure),
            SdkError::ResponseError(_) if is_too_long(&error) => too_long(operation),
            SdkError::ResponseError(answer) => unreadable(operation, answer.raw().status()),
            other => self.not_sent(operation, endpoint, &other),
        }
    }

    fn refused(
        &self,
        operation: Operation,
        endpoint: Option<Endpoint<'_>>,
        raw: &HttpResponse,
        code: Option<&str>,
        message: Option<&str>,
    ) -> CallError {
        let (status, body) = (raw.status().as_u16(), raw.body().bytes().unwrap_or_default());
        if status == 407 {
            return CallError::unreachable(
                operation,
                "the proxy requires a user name and a password (HTTP status 407)",
            )
            .caused_by(TransportError::ProxyAuthentication(self.proxy_variable(endpoint)));
        }
        // AWS's services answer XML or JSON.
        if code.is_none() && is_web_page(raw) && status < 500 {
            return impostor(operation);
        }
        let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |key: &str| body.get(key)?.as_str();
        // SSO OIDC has its message in `error_description` (RFC 6749 §5.2), the portal in `message`.
        let words = message.or_else(|| ["error_description", "message", "Message"].into_iter().find_map(text));
        // SSO OIDC's InvalidRequestRegionException has the right region instead of a reason.
        let reason = match operation {
            Operation::CreateOAuth2Token => text("error"),
            _ => text("reason").or_else(|| text("region")),
        };
        let clock_skew = self.clock.compare(raw);
        let message = words.unwrap_or_default();
        let error = CallError::from_response(operation, ErrorResponse { status, code, reason, message, clock_skew });
        match endpoint {
            Some(Endpoint { url, setting })
                if code.is_none()
                    && message.is_empty()
                    && matches!(error.problem, Problem::Other | Problem::ServerFault) =>
            {
                let words = format!("{url} ({setting}) answered HTTP {status}, not as AWS does");
                let error = CallError::unreachable(operation, words).caused_by(TransportError::Impostor);
                CallError { endpoint_setting: Some(setting), ..error }
            }
            _ => error,
        }
    }

    fn dispatch(&self, operation: Operation, endpoint: Option<Endpoint<'_>>, failure: &DispatchFailure) -> CallError {
        match failure.as_connector_error() {
            Some(error) => self.not_connected(operation, endpoint, error),
            None => CallError::unreachable(operation, "the call could not be sent"),
        }
    }

    pub(super) fn not_connected(
        &self,
        operation: Operation,
        endpoint: Option<Endpoint<'_>>,
        error: &ConnectorError,
    ) -> CallError {
        if error.is_timeout() { timed_out(operation) } else { self.not_sent(operation, endpoint, error) }
    }

    fn not_sent(
        &self,
        operation: Operation,
        endpoint: Option<Endpoint<'_>>,
        error: &(dyn Error + 'static),
    ) -> CallError {
        let (transport_error, words) = transport::read(error, self.proxy_variable(endpoint));
        let is_about_address =
            matches!(transport_error, Some(TransportError::NoAddress | TransportError::Refused | TransportError::Tls));
        let (words, endpoint_setting) = match endpoint.filter(|_| is_about_address) {
            Some(Endpoint { url, setting }) => (format!("{url} ({setting}): {words}"), Some(setting)),
            None => (words, None),
        };
        CallError { transport_error, endpoint_setting, ..CallError::unreachable(operation, words) }
    }
}

pub(super) fn timed_out(operation: Operation) -> CallError {
    CallError::unreachable(operation, "AWS did not answer in time").caused_by(TransportError::TimedOut)
}

pub(super) fn too_long(operation: Operation) -> CallError {
    let words = format!("the answer is longer than {} MiB, more than AWS ever sends", LARGEST >> 20);
    CallError::unreachable(operation, words).caused_by(TransportError::Impostor)
}

pub(super) fn unreadable(operation: Operation, status: StatusCode) -> CallError {
    CallError::unreachable(operation, format!("the answer ({status}) could not be read"))
        .caused_by(TransportError::Broken)
}

pub(super) fn impostor(operation: Operation) -> CallError {
    CallError::unreachable(operation, "something else answered in AWS's place").caused_by(TransportError::Impostor)
}

fn is_web_page(raw: &HttpResponse) -> bool {
    raw.headers().get("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}

pub(super) fn is_too_long(error: &(dyn Error + 'static)) -> bool {
    error.is::<http_body_util::LengthLimitError>() || error.source().is_some_and(is_too_long)
}

/// A member of an answer that the service always sends.
pub(super) fn expect<T>(operation: Operation, part: Option<T>, name: &str) -> Result<T, CallError> {
    part.ok_or_else(|| CallError::unreachable(operation, format!("the answer has no `{name}`")))
}

/// A text that the service always sends, and that is sent back to it or handed on. A text that can't be AWS's is refused before
/// it is kept.
pub(super) fn expect_sendable(operation: Operation, part: Option<String>, name: &str) -> Result<String, CallError> {
    let text = expect(operation, part, name)?;
    if is_sendable(&text) {
        Ok(text)
    } else {
        Err(invalid(operation, name, "is empty or not plain ASCII, which AWS never sends"))
    }
}

/// A member of an answer has a form that AWS never sends.
pub(super) fn invalid(operation: Operation, name: &str, why: &str) -> CallError {
    let words = format!("the answer's `{name}` {why}");
    let error = CallError::unreachable(operation, words).caused_by(TransportError::Impostor);
    CallError { problem: Problem::Malformed, ..error }
}

/// A text that the service always sends, and that is shown to the person. More than `most` bytes are refused: the beginning of a
/// code or an address would be of no use.
pub(super) fn expect_short(
    operation: Operation,
    part: Option<String>,
    name: &str,
    most: usize,
) -> Result<String, CallError> {
    let text = expect_sendable(operation, part, name)?;
    if text.len() > most {
        return Err(CallError::unreachable(operation, format!("the answer's `{name}` is longer than AWS ever sends")));
    }
    Ok(text)
}

pub(super) fn credentials(
    operation: Operation,
    answer: Option<aws_sdk_sts::types::Credentials>,
) -> Result<Credentials, CallError> {
    let answer = expect(operation, answer, "Credentials")?;
    let expiration = Timestamp::from_second(answer.expiration.secs()).ok();
    let sendable = |text, name| expect_sendable(operation, Some(text), name);
    Ok(Credentials {
        access_key_id: sendable(answer.access_key_id, "AccessKeyId")?,
        secret_access_key: Secret::new(sendable(answer.secret_access_key, "SecretAccessKey")?),
        session_token: Some(Secret::new(sendable(answer.session_token, "SessionToken")?)),
        expiration: Some(expect(operation, expiration, "Expiration")?),
    })
}

//! Owns reading the SDK's errors: AWS's code and words where it answered, the cause where it did not.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use crate::login::{CallError, Operation};
use crate::model::Credentials;
use crate::secret::Secret;

/// The most characters of a server's message that are passed on.
const LONGEST_MESSAGE: usize = 600;

/// What an SDK's failed call comes to.
pub(super) fn call_error<E>(operation: Operation, error: SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        // A proxy or captive portal says 200 with a page of its own.
        SdkError::ServiceError(answer) if answer.raw().status().is_success() => CallError::unreachable(
            operation,
            "something else answered in AWS's place; a proxy or a login page of the network?",
        ),
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            let body = answer.raw().body().bytes().unwrap_or_default();
            let message = answer.err().message().map(str::to_owned).or_else(|| described(body)).unwrap_or_default();
            let message: String = message.chars().take(LONGEST_MESSAGE).collect();
            CallError::answered(operation, status, answer.err().code(), &message)
        }
        SdkError::TimeoutError(_) => CallError::unreachable(operation, "AWS did not answer in time"),
        SdkError::DispatchFailure(failure) => {
            let cause = failure.as_connector_error().map_or_else(String::new, |error| innermost(error));
            CallError::unreachable(operation, cause)
        }
        SdkError::ResponseError(answer) => {
            let status = answer.raw().status();
            CallError::unreachable(operation, format!("the answer ({status}) could not be read"))
        }
        other => CallError::unreachable(operation, innermost(&other)),
    }
}

/// SSO OIDC puts its words into `error_description` (RFC 6749 §5.2), the portal into `message`.
fn described(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    ["error_description", "message", "Message"].iter().find_map(|key| body.get(key)?.as_str().map(str::to_owned))
}

fn innermost(error: &dyn Error) -> String {
    let mut at = error;
    while let Some(source) = at.source() {
        at = source;
    }
    at.to_string()
}

/// A part of an answer that the service always sends.
pub(super) fn expect<T>(operation: Operation, part: Option<T>, name: &str) -> Result<T, CallError> {
    part.ok_or_else(|| CallError::unreachable(operation, format!("the answer has no `{name}`")))
}

/// The credentials of an STS answer.
pub(super) fn credentials(
    operation: Operation,
    answer: Option<aws_sdk_sts::types::Credentials>,
) -> Result<Credentials, CallError> {
    let answer = expect(operation, answer, "Credentials")?;
    let expiration = Timestamp::from_second(answer.expiration.secs()).ok();
    Ok(Credentials {
        access_key_id: answer.access_key_id,
        secret_access_key: Secret::new(answer.secret_access_key),
        session_token: Some(Secret::new(answer.session_token)),
        expiration: Some(expect(operation, expiration, "Expiration")?),
    })
}

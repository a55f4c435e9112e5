//! Owns reading the answer of a `credential_process` (aws-facts §7).

use jiff::Timestamp;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::model::Credentials;
use crate::secret::Secret;

/// The answer is not what AWS's SDKs take. Never holds any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum ProcessOutputError {
    #[error("printed no JSON object")]
    NoObject,
    #[error("printed JSON without `\"Version\": 1`")]
    Version,
    #[error("printed no `{0}`, or one that AWS never gives")]
    Key(&'static str),
    #[error("printed an `Expiration` that is no time such as 2026-01-01T12:00:00Z")]
    Expiration,
    #[error("printed credentials that have expired")]
    Expired,
}

/// The credentials in the answer, strictly: what one SDK refuses, awsauth does not take.
pub(crate) fn read_process_output(text: &str, now: Timestamp) -> Result<Credentials, ProcessOutputError> {
    let parsed: Option<Map<String, Value>> = serde_json::from_str(text).ok();
    let object = parsed.ok_or(ProcessOutputError::NoObject)?;
    if object.get("Version").and_then(Value::as_u64) != Some(1) {
        return Err(ProcessOutputError::Version);
    }
    let optional = |key: &'static str| match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(ProcessOutputError::Key(key)),
    };
    let needed = |key| optional(key)?.filter(|text| !text.is_empty()).ok_or(ProcessOutputError::Key(key));
    let expiration = match optional("Expiration").map_err(|_| ProcessOutputError::Expiration)? {
        Some(text) => Some(text.parse::<Timestamp>().map_err(|_| ProcessOutputError::Expiration)?),
        None => None,
    };
    let credentials = Credentials {
        access_key_id: needed("AccessKeyId")?.to_owned(),
        secret_access_key: Secret::new(needed("SecretAccessKey")?),
        session_token: optional("SessionToken")?.filter(|token| !token.is_empty()).map(Secret::new),
        expiration,
    };
    if !credentials.is_sendable() {
        return Err(ProcessOutputError::Key("AccessKeyId"));
    }
    match expiration {
        Some(end) if end <= now => Err(ProcessOutputError::Expired),
        _ => Ok(credentials),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Credentials, ProcessOutputError> {
        read_process_output(text, "2026-01-01T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn keys_and_sessions_are_read_and_an_end_in_any_zone_counts() {
        let key = read(r#"{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s","AccountId":"1"}"#).unwrap();
        assert_eq!((key.session_token, key.expiration), (None, None));
        let session = |end: &str| {
            read(&format!(
                r#" {{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","SessionToken":"t","Expiration":"{end}"}} "#
            ))
        };
        assert_eq!(session("2026-01-01T02:00:00+01:00").unwrap().expiration, "2026-01-01T01:00:00Z".parse().ok());
        assert_eq!(session("2026-01-01T00:00:00Z"), Err(ProcessOutputError::Expired));
        assert_eq!(session("tomorrow"), Err(ProcessOutputError::Expiration));
    }

    #[test]
    fn anything_else_is_refused_and_told_without_its_content() {
        for (text, error) in [
            ("", ProcessOutputError::NoObject),
            ("[]", ProcessOutputError::NoObject),
            (r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"} x"#, ProcessOutputError::NoObject),
            (r#"{"AccessKeyId":"A","SecretAccessKey":"s"}"#, ProcessOutputError::Version),
            (r#"{"Version":"1","AccessKeyId":"A","SecretAccessKey":"s"}"#, ProcessOutputError::Version),
            (r#"{"Version":1,"SecretAccessKey":"s"}"#, ProcessOutputError::Key("AccessKeyId")),
            (r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":7}"#, ProcessOutputError::Key("SecretAccessKey")),
            (r#"{"Version":1,"AccessKeyId":"A\n","SecretAccessKey":"s"}"#, ProcessOutputError::Key("AccessKeyId")),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }
}

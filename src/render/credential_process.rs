//! Owns the JSON that AWS's SDKs expect of a `credential_process` (aws-facts §7) and of an endpoint for container credentials.

use serde::Serialize;
use serde_json::json;

use crate::model::{Credentials, utc};
use crate::secret::Secret;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CredentialsJson<'a> {
    version: u8,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

/// One line of JSON.
pub(crate) fn process_json(credentials: &Credentials) -> Result<String, serde_json::Error> {
    serde_json::to_string(&CredentialsJson {
        version: 1,
        access_key_id: &credentials.access_key_id,
        secret_access_key: credentials.secret_access_key.expose(),
        session_token: credentials.session_token.as_ref().map(Secret::expose),
        expiration: credentials.expiration.map(utc),
    })
}

/// The answer of an endpoint for container credentials, which needs a session (aws-facts §14). None for a long-term key.
pub(crate) fn container_json(credentials: &Credentials) -> Option<Secret> {
    let (token, end) = credentials.session_token.as_ref().zip(credentials.expiration)?;
    let document = json!({
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key.expose(),
        "Token": token.expose(),
        "Expiration": utc(end),
    });
    Some(Secret::new(document.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_token_and_expiration_and_a_long_term_key_has_neither() {
        let mut credentials = Credentials {
            access_key_id: "ASIA1".to_owned(),
            secret_access_key: Secret::new("s/+"),
            session_token: Some(Secret::new("t\"")),
            expiration: Some("2026-01-01T00:00:00.5Z".parse().unwrap()),
        };
        assert_eq!(
            process_json(&credentials).unwrap(),
            r#"{"Version":1,"AccessKeyId":"ASIA1","SecretAccessKey":"s/+","SessionToken":"t\"","Expiration":"2026-01-01T00:00:00Z"}"#
        );
        assert_eq!(
            container_json(&credentials).unwrap().expose(),
            r#"{"AccessKeyId":"ASIA1","SecretAccessKey":"s/+","Token":"t\"","Expiration":"2026-01-01T00:00:00Z"}"#
        );
        credentials.session_token = None;
        assert!(container_json(&credentials).is_none());
        credentials.expiration = None;
        assert_eq!(
            process_json(&credentials).unwrap(),
            r#"{"Version":1,"AccessKeyId":"ASIA1","SecretAccessKey":"s/+"}"#
        );
    }
}

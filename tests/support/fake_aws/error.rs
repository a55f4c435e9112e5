//! A refusal as AWS words it, and its three renderings: the XML of STS and IAM, OIDC's OAuth JSON, the portal's JSON.

use std::fmt::Write as _;

use serde_json::json;

use super::http::Response;

/// An answer other than success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The error's code, such as `AccessDenied` or `SlowDownException`.
    pub(crate) code: String,
    /// AWS's own words.
    pub(crate) message: String,
}

impl Refusal {
    /// A refusal from its three parts.
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// As the query protocol of STS and IAM has it.
    pub(crate) fn to_xml(&self, namespace: &str, request_id: &str) -> Response {
        let party = if self.status < 500 { "Sender" } else { "Receiver" };
        let body = format!(
            "<ErrorResponse xmlns=\"{namespace}\">\n  <Error>\n    <Type>{party}</Type>\n    \
             <Code>{}</Code>\n    <Message>{}</Message>\n  </Error>\n  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n",
            escape_xml(&self.code),
            escape_xml(&self.message)
        );
        Response::new(self.status, "text/xml", body).with_header("x-amzn-requestid", request_id)
    }

    /// As SSO OIDC has it: OAuth's short name in the body, AWS's own in a header.
    pub(crate) fn to_oauth(&self, request_id: &str) -> Response {
        let body = json!({ "error": oauth_name(&self.code), "error_description": self.message });
        Response::new(self.status, "application/json", body.to_string())
            .with_header("x-amzn-errortype", self.code.clone())
            .with_header("x-amzn-requestid", request_id)
    }

    /// As the sign-in service has it: its own word, with which the message begins here, is a member of its own.
    pub(crate) fn to_sign_in(&self, request_id: &str) -> Response {
        let (error, message) = self.message.split_once(' ').unwrap_or((&self.message, ""));
        let body = json!({ "error": error, "message": message });
        Response::new(self.status, "application/json", body.to_string())
            .with_header("x-amzn-errortype", self.code.clone())
            .with_header("x-amzn-requestid", request_id)
    }

    /// As the SSO portal has it.
    pub(crate) fn to_portal(&self, request_id: &str) -> Response {
        let kind = format!("com.amazonaws.switchboard.portal#{}", self.code);
        let body = json!({ "message": self.message, "__type": kind });
        Response::new(self.status, "application/json", body.to_string())
            .with_header("x-amzn-errortype", self.code.clone())
            .with_header("x-amzn-requestid", request_id)
    }
}

/// `SlowDownException` → `slow_down`.
fn oauth_name(code: &str) -> String {
    let stem = code.strip_suffix("Exception").unwrap_or(code);
    if stem == "InternalServer" {
        return "server_error".to_owned();
    }
    let mut name = String::new();
    for letter in stem.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// Text that stands safely in XML; control characters become references, so that a hostile message survives the trip.
pub(crate) fn escape_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ if letter.is_control() => {
                write!(out, "&#x{:x};", u32::from(letter)).expect("a String takes everything");
            }
            _ => out.push(letter),
        }
    }
    out
}

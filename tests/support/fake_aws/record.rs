//! What the fake remembers of each request. Secrets are kept: it serves tests only.

use std::collections::BTreeMap;

/// The service name of a request that nobody serves.
pub(crate) const UNEXPECTED: &str = "unexpected";

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    /// Tells requests apart while they are being answered.
    pub(crate) id: u64,
    /// AWS's name of the operation, such as `AssumeRole`; `METHOD /path` when nobody serves it.
    pub(crate) operation: String,
    /// `sts`, `iam`, `oidc`, `portal`, `signin`, `federation`, `browser` or [`UNEXPECTED`].
    pub(crate) service: &'static str,
    /// The access key in the `Authorization` header, whether or not the signature held.
    pub(crate) access_key_id: Option<String>,
    /// Form, query and top-level JSON parameters; the portal's bearer token under its header's name.
    pub(crate) params: BTreeMap<String, String>,
    /// The status of the answer; 0 while there is none, and when the connection was closed instead.
    pub(crate) status: u16,
    /// The `User-Agent` header.
    pub(crate) user_agent: String,
}

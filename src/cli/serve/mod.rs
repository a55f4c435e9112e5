//! Owns credentials over HTTP, as AWS's SDKs take them in a container (aws-facts §14).

pub(crate) mod server;
pub(crate) mod variables;

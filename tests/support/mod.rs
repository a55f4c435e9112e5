//! What the tests and the tour share. Knows nothing of awsauth's own modules.

pub(crate) mod fake_aws;
#[cfg(unix)]
pub(crate) mod git_server;
#[cfg(test)]
pub(crate) mod proxy;
#[cfg(test)]
pub(crate) mod sandbox;
#[cfg(test)]
#[cfg(unix)]
pub(crate) mod signals;
#[cfg(test)]
pub(crate) mod tls;

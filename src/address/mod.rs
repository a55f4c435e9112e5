//! Owns web addresses: where one leads, and which hosts a person allows. The one place where hosts are read out of
//! addresses, since a page, a proxy and the manifest must not be of different minds about one.

mod host;
mod url;

pub(crate) use host::{AllowedHost, Host, HostError};
pub(crate) use url::WebAddress;

//! Owns web addresses, those of git repositories, and the hosts that a person allows. Hosts are read out of addresses here alone, since a page, a proxy and
//! the manifest must not read one differently.

mod host;
mod repository;
mod url;

pub(crate) use host::{AllowedHost, HostError, UrlHost};
pub(crate) use repository::{RepositoryAddress, RepositoryAddressError};
pub(crate) use url::WebAddress;

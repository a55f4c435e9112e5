//! Owns names of hosts, and patterns of allowed ones. Must not know whose host is whose.

use std::net::{IpAddr, Ipv6Addr};

use thiserror::Error;

use super::url::WebAddress;

/// The most bytes of a name in DNS without the dot of the root (RFC 1035 §2.3.4).
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// A host; all its spellings are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UrlHost {
    Ip(IpAddr),
    /// In lower case, without a dot at the end.
    Name(Box<str>),
}

impl UrlHost {
    /// Reads a host, an IPv6 address with or without brackets. None for unusual forms, such as `127.1`, which programs do not read
    /// alike.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bracketed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        if let Some(ip) =
            bracketed.map_or_else(|| text.parse().ok(), |text| text.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
        {
            return Some(Self::Ip(ip));
        }
        let is_label = |label: &str| {
            let is_inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            (1..=LONGEST_LABEL).contains(&label.len())
                && label.bytes().all(is_inside)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let is_name = text.len() <= LONGEST_NAME && text.split('.').all(is_label) && !ends_in_a_number(text);
        is_name.then(|| Self::Name(text.to_ascii_lowercase().into()))
    }

    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Ip(_) => None,
        }
    }
}

/// True if programs may take the text for some form of an IPv4 address (WHATWG URL, "ends in a number").
fn ends_in_a_number(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_hex = last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_hex || last.bytes().all(|byte| byte.is_ascii_digit())
}

/// A host that a person allows, or all below one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AllowedHost {
    One(UrlHost),
    /// `*.NAME`: every name that ends in `.NAME`, with any number of parts before that.
    Below(Box<str>),
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum HostError {
    /// An address, or a host with a port or a user. `host` is the host alone, where that can be told.
    #[error("`{text}` is more than the name of a host")]
    More { text: String, host: Option<String> },
    #[error("`{0}` has a `*` where none can be")]
    Star(String),
    /// A `*` before a name of one part, such as `*.com`.
    #[error("`{0}` would allow hosts that belong to anybody")]
    Wide(String),
    /// A name that is not in ASCII.
    #[error("`{0}` is not as DNS has it")]
    Script(String),
    #[error("`{0}` is not the name of a host")]
    Odd(String),
}

impl AllowedHost {
    /// Reads `NAME`, `*.NAME` or an IP address.
    pub(crate) fn parse(text: &str) -> Result<Self, HostError> {
        if !text.is_ascii() {
            return Err(HostError::Script(text.to_owned()));
        }
        if let Some(host) = UrlHost::parse(text) {
            return Ok(Self::One(host));
        }
        if let Some(more) = more(text) {
            return Err(more);
        }
        match (text.strip_prefix("*."), text.contains('*')) {
            (None, true) => Err(HostError::Star(text.to_owned())),
            (None, false) => Err(HostError::Odd(text.to_owned())),
            (Some(below), _) if below.contains('*') => Err(HostError::Star(text.to_owned())),
            (Some(below), _) => match UrlHost::parse(below) {
                Some(UrlHost::Name(name)) if name.contains('.') => Ok(Self::Below(name)),
                Some(UrlHost::Name(_)) => Err(HostError::Wide(text.to_owned())),
                Some(UrlHost::Ip(_)) => Err(HostError::Star(text.to_owned())),
                None => Err(HostError::Odd(text.to_owned())),
            },
        }
    }

    pub(crate) fn fits(&self, host: &UrlHost) -> bool {
        match (self, host) {
            (Self::One(one), host) => one == host,
            (Self::Below(below), UrlHost::Name(name)) => {
                name.strip_suffix(&**below).is_some_and(|before| before.ends_with('.'))
            }
            (Self::Below(_), UrlHost::Ip(_)) => false,
        }
    }
}

/// The error for an address, or a host with a port, instead of a host.
fn more(text: &str) -> Option<HostError> {
    if !text.contains([':', '/', '?', '#', '@']) {
        return None;
    }
    let with_scheme = format!("https://{text}");
    let address = WebAddress::parse(text).or_else(|| WebAddress::parse(&with_scheme));
    let host = address.map(|address| address.host).filter(|host| UrlHost::parse(host).is_some());
    Some(HostError::More { text: text.to_owned(), host: host.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(allowed: &str, host: &str) -> bool {
        AllowedHost::parse(allowed).unwrap().fits(&UrlHost::parse(host).unwrap())
    }

    #[test]
    fn a_host_has_one_form() {
        let name = |text: &str| UrlHost::parse(text).and_then(|host| host.name().map(str::to_owned));
        assert_eq!(name("STS.Example.COM").as_deref(), Some("sts.example.com"));
        assert_eq!(name("local_stack").as_deref(), Some("local_stack"));
        assert_eq!(name("xn--bcher-kva.example").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(UrlHost::parse("[FD00:0::1]"), UrlHost::parse("fd00::1"));
        assert!(matches!(UrlHost::parse("10.0.0.5"), Some(UrlHost::Ip(_))));
        for odd in [
            "",
            ".",
            "a..b",
            "a.",
            ".a",
            "-a.b",
            "a-.b",
            "a b",
            "a%2eb",
            "bücher.example",
            "127.1",
            "0x7f.1",
            "2130706433",
            "0177.0.0.1",
            "10.0.0.5.",
            "1.2.3.4.5",
            "0x7f000001",
            "a.0xF",
            "[10.0.0.5]",
            "[fd00::1",
            "fd00::1]",
            "a:80",
            "*",
            "fe80::1%25eth0",
        ] {
            assert_eq!(UrlHost::parse(odd), None, "{odd}");
        }
        assert_eq!(UrlHost::parse(&format!("{}.example", "a".repeat(64))), None);
        assert_eq!(UrlHost::parse(&"a.".repeat(130)), None);
    }

    #[test]
    fn what_is_allowed_is_that_host_or_all_below_it() {
        assert!(fits("localstack.corp.example", "LocalStack.corp.example"));
        assert!(fits("10.0.0.5", "10.0.0.5") && fits("fd00::1", "[fd00::1]"));
        assert!(fits("*.Internal.example", "a.internal.example") && fits("*.internal.example", "a.b.INTERNAL.example"));
        for (allowed, host) in [
            ("corp.example", "a.corp.example"),
            ("corp.example", "evilcorp.example"),
            ("corp.example", "corp.example.evil"),
            ("*.internal.example", "internal.example"),
            ("*.internal.example", "evilinternal.example"),
            ("*.internal.example", "a.internal.example.evil"),
            ("*.internal.example", "10.0.0.5"),
            ("10.0.0.5", "10.0.0.50"),
            // The same machine perhaps, but not the same words.
            ("10.0.0.5", "::ffff:10.0.0.5"),
        ] {
            assert!(!fits(allowed, host), "{allowed} {host}");
        }
    }

    #[test]
    fn what_allows_no_host_says_why() {
        let error = |text: &str| AllowedHost::parse(text).unwrap_err();
        for (text, host) in [
            ("https://a.example", Some("a.example")),
            ("https://a.example:8443/x", Some("a.example")),
            ("a.example:8443", Some("a.example")),
            ("a.example/x", Some("a.example")),
            ("[fd00::1]:80", Some("[fd00::1]")),
            ("me@a.example", None),
            ("https://*.a.example", None),
        ] {
            let host = host.map(str::to_owned);
            assert_eq!(error(text), HostError::More { text: text.to_owned(), host }, "{text}");
        }
        for text in ["*", "a.*.example", "*a.example", "*.*.example", "*.10.0.0.5", "**.a.example"] {
            assert_eq!(error(text), HostError::Star(text.to_owned()));
        }
        assert_eq!(error("*.com"), HostError::Wide("*.com".to_owned()));
        assert_eq!(error("bücher.example"), HostError::Script("bücher.example".to_owned()));
        for text in ["", "a.example.", "a b", "127.1", "*.a..example", "*."] {
            assert_eq!(error(text), HostError::Odd(text.to_owned()));
        }
    }
}

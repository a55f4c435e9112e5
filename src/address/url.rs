//! Owns reading URLs: scheme and host, and whether that is this machine.

use std::net::IpAddr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// The parts of a URL, as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WebAddress<'u> {
    pub(crate) scheme: Scheme,
    /// True for `localhost`, and for an IP address of the loopback. Not for `x.localhost`: many resolvers ask a server for it.
    pub(crate) is_here: bool,
    pub(crate) host: &'u str,
    pub(crate) rest: &'u str,
}

impl<'u> WebAddress<'u> {
    /// Reads a URL of http or https. None also if it has a user's name or password before the host, by which a host is made to look
    /// like another one (RFC 3986 §7.6).
    pub(crate) fn parse(url: &'u str) -> Option<Self> {
        let (scheme, behind) = url.split_once("://")?;
        let scheme = match scheme {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let uri: http::Uri = url.parse().ok()?;
        let authority = uri.authority()?;
        let host = Some(authority.host()).filter(|host| !host.is_empty())?;
        // Nothing is before the host, and nothing but a port after it.
        match authority.as_str().strip_prefix(host)?.strip_prefix(':') {
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {}
            None if authority.as_str() == host => {}
            _ => return None,
        }
        let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_loopback = |ip: IpAddr| ip.is_loopback();
        let is_here = host.eq_ignore_ascii_case("localhost") || literal.unwrap_or(host).parse().is_ok_and(is_loopback);
        let rest = behind.strip_prefix(authority.as_str())?;
        Some(Self { scheme, is_here, host: &behind[..host.len()], rest })
    }

    /// True if nobody on the way can read what is sent there.
    pub(crate) fn is_private(self) -> bool {
        self.scheme == Scheme::Https || self.is_here
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_told_from_hosts_that_look_like_it() {
        for here in [
            "http://localhost",
            "http://LocalHost:4566/",
            "https://127.0.0.1",
            "http://127.1.2.3:80?a=b@c",
            "http://127.0.0.1/@evil.example",
            "http://127.0.0.1#@evil.example",
            "https://[::1]:8443/x",
            "http://[::1]",
        ] {
            assert!(WebAddress::parse(here).is_some_and(|address| address.is_here && address.is_private()), "{here}");
        }
        for away in [
            "http://example.com",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com",
            "http://s3.localhost:4566",
            "http://localhost-example.com",
            "http://example.com/127.0.0.1",
            "http://example.com?localhost",
            "http://128.0.0.1",
            "http://[::2]:80",
            "http://0.0.0.0",
        ] {
            assert!(WebAddress::parse(away).is_some_and(|address| !address.is_here && !address.is_private()), "{away}");
        }
        let url = "https://device.sso.us-east-1.amazonaws.com:443/?user_code=A-B";
        let (host, rest) = ("device.sso.us-east-1.amazonaws.com", "/?user_code=A-B");
        let https = WebAddress { scheme: Scheme::Https, is_here: false, host, rest };
        assert_eq!(WebAddress::parse(url), Some(https));
        assert!(https.is_private());
    }

    #[test]
    fn what_is_no_plain_web_address_leads_nowhere() {
        for bad in [
            "http://127.0.0.1:80@evil.example/",
            "http://127.0.0.1@evil.example/",
            "https://user:password@s3.example.com",
            "https://@s3.example.com",
            "http://evil.example\\@localhost",
            "http://localhost\\@evil.example",
            "http://[::1",
            "http://[::1].evil.example@",
            "http://127.0.0.1:80:90/",
            "http://[::1]evil.example/",
            "http://[::1].evil.example",
            "https://",
            "http:///localhost",
            "https://:443",
            "http:localhost",
            "localhost",
            "file:///etc/passwd",
            "javascript://localhost/%0aalert(1)",
            "-h",
            "https://a b",
            "http://local\thost",
            "http://localhost\n",
            "",
        ] {
            assert_eq!(WebAddress::parse(bad), None, "{bad:?}");
        }
        let odd = WebAddress::parse("http://localhost%00.evil.example");
        assert!(odd.is_none_or(|address| !address.is_here), "{odd:?}");
    }
}

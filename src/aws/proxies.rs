//! Owns the variables that name proxies. The HTTP client ignores a value that it can't read, and would go to AWS directly: such a
//! value is refused here. Must not show a value: there may be a password in it.

use std::ffi::OsStr;

use http::Uri;

/// The proxies of the environment, as the HTTP client chooses them.
#[derive(Debug, Clone)]
pub(crate) struct Proxies {
    pub(super) https: Proxy,
    pub(super) http: Proxy,
}

/// The HTTP client ignores every proxy then.
const CGI: &str = "can't be used while REQUEST_METHOD is set, as for a CGI program";

#[derive(Debug, Clone)]
pub(super) struct Proxy {
    /// The variable that names it, `HTTPS_PROXY` or `HTTP_PROXY` if none does.
    pub(super) variable: &'static str,
    fault: Option<&'static str>,
}

impl Proxies {
    /// Reads the variables as hyper-util does: of two spellings, the first one that is set.
    pub(crate) fn read<'v>(variable: impl Fn(&str) -> Option<&'v OsStr>) -> Self {
        let first = |names: [&'static str; 2]| {
            let found = names.into_iter().find_map(|name| Some((name, variable(name)?)));
            found.filter(|(_, value)| !value.is_empty())
        };
        // A CGI program's HTTP_PROXY may be the header `Proxy` of the request that it answers.
        let is_cgi = variable("REQUEST_METHOD").is_some();
        let all = first(["ALL_PROXY", "all_proxy"]);
        let proxy = |names: [&'static str; 2]| {
            let found = first(names).or(all);
            Proxy {
                variable: found.map_or(names[0], |(name, _)| name),
                fault: found.and_then(|(_, value)| if is_cgi { Some(CGI) } else { fault(value) }),
            }
        };
        Self { https: proxy(["HTTPS_PROXY", "https_proxy"]), http: proxy(["HTTP_PROXY", "http_proxy"]) }
    }
}

impl Proxy {
    /// The reason for sending nothing, if the proxy can't be used.
    pub(super) fn refused(&self) -> Option<String> {
        self.fault.map(|fault| format!("{} {fault}", self.variable))
    }
}

fn fault(value: &OsStr) -> Option<&'static str> {
    const MALFORMED: &str = "is not the address of a proxy";
    let Some(text) = value.to_str() else { return Some(MALFORMED) };
    let Ok(uri) = text.parse::<Uri>() else { return Some(MALFORMED) };
    let Some(authority) = uri.authority() else { return Some(MALFORMED) };
    match uri.scheme_str() {
        None | Some("http" | "https") => {}
        Some(scheme) if scheme.starts_with("socks") => return Some("names a SOCKS proxy, which awsauth can't use"),
        Some(_) => return Some(MALFORMED),
    }
    // A `#` or `/` in a password ends the address before the host.
    let is_cut = text.contains('@') && !authority.as_str().contains('@');
    let host_and_port = authority.as_str().rsplit('@').next().unwrap_or_default();
    let has_bad_port = host_and_port.len() > authority.host().len() && authority.port_u16().is_none();
    (is_cut || authority.host().is_empty() || has_bad_port).then_some(MALFORMED)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Proxies {
        let variables: Vec<(String, OsString)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), value.into())).collect();
        Proxies::read(|name| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_os_str()))
    }

    #[test]
    fn only_what_names_a_proxy_over_http_is_taken() {
        for good in [
            "proxy",
            "proxy:3128",
            "http://proxy",
            "https://proxy:3128/",
            "http://alice:p%40ss@[::1]:80",
            "http://a:b@c",
        ] {
            assert_eq!(fault(good.as_ref()), None, "{good}");
        }
        for bad in [
            "::::",
            "http://",
            "http:proxy",
            "http://:80",
            "proxy:port",
            "proxy:99999",
            "http://a:b#c@proxy:80",
            "http://a:b/c@proxy:80",
            "ftp://proxy",
            "a b",
            "/proxy",
            "http://proxy:",
            "\u{e9}",
        ] {
            assert_eq!(fault(bad.as_ref()), Some("is not the address of a proxy"), "{bad}");
        }
        for socks in ["socks5://proxy:1080", "socks5h://proxy", "socks4://proxy"] {
            assert!(fault(socks.as_ref()).unwrap().contains("SOCKS"), "{socks}");
        }
    }

    #[test]
    fn the_variable_that_counts_is_the_one_that_is_named() {
        let named = |variables: &[(&str, &str)]| {
            let Proxies { https, http } = read(variables);
            (https.variable, https.fault.is_some(), http.variable, http.fault.is_some())
        };
        assert_eq!(named(&[]), ("HTTPS_PROXY", false, "HTTP_PROXY", false));
        assert_eq!(named(&[("https_proxy", "::::")]), ("https_proxy", true, "HTTP_PROXY", false));
        assert_eq!(named(&[("all_proxy", "::::")]), ("all_proxy", true, "all_proxy", true));
        let both = [("HTTPS_PROXY", "proxy"), ("ALL_PROXY", "::::")];
        assert_eq!(named(&both), ("HTTPS_PROXY", false, "ALL_PROXY", true));
        let cgi = [("HTTPS_PROXY", "proxy"), ("REQUEST_METHOD", "GET")];
        assert_eq!(named(&cgi), ("HTTPS_PROXY", true, "HTTP_PROXY", false));
        let empty = [("HTTPS_PROXY", ""), ("https_proxy", "::::"), ("http_proxy", "::::")];
        assert_eq!(named(&empty), ("HTTPS_PROXY", false, "http_proxy", true));
    }
}

//! Owns which hosts a manifest may name, and findings about others. Must not know which keys name them.
//!
//! One rule for all files: this machine, and the hosts in `allow_hosts` of the person's own file. AWS's own hosts need that
//! too, since customers of AWS answer below its domains as well. So do hosts in the personal file itself: a variable there
//! could get its value from a shared file.

use super::document::tree::Text;
use super::files::{Audience, Layers, SettingsTrust};
use super::findings::codes;
use super::findings::sink::Sink;
use crate::address::{AllowedHost, UrlHost, WebAddress};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{StartUrl, foreign_portal};
use crate::source::Span;

/// Returns the host that a person has to allow for an endpoint; None for this machine. The error says why none can be
/// allowed.
pub(crate) fn host_to_allow(endpoint: &str) -> Result<Option<&str>, &'static str> {
    match WebAddress::parse(endpoint) {
        Some(address) if address.is_here => Ok(None),
        Some(address) if !address.is_private() => Err("requests to it would be readable on the way"),
        Some(address) if UrlHost::parse(address.host).is_some() => Ok(Some(address.host)),
        _ => Err("it is not a plain address"),
    }
}

/// The reader of a manifest, and the hosts that this person allows.
#[derive(Debug, Clone)]
pub(super) struct Hosts<'a> {
    pub(super) files: &'a Layers,
    pub(super) audience: Audience,
    pub(super) allowed: Vec<AllowedHost>,
}

impl Hosts<'_> {
    /// True if only the person can have written this place.
    pub(super) fn is_trusted(&self, at: Span) -> bool {
        self.files.settings_trust(self.files.sources().number(at)) == Some(&SettingsTrust::Trusted)
    }

    /// False, and reported, if requests must not go there.
    pub(super) fn check_endpoint(&self, text: Text<'_>, sink: &mut Sink) -> bool {
        let address = WebAddress::parse(text.value);
        let Some(address) = address.filter(|address| address.is_private()) else {
            reject_unsafe(text, address.is_some(), sink);
            return false;
        };
        let host = UrlHost::parse(address.host);
        let is_allowed = |host: &UrlHost| self.allowed.iter().any(|allowed| allowed.fits(host));
        if address.is_here || host.as_ref().is_some_and(is_allowed) {
            return true;
        }
        // A team's CI can't know which hosts each person allows.
        let severity = match self.audience {
            Audience::Team => Severity::Warning,
            Audience::Person => Severity::Error,
        };
        let message = format!("`{}` is neither this machine nor a host that you allow", address.host);
        let found = Diagnostic::error(codes::FOREIGN_ENDPOINT, text.at, message)
            .label("requests would go there, with the tokens and the data in them")
            .help(self.way_to_allow(address.host, host.is_some()));
        sink.report(text, Diagnostic { severity, ..found });
        severity == Severity::Warning
    }

    /// Warns about a start URL whose host is not AWS's.
    pub(super) fn check_portal(&self, url: &StartUrl, text: Text<'_>, sink: &mut Sink) {
        let Some(host) = foreign_portal(url, &self.allowed) else { return };
        let message = format!("`{host}` is not one of AWS's hosts for access portals");
        let found = Diagnostic::warning(codes::FOREIGN_START_URL, text.at, message)
            .label("whoever runs this host controls the page where people enter their password")
            .help(self.way_to_allow(host, UrlHost::parse(host).is_some()));
        sink.report(text, found);
    }

    fn way_to_allow(&self, host: &str, is_host: bool) -> String {
        let line = format!("`allow_hosts = [\"{}\"]`", host.to_ascii_lowercase());
        match self.audience {
            _ if !is_host => "write its name, or its address in the usual form".to_owned(),
            Audience::Person => {
                format!("if you trust it, add {line} to [settings] of {}", self.files.own())
            }
            Audience::Team => {
                format!("each person who trusts it adds {line} to [settings] of their own profiles.local.toml")
            }
        }
    }
}

fn reject_unsafe(text: Text<'_>, is_address: bool, sink: &mut Sink) {
    let (message, help) = if !is_address && text.value.starts_with("https://") {
        let help = "write `https://HOST`, without a user name; a host has letters, digits, `.` and `-`";
        (format!("`{}` is not a plain address", text.value), help)
    } else {
        let help = "requests to it would be readable on the way; use an `https://` URL, or http://localhost";
        (format!("`{}` is neither `https:` nor on this machine", text.value), help)
    };
    sink.reject(text, codes::UNSAFE_ENDPOINT, message, help);
}

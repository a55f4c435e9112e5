//! Owns which hosts a manifest may name, and what is said of the others. Must not know which keys name them.
//!
//! One rule for all files: AWS's own, this machine, and what `allow_hosts` of a file of the person's own has. What that
//! file names elsewhere needs the same line, since a variable in it may have its value from a file that is shared.

use super::codes;
use super::known::Serves;
use super::layers::Audience;
use super::reading::{Reading, Text};
use crate::address::{Host, WebAddress};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Answerer, StartUrl, answerer, is_portal};

/// Whether the requests that it serves may go to the endpoint in `text`; if not, that is reported.
pub(super) fn check_endpoint(text: &Text<'_>, serves: Serves, reading: &mut Reading<'_>) -> bool {
    let address = WebAddress::parse(&text.value);
    let Some(address) = address.filter(|address| address.is_private()) else {
        reject_unsafe(text, address.is_some(), reading);
        return false;
    };
    let host = Host::parse(address.host);
    if address.is_here || host.as_ref().is_some_and(|host| is_allowed(host, reading)) {
        return true;
    }
    let error = |message: String| Diagnostic::error(codes::FOREIGN_ENDPOINT, text.at, message);
    let words = "requests would go there, with the tokens and the data in them";
    let found = match host.as_ref().and_then(Host::name).map_or(Answerer::Other, answerer) {
        answerer @ (Answerer::Aws | Answerer::Buckets) => {
            let Some((message, label, help)) = led_astray(&address, answerer, serves) else { return true };
            reading.report(text, error(message).label(label).help(help));
            return false;
        }
        Answerer::Customer => error(format!("`{}` is not an endpoint of one of AWS's services", address.host))
            .label(format!("any customer of AWS may have such a host, and {words}")),
        Answerer::Other => error(format!("`{}` is neither AWS's own host nor this machine", address.host)).label(words),
    };
    // A team's CI can't know whom each person trusts.
    let severity = match reading.audience {
        Audience::Team => Severity::Warning,
        Audience::Person => Severity::Error,
    };
    let found = found.help(way_to_allow(address.host, host.is_some(), reading));
    reading.report(text, Diagnostic { severity, ..found });
    severity == Severity::Warning
}

/// How requests to that host of AWS's own would get to what is somebody else's, if they would: message, label and help.
fn led_astray(address: &WebAddress<'_>, answerer: Answerer, serves: Serves) -> Option<(String, &'static str, String)> {
    if answerer == Answerer::Buckets && serves == Serves::All {
        // So the request of an SSO role, `/federation/credentials`, would be answered by whoever has the bucket `federation`.
        let message =
            format!("`{}` is S3's, and this `endpoint_url` is for the requests to all services", address.host);
        let label = "S3 takes the first part of a request's path for the name of a bucket, whoever has that";
        return Some((message, label, "move it to the settings of `s3`: `s3 = { endpoint_url = \"…\" }`".to_owned()));
    }
    if matches!(address.rest, "" | "/") {
        return None;
    }
    // In front of what a request asks for, a path is the name of a bucket, whoever has that.
    let message = format!("`{}` does not belong behind AWS's own host", address.rest);
    let label = "requests could be led to what is another one's, such as a bucket";
    Some((message, label, format!("leave out what stands behind `{}`", address.host)))
}

fn reject_unsafe(text: &Text<'_>, is_address: bool, reading: &mut Reading<'_>) {
    let (message, help) = if !is_address && text.value.starts_with("https://") {
        let help = "write `https://HOST`: in front of the host stands nothing, and in it letters, digits, `.` and `-`";
        (format!("`{}` is not a plain address", text.value), help)
    } else {
        let help = "requests to it would be readable on the way; use an `https://` URL, or http://localhost";
        (format!("`{}` is neither `https:` nor on this machine", text.value), help)
    };
    reading.reject(text, codes::UNSAFE_ENDPOINT, message, help);
}

/// Warns of the start URL in `text` if its host is not one of AWS's.
pub(super) fn check_portal(url: &StartUrl, text: &Text<'_>, reading: &mut Reading<'_>) {
    let address = WebAddress::parse(url.as_str());
    let host = address.and_then(|address| Host::parse(address.host));
    let is_known = |host: &Host| host.name().is_some_and(is_portal) || is_allowed(host, reading);
    if host.as_ref().is_some_and(is_known) {
        return;
    }
    let shown = address.map_or(url.as_str(), |address| address.host);
    let message = format!("`{shown}` is not one of AWS's hosts for access portals");
    let found = Diagnostic::warning(codes::FOREIGN_START_URL, text.at, message)
        .label("whoever has this host decides which page people log in at, and give their password to")
        .help(way_to_allow(shown, host.is_some(), reading));
    reading.report(text, found);
}

fn is_allowed(host: &Host, reading: &Reading<'_>) -> bool {
    reading.allowed_hosts.iter().any(|allowed| allowed.fits(host))
}

/// What to do so that a host is allowed, if it can be.
fn way_to_allow(host: &str, is_host: bool, reading: &Reading<'_>) -> String {
    let line = format!("`allow_hosts = [\"{}\"]`", host.to_ascii_lowercase());
    match reading.audience {
        _ if !is_host => "write its name, or its address in the usual form".to_owned(),
        Audience::Person => {
            format!("if you trust it, say so where only you can: {line} in [settings] of {}", reading.layers.own())
        }
        Audience::Team => {
            format!("each person who trusts it has to say so: {line} in [settings] of their profiles.local.toml")
        }
    }
}

//! Owns telling the hosts of AWS's access portals from others. Hosts are in lower case.

use crate::address::{AllowedHost, UrlHost, WebAddress};
use crate::model::StartUrl;

/// The endings of the hosts of access portals (AWS CLI 2.35.13, aws-facts §4.6).
const PORTAL_SUFFIXES: [&str; 8] = [
    ".awsapps.com",
    ".awsapps.cn",
    ".app.aws",
    ".portal.amazonaws.com",
    ".portal.amazonaws.com.cn",
    ".portal.amazonaws.eu",
    ".api.amazonwebservices.eu",
    ".app.amazonwebservices.com.cn",
];
/// The hosts that all portals share (from AWS CLI 2.35.13 as well).
const PORTALS: [&str; 4] = [
    "identitycenter.amazonaws.com",
    "identitycenter.amazonaws.com.cn",
    "identitycenter.amazonaws.eu",
    "identitycenter.us-gov.amazonaws.com",
];

/// The host of a start URL, if it is neither one of AWS's access portals nor one that the person allows: its owner decides
/// which page people log in at.
pub(crate) fn foreign_portal<'u>(url: &'u StartUrl, allowed: &[AllowedHost]) -> Option<&'u str> {
    let shown = WebAddress::parse(url.as_str()).map_or(url.as_str(), |address| address.host);
    let is_known = |host: &UrlHost| host.name().is_some_and(is_portal) || allowed.iter().any(|one| one.fits(host));
    (!UrlHost::parse(shown).as_ref().is_some_and(is_known)).then_some(shown)
}

fn is_portal(host: &str) -> bool {
    let mut fronts = PORTAL_SUFFIXES.iter().filter_map(|suffix| host.strip_suffix(suffix));
    PORTALS.contains(&host) || fronts.any(|front| !front.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portals_are_those_of_aws_cli() {
        for host in [
            "corp.awsapps.com",
            "d-9067abcdef.awsapps.com",
            "start.home.awsapps.cn",
            "ssoins-1234.portal.eu-west-1.app.aws",
            "ssoins-1234.us-east-1.portal.amazonaws.com",
            "identitycenter.amazonaws.com",
            "identitycenter.us-gov.amazonaws.com",
        ] {
            assert!(is_portal(host), "{host}");
        }
        for host in [
            "awsapps.com",
            ".awsapps.com",
            "evilawsapps.com",
            "corp.awsapps.com.evil.example",
            "evil.identitycenter.amazonaws.com",
            "evil.s3.amazonaws.com",
            "sso.corp.example",
        ] {
            assert!(!is_portal(host), "{host}");
        }
    }
}

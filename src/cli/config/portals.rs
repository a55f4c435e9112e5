//! Owns the warning of start URLs whose host is neither AWS's nor one that the person allows: before one is written, and before
//! somebody is sent there.

use std::collections::BTreeSet;

use crate::cli::config::load::Manifest;
use crate::cli::paths::Paths;
use crate::cli::ui::out::Out;
use crate::manifest::LOCAL_NAME;
use crate::model::{Kind, Settings, StartUrl, foreign_portal};

/// Warns of each of these, once.
pub(crate) fn warn<'u>(urls: impl Iterator<Item = &'u StartUrl>, settings: &Settings, out: Out) {
    let allowed = settings.allow_hosts.as_deref().unwrap_or_default();
    let mut hosts: Vec<&str> = urls.filter_map(|url| foreign_portal(url, allowed)).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let own = Paths::own_local().map_or_else(|| LOCAL_NAME.to_owned(), |own| Paths::shown(&own));
    for host in hosts {
        out.warn(&format!(
            "`{host}` is not one of AWS's hosts for access portals, and whoever has it decides which page you log in at; if \
             you trust it: `allow_hosts = [\"{}\"]` in [settings] of {own}",
            host.to_ascii_lowercase()
        ));
    }
}

/// Warns of those that a config file has `after` a run and had not `before`.
pub(crate) fn warn_of_new(before: &[u8], after: &[u8], manifest: &Manifest, out: Out) {
    let (before, after) = (start_urls(before), start_urls(after));
    let of_profiles = manifest.catalog.profiles().iter().filter_map(|profile| match &profile.kind {
        Kind::Sso { access, .. } => Some(access.start_url()),
        _ => None,
    });
    let of_sessions = manifest.catalog.sessions().iter().map(|session| &session.start_url);
    let new = of_profiles.chain(of_sessions).filter(|url| {
        let url = url.as_str().as_bytes();
        after.contains(url) && !before.contains(url)
    });
    warn(new, &manifest.settings, out);
}

/// Collected once: looking through the whole file for each of 10,000 profiles took minutes.
fn start_urls(text: &[u8]) -> BTreeSet<&[u8]> {
    text.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"sso_start_url = ")).collect()
}

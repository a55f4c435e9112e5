//! Owns the candidates for completion.

use clap_complete::CompletionCandidate;

use super::places::Places;
use crate::manifest;
use crate::source::Source;
use crate::system::disk;
use crate::system::host::Host;

/// The names of all profiles; none if the manifest is not in order.
pub(crate) fn profile_names() -> Vec<CompletionCandidate> {
    read_names().unwrap_or_default()
}

fn read_names() -> Option<Vec<CompletionCandidate>> {
    let host = Host::read();
    let path = Places::new(&host, None).manifest().ok()?;
    let text = String::from_utf8(disk::read(&path).ok()??).ok()?;
    let catalog = manifest::load(&Source::new(&path, text)).catalog?;
    let candidates = catalog.profiles().iter().map(|profile| {
        let help = profile.description.clone().unwrap_or_else(|| profile.pattern().to_string());
        let help = crate::source::display_safe(&help);
        CompletionCandidate::new(profile.name.as_str()).help(Some(help.into()))
    });
    Some(candidates.collect())
}

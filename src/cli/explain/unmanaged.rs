//! Owns the hint for an empty manifest beside a config file with profiles. Must not fail.

use std::collections::HashSet;

use crate::cli::app::App;
use crate::cli::paths::Paths;
use crate::cli::ui::names;
use crate::ini::{Document, FileKind, Section};
use crate::plan;
use crate::system::files::disk;

/// Says how many profiles the config file has, and the next step. Says nothing if it has none.
pub(crate) fn say(app: App<'_>) {
    let Ok(path) = app.paths.config() else { return };
    let number = count(app);
    if number > 0 {
        app.out.say(&format!(
            "{} has {} that the manifest does not have; add those that awsauth should manage to the manifest (`awsauth import` \
             prints their tables), then run `awsauth apply --adopt`",
            Paths::shown(&path),
            names::count(number, "profile")
        ));
    }
}

/// The number of profiles that the config file has outside of awsauth's block.
fn count(app: App<'_>) -> usize {
    let path = app.paths.config().ok();
    let bytes = path.and_then(|path| disk::read(&path).ok()).flatten().unwrap_or_default();
    let document = Document::parse(&bytes, FileKind::Config);
    let block = plan::block_range(&document);
    let is_profile = |section: &&Section| section.id.profile().is_some() && !block.contains(&section.header.start);
    document.sections().iter().filter(is_profile).map(|section| &section.id).collect::<HashSet<_>>().len()
}

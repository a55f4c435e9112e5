//! Owns the hint for an empty manifest beside a config file with profiles. Must not fail.

use std::collections::HashSet;

use crate::cli::app::App;
use crate::cli::paths::Paths;
use crate::ini::{Document, FileKind, Section};
use crate::plan;
use crate::system::disk;

/// Says how many profiles stand in the config file, and the next step; nothing where there is none.
pub(crate) fn say(app: App<'_>) {
    let Ok(path) = app.paths.config() else { return };
    let Ok(Some(bytes)) = disk::read(&path) else { return };
    let document = Document::parse(&bytes, FileKind::Config);
    let is_profile =
        |section: &&Section| section.id.profile().is_some() && !plan::is_in_block(&document, section.header.start);
    let count = document.sections().iter().filter(is_profile).map(|section| &section.id).collect::<HashSet<_>>().len();
    let profiles = match count {
        0 => return,
        1 => "1 profile".to_owned(),
        _ => format!("{count} profiles"),
    };
    app.out.say(&format!(
        "{} has {profiles} that the manifest does not have: describe those that awsauth should manage, then run \
         `awsauth apply --adopt`",
        Paths::shown(&path)
    ));
}

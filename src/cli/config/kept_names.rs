//! Owns the names that completion offers: those of the manifest, kept in the state directory until one of its files changes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::cli::config::files;
use crate::cli::paths::Paths;
use crate::model::{Profile, SsoSession};
use crate::source::display_safe;
use crate::store::KeptNames;
use crate::system::files::stamp::FileStamp;

/// The kinds of names beside the patterns of profiles.
pub(crate) const SESSION: &str = "sso-session";
pub(crate) const TAG: &str = "tag";

/// The names as [`Names::lines`] returns them, if they were kept and no file of the manifest has changed since.
pub(crate) fn kept(paths: Paths<'_>) -> Option<String> {
    let kept = KeptNames::read(&paths.state().ok()?)?;
    files::are_current(&kept.seen, paths).then_some(kept.lines)
}

/// Valid profiles and SSO sessions, which have names.
pub(crate) struct Names<'m> {
    pub(crate) profiles: &'m [Profile],
    pub(crate) sessions: &'m [Arc<SsoSession>],
}

impl Names<'_> {
    /// Keeps the names, which come from files with these stamps, unless they are kept already.
    pub(crate) fn keep(&self, seen: Vec<FileStamp>, paths: Paths<'_>) {
        let Ok(state_dir) = paths.state() else { return };
        let is_kept = || KeptNames::read(&state_dir).is_some_and(|kept| kept.seen == seen);
        if !seen.is_empty() && paths.is_manifest_found_again() && !is_kept() {
            KeptNames { seen, lines: self.lines() }.write(&state_dir);
        }
    }

    /// A line for each name: its kind, the name, and what is shown beside it, with tabs between them.
    pub(crate) fn lines(&self) -> String {
        let mut lines = String::new();
        let mut add = |kind: &str, name: &str, help: &str| {
            let help = display_safe(help.lines().next().unwrap_or_default());
            if !name.contains(char::is_control) {
                // Writing to a String can't fail.
                _ = writeln!(lines, "{kind}\t{name}\t{help}");
            }
        };
        for profile in self.profiles {
            let pattern = profile.pattern().as_str();
            add(pattern, profile.name.as_str(), profile.description.as_deref().unwrap_or(pattern));
        }
        for session in self.sessions {
            add(SESSION, session.name.as_str(), session.start_url.as_str());
        }
        for tag in self.profiles.iter().flat_map(|profile| &profile.tags).collect::<BTreeSet<_>>() {
            add(TAG, tag, "");
        }
        lines
    }
}

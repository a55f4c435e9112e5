//! Owns which sections of a config file go through another one. Must not judge whether that is right.

use std::collections::HashSet;

use crate::ini::{Document, FileKind, SectionId};
use crate::model::Catalog;

/// Makes of a name the section that it names.
type Named = fn(String) -> SectionId;

/// The keys that name another section.
const LINKS: [(&str, Named); 2] = [("source_profile", profile), ("sso_session", SectionId::SsoSession)];

fn profile(name: String) -> SectionId {
    if name == "default" { SectionId::Default } else { SectionId::Profile(name) }
}

/// A section that names another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependent {
    /// The line of the key that names it, from 1.
    pub(crate) line: usize,
    /// The section.
    pub(crate) id: SectionId,
    /// What it names.
    pub(crate) on: SectionId,
}

/// The sections of the user's own that name as their source or session one of `removed` that is not in the file `after` the
/// change, or one of `moved`, whose long-term key has another place. Lines are those of the file `before`, which is what
/// the person sees. Linear.
pub(crate) fn dependents(
    catalog: &Catalog,
    (before, after): (&[u8], &[u8]),
    removed: &[SectionId],
    moved: &[SectionId],
) -> Vec<Dependent> {
    if removed.is_empty() && moved.is_empty() {
        return Vec::new();
    }
    let [document, after] = [before, after].map(|bytes| Document::parse(bytes, FileKind::Config));
    let is_gone = |id: &&SectionId| after.find(id).next().is_none();
    let gone: HashSet<&SectionId> = removed.iter().filter(is_gone).chain(moved).collect();
    let mut found = Vec::new();
    let is_own = |id: &SectionId| match id {
        SectionId::Default => catalog.get("default").is_some(),
        SectionId::Profile(name) => catalog.get(name).is_some(),
        SectionId::SsoSession(_) | SectionId::Services(_) | SectionId::Other(_) => false,
    };
    let stays = |id: &SectionId| !is_own(id) && after.find(id).next().is_some();
    for section in document.sections().iter().filter(|section| stays(&section.id)) {
        for (key, make) in LINKS {
            let Some(entry) = document.own_entry(section, key) else { continue };
            let on = make(document.value(entry).into_owned());
            if gone.contains(&on) {
                found.push(Dependent { line: document.line_number(entry.range().start), id: section.id.clone(), on });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_that_name_what_is_gone_are_found_with_their_line_before_the_change() {
        let before = b"[profile main]\nx = 1\n[sso-session corp]\n[profile gone]\nsource_profile = main\n\
                       [profile a]\nsource_profile = main\n[profile b]\nx = 1\nsso_session=corp\n\
                       [profile c]\nsource_profile = d\n[profile d]\nsource_profile = default\n";
        let after = b"[profile a]\nsource_profile = main\n[profile b]\nx = 1\nsso_session=corp\n\
                     [profile c]\nsource_profile = d\n[profile d]\nsource_profile = default\n";
        let named = |name: &str| SectionId::Profile(name.to_owned());
        let removed = [named("main"), SectionId::SsoSession("corp".to_owned()), named("d")];
        let found = dependents(&Catalog::default(), (before, after), &removed, &[SectionId::Default]);
        let lines: Vec<(usize, String, String)> =
            found.iter().map(|one| (one.line, one.id.to_string(), one.on.to_string())).collect();
        let expected =
            [(7, "profile a", "profile main"), (10, "profile b", "sso-session corp"), (14, "profile d", "default")];
        assert_eq!(lines, expected.map(|(line, id, on)| (line, id.to_owned(), on.to_owned())));
    }
}

//! Owns finding the sections of a config file that go through another one. Must not judge them.

use std::collections::HashSet;

use crate::ini::{Document, FileKind, SectionId};
use crate::model::Catalog;

/// Makes the id of the section that a key's value names.
type SectionOf = fn(String) -> SectionId;

/// The keys that name another section, each with its type.
const LINKS: [(&str, SectionOf); 2] = [("source_profile", SectionId::Profile), ("sso_session", SectionId::SsoSession)];

/// A section that names another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependent {
    /// The line of the key that names it, from 1.
    pub(crate) line: usize,
    pub(crate) id: SectionId,
    /// The section that it names.
    pub(crate) on: SectionId,
    /// True if it asks for an MFA code of its own, for which AWS wants a long-term key.
    pub(crate) has_device: bool,
}

/// The user's own sections whose source or session is one of `removed` and not in the text `after` the change, or one of
/// `moved`, whose long-term key has another section. Lines are those of `shown`, the text that the person sees.
pub(crate) fn dependents(
    catalog: &Catalog,
    shown: &[u8],
    after: &[u8],
    removed: &[SectionId],
    moved: &[SectionId],
) -> Vec<Dependent> {
    if removed.is_empty() && moved.is_empty() {
        return Vec::new();
    }
    let [document, after] = [shown, after].map(|bytes| Document::parse(bytes, FileKind::Config));
    let exists = |id: &SectionId| after.find(id).next().is_some();
    let gone: HashSet<&SectionId> = removed.iter().filter(|id| !exists(id)).chain(moved).collect();
    let is_own = |id: &SectionId| {
        let profile = id.profile().and_then(|name| catalog.get(name));
        profile.is_some_and(|profile| profile.external_section().is_none())
    };
    let mut found = Vec::new();
    for section in document.sections().iter().filter(|section| exists(&section.id) && !is_own(&section.id)) {
        for (key, make) in LINKS {
            let Some(entry) = document.own_entry(section, key) else { continue };
            let on = make(document.value(entry).into_owned());
            if gone.contains(&on) {
                let line = document.line_number(entry.range().start);
                let has_device = document.own_entry(section, "mfa_serial").is_some();
                found.push(Dependent { line, id: section.id.clone(), on, has_device });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_that_name_what_is_gone_are_found_with_their_line_in_either_text() {
        let before = b"[profile main]\nx = 1\n[sso-session corp]\n[profile gone]\nsource_profile = main\n\
                       [profile a]\nsource_profile = main\n[profile b]\nx = 1\nsso_session=corp\n\
                       [profile c]\nsource_profile = d\n[profile d]\nsource_profile = default\n";
        let after = b"[profile a]\nsource_profile = main\n[profile b]\nx = 1\nsso_session=corp\n\
                     [profile c]\nsource_profile = d\n[profile d]\nsource_profile = default\n";
        let named = |name: &str| SectionId::Profile(name.to_owned());
        let removed = [named("main"), SectionId::SsoSession("corp".to_owned()), named("d")];
        for (shown, lines) in [(&before[..], [7, 10, 14]), (after, [2, 5, 9])] {
            let found = dependents(&Catalog::default(), shown, after, &removed, &[named("default")]);
            let found: Vec<(usize, String, String)> =
                found.iter().map(|one| (one.line, one.id.to_string(), one.on.to_string())).collect();
            let expected = [("profile a", "profile main"), ("profile b", "sso-session corp"), ("profile d", "default")];
            let expected =
                expected.iter().zip(lines).map(|((id, on), line)| (line, (*id).to_owned(), (*on).to_owned()));
            assert_eq!(found, expected.collect::<Vec<_>>());
        }
    }
}

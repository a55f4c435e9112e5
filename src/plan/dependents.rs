//! Owns which sections of a config file go through another one. Must not judge whether that is right.

use crate::ini::{Document, FileKind, SectionId};
use crate::model::Catalog;

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

/// The sections of the user's own that name one of `gone` as their source or session, where that is no longer in the file.
pub(crate) fn dependents(catalog: &Catalog, bytes: &[u8], gone: &[SectionId]) -> Vec<Dependent> {
    if gone.is_empty() {
        return Vec::new();
    }
    let document = Document::parse(bytes, FileKind::Config);
    let mut found = Vec::new();
    let is_own = |id: &SectionId| matches!(id, SectionId::Profile(name) if catalog.get(name).is_some());
    for section in document.sections().iter().filter(|section| !is_own(&section.id)) {
        let names =
            [("source_profile", SectionId::Profile as fn(String) -> SectionId), ("sso_session", SectionId::SsoSession)];
        for (key, make) in names {
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
    fn sections_that_name_what_is_gone_are_found_with_their_line() {
        let text = b"[profile a]\nsource_profile = main\n[profile b]\nx = 1\nsso_session=corp\n[profile c]\nsource_profile = d\n";
        let gone = [SectionId::Profile("main".to_owned()), SectionId::SsoSession("corp".to_owned())];
        let found = dependents(&Catalog::default(), text, &gone);
        let lines: Vec<(usize, String, String)> =
            found.iter().map(|one| (one.line, one.id.to_string(), one.on.to_string())).collect();
        let expected = [(2, "profile a", "profile main"), (5, "profile b", "sso-session corp")];
        assert_eq!(lines, expected.map(|(line, id, on)| (line, id.to_owned(), on.to_owned())));
    }
}

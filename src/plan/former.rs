//! Owns the plan that puts a former text in the place of the whole file. Must not know where that text comes from.

use std::borrow::Cow;

use super::{Change, Plan, desired};
use crate::ini::{Document, FileKind, SectionId};

/// Plans `after` in the place of `before`, and says which sections that adds, changes and removes.
pub(crate) fn former(before: &[u8], after: Vec<u8>, kind: FileKind) -> Plan {
    let changes = changes(&Document::parse(before, kind), &Document::parse(&after, kind), kind);
    Plan { changes, ..Plan::whole(before, after) }
}

fn changes(before: &Document<'_>, after: &Document<'_>, kind: FileKind) -> Vec<(String, Change)> {
    let name = |id: &SectionId| match kind {
        FileKind::Config => id.to_string(),
        FileKind::Credentials => desired::name(id).to_owned(),
    };
    let mut changes: Vec<(String, Change)> = Vec::new();
    let mut add = |id: &SectionId, change| {
        let name = name(id);
        if !changes.iter().any(|(other, _)| *other == name) {
            changes.push((name, change));
        }
    };
    for section in after.sections() {
        let (old, new) = (texts(before, &section.id), texts(after, &section.id));
        if old.is_empty() {
            add(&section.id, Change::Added);
        } else if old != new {
            add(&section.id, Change::Changed);
        }
    }
    for section in before.sections().iter().filter(|section| after.find(&section.id).next().is_none()) {
        add(&section.id, Change::Removed);
    }
    changes
}

/// What stands under a name; more than one text where it stands twice.
fn texts<'d>(document: &'d Document<'_>, id: &SectionId) -> Vec<Cow<'d, str>> {
    document.find(id).map(|section| document.text(&(section.range.start..section.body_end))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_that_come_change_and_go_are_told() {
        let plan =
            former(b"[a]\nx = 1\n[b]\n[c]\n", b"# c\n[a]\nx = 2\n[c]\n\n[profile d]\n".to_vec(), FileKind::Config);
        let changes = [("a", Change::Changed), ("profile d", Change::Added), ("b", Change::Removed)];
        assert_eq!(plan.changes, changes.map(|(name, change)| (name.to_owned(), change)));
    }
}

//! Owns the plan for one file: its edits, the new text, and a summary by section. Must not know why it is made.

use std::borrow::Cow;
use std::collections::HashSet;

use super::config::block::{Block, with_line_feeds};
use super::credentials::key_section::key_in;
use super::refusal::Refusal;
use crate::ini::{Document, Edit, FileKind, Section, SectionId, Warning, splice};

/// The work on one file. Has no `Debug`: the text may hold secrets.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    /// By place; none if there is nothing to do.
    pub(super) edits: Vec<Edit>,
    /// The new text; empty if there is nothing to do.
    pub(crate) after: Vec<u8>,
    pub(crate) changes: Vec<(SectionId, Change)>,
    /// Lines outside the block that not all of AWS's tools read alike, as they are numbered before the edits.
    pub(crate) warnings: Vec<Warning>,
}

impl Plan {
    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The text after the work.
    pub(crate) fn result<'t>(&'t self, before: &'t [u8]) -> &'t [u8] {
        if self.is_empty() { before } else { &self.after }
    }

    /// Edits that change nothing are left out.
    pub(super) fn new(before: &Document<'_>, mut edits: Vec<Edit>) -> Result<Self, Refusal> {
        edits.retain(|edit| before.bytes().get(edit.range.clone()) != Some(&edit.bytes));
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        if edits.is_empty() {
            return Ok(Self::default());
        }
        let after = splice(before.bytes(), &edits).ok_or_else(|| Refusal::bug("two edits overlap"))?;
        let changes = changes(before, &Document::parse(&after, before.kind()));
        Ok(Self { edits, after, changes, warnings: Vec::new() })
    }

    /// Puts `after` in the place of the whole text of any file.
    pub(crate) fn whole(before: &[u8], after: Vec<u8>) -> Self {
        let edits = vec![Edit { range: 0..before.len(), bytes: after.clone() }];
        Self { edits, after, ..Self::default() }
    }

    /// Puts `after` in the place of the whole text of one of AWS's files.
    pub(crate) fn rewrite(before: &[u8], after: Vec<u8>, kind: FileKind) -> Self {
        let changes = changes(&Document::parse(before, kind), &Document::parse(&after, kind));
        Self { changes, ..Self::whole(before, after) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Added,
    Changed,
    Removed,
    /// It moves into the block.
    Adopted,
    /// It moves out of the block again.
    Released,
    /// Its long-term key gets another section.
    Renamed,
}

impl Change {
    /// All of them, in the order of a summary.
    pub(crate) const ALL: [Self; 6] =
        [Self::Added, Self::Adopted, Self::Released, Self::Renamed, Self::Changed, Self::Removed];

    /// The word for it in summaries and in `--json`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Adopted => "adopted",
            Self::Released => "released",
            Self::Renamed => "renamed",
        }
    }
}

/// Each changed section once: those of `after` in its order, then the removed ones.
fn changes(before: &Document<'_>, after: &Document<'_>) -> Vec<(SectionId, Change)> {
    let blocks = [before, after].map(|document| Block::find(document).ok().flatten());
    let is_outside = |document: &Document<'_>, block: &Option<Block>, id: &SectionId| {
        let is_in = |section: &Section| block.as_ref().is_some_and(|block| block.range.contains(&section.header.start));
        document.find(id).any(|section| !is_in(section))
    };
    let mut seen = HashSet::new();
    let mut changes = Vec::new();
    for section in after.sections().iter().chain(before.sections()) {
        let id = &section.id;
        if !seen.insert(id) {
            continue;
        }
        let (old, new) = (texts(before, id), texts(after, id));
        let change = match (is_outside(before, &blocks[0], id), is_outside(after, &blocks[1], id)) {
            _ if old.is_empty() => Change::Added,
            _ if new.is_empty() => Change::Removed,
            (true, false) => Change::Adopted,
            (false, true) => Change::Released,
            _ if old != new => Change::Changed,
            _ => continue,
        };
        changes.push((id.clone(), change));
    }
    if before.kind() == FileKind::Credentials {
        join_renamed(before, after, &mut changes);
    }
    changes
}

/// A long-term key that leaves one section and comes into a new one is one change, not two, unless other lines change too.
fn join_renamed(before: &Document<'_>, after: &Document<'_>, changes: &mut Vec<(SectionId, Change)>) {
    let of = |wanted| changes.iter().filter(move |(_, change)| *change == wanted).map(|(id, _)| id.clone());
    let (added, removed): (Vec<_>, Vec<_>) = (of(Change::Added).collect(), of(Change::Removed).collect());
    for from in removed {
        let Some(key) = key_in(before, &from) else { continue };
        let is_new_place = |id: &&SectionId| key_in(after, id).as_ref() == Some(&key);
        let Some(to) = added.iter().find(is_new_place) else { continue };
        if settings(before, &from) == settings(after, to) {
            changes.retain(|(id, _)| id != to);
        } else {
            changes.iter_mut().filter(|(id, _)| id == to).for_each(|(_, change)| *change = Change::Changed);
        }
        changes.iter_mut().filter(|(id, _)| *id == from).for_each(|(_, change)| *change = Change::Renamed);
    }
}

/// More than one text if a section is repeated.
fn texts<'d>(document: &'d Document<'_>, id: &SectionId) -> Vec<Cow<'d, [u8]>> {
    document.find(id).map(|section| with_line_feeds(section_text(document, section))).collect()
}

/// The texts of a section without their headers.
fn settings(document: &Document<'_>, id: &SectionId) -> Vec<Vec<u8>> {
    let below_header = |text: Cow<'_, [u8]>| text.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default().to_vec();
    texts(document, id).into_iter().map(below_header).collect()
}

/// A section from its header through its last entry, without the last line's end.
pub(super) fn section_text<'d>(document: &'d Document<'_>, section: &Section) -> &'d [u8] {
    document.bytes()[section.header.start..section.body_end].trim_ascii_end()
}

//! Owns the plan for `~/.aws/config`: one managed block, everything else untouched.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::block::{self, Block, with_line_feeds};
use super::refusal::{Outside, Refusal};
use super::{Change, Plan, desired, proof};
use crate::ini::{Document, Edit, Fault, FileKind, NewSection, Section, SectionId, Style};
use crate::model::{Catalog, ProfileName};

/// Whether a block that was edited by hand may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overwrite {
    /// No: that is a refusal.
    Intact,
    /// Yes: what was edited is lost.
    Edited,
}

/// Plans the managed block of `catalog` into the file `bytes`. `program` is awsauth's own path.
pub(crate) fn config(catalog: &Catalog, bytes: &[u8], program: &str, overwrite: Overwrite) -> Result<Plan, Refusal> {
    let document = Document::parse(bytes, FileKind::Config);
    let found = Block::find(&document)?;
    let sections = desired::sections(catalog, program);
    if let Some(block) = &found {
        block.check_after(&document)?;
    }
    check_outside(&document, found.as_ref(), &sections)?;
    let body = Body::render(&sections)?;
    let edit = edit(&document, found.as_ref(), &body.text);
    if let (Some(block), Some(_)) = (&found, &edit)
        && !block.is_intact
        && overwrite == Overwrite::Intact
    {
        return Err(Refusal::Edited { line: block.line });
    }
    let changes = if edit.is_some() { changes(&document, found.as_ref(), &sections, &body) } else { Vec::new() };
    let edits: Vec<Edit> = edit.into_iter().collect();
    let plan = Plan::new(bytes, &edits, changes)?;
    if !edits.is_empty() {
        proof::config(&document, found.as_ref(), &plan.after, &sections, &body.text)?;
    }
    Ok(plan)
}

/// Those of `names` that have no section in the file.
pub(crate) fn missing_sections<'n>(bytes: &[u8], names: impl Iterator<Item = &'n ProfileName>) -> Vec<&'n ProfileName> {
    let document = Document::parse(bytes, FileKind::Config);
    names.filter(|name| document.find(&desired::section_id(name)).next().is_none()).collect()
}

/// What stands between the markers.
pub(super) struct Body {
    /// The text, with line feeds.
    pub(super) text: String,
    /// Where each section is in it.
    ranges: Vec<Range<usize>>,
}

impl Body {
    fn render(sections: &[NewSection<'_>]) -> Result<Self, Refusal> {
        let style = Style { newline: "\n", separator: " = ", blank_between: true };
        let mut text = String::new();
        let mut ranges = Vec::with_capacity(sections.len());
        for (position, section) in sections.iter().enumerate() {
            if position > 0 {
                text.push('\n');
            }
            let start = text.len();
            section.render(&mut text, FileKind::Config, &style)?;
            ranges.push(start..text.len());
        }
        Ok(Self { text, ranges })
    }
}

/// The one edit that is needed, if any.
fn edit(document: &Document<'_>, found: Option<&Block>, body: &str) -> Option<Edit> {
    let newline = document.style().newline;
    match found {
        Some(block) if body.is_empty() => Some(Edit { range: block.range.clone(), bytes: Vec::new() }),
        Some(block) => {
            let same = block.is_intact && *with_line_feeds(&document.bytes()[block.body.clone()]) == *body.as_bytes();
            (!same).then(|| Edit { range: block.range.clone(), bytes: block::render(body, newline) })
        }
        None if body.is_empty() => None,
        None => {
            let mut bytes = document.gap().into_bytes();
            bytes.extend(block::render(body, newline));
            let end = document.bytes().len();
            Some(Edit { range: end..end, bytes })
        }
    }
}

/// Refuses sections that also stand outside the block, and files that AWS CLI can't read.
fn check_outside(document: &Document<'_>, found: Option<&Block>, sections: &[NewSection<'_>]) -> Result<(), Refusal> {
    let is_inside = |offset: usize| found.is_some_and(|block| block.range.contains(&offset));
    let outside: Vec<Outside> = sections
        .iter()
        .filter_map(|section| {
            let line = |inside: bool| {
                let mut all = document.find(&section.id);
                let place = all.find(|other| is_inside(other.header.start) == inside)?;
                Some(place.header_line + 1)
            };
            line(false).map(|at| Outside { header: desired::header(&section.id), line: at, inside: line(true) })
        })
        .collect();
    if !outside.is_empty() {
        return Err(Refusal::Outside(outside));
    }
    let is_in_block = |fault: &Fault| is_inside(document.lines()[fault.line - 1].range.start);
    let faults: Vec<Fault> = document.faults().into_iter().filter(|fault| !is_in_block(fault)).collect();
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Unreadable(faults)) }
}

/// What the new block adds, changes and removes.
fn changes(
    document: &Document<'_>,
    found: Option<&Block>,
    sections: &[NewSection<'_>],
    body: &Body,
) -> Vec<(String, Change)> {
    let old: HashMap<&SectionId, Cow<'_, [u8]>> = found.map_or_else(HashMap::new, |block| {
        let inside = document.sections().iter().filter(|section| block.body.contains(&section.header.start));
        let text = |section: &Section| with_line_feeds(&document.bytes()[section.range.start..section.body_end]);
        inside.map(|section| (&section.id, text(section))).collect()
    });
    let mut changes = Vec::new();
    for (section, range) in sections.iter().zip(&body.ranges) {
        match old.get(&section.id) {
            None => changes.push((desired::header(&section.id), Change::Added)),
            Some(before) if **before != *body.text[range.clone()].as_bytes() => {
                changes.push((desired::header(&section.id), Change::Changed));
            }
            Some(_) => {}
        }
    }
    let kept: HashSet<&SectionId> = sections.iter().map(|section| &section.id).collect();
    let removed = old.into_keys().filter(|id| !kept.contains(id));
    let mut removed: Vec<_> = removed.map(|id| (desired::header(id), Change::Removed)).collect();
    removed.sort_by(|(one, _), (other, _)| one.cmp(other));
    changes.extend(removed);
    changes
}

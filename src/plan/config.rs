//! Owns the plan for `~/.aws/config`: one managed block, everything else untouched.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::adopt::{self, Adopted, adopt};
use super::block::{self, Block, Body, with_line_feeds};
use super::compare::{self, Difference, Sameness, SectionDifference};
use super::faults::check_faults;
use super::refusal::{Outside, Refusal};
use super::{Adoption, Change, Overwrite, Permission, Plan, covers, desired, proof};
use crate::ini::{Document, Edit, Entry, Fault, FileKind, NewSection, Section, SectionId, Warning};
use crate::model::{Catalog, ProfileName};

/// A config file as it stands, read without knowing the manifest.
pub(crate) struct Existing<'a> {
    document: Document<'a>,
    found: Result<Option<Block>, Refusal>,
    faults: Vec<Fault>,
    warnings: Vec<Warning>,
}

impl<'a> Existing<'a> {
    /// Reads any bytes, in linear time.
    pub(crate) fn read(bytes: &'a [u8]) -> Self {
        let document = Document::parse(bytes, FileKind::Config);
        let found = Block::find(&document);
        let faults = document.faults();
        let block = found.as_ref().ok().and_then(Option::as_ref).map_or(0..0, |block| block.range.clone());
        let warnings = if faults.is_empty() { document.lint(&block) } else { Vec::new() };
        Self { document, found, faults, warnings }
    }
}

/// Plans the managed block of `catalog` into a file. `program` is awsauth's own path.
pub(crate) fn config(
    catalog: &Catalog,
    existing: Existing<'_>,
    program: &str,
    permission: Permission,
) -> Result<Plan, Refusal> {
    let Existing { document, found, faults, warnings } = existing;
    let found = found?;
    let sections = desired::sections(catalog, program);
    let adopted = match permission.adoption {
        Adoption::Refuse => Adopted::default(),
        Adoption::TakeOver => adopt(catalog, &document, &faults, found.as_ref(), &sections, program)?,
    };
    if adopted.plan.is_empty() {
        let mut plan = place(&document, &faults, found.as_ref(), &sections, permission.overwrite, &[])?;
        plan.warnings = warnings;
        return Ok(plan);
    }
    let without = Document::parse(&adopted.plan.after, FileKind::Config);
    let moved = Block::find(&without)?;
    let placed = place(&without, &without.faults(), moved.as_ref(), &sections, permission.overwrite, &adopted.comments);
    let placed = placed.map_err(|refusal| {
        // It has the lines of a file that nobody sees; told are those of the file as it is.
        check_block(&document, &faults, found.as_ref(), &sections, permission.overwrite).err().unwrap_or(refusal)
    })?;
    let mut both = adopted.plan.then(placed, document.bytes())?;
    // What is adopted needs no warning any more; line numbers are those of the file as it is.
    let removed: Vec<Range<usize>> = both.edits.iter().map(|edit| edit.range.clone()).collect();
    both.warnings = warnings;
    both.warnings.retain(|found| {
        let start = document.lines()[found.line - 1].range().start;
        !covers(&removed, start)
    });
    let taken: HashSet<String> = both
        .changes
        .iter()
        .filter(|(_, change)| *change == Change::Adopted)
        .map(|(header, _)| header.clone())
        .collect();
    both.changes.retain(|(header, change)| *change != Change::Added || !taken.contains(header));
    Ok(both)
}

/// Plans the block into a file in which no section of it stands outside. `comments` go above it.
fn place(
    document: &Document<'_>,
    faults: &[Fault],
    found: Option<&Block>,
    sections: &[NewSection<'_>],
    overwrite: Overwrite,
    comments: &[String],
) -> Result<Plan, Refusal> {
    if let Some(block) = found {
        block.check_head(document)?;
    }
    let trailing = found.map_or(Ok(Vec::new()), |block| block.trailing(document))?;
    check_outside(document, faults, found, sections)?;
    let body = Body::render(sections)?;
    let mut edits = edits(document, found, &body.text, comments);
    edits.extend(trailing.iter().map(|entry| Edit { range: entry.range(), bytes: Vec::new() }));
    if let Some(block) = found
        && overwrite == Overwrite::Intact
    {
        check_edited(document, faults, block, &trailing, sections, &body)?;
    }
    let changes = if edits.is_empty() { Vec::new() } else { changes(document, found, sections, &body) };
    let plan = Plan::new(document.bytes(), edits, changes)?;
    if !plan.is_empty() {
        proof::config(document, faults, found, &plan, sections, &body.text)?;
    }
    Ok(plan)
}

/// Refuses a block that must not be replaced.
fn check_block(
    document: &Document<'_>,
    faults: &[Fault],
    found: Option<&Block>,
    sections: &[NewSection<'_>],
    overwrite: Overwrite,
) -> Result<(), Refusal> {
    let Some(block) = found else { return Ok(()) };
    block.check_head(document)?;
    let trailing = block.trailing(document)?;
    if overwrite == Overwrite::Edited {
        return Ok(());
    }
    check_edited(document, faults, block, &trailing, sections, &Body::render(sections)?)
}

/// Those of `names` that have no section in the file.
pub(crate) fn missing_sections<'n>(bytes: &[u8], names: impl Iterator<Item = &'n ProfileName>) -> Vec<&'n ProfileName> {
    let document = Document::parse(bytes, FileKind::Config);
    names.filter(|name| document.find(&desired::section_id(name)).next().is_none()).collect()
}

/// Whether that place of the config file is in awsauth's block.
pub(crate) fn is_in_block(document: &Document<'_>, offset: usize) -> bool {
    matches!(Block::find(document), Ok(Some(block)) if block.range.contains(&offset))
}

/// The comments above the block, and the block itself where it is not as it should be.
fn edits(document: &Document<'_>, found: Option<&Block>, body: &str, comments: &[String]) -> Vec<Edit> {
    let newline = document.style().newline;
    let mut above: Vec<u8> = comments.iter().flat_map(|comment| [comment, newline]).collect::<String>().into_bytes();
    let Some(block) = found else {
        if body.is_empty() {
            return Vec::new();
        }
        let end = document.bytes().len();
        let mut bytes = document.gap().into_bytes();
        bytes.append(&mut above);
        bytes.extend(block::render(body, newline));
        return vec![Edit { range: end..end, bytes }];
    };
    let start = block.range.start;
    let mut edits = Vec::new();
    if !above.is_empty() {
        edits.push(Edit { range: start..start, bytes: above });
    }
    if body.is_empty() {
        edits.push(Edit { range: block.range.clone(), bytes: Vec::new() });
    } else if !block.is_sealed || !block.says(document, body.as_bytes()) {
        edits.push(Edit { range: block.range.clone(), bytes: block::render(body, newline) });
    }
    edits
}

/// Refuses sections that also stand outside the block, and files that AWS CLI can't read.
fn check_outside(
    document: &Document<'_>,
    faults: &[Fault],
    found: Option<&Block>,
    sections: &[NewSection<'_>],
) -> Result<(), Refusal> {
    let inside = |section: &Section| {
        let mut all = document.find(&section.id);
        all.find(|other| found.is_some_and(|block| block.range.contains(&other.header.start)))
    };
    let mut outside: Vec<Outside> = adopt::outside(document, found, sections)
        .into_iter()
        .map(|section| Outside {
            header: section.id.to_string(),
            line: section.header_line + 1,
            inside: inside(section).map(|section| section.header_line + 1),
        })
        .collect();
    if !outside.is_empty() {
        outside.sort_by_key(|section| section.line);
        return Err(Refusal::Outside(outside));
    }
    check_faults(document, faults, &|offset, _| found.is_some_and(|block| block.range.contains(&offset)))
}

/// Refuses to lose what was edited in the block, or added to its last section below it.
fn check_edited(
    document: &Document<'_>,
    faults: &[Fault],
    block: &Block,
    trailing: &[&Entry],
    sections: &[NewSection<'_>],
    body: &Body,
) -> Result<(), Refusal> {
    if !block.may_be_replaced(document, trailing, body.text.as_bytes()) {
        let is_inside = |fault: &&Fault| block.range.contains(&document.lines()[fault.line - 1].range().start);
        let faults = faults.iter().filter(is_inside).cloned().collect();
        return Err(Refusal::Edited { line: block.line, sections: edited(document, block, sections), faults });
    }
    let Some(last) = block.last(document).filter(|_| !trailing.is_empty()) else { return Ok(()) };
    let new = sections.iter().find(|section| section.id == last.id);
    let given = new.map_or(&[][..], |section| &section.entries);
    let mut differences = compare::ungiven(document, last, given, Sameness::Text);
    let below = document.line_number(block.range.end);
    differences.retain(|difference| matches!(difference, Difference::Value { line, .. } if *line >= below));
    if differences.is_empty() {
        return Ok(());
    }
    let sections = vec![SectionDifference::of(document, last, differences)];
    Err(Refusal::Edited { line: block.line, sections, faults: Vec::new() })
}

/// How the sections of an edited block differ from what they would be.
fn edited(document: &Document<'_>, block: &Block, sections: &[NewSection<'_>]) -> Vec<SectionDifference> {
    let mut wanted: HashMap<&SectionId, &NewSection<'_>> =
        sections.iter().map(|section| (&section.id, section)).collect();
    let mut all = Vec::new();
    for section in document.sections().iter().filter(|section| block.body.contains(&section.header.start)) {
        let differences = match wanted.remove(&section.id) {
            None => vec![Difference::Foreign],
            Some(new) => {
                let mut differences = compare::ungiven(document, section, &new.entries, Sameness::Text);
                differences.extend(compare::missing(document, section, &new.entries));
                differences
            }
        };
        if !differences.is_empty() {
            all.push(SectionDifference::of(document, section, differences));
        }
    }
    let absent = sections.iter().filter(|section| wanted.contains_key(&section.id));
    all.extend(absent.map(|section| SectionDifference {
        id: section.id.clone(),
        line: block.line,
        differences: vec![Difference::Absent],
        portal: Vec::new(),
    }));
    all
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
            None => changes.push((section.id.to_string(), Change::Added)),
            Some(before) if **before != *body.text[range.clone()].as_bytes() => {
                changes.push((section.id.to_string(), Change::Changed));
            }
            Some(_) => {}
        }
    }
    let kept: HashSet<&SectionId> = sections.iter().map(|section| &section.id).collect();
    let removed = old.into_keys().filter(|id| !kept.contains(id));
    let mut removed: Vec<_> = removed.map(|id| (id.to_string(), Change::Removed)).collect();
    removed.sort_by(|(one, _), (other, _)| one.cmp(other));
    changes.extend(removed);
    changes
}

//! Owns the plan for `~/.aws/config`: one managed block, everything else untouched.

pub(super) mod adopt;
pub(super) mod block;
pub(super) mod config_file;
pub(super) mod dependents;
pub(super) mod desired;

use std::collections::HashMap;
use std::ops::Range;

use self::adopt::{Adopted, IsGiven, adopt};
use self::block::Block;
use self::config_file::ConfigFile;
use super::compare::{self, Difference, Equality, SectionDifference};
use super::file_plan::Plan;
use super::refusal::{Outside, Refusal};
use super::{Adoption, Overwrite, Permission, covers, proof};
use crate::ini::{Document, Edit, Entry, Fault, FileKind, NewSection, Section, SectionId};
use crate::model::{Catalog, ProfileName};

/// Plans the managed block of `catalog` into the file `bytes`. `program` is awsauth's own path. `credentials` is the text of the
/// credentials file, whose settings win. `is_given` says which sections may be taken over without a look at their words.
pub(crate) fn config(
    catalog: &Catalog,
    bytes: &[u8],
    credentials: &[u8],
    program: &str,
    permission: Permission,
    is_given: &IsGiven<'_>,
) -> Result<Plan, Refusal> {
    let file = ConfigFile::read(bytes)?;
    let sections = desired::sections(catalog, program);
    let adopted = match permission.adoption {
        Adoption::Refuse => None,
        Adoption::TakeOver => adopt(catalog, &file, credentials, &sections, program, is_given)?,
    };
    let Some(Adopted { without, removed, comments }) = adopted else {
        let plan = place(&file, &sections, permission.overwrite, &[])?;
        return Ok(Plan { warnings: file.warnings(), ..plan });
    };
    let rest = ConfigFile::read(&without)?;
    let placed = place(&rest, &sections, permission.overwrite, &comments).map_err(|refusal| {
        // Its lines are those of a text that nobody sees: the file as it is may be refused with lines of its own.
        let of_file =
            || check_edited(&file, &file.trailing()?, &sections, &block::body(&sections)?, permission.overwrite);
        of_file().err().unwrap_or(refusal)
    })?;
    let mut warnings = file.warnings();
    warnings.retain(|warning| !covers(&removed, file.document.lines()[warning.line - 1].range().start));
    let after = if placed.is_empty() { without.clone() } else { placed.after };
    Ok(Plan { warnings, ..Plan::rewrite(bytes, after, FileKind::Config) })
}

/// Plans the block, and `comments` above it, into a file without any of its sections outside.
fn place(
    file: &ConfigFile<'_>,
    sections: &[NewSection<'_>],
    overwrite: Overwrite,
    comments: &[String],
) -> Result<Plan, Refusal> {
    let trailing = file.trailing()?;
    check_outside(file, sections)?;
    let body = block::body(sections)?;
    let mut edits = vec![edit(&file.document, file.block.as_ref(), &body, comments)];
    edits.extend(trailing.iter().map(|entry| Edit { range: entry.range(), bytes: Vec::new() }));
    check_edited(file, &trailing, sections, &body, overwrite)?;
    let plan = Plan::new(&file.document, edits)?;
    if !plan.is_empty() {
        proof::config(file, &plan, sections, &body)?;
    }
    Ok(plan)
}

/// Those of `names` that have no section in the file.
pub(crate) fn missing_sections<'n>(bytes: &[u8], names: impl Iterator<Item = &'n ProfileName>) -> Vec<&'n ProfileName> {
    let document = Document::parse(bytes, FileKind::Config);
    names.filter(|name| document.find(&SectionId::Profile(name.to_string())).next().is_none()).collect()
}

/// The names that have a section outside awsauth's block.
pub(crate) fn sections_outside<'n>(bytes: &[u8], names: impl Iterator<Item = &'n ProfileName>) -> Vec<&'n ProfileName> {
    let document = Document::parse(bytes, FileKind::Config);
    let block = Block::find(&document).ok().flatten();
    let is_inside = |at: usize| block.as_ref().is_some_and(|block| block.range.contains(&at));
    let is_outside = |name: &&ProfileName| {
        let id = SectionId::Profile(name.to_string());
        document.find(&id).any(|section| !is_inside(section.range.start))
    };
    names.filter(is_outside).collect()
}

/// The place of awsauth's block in the config file; empty if there is none.
pub(crate) fn block_range(document: &Document<'_>) -> Range<usize> {
    Block::find(document).ok().flatten().map(|block| block.range).unwrap_or_default()
}

/// The comments above the block, and the block itself, which is left as it is if it is up to date.
fn edit(document: &Document<'_>, found: Option<&Block>, body: &str, comments: &[String]) -> Edit {
    let newline = document.style().newline;
    let end = document.bytes().len();
    let range = found.map_or(end..end, |block| block.range.clone());
    let gap = if found.is_none() && !body.is_empty() { document.gap() } else { String::new() };
    let above: String = comments.iter().flat_map(|comment| [comment, newline]).collect();
    let block = match found {
        _ if body.is_empty() => Vec::new(),
        Some(block) if block.is_sealed && block.says(document, body.as_bytes()) => {
            document.bytes()[range.clone()].to_vec()
        }
        _ => block::render(body, newline),
    };
    Edit { range, bytes: [gap.as_bytes(), above.as_bytes(), &block].concat() }
}

/// Refuses sections outside the block that it has too, and files that AWS CLI can't read.
fn check_outside(file: &ConfigFile<'_>, sections: &[NewSection<'_>]) -> Result<(), Refusal> {
    let inside = |section: &Section| file.document.find(&section.id).find(|other| file.is_in_block(other.header.start));
    let outside = file.outside(sections).into_iter().map(|section| Outside {
        header: section.id.to_string(),
        line: section.header_line + 1,
        inside: inside(section).map(|section| section.header_line + 1),
    });
    let outside: Vec<Outside> = outside.collect();
    if outside.is_empty() { file.check_faults(&[]) } else { Err(Refusal::Outside(outside)) }
}

/// Refuses to lose edits in the block, or entries below it that belong to its last section.
fn check_edited(
    file: &ConfigFile<'_>,
    trailing: &[&Entry],
    sections: &[NewSection<'_>],
    body: &str,
    overwrite: Overwrite,
) -> Result<(), Refusal> {
    let document = &file.document;
    let Some(block) = file.block.as_ref().filter(|_| overwrite == Overwrite::Intact) else { return Ok(()) };
    if !block.may_be_replaced(document, trailing, body.as_bytes()) {
        let is_inside = |fault: &&Fault| file.is_in_block(document.lines()[fault.line - 1].range().start);
        let faults = file.faults.iter().filter(is_inside).cloned().collect();
        return Err(Refusal::Edited { line: block.line, sections: edited(document, block, sections), faults });
    }
    let Some(last) = block.last(document).filter(|_| !trailing.is_empty()) else { return Ok(()) };
    let new = sections.iter().find(|section| section.id == last.id);
    let given = new.map_or(&[][..], |section| &section.entries);
    let mut differences = compare::ungiven(document, last, given, Equality::Text);
    let below = document.line_number(block.range.end);
    differences.retain(|difference| matches!(difference, Difference::Value { line, .. } if *line >= below));
    if differences.is_empty() {
        return Ok(());
    }
    let sections = vec![SectionDifference::of(document, last, differences)];
    Err(Refusal::Edited { line: block.line, sections, faults: Vec::new() })
}

/// The differences between the sections of an edited block and what they would be.
fn edited(document: &Document<'_>, block: &Block, sections: &[NewSection<'_>]) -> Vec<SectionDifference> {
    let mut wanted: HashMap<&SectionId, &NewSection<'_>> =
        sections.iter().map(|section| (&section.id, section)).collect();
    let mut all = Vec::new();
    for section in document.sections().iter().filter(|section| block.body.contains(&section.header.start)) {
        let differences = match wanted.remove(&section.id) {
            None => vec![Difference::Foreign],
            Some(new) => {
                let mut differences = compare::ungiven(document, section, &new.entries, Equality::Text);
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
        header: section.id.to_string(),
        line: block.line,
        differences: vec![Difference::Absent],
        portal: Vec::new(),
    }));
    all
}

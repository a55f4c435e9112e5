//! Owns taking over sections outside the managed block: the manifest must give all of their settings, and their comments
//! stay. Must not render the block.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::block;
use super::config_file::ConfigFile;
use super::desired;
use crate::ini::{Document, Edit, Entry, FileKind, Line, LineKind, NewSection, Section, SectionId};
use crate::model::{Catalog, Kind, SsoAccess};
use crate::plan::compare::{self, Difference, Equality, SectionDifference};
use crate::plan::file_plan::{Change, Plan};
use crate::plan::proof;
use crate::plan::refusal::Refusal;

/// True for a section whose meaning the manifest has, in whatever words.
pub(crate) type IsGiven<'a> = dyn Fn(&SectionId) -> bool + 'a;

/// The file without the sections that are taken over.
pub(crate) struct Adopted {
    pub(crate) without: Vec<u8>,
    /// The places of those sections, sorted.
    pub(crate) removed: Vec<Range<usize>>,
    /// Their comments, one line each, to be kept above the block.
    pub(crate) comments: Vec<String>,
}

/// Removes every section of the manifest that is outside the block; none if there is none.
pub(crate) fn adopt(
    catalog: &Catalog,
    file: &ConfigFile<'_>,
    credentials: &[u8],
    sections: &[NewSection<'_>],
    program: &str,
    is_given: &IsGiven<'_>,
) -> Result<Option<Adopted>, Refusal> {
    let document = &file.document;
    let outside = file.outside(sections);
    if outside.is_empty() {
        return Ok(None);
    }
    let leaving: Vec<Range<usize>> = outside.iter().map(|section| section.range.start..section.body_end).collect();
    file.check_faults(&leaving)?;
    let credentials = Document::parse(credentials, FileKind::Credentials);
    let losses = outside.iter().filter(|section| !is_given(&section.id));
    let losses: Vec<SectionDifference> =
        losses.filter_map(|section| loss(catalog, document, &credentials, section, program)).collect();
    if !losses.is_empty() {
        return Err(Refusal::WouldLose(document.kind(), losses));
    }
    let mut edits: Vec<Edit> = Vec::new();
    for section in &outside {
        edits.push(remove(document, section, edits.last())?);
    }
    let plan = Plan::new(document, edits)?;
    proof::removal(document, &plan, &outside)?;
    let removed = plan.edits.iter().map(|edit| edit.range.clone()).collect();
    let comments = outside.iter().flat_map(|section| named(document, section)).collect();
    Ok(Some(Adopted { without: plan.after, removed, comments }))
}

fn loss(
    catalog: &Catalog,
    document: &Document<'_>,
    credentials: &Document<'_>,
    section: &Section,
    program: &str,
) -> Option<SectionDifference> {
    let given = desired::given(catalog, &section.id, program);
    let mut differences = compare::losses(document, section, &given);
    // A setting that the credentials file has too is without effect. A key is lost all the same.
    let is_overridden = |key: &str| !key.starts_with("aws_") && credentials.entry(&section.id, key).is_some();
    differences.retain(|one| !matches!(one, Difference::Value { key, .. } if is_overridden(key)));
    if has_portal(catalog, document, section, program) {
        differences.retain(|one| !matches!(one, Difference::Value { key, .. } if key == "sso_session"));
    }
    (!differences.is_empty()).then(|| SectionDifference::of(document, section, differences))
}

/// True if the manifest has all settings of the section's SSO session, under another name.
fn has_portal(catalog: &Catalog, document: &Document<'_>, section: &Section, program: &str) -> bool {
    let Some(portal) = compare::portal(document, section) else { return false };
    let profile = section.id.profile().and_then(|name| catalog.get(name)).map(|profile| &profile.kind);
    let Some(Kind::Sso { access: SsoAccess::Session(session), .. }) = profile else { return false };
    let given = desired::given(catalog, &SectionId::SsoSession(session.name.to_string()), program);
    document.own_entry(portal, "sso_start_url").is_some()
        && compare::ungiven(document, portal, &given, Equality::Meaning).is_empty()
}

/// The settings that the manifest gives to those of its profiles that `changes` adopts, or that only the credentials file had,
/// and that neither file has for them: each key with its profiles.
pub(crate) fn new_settings(
    catalog: &Catalog,
    config: &[u8],
    credentials: &[u8],
    changes: &[(SectionId, Change)],
) -> BTreeMap<String, Vec<String>> {
    let documents = [Document::parse(config, FileKind::Config), Document::parse(credentials, FileKind::Credentials)];
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let was_there = |id: &SectionId| documents[1].find(id).next().is_some();
    let is_old =
        |(id, change): &&(SectionId, Change)| *change == Change::Adopted || *change == Change::Added && was_there(id);
    for (id, _) in changes.iter().filter(is_old) {
        let Some(profile) = id.profile().and_then(|name| catalog.get(name)) else { continue };
        let is_new = |key: &str| documents.iter().all(|document| document.entry(id, key).is_none());
        for key in desired::common_keys(profile).filter(|key| is_new(key)) {
            found.entry(key.into_owned()).or_default().push(id.name().to_owned());
        }
    }
    found
}

/// The line, by index, of the first comment right above a section's header, which is about that section. A comment at the
/// top of the file is about the file, and an indented one right below a setting about that setting's section. Markers and
/// lines that divide the file end a comment.
fn first_above(document: &Document<'_>, section: &Section) -> usize {
    let lines = document.lines();
    let text = |index: usize| document.text(&lines[index].content());
    let is_about = |index: &usize| is_of_section(document, &lines[*index]);
    let first = (0..section.header_line).rev().take_while(is_about).last().unwrap_or(section.header_line);
    let is_marker = first > 0 && block::is_marker(&text(first - 1));
    if first == 0 || is_marker {
        return section.header_line;
    }
    let is_below_setting = lines[first - 1].kind != LineKind::Blank;
    let indented =
        (first..section.header_line).rfind(|index| is_below_setting && is_indented(document, &lines[*index]));
    indented.map_or(first, |last| last + 1)
}

/// The end of a section with the comments right below its last entry, up to a blank line. Comments right above a header are
/// about the section below, unless they are indented, and lines that divide the file are about the text that follows.
fn end(document: &Document<'_>, section: &Section) -> usize {
    let lines = document.lines();
    let below = &lines[lines.partition_point(|line| line.range().start < section.body_end)..];
    let (mut end, mut indented_end) = (section.body_end, section.body_end);
    for line in below {
        let is_marker = block::is_marker(&document.text(&line.content()));
        match line.kind {
            _ if is_of_section(document, line) => {
                end = line.range().end;
                if is_indented(document, line) {
                    indented_end = end;
                }
            }
            LineKind::Blank => return end,
            LineKind::Comment if is_marker => return end,
            _ => return indented_end,
        }
    }
    end
}

fn is_indented(document: &Document<'_>, line: &Line) -> bool {
    document.text(&line.content()).starts_with([' ', '\t'])
}

/// True for a comment that may be about one section.
fn is_of_section(document: &Document<'_>, line: &Line) -> bool {
    let text = document.text(&line.content());
    line.kind == LineKind::Comment && !block::is_marker(&text) && !is_divider(&text)
}

/// True if a comment divides the file, and is about more than the section below it: `# ----`, `### Production ###`.
fn is_divider(comment: &str) -> bool {
    let text = comment.trim().trim_start_matches(['#', ';']);
    let is_rule = |c: char| c.is_ascii_punctuation();
    let has_rule = |chars: &mut dyn Iterator<Item = char>| {
        let run: Vec<char> = chars.filter(|c| !c.is_whitespace()).take(3).collect();
        run.len() == 3 && is_rule(run[0]) && run.iter().all(|c| *c == run[0])
    };
    let marks = comment.trim().chars().take_while(|c| "#;".contains(*c)).count();
    text.trim().is_empty() || marks >= 3 || has_rule(&mut text.chars()) || has_rule(&mut text.chars().rev())
}

/// Removes a section with the comments right above and below it, and one of two blank lines around them. `above` is the edit
/// before, which may end in those comments.
fn remove(document: &Document<'_>, section: &Section, above: Option<&Edit>) -> Result<Edit, Refusal> {
    let (first, end) = (first_above(document, section), end(document, section));
    let mut edit = document.remove_around(section, first, end)?;
    if let Some(above) = above {
        edit.range.start = edit.range.start.max(above.range.end);
    }
    Ok(edit)
}

/// The comments that [`named`] has put above the block, by the header of their sections.
pub(crate) fn adopted_comments(document: &Document<'_>) -> HashMap<String, Vec<String>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    let Ok(Some(block)) = block::Block::find(document) else { return found };
    let lines = &document.lines()[..block.line - 1];
    let comments = lines.iter().rev().take_while(|line| line.kind == LineKind::Comment).count();
    let mut header = None;
    for line in &lines[lines.len() - comments..] {
        let text = document.text(&line.content()).into_owned();
        let named = text.strip_prefix("# of [").and_then(|rest| rest.split_once("]: "));
        let text = match named {
            Some((name, text)) => {
                header = Some(name.to_owned());
                format!("# {text}")
            }
            None => text,
        };
        if let Some(header) = &header {
            found.entry(header.clone()).or_default().push(text);
        }
    }
    found
}

/// The comments of a section for the place above the block. The first one that says something gets the section's name.
fn named(document: &Document<'_>, section: &Section) -> Vec<String> {
    let mut texts = comments(document, section);
    if let Some(first) = texts.iter_mut().find(|text| !is_divider(text)) {
        *first = format!("# of [{}]: {}", section.id, first.trim_start_matches(['#', ';']).trim());
    }
    texts
}

/// The comments of a section, each as a line of its own without indentation: to Rust's SDK, an indented one would become
/// part of the value above (aws-facts §1.2).
pub(crate) fn comments(document: &Document<'_>, section: &Section) -> Vec<String> {
    let lines = document.lines()[first_above(document, section)..].iter();
    let end = end(document, section);
    let lines = lines.take_while(|line| line.range().start < end);
    let mut found: Vec<(usize, String)> = lines
        .filter(|line| line.kind == LineKind::Comment)
        .map(|line| (line.range().start, document.text(&line.content()).trim().to_owned()))
        .collect();
    found.extend(document.entries(section).iter().filter_map(|entry| inline_comment(document, entry)));
    let header_line = document.text(&(section.header.end..document.lines()[section.header_line].content().end));
    match header_line.trim() {
        "" => {}
        text if text.starts_with(['#', ';']) => found.push((section.header.start, text.to_owned())),
        text => found.push((section.header.start, format!("# {text}"))),
    }
    found.sort();
    let mut texts: Vec<String> = found.into_iter().map(|(_, text)| text).collect();
    for text in texts.iter_mut().filter(|text| block::is_marker(text)) {
        *text = format!("# {text}");
    }
    texts
}

fn inline_comment(document: &Document<'_>, entry: &Entry) -> Option<(usize, String)> {
    let value = document.text(&entry.value());
    let start = compare::comment_start(&value);
    (start < value.len()).then(|| (entry.value().start, value[start..].to_owned()))
}

//! Owns the edits of `[accounts]` in one file: keys and entries that come, change and go.

use std::collections::HashSet;
use std::ops::Range;

use super::braces;
use super::roles::{end_of_comment, list, quoted};
use super::written::{InsertAt, Part, Shape, Written};
use crate::manifest::edit::text::{BOM, Edit, eol, line_start, with_comments, with_empty_line};
use crate::manifest::raw::values::toml_key;
use crate::model::{ListedAccount, SsoRoleName};

/// What makes an entry say `roles` and `session`, where they are given.
pub(super) fn update_part(source: &str, part: &Part, roles: Option<&[&str]>, session: Option<&str>) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut keys = Vec::new();
    if let Some(session) = session {
        keys.push(("sso_session", quoted(session)));
    }
    match (roles, &part.roles) {
        (Some(wanted), Some(written)) if !written.is(wanted) => {
            edits.push(Edit { range: written.span.clone(), text: written.changed(source, wanted) });
        }
        (Some(wanted), None) => keys.push(("roles", list(wanted))),
        _ => {}
    }
    if !keys.is_empty() {
        edits.extend(add_keys(source, part, &keys));
    }
    edits
}

fn add_keys(source: &str, part: &Part, keys: &[(&str, String)]) -> Vec<Edit> {
    let keys = |before: &str| -> Vec<String> {
        keys.iter().map(|(name, value)| format!("{before}{name} = {value}")).collect()
    };
    match &part.shape {
        Shape::Number(at) => {
            let text = format!("{{ id = {}, {} }}", &source[at.clone()], keys("").join(", "));
            vec![Edit { range: at.clone(), text }]
        }
        Shape::Commas { before, last, braces } => braces::add(source, braces, last.as_ref(), &keys(before)),
        Shape::Lines(before, at) => vec![Edit::insert_line(source, *at, &keys(before).join(eol(source)))],
    }
}

/// What adds entries, which are sorted by name; `session` is written into each if it is given.
pub(super) fn add_entries(
    source: &str,
    file: Option<&Written>,
    entries: &[(String, &ListedAccount)],
    session: Option<&str>,
) -> Vec<Edit> {
    let entries: Vec<String> = entries.iter().map(|(name, account)| entry(name, account, session)).collect();
    let eol = eol(source);
    match file.map(|file| &file.home) {
        Some(InsertAt::Lines(before, at)) => {
            let lines: Vec<String> = entries.iter().map(|entry| format!("{before}{entry}")).collect();
            vec![Edit::insert_line(source, *at, &lines.join(eol))]
        }
        Some(InsertAt::Braces(braces, last)) => braces::add(source, braces, last.as_ref(), &entries),
        Some(InsertAt::Sections) | None => {
            let text = source.trim_start_matches(BOM);
            let empty = if text.is_empty() || text.ends_with(&format!("{eol}{eol}")) { "" } else { eol };
            vec![Edit::insert_line(source, source.len(), &format!("{empty}[accounts]{eol}{}", entries.join(eol)))]
        }
    }
}

fn entry(name: &str, account: &ListedAccount, session: Option<&str>) -> String {
    let key = toml_key(name);
    let id = quoted(account.id.as_str());
    let session = session.map(|session| format!(", sso_session = {}", quoted(session))).unwrap_or_default();
    let roles: Vec<&str> = account.roles.iter().map(SsoRoleName::as_str).collect();
    match (roles.is_empty(), session.is_empty()) {
        (true, true) => format!("{key} = {id}"),
        (true, false) => format!("{key} = {{ id = {id}{session} }}"),
        (false, _) => format!("{key} = {{ id = {id}{session}, roles = {} }}", list(&roles)),
    }
}

/// What takes the entries of those names away, each with the comments right above it.
pub(super) fn remove_entries(source: &str, file: &Written, names: &HashSet<&str>) -> Vec<Edit> {
    if !file.parts.iter().any(|part| names.contains(part.name.as_str())) {
        return Vec::new();
    }
    let is_gone = |part: &&Part| names.contains(part.name.as_str());
    let mut ranges: Vec<Range<usize>> = Vec::new();
    if let InsertAt::Braces(braces, _) = &file.home {
        if !source[braces.clone()].contains('\n') {
            return vec![rebuilt(source, braces, file.parts.iter().filter(|part| !is_gone(part)))];
        }
        let mut all = Vec::new();
        for part in &file.parts {
            all.extend(joined(source, &part.places).into_iter().map(|place| (place, !is_gone(&part))));
        }
        all.sort_by_key(|(place, _)| place.start);
        ranges = braces::remove(source, braces, &all);
    } else {
        for part in file.parts.iter().filter(is_gone) {
            let is_section = part.places.iter().any(|place| source[place.clone()].starts_with('['));
            for place in joined(source, &part.places) {
                let lines = with_comments(source, place);
                ranges.push(if is_section { with_empty_line(source, lines) } else { lines });
            }
        }
    }
    ranges.sort_by_key(|range| range.start);
    let mut edits: Vec<Edit> = Vec::new();
    for range in ranges {
        match edits.last_mut() {
            // An empty line between two of them belongs to both.
            Some(last) if range.start < last.range.end => last.range.end = last.range.end.max(range.end),
            _ => edits.push(Edit { range, text: String::new() }),
        }
    }
    edits
}

/// The same places, those as one that stand on lines right behind each other.
fn joined(source: &str, places: &[Range<usize>]) -> Vec<Range<usize>> {
    let is_next = |last: &Range<usize>, place: &Range<usize>| {
        let behind = source[last.end..].strip_prefix(',').map_or(last.end, |_| last.end + 1);
        let line = line_start(source, place.start);
        end_of_comment(source, behind) == Some(line) && !source[line..place.start].contains(',')
    };
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(places.len());
    for place in places {
        match joined.last_mut() {
            Some(last) if is_next(last, place) => last.end = place.end,
            _ => joined.push(place.clone()),
        }
    }
    joined
}

/// A table in braces on one line with what is left in it.
fn rebuilt<'p>(source: &str, braces: &Range<usize>, left: impl Iterator<Item = &'p Part>) -> Edit {
    let entries: Vec<&str> = left.flat_map(|part| &part.places).map(|place| &source[place.clone()]).collect();
    let text = if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) };
    Edit { range: braces.clone(), text }
}

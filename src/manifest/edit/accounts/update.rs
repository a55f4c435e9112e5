//! Owns edits of `[accounts]` in one file: keys and entries are added, changed and removed. Must not decide which.

use std::collections::HashSet;
use std::ops::Range;

use super::table::{AccountsTable, EntryForm, FileEntry};
use crate::manifest::edit::form::{Form, add_section};
use crate::manifest::edit::items::{self, end_of_comment};
use crate::manifest::edit::text::{TextEdit, deletions, line_start, with_comments, with_empty_line};
use crate::manifest::raw::values::toml_key;
use crate::model::{ListedAccount, SsoRoleName};

/// Sets `roles` and `sso_session` of an entry, if given.
pub(super) fn update_entry(
    source: &str,
    entry: &FileEntry,
    roles: Option<&[&str]>,
    session: Option<&str>,
) -> Vec<TextEdit> {
    let mut edits = Vec::new();
    let mut keys = Vec::new();
    keys.extend(session.map(|session| format!("sso_session = {}", quoted(session))));
    match (roles, &entry.roles) {
        (Some(wanted), Some(roles)) => {
            let items = roles.elements.iter().map(|(range, name)| (range.clone(), wanted.contains(&name.as_str())));
            let items: Vec<_> = items.collect();
            let new = wanted.iter().filter(|name| roles.names().all(|old| old != **name)).map(|name| quoted(name));
            let new: Vec<_> = new.collect();
            edits.extend(items::change(source, &roles.span, &items, &new));
        }
        (Some(wanted), None) => keys.push(format!("roles = {}", list(wanted))),
        (None, _) => {}
    }
    match &entry.form {
        _ if keys.is_empty() => {}
        EntryForm::Id(at) => {
            let text = format!("{{ id = {}, {} }}", &source[at.clone()], keys.join(", "));
            edits.push(TextEdit { range: at.clone(), text });
        }
        EntryForm::Table(form) => edits.extend(form.add(source, &keys)),
    }
    edits
}

/// Adds entries, which are sorted by name; `session` is written into each if given.
pub(super) fn add_entries(
    source: &str,
    table: Option<&AccountsTable>,
    entries: &[(String, &ListedAccount)],
    session: Option<&str>,
) -> Vec<TextEdit> {
    let entries: Vec<String> = entries.iter().map(|(name, account)| entry(name, account, session)).collect();
    match table.and_then(|table| table.form.as_ref()) {
        Some(form) => form.add(source, &entries),
        None => vec![add_section(source, "accounts", &entries)],
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

/// Removes entries, each with the comments right above it.
pub(super) fn remove_entries(source: &str, table: &AccountsTable, names: &HashSet<&str>) -> Vec<TextEdit> {
    let stays = |entry: &FileEntry| !names.contains(entry.name.as_str());
    if let Some(Form::Inline { braces, .. }) = &table.form {
        let keys = |entry: &FileEntry| {
            let stays = stays(entry);
            joined(source, &entry.places).into_iter().map(move |place| (place, stays))
        };
        let mut keys: Vec<_> = table.entries.iter().flat_map(keys).collect();
        keys.sort_by_key(|(place, _)| place.start);
        return items::change(source, braces, &keys, &[]);
    }
    let mut ranges = Vec::new();
    for entry in table.entries.iter().filter(|entry| !stays(entry)) {
        let is_section = entry.places.iter().any(|place| source[place.clone()].starts_with('['));
        for place in joined(source, &entry.places) {
            let lines = with_comments(source, place);
            ranges.push(if is_section { with_empty_line(source, lines) } else { lines });
        }
    }
    // Two entries may share the empty line between them.
    deletions(ranges)
}

/// Joins places on consecutive lines.
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

/// Names from AWS need no escapes.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    format!("[{}]", names.join(", "))
}

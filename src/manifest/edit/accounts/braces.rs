//! Owns what comes into a table in braces and goes out of it: each key with its comma, on lines of its own where the table has
//! lines, so that every comment stays with what it is about.

use std::ops::Range;

use super::roles::{comma_behind, end_of_comment};
use crate::manifest::edit::text::{Edit, eol, line_start, with_comments};

/// What new keys begin with where none is on a line of its own.
const INDENT: &str = "    ";

/// Puts `keys` behind the one at `last`, or into a table that has none.
pub(super) fn add(source: &str, braces: &Range<usize>, last: Option<&Range<usize>>, keys: &[String]) -> Vec<Edit> {
    let close = braces.end - 1;
    let eol = eol(source);
    let Some(last) = last else { return vec![fill(source, braces, keys)] };
    let comma = comma_behind(source, last.end, close);
    let behind = comma.map_or(last.end, |comma| comma + 1);
    let own_line = blanks_of_own_line(source, braces, last);
    let indent = own_line.unwrap_or(INDENT);
    let lines = |between: &str| {
        let lines: Vec<String> = keys.iter().map(|key| format!("{indent}{key}")).collect();
        lines.join(&format!("{between}{eol}"))
    };
    match (end_of_comment(source, behind), comma) {
        (Some(end), Some(_)) => vec![Edit::insert(end, format!("{},{eol}", lines(",")))],
        (Some(end), None) => {
            vec![Edit::insert(last.end, ",".to_owned()), Edit::insert(end, format!("{}{eol}", lines(",")))]
        }
        (None, Some(comma)) => vec![Edit::insert(comma + 1, format!(" {},", keys.join(", ")))],
        (None, None) if own_line.is_some() => vec![Edit::insert(last.end, format!(",{eol}{}", lines(",")))],
        (None, None) => vec![Edit::insert(last.end, format!(", {}", keys.join(", ")))],
    }
}

/// Puts `keys` into a table that has none, below whatever comments it has.
fn fill(source: &str, braces: &Range<usize>, keys: &[String]) -> Edit {
    if !source[braces.clone()].contains('\n') {
        return Edit { range: braces.clone(), text: format!("{{ {} }}", keys.join(", ")) };
    }
    let lines: Vec<String> = keys.iter().map(|key| format!("{INDENT}{key},{}", eol(source))).collect();
    Edit::insert(line_start(source, braces.end - 1), lines.concat())
}

/// What the line of a key begins with, if that is the first one on a line of the table.
fn blanks_of_own_line<'s>(source: &'s str, braces: &Range<usize>, key: &Range<usize>) -> Option<&'s str> {
    let line = line_start(source, key.start);
    let before = &source[line..key.start];
    (line > braces.start && before.trim().is_empty()).then_some(before)
}

/// What has to go so that of the table only those of `all` its keys are left that `stays` names.
pub(super) fn remove(source: &str, braces: &Range<usize>, all: &[(Range<usize>, bool)]) -> Vec<Range<usize>> {
    let close = braces.end - 1;
    let mut gone = Vec::new();
    for (key, _) in all.iter().filter(|(_, stays)| !stays) {
        let comma = comma_behind(source, key.end, close);
        let behind = comma.map_or(key.end, |comma| comma + 1);
        let has_lines = blanks_of_own_line(source, braces, key).is_some() && end_of_comment(source, behind).is_some();
        let blanks = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
        gone.push(match comma {
            _ if has_lines => with_comments(source, key.start..behind),
            Some(_) => key.start..behind + blanks(&source[behind..close]),
            None => braces.start + 1 + source[braces.start + 1..key.start].trim_end_matches([' ', '\t']).len()..key.end,
        });
    }
    // Where no comma stood behind the last key, none does now.
    let is_bare = all.last().is_some_and(|(key, stays)| !stays && comma_behind(source, key.end, close).is_none());
    let last = all.iter().rev().find(|(_, stays)| *stays).filter(|_| is_bare);
    gone.extend(last.and_then(|(key, _)| comma_behind(source, key.end, close)).map(|comma| comma..comma + 1));
    gone
}

//! Owns edits to comma-separated items in brackets, of an array or an inline table: items that stay keep their form and their
//! comments. Must not know what the items are.

use std::ops::Range;

use super::text::{TextEdit, deletions, eol, line_end, line_start, with_comments};

/// The indentation if no item is on a line of its own.
const INDENT: &str = "    ";

/// An item, and true if it stays.
pub(super) type ListItem = (Range<usize>, bool);

/// Removes the items that do not stay, and inserts `new` ones after the last that does. `brackets` is the range of all.
pub(super) fn change(source: &str, brackets: &Range<usize>, items: &[ListItem], new: &[String]) -> Vec<TextEdit> {
    if new.is_empty() && items.iter().all(|(_, stays)| *stays) {
        return Vec::new();
    }
    let last = items.iter().rev().find(|(_, stays)| *stays).map(|(item, _)| item);
    let is_on_one_line = !source[brackets.clone()].contains('\n');
    if last.is_none() && is_on_one_line {
        return add(source, brackets, None, new);
    }
    let mut edits = deletions(removed(source, brackets, items, new.is_empty()));
    match last {
        _ if new.is_empty() => {}
        Some(last) => edits.extend(insert(source, brackets, last, new, ends_with_comma(source, brackets, items))),
        None => {
            let close = line_start(source, brackets.end - 1);
            let around = edits.iter().find(|edit| edit.range.contains(&close));
            edits.push(TextEdit::insert(around.map_or(close, |edit| edit.range.end), lines(source, new)));
        }
    }
    edits
}

pub(super) fn add(source: &str, brackets: &Range<usize>, last: Option<&Range<usize>>, new: &[String]) -> Vec<TextEdit> {
    let Some(last) = last else { return vec![fill(source, brackets, new)] };
    let has_comma = comma_after(source, last.end, brackets.end - 1).is_some();
    insert(source, brackets, last, new, has_comma)
}

fn insert(
    source: &str,
    brackets: &Range<usize>,
    last: &Range<usize>,
    new: &[String],
    ends_with_comma: bool,
) -> Vec<TextEdit> {
    let eol = eol(source);
    let comma = comma_after(source, last.end, brackets.end - 1);
    let own_line = indent_of_own_line(source, brackets, last);
    let indent = own_line.unwrap_or(INDENT);
    let end = if ends_with_comma { "," } else { "" };
    let lines = || new.iter().map(|item| format!("{indent}{item}")).collect::<Vec<_>>().join(&format!(",{eol}"));
    let after = comma.map_or(last.end, |comma| comma + 1);
    let (at, text) = match end_of_comment(source, after) {
        Some(line) => (line, format!("{}{end}{eol}", lines())),
        None if comma.is_none() && own_line.is_some() => (after, format!("{eol}{}", lines())),
        None => (after, format!(" {}{end}", new.join(", "))),
    };
    let missing = comma.is_none().then(|| TextEdit::insert(last.end, ",".to_owned()));
    missing.into_iter().chain([TextEdit::insert(at, text)]).collect()
}

/// Inserts `new` into empty brackets, after all comments.
fn fill(source: &str, brackets: &Range<usize>, new: &[String]) -> TextEdit {
    if source[brackets.clone()].contains('\n') {
        return TextEdit::insert(line_start(source, brackets.end - 1), lines(source, new));
    }
    let text = match source.as_bytes()[brackets.start] {
        b'[' => format!("[{}]", new.join(", ")),
        _ if new.is_empty() => "{}".to_owned(),
        _ => format!("{{ {} }}", new.join(", ")),
    };
    TextEdit { range: brackets.clone(), text }
}

fn lines(source: &str, new: &[String]) -> String {
    let lines = new.iter().map(|item| format!("{INDENT}{item},{}", eol(source)));
    lines.collect::<Vec<_>>().concat()
}

/// The ranges of items that do not stay. `is_end` is false if others follow the last that stays.
fn removed(source: &str, brackets: &Range<usize>, items: &[ListItem], is_end: bool) -> Vec<Range<usize>> {
    let close = brackets.end - 1;
    let mut ranges = Vec::new();
    for (item, _) in items.iter().filter(|(_, stays)| !stays) {
        let comma = comma_after(source, item.end, close);
        let end = comma.map_or(item.end, |comma| comma + 1);
        let has_lines = indent_of_own_line(source, brackets, item).is_some() && end_of_comment(source, end).is_some();
        let blanks = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
        ranges.push(match comma {
            _ if has_lines => with_comments(source, item.start..end),
            Some(_) => item.start..end + blanks(&source[end..close]),
            None => {
                brackets.start + 1 + source[brackets.start + 1..item.start].trim_end_matches([' ', '\t']).len()..end
            }
        });
    }
    // Keep the style: a comma at the end only if there was one before.
    if is_end && !ends_with_comma(source, brackets, items) {
        let last = items.iter().rev().find(|(_, stays)| *stays);
        let comma = last.and_then(|(item, _)| comma_after(source, item.end, close));
        ranges.extend(comma.map(|comma| comma..comma + 1));
    }
    ranges
}

fn ends_with_comma(source: &str, brackets: &Range<usize>, items: &[ListItem]) -> bool {
    items.last().is_none_or(|(item, _)| comma_after(source, item.end, brackets.end - 1).is_some())
}

/// The indentation of an item that is the first one on its line.
fn indent_of_own_line<'s>(source: &'s str, brackets: &Range<usize>, item: &Range<usize>) -> Option<&'s str> {
    let line = line_start(source, item.start);
    let before = &source[line..item.start];
    (line > brackets.start && before.trim().is_empty()).then_some(before)
}

/// Returns the next comma, after blanks and comments only.
fn comma_after(source: &str, mut at: usize, end: usize) -> Option<usize> {
    while at < end {
        match source.as_bytes()[at] {
            b',' => return Some(at),
            b'#' => at = line_end(source, at),
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            _ => return None,
        }
    }
    None
}

/// The end of the line if only blanks and a comment follow `at`.
pub(super) fn end_of_comment(source: &str, at: usize) -> Option<usize> {
    let end = line_end(source, at);
    let rest = source[at..end].trim();
    (source[at..end].ends_with('\n') && (rest.is_empty() || rest.starts_with('#'))).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::change as change_items;
    use super::*;
    use crate::manifest::edit::text::splice;

    /// The range of the list, and each string in it with its range.
    fn read(source: &str) -> (Range<usize>, Vec<(Range<usize>, String)>) {
        let document = toml_edit::Document::parse(source).unwrap_or_else(|error| panic!("{error}: {source}"));
        let list = document["a"].as_array().unwrap();
        let strings = list.iter().map(|value| (value.span().unwrap(), value.as_str().unwrap().to_owned())).collect();
        (list.span().unwrap(), strings)
    }

    /// The list with `wanted` in it, as TOML reads it too.
    fn change(text: &str, wanted: &[&str]) -> String {
        let source = format!("a = {text}\n");
        let (brackets, strings) = read(&source);
        let is_there = |name: &str| strings.iter().any(|(_, string)| string == name);
        let items: Vec<ListItem> =
            strings.iter().map(|(range, name)| (range.clone(), wanted.contains(&name.as_str()))).collect();
        let new: Vec<String> = wanted.iter().filter(|name| !is_there(name)).map(|name| format!("\"{name}\"")).collect();
        let changed = splice(&source, change_items(&source, &brackets, &items, &new)).unwrap();
        let mut after: Vec<String> = read(&changed).1.into_iter().map(|(_, name)| name).collect();
        after.sort();
        assert_eq!(after, wanted, "{changed}");
        changed.strip_prefix("a = ").unwrap().trim_end().to_owned()
    }

    #[test]
    fn a_list_on_one_line_keeps_its_form() {
        for (text, wanted, expected) in [
            (r#"["B", "A"]"#, &["A", "B", "C"][..], r#"["B", "A", "C"]"#),
            (r"[ 'B','A' , ]", &["A", "C"], r#"[ 'A' , "C", ]"#),
            (r#"["A"]"#, &[], "[]"),
            ("[ ]", &["A"], r#"["A"]"#),
        ] {
            assert_eq!(change(text, wanted), expected);
        }
    }

    #[test]
    fn a_list_on_many_lines_keeps_its_comments() {
        let text = "[ # roles\n  # the first\n  \"B\", # b\n\n  'A' # a\n  # end\n]";
        assert_eq!(
            change(text, &["A", "B", "C"]),
            "[ # roles\n  # the first\n  \"B\", # b\n\n  'A', # a\n  \"C\"\n  # end\n]"
        );
        assert_eq!(change(text, &["A", "C"]), "[ # roles\n\n  'A', # a\n  \"C\"\n  # end\n]");
        assert_eq!(change(text, &["B"]), "[ # roles\n  # the first\n  \"B\" # b\n\n  # end\n]");
        assert_eq!(change(text, &[]), "[ # roles\n\n  # end\n]");
        assert_eq!(change("[\n\t\"A\",\n]", &["A", "B", "C"]), "[\n\t\"A\",\n\t\"B\",\n\t\"C\",\n]");
        assert_eq!(change("[\n\t\"A\"\n]", &["A", "B", "C"]), "[\n\t\"A\",\n\t\"B\",\n\t\"C\"\n]");
        assert_eq!(change("[\n]", &["A"]), "[\n    \"A\",\n]");
        assert_eq!(change("[\"A\",\n \"B\"]", &["A", "B", "C"]), "[\"A\",\n \"B\",\n \"C\"]");
        assert_eq!(change("[\"A\", \"B\",\n]", &["B", "C"]), "[\"B\",\n    \"C\",\n]");
        assert_eq!(change("[\"A\" # a, b\n , # c\n\"B\"]", &["A", "C"]), "[\"A\" # a, b\n , # c\n    \"C\"\n]");
    }

    #[test]
    fn whatever_is_written_the_list_says_what_is_wanted() {
        use proptest::prelude::*;
        let gap = prop::sample::select(vec!["", " ", "\n", " # x, ]\n", "\n  # y\n\n", "\n\t"]);
        let gaps = prop::collection::vec((gap.clone(), gap), 0..5);
        let wanted = prop::sample::subsequence(vec!["R0", "R1", "R2", "R3", "R4", "S"], 0..=6);
        let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) };
        proptest!(config, |(gaps in gaps, wanted in wanted, comma in any::<bool>())| {
            let last = gaps.len();
            let element = |(place, (before, behind)): (usize, &(&str, &str))| {
                let comma = if place + 1 < last || comma { "," } else { "" };
                format!("{before}\"R{place}\"{behind}{comma}")
            };
            let text = format!("[{}]", gaps.iter().enumerate().map(element).collect::<String>());
            change(&text, &wanted);
        });
    }
}

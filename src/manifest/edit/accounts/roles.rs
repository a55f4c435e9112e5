//! Owns changing a list of strings as it is written: what stays keeps its place, its form and its comments.

use std::ops::Range;

use crate::manifest::edit::text::{eol, line_end, line_start};

/// A list of strings of a file.
#[derive(Debug, Clone)]
pub(super) struct Roles {
    /// All of it, from `[` to `]`.
    pub(super) span: Range<usize>,
    /// Where each string stands, and what it says with its variables filled in.
    pub(super) elements: Vec<(Range<usize>, String)>,
}

impl Roles {
    /// What each string says, in the order of the file.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.elements.iter().map(|(_, name)| name.as_str())
    }

    /// True if it says the same as `wanted`, which has each once, in whatever order.
    pub(super) fn is(&self, wanted: &[&str]) -> bool {
        let is_there = |name: &&str| self.elements.iter().any(|(_, element)| element == name);
        wanted.iter().all(is_there) && self.elements.iter().all(|(_, element)| wanted.contains(&element.as_str()))
    }

    /// The text of the list with `wanted` in it and nothing else; what is new stands at its end.
    pub(super) fn changed(&self, source: &str, wanted: &[&str]) -> String {
        let stays: Vec<bool> = self.elements.iter().map(|(_, name)| wanted.contains(&name.as_str())).collect();
        let is_new = |name: &&&str| !self.elements.iter().any(|(_, element)| element == **name);
        let new: Vec<String> = wanted.iter().filter(is_new).map(|name| quoted(name)).collect();
        if source[self.span.clone()].contains('\n') {
            self.on_lines(source, &stays, &new)
        } else {
            self.on_one_line(source, &stays, &new)
        }
    }

    fn on_one_line(&self, source: &str, stays: &[bool], new: &[String]) -> String {
        let old = self.elements.iter().zip(stays).filter(|(_, stays)| **stays);
        let old = old.map(|((range, _), _)| source[range.clone()].to_owned());
        let all: Vec<String> = old.chain(new.iter().cloned()).collect();
        let inside = &source[self.span.start + 1..self.span.end - 1];
        let left = inside.len() - inside.trim_start().len();
        let right = inside.trim_end().len();
        let comma = if inside.trim_end().ends_with(',') && !all.is_empty() { "," } else { "" };
        match (inside.trim().is_empty(), all.is_empty()) {
            (true, _) | (_, true) => format!("[{}]", all.join(", ")),
            _ => format!("[{}{}{comma}{}]", &inside[..left], all.join(", "), &inside[right..]),
        }
    }

    /// Each string has a part of the text of its own: from the end of the one before to its comma, or to the end of that
    /// line if only a comment follows.
    fn on_lines(&self, source: &str, stays: &[bool], new: &[String]) -> String {
        let first = self.span.start + 1;
        let head = end_of_comment(source, first).unwrap_or(first);
        let (mut text, mut start) = (source[self.span.start..head].to_owned(), head);
        // Where a comma goes if anything follows: right behind the last string that stays, which may lack one.
        let mut comma = None;
        for ((range, _), stays) in self.elements.iter().zip(stays) {
            let behind = comma_behind(source, range.end, self.span.end - 1);
            let end = behind.map_or(range.end, |behind| behind + 1);
            let end = end_of_comment(source, end).filter(|end| *end < self.span.end).unwrap_or(end);
            if *stays {
                comma = behind.is_none().then(|| text.len() + range.end - start);
                text.push_str(&source[start..end]);
            }
            start = end;
        }
        if let Some(at) = comma.filter(|_| !new.is_empty()) {
            text.insert(at, ',');
        }
        self.add(source, &mut text, new, comma.is_some());
        text + &source[start..self.span.end]
    }

    /// Puts `new` behind `text`: on lines of their own if the last string began one.
    fn add(&self, source: &str, text: &mut String, new: &[String], is_last_bare: bool) {
        let eol = eol(source);
        let indent = self.elements.last().and_then(|(range, _)| {
            let line = line_start(source, range.start);
            let before = &source[line..range.start];
            (line > self.span.start && before.trim().is_empty()).then_some(before)
        });
        for (place, name) in new.iter().enumerate() {
            let comma = if is_last_bare && place + 1 == new.len() { "" } else { "," };
            match indent {
                _ if text.ends_with('\n') => text.extend([indent.unwrap_or("    "), name, comma, eol]),
                Some(indent) => text.extend([eol, indent, name, comma]),
                None => text.extend([" ", name, comma]),
            }
        }
    }
}

/// A string for a manifest; AWS's names need no escapes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

pub(super) fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    format!("[{}]", names.join(", "))
}

/// Where the next comma stands behind `at` and before `end`, whatever blanks and comments lie between.
pub(super) fn comma_behind(source: &str, mut at: usize, end: usize) -> Option<usize> {
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

/// The end of the line that holds `at`, if only blanks and a comment follow there.
pub(super) fn end_of_comment(source: &str, at: usize) -> Option<usize> {
    let end = line_end(source, at);
    let rest = source[at..end].trim();
    (source[at..end].ends_with('\n') && (rest.is_empty() || rest.starts_with('#'))).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Roles {
        let document = toml_edit::Document::parse(source).unwrap_or_else(|error| panic!("{error}: {source}"));
        let value = document["a"].as_array().unwrap();
        let elements = value.iter().map(|value| (value.span().unwrap(), value.as_str().unwrap().to_owned())).collect();
        Roles { span: value.span().unwrap(), elements }
    }

    /// The list with `wanted` in it, as TOML reads it too.
    fn change(text: &str, wanted: &[&str]) -> String {
        let source = format!("a = {text}\n");
        let changed = read(&source).changed(&source, wanted);
        let after = read(&format!("a = {changed}\n"));
        assert!(after.is(wanted) && after.elements.len() == wanted.len(), "{changed}");
        changed
    }

    #[test]
    fn a_list_on_one_line_keeps_its_form() {
        for (text, wanted, expected) in [
            (r#"["B", "A"]"#, &["A", "B", "C"][..], r#"["B", "A", "C"]"#),
            (r"[ 'B','A' , ]", &["A", "C"], r#"[ 'A', "C", ]"#),
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
        assert_eq!(change(text, &["B"]), "[ # roles\n  # the first\n  \"B\", # b\n  # end\n]");
        assert_eq!(change(text, &[]), "[ # roles\n  # end\n]");
        assert_eq!(change("[\n\t\"A\",\n]", &["A", "B", "C"]), "[\n\t\"A\",\n\t\"B\",\n\t\"C\",\n]");
        assert_eq!(change("[\n\t\"A\"\n]", &["A", "B", "C"]), "[\n\t\"A\",\n\t\"B\",\n\t\"C\"\n]");
        assert_eq!(change("[\n]", &["A"]), "[\n    \"A\",\n]");
        assert_eq!(change("[\"A\",\n \"B\"]", &["A", "B", "C"]), "[\"A\",\n \"B\",\n \"C\"]");
        assert_eq!(change("[\"A\", \"B\",\n]", &["B", "C"]), "[ \"B\",\n    \"C\",\n]");
        assert_eq!(change("[\"A\" # a, b\n , # c\n\"B\"]", &["A", "C"]), "[\"A\" # a, b\n , # c\n\"C\",\n]");
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

//! Owns lines of a manifest as text, without values that may be secrets. Must not know sections of files.

use crate::manifest::{TableForm, TableForms, toml_key, toml_text};
use crate::plan::SectionValue;
use crate::secret;

/// The differences of sections in words.
#[derive(Debug, Default)]
pub(crate) struct Explanation {
    /// One sentence for each difference.
    pub(crate) sentences: Vec<String>,
    /// TOML that would make the manifest give the file's values.
    groups: Vec<Group>,
    /// One sentence for each value that no manifest can give.
    pub(crate) impossible: Vec<String>,
    /// One sentence for each key that only profiles of another pattern have.
    pub(crate) of_other_patterns: Vec<String>,
    /// Ways on for source profiles that the manifest does not have, and for long-term keys.
    pub(crate) hints: Vec<String>,
}

/// Lines for one table.
#[derive(Debug)]
struct Group {
    /// The place in words, which is no TOML: pasting it with the lines fails, instead of adding them to another table.
    place: String,
    /// Of a new table.
    header: Option<String>,
    lines: Vec<String>,
}

impl Explanation {
    /// Adds keys for a table of the manifest, as its form there allows: a table that has a header can't be begun again, and an
    /// inline table can't be continued.
    pub(super) fn add(&mut self, path: &[&str], forms: &TableForms<'_>, keys: Vec<String>) {
        if keys.is_empty() {
            return;
        }
        let place = |header: usize| match forms.place(path) {
            Some((file, Some(line))) => format!("in [{}], at {file}:{line}", dotted(&path[..header])),
            Some((file, None)) => format!("at the top of {file}"),
            None => String::new(),
        };
        let is_comment = |line: &String| line.starts_with('#');
        match forms.get(path) {
            TableForm::Header => self.put(format!("{}:", place(path.len())), None, keys),
            TableForm::Missing => self.put_table(path, forms, "", keys),
            TableForm::Dotted(header) => {
                let prefix = dotted(&path[header..]);
                let prefixed = |line| if is_comment(&line) { line } else { format!("{prefix}.{line}") };
                self.put(format!("{}:", place(header)), None, keys.into_iter().map(prefixed).collect());
            }
            TableForm::Inline { header, table } => {
                let (comments, keys): (Vec<_>, Vec<_>) = keys.into_iter().partition(is_comment);
                let name = dotted(&path[header..table]);
                let line = forms.inline(path, table, &keys).map(|table| format!("{name} = {table}"));
                self.put(
                    format!("{}, instead of its `{name}`:", place(header)),
                    None,
                    line.into_iter().chain(comments).collect(),
                );
            }
        }
    }

    /// Adds a table that no file has. `comment` is for the line of its header.
    pub(super) fn put_table(&mut self, path: &[&str], forms: &TableForms<'_>, comment: &str, keys: Vec<String>) {
        self.put(format!("at the end of {}:", forms.file), Some(format!("[{}]{comment}", dotted(path))), keys);
    }

    /// Adds the lines that are not there yet, next to others for that place.
    fn put(&mut self, place: String, header: Option<String>, lines: Vec<String>) {
        let is_it = |other: &Group| other.place == place && other.header == header;
        let at = self.groups.iter().position(is_it).unwrap_or_else(|| {
            let last = self.groups.iter().rposition(|other| other.place == place);
            let at = last.map_or(self.groups.len(), |last| last + 1);
            self.groups.insert(at, Group { place, header, lines: Vec::new() });
            at
        });
        let there = &mut self.groups[at].lines;
        for line in lines {
            if !there.contains(&line) {
                there.push(line);
            }
        }
    }

    /// The lines for the manifest: new tables, which can be pasted as one piece, then those for each table that exists.
    pub(crate) fn lines(&self) -> Vec<String> {
        let (new, existing): (Vec<_>, Vec<_>) = self.groups.iter().partition(|group| group.header.is_some());
        let (mut lines, mut place) = (Vec::new(), "");
        for group in new.into_iter().chain(existing) {
            if place != group.place {
                let gap = (!place.is_empty()).then(String::new);
                lines.extend(gap.into_iter().chain([group.place.clone()]));
                place = &group.place;
            }
            lines.extend(group.header.iter().chain(&group.lines).cloned());
        }
        lines
    }
}

fn dotted(path: &[&str]) -> String {
    path.iter().map(|name| toml_key(name)).collect::<Vec<_>>().join(".")
}

/// False for a line that could hold a secret, as the command line of a program may.
pub(super) fn is_harmless(key: &str, line: &str) -> bool {
    key != "credential_process" && secret::is_harmless(line)
}

/// A line of the manifest, with a comment about the value that it replaces.
pub(super) fn instead(line: String, key: &str, given: Option<&SectionValue>) -> String {
    match given {
        Some(given) => format!("{line}  # instead of {}", toml(key, given)),
        None => line,
    }
}

/// Seconds and lists are no strings in a manifest.
pub(super) fn toml(key: &str, value: &SectionValue) -> String {
    match value {
        SectionValue::Text(text) if key == "duration_seconds" && text.parse::<u32>().is_ok() => text.clone(),
        SectionValue::Text(text) if key == "sso_registration_scopes" => {
            let scopes: Vec<String> = text.split(',').map(|scope| toml_text(scope.trim())).collect();
            format!("[{}]", scopes.join(", "))
        }
        SectionValue::Text(text) => toml_text(text),
        SectionValue::Nested(pairs) => {
            let pairs: Vec<String> =
                pairs.iter().map(|(name, value)| format!("{} = {}", toml_key(name), toml_text(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_the_manifest_are_toml() {
        let text = |text: &str| SectionValue::Text(text.to_owned());
        assert_eq!(toml("duration_seconds", &text("900")), "900");
        assert_eq!(toml("sso_registration_scopes", &text("a:b, c")), r#"["a:b", "c"]"#);
        assert_eq!(toml("region", &text("a\"b\\${x}")), r#""a\"b\\$${x}""#);
        let nested = SectionValue::Nested(vec![("max_queue_size".to_owned(), "9".to_owned())]);
        assert_eq!(toml("s3", &nested), r#"{ max_queue_size = "9" }"#);
        assert_eq!((toml_key("a-b_1"), toml_key("a.b@c")), ("a-b_1".to_owned(), "\"a.b@c\"".to_owned()));
    }
}

//! Owns finding the managed block for the laws, and comparing it with the model. Must not use `plan` for it.

use std::ops::Range;

use ini::{Ini, ParseOption};

use super::expected::{self, Section, Value};
use crate::ini::{Document, FileKind, SectionId};
use crate::model::Catalog;

/// The ranges of the block with its marker lines, and of the text between them; lines end as in Python.
pub(super) fn find(file: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let mut starts = vec![0];
    let is_end = |at: usize| file[at] == b'\n' || (file[at] == b'\r' && file.get(at + 1) != Some(&b'\n'));
    starts.extend((0..file.len()).filter(|at| is_end(*at)).map(|at| at + 1));
    let line = |marker: &[u8]| starts.iter().position(|start| file[*start..].starts_with(marker));
    let after = |line: usize| starts.get(line + 1).copied().unwrap_or(file.len());
    let (begin, end) = (line(b"# >>> awsauth >>>")?, line(b"# <<< awsauth <<<")?);
    Some((starts[begin]..after(end), after(begin)..starts[end]))
}

/// By awsauth's own parser, the file says about `catalog` exactly what it must; so does the block by `rust-ini` and, in
/// tests, by the SDK for Rust.
pub(super) fn reads_as(catalog: &Catalog, file: &[u8]) {
    let expected = expected::sections(catalog);
    let document = Document::parse(file, FileKind::Config);
    assert_eq!(document.faults(), vec![], "AWS CLI can't read the file");
    for (id, section) in &expected {
        assert_eq!(own_view(&document, id), *section, "{id:?}");
    }
    let Some((_, body)) = find(file) else {
        return assert!(expected.is_empty(), "there is no block");
    };
    let inside = document.sections().iter().filter(|section| body.contains(&section.header.start));
    assert!(inside.map(|section| &section.id).eq(expected.iter().map(|(id, _)| id)), "the block has other sections");
    let text = std::str::from_utf8(&file[body]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(rust_ini_view(text), expected.iter().map(|(id, one)| (header(id), one.clone())).collect::<Vec<_>>());
    #[cfg(test)]
    super::tests::sdk::reads_as(text, &expected);
}

/// The one section of that identity.
fn own_view(document: &Document<'_>, id: &SectionId) -> Section {
    let mut found = document.find(id);
    let (Some(section), None) = (found.next(), found.next()) else { panic!("{id:?} is not there exactly once") };
    let value = |key: &str, text: String| {
        let nested = document.entry(id, key).map(|entry| document.nested(entry)).unwrap_or_default();
        if nested.is_empty() { Value::Text(text) } else { Value::Nested(nested) }
    };
    let read = super::view::section(document, section);
    let count = read.len();
    let section: Section = read.into_iter().map(|(key, text)| (key.clone(), value(&key, text))).collect();
    assert_eq!(section.len(), count, "a key of {id:?} is there twice");
    section
}

/// To `rust-ini`, a nested block is an empty value followed by keys that begin with blanks.
fn rust_ini_view(text: &str) -> Vec<(String, Section)> {
    let options = ParseOption {
        enabled_quote: false,
        enabled_escape: false,
        enabled_preserve_key_leading_whitespace: true,
        ..ParseOption::default()
    };
    let read = Ini::load_from_str_opt(text, options).unwrap_or_else(|error| panic!("{error}"));
    let named = read.iter().filter_map(|(name, pairs)| Some((name?.to_owned(), pairs)));
    let section = |pairs: &ini::Properties| {
        let mut section = Section::new();
        let mut block = None;
        for (key, value) in pairs {
            if let (Some(inner), Some(outer)) = (key.strip_prefix("  "), &block) {
                let Some(Value::Nested(nested)) = section.get_mut(outer) else { panic!("{inner} is in no block") };
                nested.push((inner.to_owned(), value.to_owned()));
            } else {
                let is_block = value.is_empty();
                block = is_block.then(|| key.to_owned());
                let new = if is_block { Value::Nested(Vec::new()) } else { Value::Text(value.to_owned()) };
                assert_eq!(section.insert(key.to_owned(), new), None, "{key} is there twice");
            }
        }
        section
    };
    named.map(|(name, pairs)| (name, section(pairs))).collect()
}

/// The text between a section's brackets.
fn header(id: &SectionId) -> String {
    match id {
        SectionId::Profile(name) if name == "default" => name.clone(),
        SectionId::Profile(name) => format!("profile {name}"),
        SectionId::SsoSession(name) => format!("sso-session {name}"),
        other => panic!("{other:?} is never written"),
    }
}

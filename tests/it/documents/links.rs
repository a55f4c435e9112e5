//! Links and file names in documents.

use std::fs;
use std::path::Path;

use super::{documents, project};

#[test]
fn every_source_file_that_a_document_names_is_there() {
    let (root, src) = (project(), project().join("src"));
    let mut named = 0;
    // The facts about AWS name files of AWS's own libraries.
    for document in documents().into_iter().filter(|document| !document.ends_with("docs/aws-facts.md")) {
        let text = fs::read_to_string(&document).unwrap();
        let words = text.split('`').skip(1).step_by(2);
        for word in words.filter(|word| {
            Path::new(word).extension().is_some_and(|name| name == "rs")
                && !word.contains(|c: char| c.is_whitespace() || c == '*')
        }) {
            assert!(root.join(word).exists() || src.join(word).exists(), "{}: {word}", document.display());
            named += 1;
        }
    }
    assert!(named > 20, "{named}");
}

/// The anchor that GitHub and mdBook give a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.contains(':') {
                continue;
            }
            let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { document.clone() } else { document.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link}", document.display());
            if !fragment.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                let mut headings = text.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
                assert!(headings.any(|heading| anchor(heading) == fragment), "{}: {link}", document.display());
            }
        }
    }
}

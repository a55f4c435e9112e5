//! `docs/troubleshooting.md`: each message that it explains is one that awsauth or AWS gives.

use std::fs;

use regex::Regex;

use super::project;
use crate::files::files;

/// Composed of an operation's name; no test provokes it.
const COMPOSED: &str = "git fetch failed";

/// All that the program and the tests' AWS say below a directory, each message in one piece.
fn said(dir: &str) -> String {
    let dir = project().join(dir);
    let files = ["rs", "txt"].into_iter().flat_map(|extension| files(&dir, extension));
    // The tests of the documents repeat what these say.
    let files = files.filter(|file| !file.starts_with(project().join("tests/it/documents")));
    let text: String = files.map(|file| fs::read_to_string(file).unwrap()).collect();
    Regex::new(r"\\\n\s*").unwrap().replace_all(&text, "").replace('`', "").replace("\\\"", "\"")
}

#[test]
fn every_message_that_is_explained_is_one_that_is_given() {
    let said = ["src", "tests/it", "tests/support", "tests/transcripts", "fixtures"].map(said);
    let page = fs::read_to_string(project().join("docs/troubleshooting.md")).unwrap();
    let (_, page) = page.split_once("\n## When a login fails").unwrap();
    let (page, _) = page.split_once("\n## In JSON").unwrap();
    let end = Regex::new(r":\s|\n\n").unwrap();
    // What stands for a word that differs, and for what AWS's status codes add.
    let gap = Regex::new(r"…|NAME|OTHER|\bN\b").unwrap();
    let mut count = 0;
    for entry in page.split("\n* ").skip(1) {
        let symptoms = end.split(entry).next().unwrap();
        for message in symptoms.split('`').skip(1).step_by(2).filter(|message| *message != COMPOSED) {
            let parts = gap.split(message).map(|words| words.trim_matches([' ', '.']));
            for words in parts.filter(|words| !words.is_empty()) {
                assert!(said.iter().any(|said| said.contains(words)), "{message}: nobody says `{words}`");
                count += 1;
            }
        }
    }
    assert!(count > 80, "{count}");
}

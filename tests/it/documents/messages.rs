//! `docs/troubleshooting.md`: each message that it explains is one that awsauth or AWS gives.

use std::fs;
use std::path::Path;

use regex::Regex;

use super::project;

/// All that the program and the tests' AWS say, each message in one piece.
fn said(dir: &Path) -> String {
    let mut text = String::new();
    for path in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            text.push_str(&said(&path));
        } else if path.extension().is_some_and(|name| name == "rs" || name == "txt") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    Regex::new(r"\\\n\s*").unwrap().replace_all(&text, "").replace('`', "").replace("\\\"", "\"")
}

#[test]
fn every_message_that_is_explained_is_one_that_is_given() {
    let said =
        ["src", "tests/it", "tests/support", "tests/transcripts", "fixtures"].map(|dir| said(&project().join(dir)));
    let page = fs::read_to_string(project().join("docs/troubleshooting.md")).unwrap();
    let (_, page) = page.split_once("\n## When a login fails").unwrap();
    let (page, _) = page.split_once("\n## In JSON").unwrap();
    let end = Regex::new(r":\s|\n\n").unwrap();
    // What stands for a word that differs, and for what AWS's status codes add.
    let gap = Regex::new(r"…|NAME|OTHER|\bN\b").unwrap();
    let mut count = 0;
    for entry in page.split("\n* ").skip(1) {
        let symptoms = end.split(entry).next().unwrap();
        for message in symptoms.split('`').skip(1).step_by(2).filter(|message| *message != "git fetch failed") {
            for words in gap.split(message).map(|words| words.trim_matches([' ', '.'])) {
                assert!(said.iter().any(|said| said.contains(words)), "{message}: nobody says `{words}`");
                count += 1;
            }
        }
    }
    assert!(count > 80, "{count}");
}

//! The command lines in documents: what the command line's parser takes.

use std::collections::BTreeMap;
use std::fs;

use regex::Regex;

use super::references::commands;
use super::{all_blocks, documents};
use crate::support::sandbox::Sandbox;

/// What stands for a word of the reader's, where not every word is one.
const PLACEHOLDERS: [(&str, &str); 14] = [
    ("[", ""),
    ("]", ""),
    ("…", ""),
    ("COMMAND", "login"),
    ("SHELL", "bash"),
    ("TIME", "8h"),
    ("keyring|file", "file"),
    ("device|pkce", "device"),
    ("text|markdown", "text"),
    ("--token-code C", "--token-code 123456"),
    ("--partition P", "--partition aws"),
    ("--listen ADDRESS", "--listen 127.0.0.1"),
    ("--port P", "--port 80"),
    ("--shell S", "--shell sh"),
];

/// The words behind each `awsauth` in a piece of shell, up to a redirection or a pipe.
fn command_lines(shell: &str) -> Vec<Vec<String>> {
    let comment = Regex::new(r"(?m)(^|\s)#.*$").unwrap();
    let line = Regex::new(r#"(?m)(?:^|[\s("'`])awsauth((?: +(?:'[^']*'|"[^"]*"|\$\w+|[^\s'"|;&<>()`#]+)+)+)"#).unwrap();
    // `use awsauth NAME` is a function of direnv.
    let shell = shell.replace("\\\n", " ").replace("use awsauth ", "");
    let shell = comment.replace_all(&shell, "");
    line.captures_iter(&shell).map(|found| shlex::split(&found[1]).unwrap()).collect()
}

/// The words of each command line, with the places that have it.
type Lines = BTreeMap<Vec<String>, Vec<String>>;

/// The lines of a block that a person types.
fn typed(language: &str, text: &str) -> Option<String> {
    match language {
        "sh" | "bash" | "zsh" | "fish" | "powershell" => Some(text.to_owned()),
        "console" => Some(text.lines().filter_map(|line| line.strip_prefix("$ ")).collect::<Vec<_>>().join("\n")),
        _ => None,
    }
}

/// The error of the command line's parser, if it is no command line. Options behind a wrong one are not reached, and
/// `--help` keeps the command from running.
fn refusal(home: &Sandbox, words: &[String]) -> Option<String> {
    // What follows `--` is another program's.
    let own = words.iter().map(String::as_str).take_while(|word| *word != "--");
    let run = home.run(own.chain(["--help"]));
    (run.code != Some(0)).then_some(run.stderr)
}

/// Tries each command line once, of which there must be `least`.
#[track_caller]
fn all_are_right(lines: &Lines, least: usize, error: impl Fn(&[String]) -> Option<String>) {
    let wrong = lines
        .iter()
        .filter_map(|(words, places)| error(words).map(|error| format!("{}: {words:?}: {error}", places.join(", "))));
    let wrong: Vec<String> = wrong.collect();
    assert!(lines.len() >= least && wrong.is_empty(), "{} command lines: {}", lines.len(), wrong.join("\n"));
}

#[test]
fn every_command_line_in_the_text_is_one() {
    let home = Sandbox::new();
    let code = Regex::new(r"`([a-z][^`\n]*)`").unwrap();
    let number = Regex::new(r"\bN\b").unwrap();
    let commands: Vec<String> = commands(&home).into_iter().map(|words| words[0].clone()).collect();
    let mut lines = Lines::new();
    for document in documents().into_iter().filter(|document| !document.ends_with("docs/aws-facts.md")) {
        let text = fs::read_to_string(&document).unwrap();
        for found in code.captures_iter(&text) {
            // Of commands without their program, those with an option.
            let (first, rest) = found[1].split_once(' ').unwrap_or_default();
            let is_bare = commands.iter().any(|command| command == first) && rest.contains("--");
            let is_message = found[1].starts_with("awsauth does not use");
            if is_message || first != "awsauth" && !is_bare {
                continue;
            }
            let plain = format!("{}{}", if is_bare { "awsauth " } else { "" }, &found[1]);
            let plain = PLACEHOLDERS.iter().fold(plain, |text, (from, to)| text.replace(from, to));
            let plain = number.replace_all(&plain, "1");
            for words in command_lines(&plain) {
                lines.entry(words).or_default().push(format!("{}: {}", document.display(), &found[0]));
            }
        }
    }
    // An option that is only named has no value.
    let wrong = |words: &[String]| refusal(&home, words).filter(|error| !error.contains("a value is required for"));
    all_are_right(&lines, 120, wrong);
}

/// Runs each in an empty HOME: any failure but a usage error (2) is fine.
#[test]
fn every_command_line_in_a_block_is_accepted_by_the_parser() {
    let mut lines = Lines::new();
    for block in all_blocks() {
        for words in typed(&block.language, &block.text).iter().flat_map(|text| command_lines(text)) {
            lines.entry(words).or_default().push(block.place.clone());
        }
    }
    all_are_right(&lines, 40, |words| {
        let home = Sandbox::new().env("PATH", "/nowhere");
        let error = refusal(&home, words);
        // What writes to the machine's own directories is not run.
        if error.is_some() || words.iter().any(|word| word.starts_with('/')) {
            return error;
        }
        let run = home.run(words);
        (run.code == Some(2)).then_some(run.stderr)
    });
}

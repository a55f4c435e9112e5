//! The command lines in documents: what the command line's parser takes.

use std::fs;

use regex::Regex;

use super::{all_blocks, documents};
use crate::support::sandbox::Sandbox;

/// What stands for a word of the reader's, where not every word is one.
const PLACEHOLDERS: [(&str, &str); 4] = [("COMMAND", "login"), ("SHELL", "bash"), ("…", ""), ("keyring|file", "file")];

/// The words behind each `awsauth` in a piece of shell, up to a redirection or a pipe.
fn command_lines(shell: &str) -> Vec<Vec<String>> {
    let comment = Regex::new(r"(?m)(^|\s)#.*$").unwrap();
    let line = Regex::new(r#"(?m)(?:^|[\s("'`])awsauth((?: +(?:'[^']*'|"[^"]*"|\$\w+|[^\s'"|;&<>()`#]+)+)+)"#).unwrap();
    // `use awsauth NAME` is a function of direnv.
    let shell = shell.replace("\\\n", " ").replace("use awsauth ", "");
    let shell = comment.replace_all(&shell, "");
    line.captures_iter(&shell).map(|found| shlex::split(&found[1]).unwrap()).collect()
}

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

#[test]
fn every_command_line_in_the_text_is_one() {
    let home = Sandbox::new();
    let code = Regex::new(r"`(awsauth(?: [^`\n]*)?)`").unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for found in code.captures_iter(&text).filter(|found| !found[1].starts_with("awsauth does not use")) {
            let plain = found[1].replace(['[', ']'], "");
            let plain = PLACEHOLDERS.iter().fold(plain, |text, (from, to)| text.replace(from, to));
            for words in command_lines(&plain) {
                count += 1;
                wrong.extend(
                    refusal(&home, &words).map(|error| format!("{}: {}: {error}", document.display(), &found[0])),
                );
            }
        }
    }
    assert!(count > 100 && wrong.is_empty(), "{count}: {}", wrong.join("\n"));
}

/// Each runs where nothing is set up, and ends there for another reason than its words.
#[test]
fn every_command_line_in_a_block_is_one_and_whole() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for block in all_blocks() {
        for words in typed(&block.language, &block.text).iter().flat_map(|text| command_lines(text)) {
            count += 1;
            let home = Sandbox::new().env("PATH", "/nowhere");
            let mut error = refusal(&home, &words);
            if error.is_none() {
                let run = home.run(&words);
                error = (run.code == Some(2)).then_some(run.stderr);
            }
            wrong.extend(error.map(|error| format!("{}: {words:?}: {error}", block.place)));
        }
    }
    assert!(count > 40 && wrong.is_empty(), "{count}: {}", wrong.join("\n"));
}

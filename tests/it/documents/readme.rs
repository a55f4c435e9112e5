//! The first session in `README.md` and `README.ja.md`, with the manifest above it: each line is one of what happens, in that order.

use regex::Regex;

use super::pages::{PageMachine, at_aws};
use super::{blocks_of, project};
use crate::support::fake_aws::standard::MFA_SERIAL;
use crate::transcripts::{Transcript, redactions};

/// A session with nothing in it that differs from run to run.
fn settled(machine: &PageMachine, session: &str) -> String {
    // At a terminal, a question and what is typed are two lines.
    let typed = Regex::new(r"(?m)(\? MFA code for \S+:)( \[.*\]\n>)? \d{6}$").unwrap();
    let name = Regex::new(r"/awsauth-\d+").unwrap();
    let session = typed.replace_all(session, "$1 [CODE]").into_owned();
    redactions(&machine.home).redact(&name.replace_all(&at_aws(&session), "/[NAME]"))
}

#[test]
fn the_first_session_of_each_readme_is_what_happens() {
    for readme in ["README.md", "README.ja.md"] {
        let blocks = blocks_of(&project().join(readme));
        let of = |language: &str| &blocks.iter().find(|block| block.language == language).unwrap().text;
        let (manifest, session) = (of("toml"), of("console"));
        let machine = PageMachine::new(manifest);
        let mut real = Transcript::new(&machine.home);
        for command in session.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let code = || machine.aws.world().next_code(MFA_SERIAL);
            if command.contains("login") {
                real.types_when_asked(command, &[("six digits", &code)]);
            } else {
                real.runs(command);
            }
        }
        let real = settled(&machine, &real.text);
        let mut lines = real.lines();
        for line in settled(&machine, session).lines() {
            assert!(lines.any(|real| real == line), "{readme}: {line}\nreally:\n{real}");
        }
    }
}

//! Whole sessions as a person sees them, kept under `tests/transcripts/`: a change of wording is one diff to read.
//! `SNAPSHOTS=overwrite tests/run -- transcripts` writes them anew; read the diff before you commit it.

mod console;
mod days;
mod failures;
mod iam_user;
mod json;
mod mistakes;
mod show;

use std::fmt::Write as _;
use std::num::NonZero;
use std::path::Path;

use snapbox::{Assert, Data, Redactions};

use crate::pty::{Terminal, bytes};
use crate::support::sandbox::Sandbox;

const COLUMNS: NonZero<u16> = NonZero::new(100).unwrap();
/// No session at a terminal is longer.
const LINES: NonZero<u16> = NonZero::new(400).unwrap();

/// What differs from run to run, and what stands for it.
const VARYING: [(&str, &str); 17] = [
    ("[ADDRESS]", r"127\.0\.0\.1:\d+"),
    ("[PORT]", r"127\.0\.0\.1%3A(?<redacted>\d+)"),
    ("[STATE]", r"state=(?<redacted>[0-9a-f-]{36})"),
    ("[CHALLENGE]", r"code_challenge=(?<redacted>[\w-]{43})"),
    ("[TIME]", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)"),
    ("[TIME]", r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?"),
    ("[LEFT]", r"\b\d+ h \d+ min\b|\b\d+ min( \d+ s)?\b"),
    ("[LEFT]", r"(in |\()(?<redacted>\d+ s)\b"),
    ("[CODE]", r"(?m)^> (?<redacted>\d{6})$"),
    ("[SECONDS]", r#""seconds(_left)?": (?<redacted>[\d.]+)"#),
    ("[USER_CODE]", r"\b[B-Z]{4}-[B-Z]{4}\b"),
    ("[KEY_ID]", r"\bASIA[A-Z2-7]{16}\b"),
    ("[NEW_KEY_ID]", r"\bAKIANEW[A-Z2-7]{13}\b"),
    ("[SECRET]", r"[\w+/]*SECRETMARK[\w+/-]*=*"),
    ("[DIGEST]", r"\b[0-9a-f]{64}\b"),
    ("[COMMIT]", r"(\bis at |HEAD (\(|&#40;))(?<redacted>[0-9a-f]{10})\b"),
    ("[PID]", r"process (?<redacted>\d+)"),
];

/// A session that is written down as it goes.
pub(crate) struct Transcript<'s> {
    home: &'s Sandbox,
    /// Variables of its commands, such as `$CODE`.
    variables: Vec<(&'static str, String)>,
    pub(crate) text: String,
}

impl<'s> Transcript<'s> {
    pub(crate) fn new(home: &'s Sandbox) -> Self {
        Self { home, variables: Vec::new(), text: String::new() }
    }

    /// Sets a variable for the commands that follow.
    fn set(&mut self, name: &'static str, value: String) {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value));
    }

    /// A line of explanation.
    fn says(&mut self, text: &str) {
        let gap = if self.text.is_empty() { "" } else { "\n" };
        _ = writeln!(self.text, "{gap}## {text}");
    }

    /// Runs shell words without a terminal.
    pub(crate) fn runs(&mut self, words: &str) {
        let output = self.shell(&format!("exec 2>&1; {words}")).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        self.note(words, &shown, output.status.code());
    }

    /// Runs shell words at a terminal: each answer is typed once the text before it is shown. What is kept is the screen at
    /// the end.
    fn types(&mut self, words: &str, answers: &[(&str, &str)]) {
        let texts: Vec<_> = answers.iter().map(|(question, text)| (*question, || (*text).to_owned())).collect();
        let answers: Vec<(&str, &dyn Fn() -> String)> =
            texts.iter().map(|(question, text)| (*question, text as &dyn Fn() -> String)).collect();
        self.types_when_asked(words, &answers);
    }

    /// As [`Self::types`], with answers that are not known before the question.
    pub(crate) fn types_when_asked(&mut self, words: &str, answers: &[(&str, &dyn Fn() -> String)]) {
        let mut command = self.shell(&format!("{words}; echo \"[exit $?]\""));
        command.env("TERM", "xterm");
        let mut session = Terminal::runs(command);
        let mut screen = vt100::Parser::new(LINES, COLUMNS, 0);
        for (question, answer) in answers {
            let before = session.exp_string(question).unwrap();
            screen.process(&bytes(&format!("{before}{question}")));
            session.types(&format!("{}\r", answer()));
        }
        screen.process(&bytes(&session.exp_eof().unwrap()));
        let shown = screen.screen().contents();
        self.note(words, &format!("{}\n", shown.trim_end().replace("[exit 0]", "").trim_end()), Some(0));
    }

    fn shell(&self, words: &str) -> std::process::Command {
        let mut command = self.home.program_beside_awsauth("sh".as_ref());
        command.args(["-c", words]).env("COLUMNS", COLUMNS.to_string());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    fn note(&mut self, words: &str, shown: &str, code: Option<i32>) {
        let gap = if self.text.is_empty() { "" } else { "\n" };
        _ = write!(self.text, "{gap}$ {words}\n{shown}");
        if !shown.is_empty() && !shown.ends_with('\n') {
            self.text.push('\n');
        }
        match code {
            Some(0) => {}
            Some(code) => _ = writeln!(self.text, "[exit {code}]"),
            None => self.text.push_str("[ended by a signal]\n"),
        }
    }

    /// Compares with `tests/transcripts/NAME.txt`.
    #[track_caller]
    fn is(self, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/transcripts/{name}.txt"));
        let assert = Assert::new().action_env("SNAPSHOTS").redact_with(redactions(self.home)).normalize_paths(false);
        assert.eq(self.text, Data::read_from(&path, None));
    }
}

/// What differs from run to run in the sessions of a HOME.
pub(crate) fn redactions(home: &Sandbox) -> Redactions {
    let mut redactions = Redactions::new();
    redactions.insert("[HOME]", home.path("").to_str().unwrap().trim_end_matches('/').to_owned()).unwrap();
    redactions.insert("[AWSAUTH]", env!("CARGO_BIN_EXE_awsauth")).unwrap();
    for (name, pattern) in VARYING {
        redactions.insert(name, regex::Regex::new(pattern).unwrap()).unwrap();
    }
    redactions
}

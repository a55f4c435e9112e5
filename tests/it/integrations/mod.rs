//! The lines of `docs/integrations.md`, read from that page and run as it says, in the programs that it is about.

mod containers;
mod directories;
mod kubernetes;
mod terraform;
mod timers;
mod toolkit;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::documents::blocks;
use crate::files::files;
use crate::readers::PROD;
use crate::readers::client::tool;
use crate::readers::home::{Home, Variant};
use crate::support::sandbox::Run;

/// Who `main` is.
const MAIN: &str = "arn:aws:iam::111122223333:user/alice";

/// The page.
const PAGE: &str = include_str!("../../../docs/integrations.md");

/// The page's sections, each with its heading first.
fn sections() -> Vec<&'static str> {
    PAGE.split("\n## ").skip(1).collect()
}

/// The code of a section in one language, all of it.
#[track_caller]
fn code<const N: usize>(section: &str, language: &str) -> [String; N] {
    let text = sections().into_iter().find(|text| text.starts_with(&format!("{section}\n"))).expect(section);
    let blocks = blocks("docs/integrations.md", text).into_iter().filter(|block| block.language == language);
    blocks.map(|block| block.text).collect::<Vec<_>>().try_into().unwrap()
}

/// A person's machine: `prod` and the others are logged in to, and programs are found by their usual names.
struct Machine {
    home: Home,
}

impl Machine {
    /// One with these programs, each of which the environment of `tests/run` names.
    fn new(programs: &[(&str, &str)]) -> Self {
        let machine = Self { home: Home::ready(Variant::Native) };
        std::fs::create_dir(machine.home.sandbox.path("bin")).unwrap();
        for (name, variable) in programs {
            // By a path of its own, as Python's programs know their libraries by theirs.
            let script = format!("exec '{}' \"$@\"\n", tool(variable).display());
            machine.home.sandbox.script(&format!("bin/{name}"), &script);
        }
        machine.home.fake.clear();
        machine
    }

    /// A shell that runs these lines, and stops at the first that fails.
    fn shell(&self, lines: &str) -> Command {
        let mut command = self.home.sandbox.program_beside_awsauth("bash".as_ref());
        command.args(["--noprofile", "--norc", "-euo", "pipefail", "-c", lines]);
        command
    }

    /// Runs lines.
    fn run(&self, lines: &str) -> Run {
        self.shell(lines).output().unwrap().into()
    }

    /// The session of `prod` that a program of AWS's has taken itself and keeps in that directory.
    fn cached_session(&self, directory: &str) -> Value {
        let files = self.home.sandbox.list(directory);
        let texts = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
        let mut documents = texts.map(|text| serde_json::from_str::<Value>(&text).unwrap());
        let is_prod =
            |document: &Value| document["AssumedRoleUser"]["Arn"].as_str().is_some_and(|arn| arn.starts_with(PROD));
        documents.find(is_prod).unwrap()["Credentials"].clone()
    }
}

#[test]
fn each_section_of_the_page_is_run_by_a_test_here_and_is_short() {
    let tests = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/integrations"), "rs");
    let tests: String = tests.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    for heading in sections().iter().filter_map(|text| text.lines().next()) {
        assert!(tests.contains(&format!("code(\"{heading}\", ")), "{heading}");
    }
    for text in PAGE.split("\n#") {
        assert!(text.lines().filter(|line| !line.is_empty()).count() <= 21, "{text}");
    }
}

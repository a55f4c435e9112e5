//! `import` and `apply --adopt`: botocore finds the same credentials and settings before and after, for files as people have
//! them and for random ones.

mod fixtures;
mod random;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::client::{script, tool};
use crate::scene::{CONFIG, CREDENTIALS};
use crate::support::sandbox::{Run, Sandbox};

/// A person's two files; none that is missing.
#[derive(Debug, Clone, Default)]
pub(super) struct Files {
    pub(super) config: Option<Vec<u8>>,
    pub(super) credentials: Option<Vec<u8>>,
}

impl Files {
    pub(super) fn put(&self, home: &Sandbox) {
        home.write(".aws/.keep", "");
        for (path, bytes) in [(CONFIG, &self.config), (CREDENTIALS, &self.credentials)] {
            if let Some(bytes) = bytes {
                home.write(path, bytes);
            }
        }
    }

    fn are_in(&self, home: &Sandbox) -> bool {
        let is = |path: &str, bytes: &Option<Vec<u8>>| std::fs::read(home.path(path)).ok() == *bytes;
        is(CONFIG, &self.config) && is(CREDENTIALS, &self.credentials)
    }
}

/// botocore, which compares any number of pairs of HOMEs in one process.
struct Botocore {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

/// What botocore says of two HOMEs.
struct Comparison {
    differences: Vec<String>,
    /// The profiles for which botocore found credentials before.
    usable: Vec<String>,
}

impl Botocore {
    fn start() -> Self {
        let mut command = Command::new(tool("AWSAUTH_TEST_PYTHON"));
        command.arg(script("compare_chains.py")).env("PYTHONUTF8", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, stdin, stdout }
    }

    fn compare(&mut self, before: &Sandbox, after: &Sandbox, patterns: &BTreeMap<String, String>) -> Comparison {
        let request = json!({ "before": before.path(""), "after": after.path(""), "patterns": patterns });
        writeln!(self.stdin, "{request}").unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).expect("an answer for each request");
        let texts = |key: &str| serde_json::from_value(answer[key].clone()).unwrap();
        Comparison { differences: texts("differences"), usable: texts("usable") }
    }
}

impl Drop for Botocore {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What an import came to.
struct Imported {
    /// What is wrong, each in a line; empty if all is right.
    faults: Vec<String>,
    /// The pattern of each profile of the manifest.
    patterns: BTreeMap<String, String>,
    /// The profiles for which botocore found credentials before.
    usable: Vec<String>,
    manifest: String,
    /// The sections that stay, and the lines for the person's own file, among others.
    document: Value,
}

/// Imports what a person has, adopts it, and compares.
fn import(files: &Files, botocore: &mut Botocore) -> Imported {
    let (before, home) = (Sandbox::in_memory(), Sandbox::in_memory());
    files.put(&before);
    files.put(&home);
    let run = home.run(["import"]);
    let mut imported = Imported {
        faults: Vec::new(),
        patterns: BTreeMap::new(),
        usable: Vec::new(),
        manifest: run.stdout.clone(),
        document: Value::Null,
    };
    check_words(&run, &mut imported.faults);
    if run.code == Some(0) {
        imported.document = home.run(["import", "--json"]).ok().json();
        if imported.document["manifest"].as_str() != Some(&run.stdout) {
            imported.faults.push("a second run prints another manifest".to_owned());
        }
        if !files.are_in(&home) {
            imported.faults.push("`import` changed a file".to_owned());
        }
        adopt(&home, &mut imported, files);
    }
    let compared = botocore.compare(&before, &home, &imported.patterns);
    imported.faults.extend(compared.differences);
    imported.usable = compared.usable;
    imported
}

/// The exit code is one of those that are promised, and no secret is in the words.
fn check_words(run: &Run, faults: &mut Vec<String>) {
    if !matches!(run.code, Some(0 | 4)) {
        faults.push(format!("`import` ended with {:?}: {}", run.code, run.stderr));
    }
    for secret in ["SECRETMARK", "EXAMPLEKEY"] {
        if run.stdout.contains(secret) || run.stderr.contains(secret) {
            faults.push(format!("a secret is shown: {secret}"));
        }
    }
}

/// Makes the printed manifest the person's own, and does what comes next.
fn adopt(home: &Sandbox, imported: &mut Imported, files: &Files) {
    home.manifest(&imported.manifest);
    if let Some(lines) = imported.document["personal"].as_str().filter(|lines| !lines.is_empty()) {
        home.write(".config/awsauth/profiles.local.toml", lines);
    }
    let list = home.run(["list", "--json"]);
    if list.code != Some(0) {
        imported.faults.push(format!("the manifest is wrong:\n{}", list.stderr));
        return;
    }
    let list = list.json();
    imported.patterns = patterns(&list);
    check_matrix(home, &list, imported);
    let apply = home.run(["apply", "--adopt", "--yes"]);
    match apply.code {
        Some(0) => {
            let again = home.run(["import"]);
            if again.stdout != imported.manifest {
                imported.faults.push(difference(
                    "after `apply`, `import` prints another manifest",
                    &imported.manifest,
                    &again.stdout,
                ));
            }
            let idle = home.run(["apply", "--check"]);
            if idle.code != Some(0) {
                imported.faults.push(format!("a second `apply` has something to do:\n{}{}", idle.stdout, idle.stderr));
            }
        }
        // AWS CLI refuses such a file, and `apply` does not write it.
        Some(4) if files.are_in(home) && imported.document["faults"] != json!([]) => {}
        code => imported.faults.push(format!("`apply --adopt` ended with {code:?}:\n{}", apply.stderr)),
    }
}

/// A matrix says the same profiles.
fn check_matrix(home: &Sandbox, list: &Value, imported: &mut Imported) {
    let matrix = home.run(["import", "--matrix"]).ok().stdout;
    if matrix == imported.manifest {
        return;
    }
    home.manifest(&matrix);
    let other = home.run(["list", "--json"]);
    if other.code != Some(0) || by_name(&other.json()) != by_name(list) {
        imported.faults.push(format!("`--matrix` says something else:\n{matrix}{}", other.stderr));
    }
    home.manifest(&imported.manifest);
}

fn by_name(list: &Value) -> BTreeMap<String, &Value> {
    list["profiles"].as_array().unwrap().iter().map(|one| (one["name"].to_string(), one)).collect()
}

fn patterns(list: &Value) -> BTreeMap<String, String> {
    let profiles = list["profiles"].as_array().unwrap().iter();
    profiles
        .map(|one| (one["name"].as_str().unwrap().to_owned(), one["pattern"].as_str().unwrap().to_owned()))
        .collect()
}

/// The first lines that differ.
fn difference(what: &str, one: &str, other: &str) -> String {
    let at = one.lines().zip(other.lines()).take_while(|(one, other)| one == other).count();
    let show = |text: &str| text.lines().skip(at.saturating_sub(1)).take(4).collect::<Vec<_>>().join("\n    ");
    format!("{what}, from line {}:\n    {}\n  instead of\n    {}", at + 1, show(other), show(one))
}

pub(super) fn fixture(name: &str) -> Files {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import").join(name);
    Files { config: std::fs::read(dir.join("config")).ok(), credentials: std::fs::read(dir.join("credentials")).ok() }
}

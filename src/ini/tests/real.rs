//! Asks the real parsers. That of the Rust SDK is always there; botocore and JavaScript's are where `tests/run` put them.

use std::collections::BTreeMap;

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;

use crate::ini::dialect::{Name, Reading, SectionType, Settings};
use crate::ini::{Document, FileKind};

/// A file to be read.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) kind: FileKind,
    pub(super) bytes: Vec<u8>,
}

impl File {
    pub(super) fn document(&self) -> Document<'_> {
        Document::parse(&self.bytes, self.kind)
    }
}

/// A file as the parser of the Rust SDK reads it; none if it refuses it.
#[expect(clippy::default_trait_access, reason = "the types are of aws-types, which is not a dependency")]
pub(super) fn rust(file: &File) -> Option<Reading> {
    let kind = match file.kind {
        FileKind::Config => EnvConfigFileKind::Config,
        FileKind::Credentials => EnvConfigFileKind::Credentials,
    };
    let place = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut place.as_file(), &file.bytes).unwrap();
    let files = EnvConfigFiles::builder().with_file(kind, place.path()).build();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let source = runtime.block_on(source::load(&Default::default(), &Default::default(), &files)).unwrap();
    EnvConfigSections::parse(source).ok().map(|sections| reading(&sections))
}

/// The SDK lists its sections, but what is in them only as `Debug` text.
fn reading(sections: &EnvConfigSections) -> Reading {
    let mut found: BTreeMap<Name, Settings> = BTreeMap::new();
    let profiles =
        sections.profiles().map(|name| (SectionType::Profile, name, format!("{:?}", sections.get_profile(name))));
    let sessions = sections.sso_sessions().map(|name| {
        let session = sections.sso_session(name);
        (SectionType::SsoSession, name, format!("{session:?}"))
    });
    for (section_type, name, debug) in profiles.chain(sessions) {
        let section = found.entry(Name::new(section_type, name)).or_default();
        // The section's name; then for each setting the key, the key again, and the value.
        for setting in literals(&debug)[1..].chunks_exact(3) {
            add(section, &setting[0], &setting[2]);
        }
    }
    let others = literals(&format!("{:?}", sections.other_sections()));
    // First word of the header, name, block, key, value.
    for nested in others.chunks_exact(5).filter(|nested| nested[0] == "services") {
        let section = found.entry(Name::new(SectionType::Services, &nested[1])).or_default();
        section.insert(format!("{}.{}", nested[2], nested[3]), nested[4].clone());
    }
    Reading(found)
}

/// The SDK keeps a nested block as one text that begins with a line end.
fn add(section: &mut Settings, key: &str, value: &str) {
    let Some(block) = value.strip_prefix('\n') else {
        section.insert(key.to_owned(), value.to_owned());
        return;
    };
    for (nested, text) in block.lines().filter_map(|line| line.split_once('=')) {
        let trim = |text: &str| text.trim_matches([' ', '\t']).to_owned();
        section.insert(format!("{key}.{}", trim(nested)), trim(text));
    }
}

/// All string literals of a `Debug` text.
fn literals(debug: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = debug.chars();
    while chars.by_ref().any(|char| char == '"') {
        let mut literal = String::new();
        loop {
            match chars.next().expect("a literal ends") {
                '"' => break,
                '\\' => literal.push(escaped(&mut chars)),
                char => literal.push(char),
            }
        }
        found.push(literal);
    }
    found
}

fn escaped(chars: &mut std::str::Chars<'_>) -> char {
    match chars.next().expect("an escape goes on") {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        'u' => {
            let digits: String = chars.by_ref().skip(1).take_while(|char| *char != '}').collect();
            u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).expect("a code point")
        }
        char => char,
    }
}

/// Files as botocore reads them, all in one process; none for those that it refuses.
#[cfg(feature = "real-clients")]
pub(super) fn botocore(files: &[File]) -> Vec<Option<Reading>> {
    let mut command = std::process::Command::new(tool("AWSAUTH_TEST_PYTHON"));
    command.arg(script("ini_reader.py")).env("PYTHONUTF8", "1");
    ask(command, files)
}

/// Files as the loader of the JavaScript SDK reads them, all in one process. It refuses none.
#[cfg(feature = "real-clients")]
pub(super) fn javascript(files: &[File]) -> Vec<Option<Reading>> {
    let mut command = std::process::Command::new(tool("AWSAUTH_TEST_NODE"));
    command.arg(script("ini_reader.mjs")).arg(tool("AWSAUTH_TEST_NODE_DIR"));
    ask(command, files)
}

/// A client that `tests/run` has installed and named in the environment.
#[cfg(feature = "real-clients")]
#[expect(clippy::disallowed_methods, reason = "tests are told where the clients are")]
fn tool(variable: &str) -> std::ffi::OsString {
    std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set: run `tests/run`"))
}

#[cfg(feature = "real-clients")]
fn script(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

#[cfg(feature = "real-clients")]
#[expect(clippy::disallowed_methods, reason = "the clients read files of the test's own")]
fn ask(mut command: std::process::Command, files: &[File]) -> Vec<Option<Reading>> {
    let place = tempfile::tempdir().unwrap();
    let mut requests = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let path = place.path().join(number.to_string());
        std::fs::write(&path, &file.bytes).unwrap();
        let kind = if file.kind == FileKind::Config { "config" } else { "credentials" };
        requests.push(serde_json::json!({ "path": path, "kind": kind }).to_string());
    }
    let requests_path = place.path().join("requests");
    std::fs::write(&requests_path, requests.join("\n")).unwrap();
    let output = command.stdin(std::fs::File::open(requests_path).unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(answer).collect();
    assert_eq!(answers.len(), files.len());
    answers
}

#[cfg(feature = "real-clients")]
fn answer(line: &str) -> Option<Reading> {
    let answer: serde_json::Value = serde_json::from_str(line).unwrap();
    let mut found = BTreeMap::new();
    for (title, settings) in answer["sections"].as_object()? {
        let (word, name) = title.split_once(' ').expect("a word, a space and a name");
        let name = Name::typed(word, name).expect("a word of the scripts");
        let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
        let settings = settings.as_object().expect("an object");
        found.insert(name, settings.iter().map(|(key, value)| (key.clone(), text(value))).collect());
    }
    Some(Reading(found))
}

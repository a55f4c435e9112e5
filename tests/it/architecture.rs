//! The table of layers of the house, checked against every `crate::` path in the source, so that it can't rot.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::files::files;

/// What each room may import. Standing lower means being more basic; nothing imports `cli`.
const LAYERS: [(&str, &[&str]); 20] = [
    ("cli", &["*"]),
    // Only in tests and under the feature `fuzzing`.
    ("laws", &["source", "diagnostic", "model", "manifest", "ini", "plan", "import", "secret"]),
    ("apply", &["plan", "system"]),
    ("provider", &["model", "flow", "aws", "store", "prompt", "system", "secret"]),
    // `system` hands secrets to a program's environment, and shows them nowhere.
    ("system", &["source", "secret", "address"]),
    ("aws", &["model", "flow", "secret", "address"]),
    ("store", &["source", "model", "secret", "system"]),
    // The terminal and programs are the system's; whom to ask, and how often, is decided here.
    ("prompt", &["source", "secret", "system"]),
    ("import", &["source", "diagnostic", "manifest", "model", "ini", "plan", "secret"]),
    ("readers", &["ini"]),
    ("manifest", &["source", "diagnostic", "model", "address"]),
    ("plan", &["source", "diagnostic", "model", "ini", "secret"]),
    ("flow", &["model", "secret"]),
    ("render", &["source", "model", "secret"]),
    ("model", &["source", "secret", "address"]),
    ("ini", &["source"]),
    ("diagnostic", &["source"]),
    ("source", &[]),
    ("secret", &[]),
    ("address", &[]),
];
/// The most lines of one source file.
const LONGEST_FILE: usize = 500;

pub(crate) fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The room that a file belongs to: the first part of its path.
fn room(file: &Path) -> String {
    let inside = file.strip_prefix(src()).unwrap();
    inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The rooms that a text names as `crate::room`, or inside `use crate::{…}`.
fn imported(text: &str) -> BTreeSet<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut rooms = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let is_own_path = text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        match rest.strip_prefix('{') {
            _ if is_own_path => {}
            Some(group) => {
                let group = &group[..group.find(';').unwrap_or(group.len())];
                rooms.extend(group.split(',').map(|part| name(part.trim())));
            }
            None => _ = rooms.insert(name(rest)),
        }
    }
    rooms.remove("");
    rooms
}

#[test]
fn every_room_imports_only_what_the_table_allows() {
    let mut broken = Vec::new();
    for file in files(&src(), "rs") {
        let room = room(&file);
        if room == "main" || room == "lib" {
            continue;
        }
        let (_, allowed) =
            LAYERS.iter().find(|(name, _)| *name == room).unwrap_or_else(|| panic!("{room} is in no layer"));
        let text: String = fs::read_to_string(&file)
            .unwrap()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .flat_map(|line| [line, "\n"])
            .collect();
        let is_test = file.ends_with("tests.rs");
        let wrong = imported(&text)
            .into_iter()
            .filter(|other| !(is_test && other == "fake_aws"))
            .filter(|other| *other != room && !allowed.contains(&"*") && !allowed.contains(&other.as_str()));
        broken.extend(wrong.map(|other| format!("{} imports {other}", file.display())));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_table_has_no_cycle() {
    for (index, (name, allowed)) in LAYERS.iter().enumerate() {
        let below: Vec<&str> = LAYERS[index + 1..].iter().map(|(name, _)| *name).collect();
        let upward: Vec<&&str> =
            allowed.iter().filter(|room| **room != "*" && !below.contains(*room) && !leads_away(room, name)).collect();
        assert!(upward.is_empty(), "{name} → {upward:?}");
    }
}

/// Whether nothing that `from` imports, directly or not, leads to `to`.
fn leads_away(from: &str, to: &str) -> bool {
    let allowed = LAYERS.iter().find(|(name, _)| *name == from).map(|(_, allowed)| *allowed).unwrap();
    allowed.iter().all(|room| *room != to && leads_away(room, to))
}

/// What two commands need is in a directory of `cli` beside `command`.
#[test]
fn a_command_is_called_by_the_command_line_alone() {
    let callers: Vec<PathBuf> = files(&src(), "rs")
        .into_iter()
        .filter(|file| !file.ends_with("cli/args.rs") && !file.ends_with("cli/mod.rs"))
        .filter(|file| fs::read_to_string(file).unwrap().contains("cli::command::"))
        .collect();
    assert!(callers.is_empty(), "{callers:?}");
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let long: Vec<String> = files(&src(), "rs")
        .into_iter()
        .map(|file| (fs::read_to_string(&file).unwrap().lines().count(), file))
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .map(|(lines, file)| format!("{}: {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn no_file_has_unsafe_code() {
    for file in files(&src(), "rs") {
        let text = fs::read_to_string(&file).unwrap();
        let found = ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "#[unsafe(", "unsafe_code"];
        let found: Vec<&str> = found.into_iter().filter(|word| text.contains(word)).collect();
        assert!(found.is_empty(), "{}: {found:?}", file.display());
    }
}

#[test]
fn every_file_says_first_what_it_owns() {
    let silent: Vec<PathBuf> = files(&src(), "rs")
        .into_iter()
        .filter(|file| {
            !file.ends_with("lib.rs")
                && !file.strip_prefix(src()).unwrap().iter().any(|part| part == "tests")
                && !fs::read_to_string(file).unwrap().starts_with("//! ")
        })
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn every_test_file_is_part_of_the_one_binary() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = fs::read_to_string(dir.join("main.rs")).unwrap();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(name == "main" || main.contains(&format!("mod {name};")), "{name} is not in tests/it/main.rs");
    }
}

/// A newcomer's first command: with the AWS SDKs and what tests need, it took ten minutes from nothing.
#[test]
fn the_tour_is_built_from_little_beside_the_program() {
    let manifest = |file: &str| -> toml_edit::DocumentMut {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap().parse().unwrap()
    };
    let (tour, program) = (manifest("examples/Cargo.toml"), manifest("Cargo.toml"));
    // `cargo run --example tour` looks for it among the default members.
    for list in ["members", "default-members"] {
        let members = program["workspace"][list].as_array().unwrap();
        assert!(members.iter().any(|member| member.as_str() == Some("examples")), "{list}");
    }
    let dependencies = |manifest: &toml_edit::DocumentMut| -> BTreeSet<String> {
        manifest["dependencies"].as_table().unwrap().iter().map(|(name, _)| name.to_owned()).collect()
    };
    let (tour, program) = (dependencies(&tour), dependencies(&program));
    assert_eq!(tour.difference(&program).collect::<Vec<_>>(), [""; 0], "what the program needs as well is built once");
    let is_heavy = |name: &&String| name.starts_with("aws-") || *name == "tokio" || *name == "rustls";
    assert_eq!(tour.iter().find(is_heavy), None);
}

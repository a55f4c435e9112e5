//! Trees of files before and after: `fixtures/apply/CASE/{profiles.toml,in,out}`, compared byte for byte. `args`, if there
//! is such a file, holds flags for the run that makes the change.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::support::sandbox::Sandbox;

/// What stands at one place of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Directory,
    Link(PathBuf),
    File(Vec<u8>),
}

/// Everything below `root` by its path there; awsauth's own state and the directory itself are left out.
fn tree(root: &Path) -> BTreeMap<PathBuf, Node> {
    let mut nodes = BTreeMap::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap().file_type();
            let relative = path.strip_prefix(root).unwrap().to_path_buf();
            if relative == Path::new(".local") {
                continue;
            }
            let node = if kind.is_symlink() {
                Node::Link(fs::read_link(&path).unwrap())
            } else if kind.is_dir() {
                open.push(path);
                Node::Directory
            } else {
                Node::File(fs::read(&path).unwrap())
            };
            nodes.insert(relative, node);
        }
    }
    nodes
}

/// Builds a tree in HOME, with modes that are neither git's nor awsauth's.
fn plant(nodes: &BTreeMap<PathBuf, Node>, home: &Path) {
    for (path, node) in nodes {
        let path = home.join(path);
        match node {
            Node::Directory => {
                fs::create_dir(&path).unwrap();
                fs::set_permissions(&path, Permissions::from_mode(0o751)).unwrap();
            }
            Node::Link(to) => std::os::unix::fs::symlink(to, &path).unwrap(),
            Node::File(bytes) => {
                fs::write(&path, bytes).unwrap();
                fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
            }
        }
    }
}

/// A readable account of where two trees differ.
#[track_caller]
fn same(case: &str, found: &BTreeMap<PathBuf, Node>, expected: &BTreeMap<PathBuf, Node>) {
    let paths = |nodes: &BTreeMap<PathBuf, Node>| nodes.keys().cloned().collect::<Vec<_>>();
    assert_eq!(paths(found), paths(expected), "{case}");
    for (path, node) in found {
        match (node, &expected[path]) {
            (Node::File(found), Node::File(expected)) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                assert_eq!(text(found), text(expected), "{case}: {}", path.display());
                assert_eq!(found, expected, "{case}: {}", path.display());
            }
            (found, expected) => assert_eq!(found, expected, "{case}: {}", path.display()),
        }
    }
}

/// What was there keeps its mode; what is new is for its owner alone.
#[track_caller]
fn check_modes(case: &str, home: &Path, before: &BTreeMap<PathBuf, Node>, after: &BTreeMap<PathBuf, Node>) {
    for (path, node) in after.iter().filter(|(_, node)| !matches!(node, Node::Link(_))) {
        let expected = match (node, before.contains_key(path)) {
            (Node::Directory, true) => 0o751,
            (Node::Directory, false) => 0o700,
            (_, true) => 0o640,
            (_, false) => 0o600,
        };
        let mode = home.join(path).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, expected, "{case}: {} has {mode:o}", path.display());
    }
}

/// When each file was last written or exchanged.
fn stamps(home: &Path, nodes: &BTreeMap<PathBuf, Node>) -> Vec<(i64, i64, u64)> {
    let metadata = nodes.keys().map(|path| home.join(path).symlink_metadata().unwrap());
    metadata.map(|metadata| (metadata.mtime(), metadata.mtime_nsec(), metadata.ino())).collect()
}

fn check(case: &Path) {
    let name = case.file_name().unwrap().to_str().unwrap();
    let (before, after) = (tree(&case.join("in")), tree(&case.join("out")));
    assert!(!after.is_empty(), "{name} must say what is expected");
    let home = Sandbox::new();
    let root = home.path("");
    plant(&before, &root);
    let manifest = case.join("profiles.toml");
    let apply = |rest: &[&str]| home.run([&["apply", "--manifest", manifest.to_str().unwrap()], rest].concat());
    let args = fs::read_to_string(case.join("args")).unwrap_or_default();
    let args: Vec<&str> = args.split_whitespace().collect();
    apply(&[&["--check"], args.as_slice()].concat()).exits(1);
    same(name, &tree(&root), &before);
    apply(&args).ok();
    same(name, &tree(&root), &after);
    check_modes(name, &root, &before, &after);
    let written = stamps(&root, &after);
    let run = apply(&[]).ok();
    assert!(run.stderr.contains("nothing to do"), "{name}: {}", run.stderr);
    apply(&["--force", "--adopt"]).ok();
    assert_eq!(stamps(&root, &after), written, "{name}: the second run must not touch a file");
    apply(&["--check"]).ok();
}

#[test]
fn each_tree_becomes_what_its_case_says_and_the_second_run_touches_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/apply");
    let cases: Vec<PathBuf> =
        fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    assert!(cases.len() >= 15, "{cases:?}");
    for case in &cases {
        check(case);
    }
}

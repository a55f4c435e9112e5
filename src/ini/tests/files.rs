//! The files that readers are compared on: those of `fixtures/ini`, and others made with a fixed seed.

use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::real::File;
use crate::ini::FileKind;
use crate::ini::pieces::PIECES;

const MADE: usize = 400;

/// Lines that some reader sees differently, most of them fit to stand anywhere.
const LINES: &[&str] = &[
    "[default]",
    "[profile a]",
    "[profile b]",
    "[profile c]",
    "[sso-session s]",
    "[services s]",
    "[preview]",
    "[profile \"d\"]",
    "[profile d] # c",
    "[profile e]# c",
    "[profile f] ; c]",
    "[ profile g ]",
    "[profile h i]",
    "[profile 'j k']",
    "[profile default]",
    "[DEFAULT]",
    "[Default]",
    "[x]",
    "[profile-y z]",
    "[profile l",
    "[profile m] n",
    " [profile o]",
    "region = us-east-1",
    "output = json",
    "cli_pager=",
    "external_id = a # b",
    "owner = #x",
    "role_arn =\tarn:aws:iam::111122223333:role/A\t; c",
    "Role_Session_Name = x",
    "mfa_serial: x",
    "a:b = c",
    "ca_bundle = \"/a b/c\"",
    "credential_process = '/x' y 'z'",
    "duration_seconds = \u{a0}3600\u{c}",
    "s3 =",
    "s3 =",
    "sts =",
    "  endpoint_url = http://localhost",
    "  Addressing_Style = path # c",
    "\tmax_queue_size=1",
    "  # c",
    "  more",
    "# c",
    "; c",
    "",
    "",
    "  ",
    "text",
    "k1 = v",
    "k2 = v",
    "k3 = v",
    "k4 = v",
];

/// Headers and settings that all read alike; `@` becomes a number, so that none is there twice.
const ALIKE: [&[&str]; 2] = [
    &["[profile p@]", "[profile p@]", "[sso-session s@]", "[services v@]", "[preview@]"],
    &["k@ = v", "k@=a b", "k@ =\n  a = b\n  c=d", "k@\t=\tv", "# c", ""],
];

/// Headers and settings that some reader sees differently.
const DIFFERENT: [&[&str]; 2] = [
    &["[profile \"q@\"]", "[profile p@] # c", "[ profile p@ ]", "[profile p@]#c", "[profile p@ x]", "[profile-x p@]"],
    &[
        "K@ = v",
        "k@ = a # b",
        "k@ = \"v\"",
        "k@ =",
        "k@ = #x",
        "k@ = v\n  more",
        "k@ = v\n  x = y",
        "k@:x = v",
        "k@ =\n  A = b # c",
    ],
];

/// All of `fixtures/ini`, and files made anew but always the same.
pub(super) fn all() -> Vec<File> {
    let mut files = fixtures();
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    for number in 0..MADE {
        let (kind, bytes) = made().new_tree(&mut runner).unwrap().current();
        files.push(File { name: format!("made {number}"), kind, bytes });
    }
    files
}

/// All of `fixtures/ini`; the name says which are credentials files.
#[expect(clippy::disallowed_methods, reason = "these are the tests' own files")]
pub(super) fn fixtures() -> Vec<File> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ini");
    let paths = std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "ini")).collect();
    paths.sort();
    let file = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let kind = if name.starts_with("credentials") { FileKind::Credentials } else { FileKind::Config };
        File { name, kind, bytes: std::fs::read(path).unwrap() }
    };
    paths.into_iter().map(file).collect()
}

/// A config or credentials file: lines that mean something, more seldom pieces of them at random.
pub(super) fn made() -> impl Strategy<Value = (FileKind, Vec<u8>)> {
    let kind = prop::sample::select(vec![FileKind::Config, FileKind::Config, FileKind::Credentials]);
    let ending = prop::sample::select(vec!["\n", "\n", "\n", "\n", "\r\n", "\r"]);
    let line = (prop::sample::select(LINES), ending).prop_map(|(line, ending)| [line, ending].concat());
    let lines = prop::collection::vec(line, 0..14).prop_map(|lines| lines.concat().into_bytes());
    let uniform = prop::collection::vec(prop::sample::select(LINES), 0..14)
        .prop_map(|lines| lines.iter().flat_map(|line| [line.as_bytes(), b"\n"]).collect::<Vec<_>>().concat());
    let pieces = prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..30).prop_map(|pieces| pieces.concat());
    let head = prop::sample::select(vec!["[profile p]\n", "[profile p]\nq = r\n", ""]);
    let body = prop_oneof![2 => uniform, 1 => lines, 1 => pieces, 4 => tidy()];
    (kind, head, body).prop_map(|(kind, head, body)| (kind, [head.as_bytes(), &body].concat()))
}

/// Sections that mostly all read alike, and botocore always reads.
fn tidy() -> impl Strategy<Value = Vec<u8>> {
    let line = |at: usize| {
        let (alike, different) = (prop::sample::select(ALIKE[at]), prop::sample::select(DIFFERENT[at]));
        prop_oneof![12 => alike, 1 => different]
    };
    let section = (line(0), prop::collection::vec(line(1), 0..5));
    prop::collection::vec(section, 0..5).prop_map(|sections| {
        let lines = sections.into_iter().flat_map(|(header, body)| std::iter::once(header).chain(body));
        let numbered = lines.enumerate().map(|(number, line)| line.replace('@', &number.to_string()) + "\n");
        numbered.collect::<String>().into_bytes()
    })
}

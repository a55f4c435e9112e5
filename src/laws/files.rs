//! Owns drawing files as people write them, good and bad. Must not judge them.

use std::fmt;
use std::ops::Deref;

use super::Unstructured;
use crate::ini::FileKind;

/// Names of sections, of which manifests use some as well.
pub(super) const NAMES: &[&str] = &[
    "main",
    "prod",
    "base",
    "audit",
    "read",
    "jump",
    "default",
    "a.b_c@d%e+f:g/h-i",
    "corp",
    "0",
    "X",
    "profile",
    "main-long-term",
];
/// Lines in which `§` becomes a number that no other line has, so that keys and sections are not repeated.
const TIDY: &[&str] = &[
    "",
    "# c",
    "k§ = v",
    "k§=v",
    "region§ = eu-west-1",
    "k§ = v # c",
    "k§: v",
    "K§ = v",
    "k§ =",
    "s3§ =\n  a = b\n  c = d",
    "  k§ = v",
    "\tk§ = v",
    "    more",
    "  x = y",
    ";c",
    "  # c",
    "  ",
    "k§ =  \"v\"  ",
    "k§ = \u{e4}\u{a0}",
    "k§ = a = b [c] # d",
];
const CONFIG_HEADERS: &[&str] = &[
    "[profile q§]",
    "[sso-session q§]",
    "[services q§]",
    "[preview§]",
    "[profile \"q §\"]",
    "[profile q§] # c",
    "  [profile q§]",
    "[profile 'q§']",
    "[profile q §]",
    "[ profile q§ ]",
    "[q§]",
    "[profile q§] = x",
];
const CREDENTIALS_HEADERS: &[&str] =
    &["[q§]", "[q§-long-term]", "[q §]", "[ q§ ]", "[q§] # c", "  [q§]", "[profile q§]"];
/// Entries of the credentials file, each key once; `§` is a number.
const KEYS: [&[&str]; 5] = [
    &[
        "aws_access_key_id = AKIA§",
        "aws_access_key_id = ASIA§",
        "AWS_Access_Key_Id=AKIA§",
        "aws_access_key_id=ASIA§\n  more",
        "",
    ],
    &["aws_secret_access_key = s§", "aws_secret_access_key=s§", "# mine", ""],
    &["", "aws_session_token = t§", "aws_session_token ="],
    &["", "awsauth_expiration = 2026-01-01T00:00:00Z", "awsauth_expiration=x"],
    &["", "", "region = x", "# mine", "\n# mine"],
];
/// Lines that AWS CLI refuses, or reads differently from how they look.
const JUNK: &[&str] = &[
    "nonsense",
    "[open",
    "[]",
    "= v",
    "[DEFAULT]",
    "[profile mine]",
    "k = v",
    "k = v",
    "# >>> awsauth >>>",
    "# <<< awsauth <<< sha256:0",
    " # >>> awsauth >>> x",
    "\u{feff}",
    "s3 =\n  nonsense",
    "[default]",
    "[profile default]",
    "aws_session_token = t",
    "\0",
    "]",
];
use crate::ini::pieces::PIECES;

/// One of AWS's two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSort {
    /// `~/.aws/config`
    Config,
    /// `~/.aws/credentials`
    Credentials,
}

impl FileSort {
    /// Its kind for `ini`.
    pub(super) fn kind(self) -> FileKind {
        match self {
            Self::Config => FileKind::Config,
            Self::Credentials => FileKind::Credentials,
        }
    }
}

/// The bytes of a file, shown as text.
#[derive(Clone, PartialEq, Eq)]
pub struct File(pub Vec<u8>);

impl Deref for File {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for File {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "b\"{}\"", self.0.escape_ascii())
    }
}

/// Draws a file, in most cases one that AWS CLI reads. `seeds` are files to start from.
pub(super) fn draw(draw: &mut Unstructured<'_>, sort: FileSort, seeds: &[Vec<u8>]) -> File {
    File(match draw.below(8) {
        0..=4 => lines(draw, sort),
        5 if !seeds.is_empty() => {
            let seed = &seeds[draw.below(seeds.len().min(256))];
            mutated(draw, seed)
        }
        5 | 6 => (0..draw.below(40)).flat_map(|_| draw.pick(PIECES).to_vec()).collect(),
        _ => draw.rest().to_vec(),
    })
}

fn lines(draw: &mut Unstructured<'_>, sort: FileSort) -> Vec<u8> {
    let has_junk = draw.one_in(6);
    let ending = draw.pick(&["\n", "\n", "\n", "\r\n", "\r\n", "\r", ""]);
    let count = draw.below(16);
    let mut text = String::new();
    for number in 0..count {
        let line = line(draw, sort, has_junk, text.is_empty()).replace('§', &number.to_string());
        let ending = if ending.is_empty() { draw.pick(&["\n", "\r\n", "\r"]) } else { ending };
        text.extend([&line.replace('\n', ending), ending]);
    }
    if draw.one_in(4) {
        text.truncate(text.trim_end_matches(['\n', '\r']).len());
    }
    text.into_bytes()
}

fn line(draw: &mut Unstructured<'_>, sort: FileSort, has_junk: bool, is_first: bool) -> String {
    match draw.below(16) {
        _ if has_junk && draw.one_in(5) => draw.pick(JUNK).to_owned(),
        0..=4 => section(draw, sort),
        _ if is_first => draw.pick(&["[profile a]", "# c", "", "[default]"]).to_owned(),
        _ => draw.pick(TIDY).to_owned(),
    }
}

/// A header, and in the credentials file some keys.
fn section(draw: &mut Unstructured<'_>, sort: FileSort) -> String {
    let is_known = draw.one_in(if sort == FileSort::Config { 8 } else { 2 });
    if sort == FileSort::Config {
        return if is_known { format!("[profile {}]", draw.pick(NAMES)) } else { draw.pick(CONFIG_HEADERS).to_owned() };
    }
    let mut text = if is_known { format!("[{}]", draw.pick(NAMES)) } else { draw.pick(CREDENTIALS_HEADERS).to_owned() };
    for key in KEYS.map(|keys| draw.pick(keys)).into_iter().filter(|key| !key.is_empty()) {
        text.extend(["\n", key]);
    }
    text
}

/// `seed` with a few of its lines taken out, doubled or followed by another line.
fn mutated(draw: &mut Unstructured<'_>, seed: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = seed.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    for _ in 0..draw.below(4) {
        let at = draw.below(lines.len().clamp(1, 256));
        match draw.below(4) {
            _ if at >= lines.len() => {}
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => lines.insert(at, format!("{}\n", draw.pick(TIDY)).into_bytes()),
            _ => lines.insert(at, format!("{}\n", draw.pick(JUNK)).into_bytes()),
        }
    }
    lines.concat()
}

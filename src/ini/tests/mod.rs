//! Tests of the `ini` room.

mod differential;
mod disagreements;
mod edits;
mod faults;
mod files;
mod laws;
mod oracle;
mod reading;
mod real;
mod table;

use super::{Document, FileKind, SectionId};

fn config(text: &str) -> Document<'_> {
    Document::parse(text.as_bytes(), FileKind::Config)
}

fn profile(name: &str) -> SectionId {
    SectionId::Profile(name.to_owned())
}

fn other(name: &str) -> SectionId {
    SectionId::Other(name.to_owned())
}

/// Pieces that mean something to some INI parser, to be joined at random.
const PIECES: &[&[u8]] = &[
    b"[profile a]",
    b"[profile b]",
    b"[profile \"a\"]",
    b"[default]",
    b"[profile default]",
    b"[DEFAULT]",
    b"[a]",
    b"[services s]",
    b"[",
    b"]",
    b"=",
    b" = ",
    b":",
    b" ",
    b"  ",
    b"\t",
    b"\n",
    b"\n",
    b"\n  ",
    b"\n\n",
    b"\r\n",
    b"\r",
    b"#",
    b" ;",
    b"region",
    b"Region",
    b"s3",
    b"x = y\n",
    b"k = v\n",
    b"s3 =\n  a = b\n",
    b"\"",
    b"'",
    b"\\",
    b"\xef\xbb\xbf",
    b"\xc2\xa0",
    b"\xc2\x85",
    b"\xe2\x80\xa8",
    b"\x0c",
    b"\x1c",
    b"\0",
    b"\xff",
    b"\xc3\x9c",
];

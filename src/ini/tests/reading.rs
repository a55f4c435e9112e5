use super::*;
use crate::ini::line::{Line, LineError};
use crate::ini::section::Entry;
use crate::ini::{LineKind, Section};

/// Input, identity, key, what botocore gives (aws-facts §1.2, column botocore).
const VALUES: &[(&str, Id, &str, Option<&str>)] = &[
    ("[profile a]\nregion = us-east-1 # c\n", Id::Profile("a"), "region", Some("us-east-1 # c")),
    ("[profile a]\nregion = us-east-1 ; c\n", Id::Profile("a"), "region", Some("us-east-1 ; c")),
    ("[profile a]\nregion = us-east-1\t# c\n", Id::Profile("a"), "region", Some("us-east-1\t# c")),
    ("[profile a]\nfoo = #x\n", Id::Profile("a"), "foo", Some("#x")),
    ("[profile a]# c\nk = v\n", Id::Profile("a"), "k", Some("v")),
    ("[profile a] # c]\nk = v\n", Id::Profile("a"), "k", None),
    ("[profile a] # c]\nk = v\n", Id::Other("profile a] # c"), "k", Some("v")),
    ("[profile a] junk\nk = v\n", Id::Profile("a"), "k", Some("v")),
    ("[ profile  a ]\nk = v\n", Id::Profile("a"), "k", None),
    ("[ profile  a ]\nk = v\n", Id::Other(" profile  a "), "k", Some("v")),
    (" [profile a]\nk = v\n", Id::Profile("a"), "k", Some("v")),
    ("[profile b]\nk = v\n [profile a]\nx = y\n", Id::Profile("a"), "x", None),
    ("[profile b]\nk = v\n [profile a]\nx = y\n", Id::Profile("b"), "k", Some("v\n[profile a]")),
    ("[profile \"a\"]\nk = v\n", Id::Profile("a"), "k", Some("v")),
    ("[profile 'a']\nk = v\n", Id::Profile("a"), "k", Some("v")),
    ("[profile \"a b\"]\nk = v\n", Id::Profile("a b"), "k", Some("v")),
    ("[profile a b]\nk = v\n", Id::Profile("a b"), "k", None),
    ("[profile a b]\nk = v\n", Id::Other("profile a b"), "k", Some("v")),
    ("[profile #a]\nk = v\n", Id::Profile("#a"), "k", Some("v")),
    ("[profile a;b]\nk = v\n", Id::Profile("a;b"), "k", Some("v")),
    ("[profile a~=],(ü)]\nk = v\n", Id::Profile("a~=],(ü)"), "k", Some("v")),
    ("[profile a\\b]\nk = v\n", Id::Profile("ab"), "k", Some("v")),
    ("[profile \"a\\$\\\"b\"]\nk = v\n", Id::Profile("a\\$\"b"), "k", Some("v")),
    ("[profile o'b]\nk = v\n", Id::Profile("o'b"), "k", None),
    ("[profile o'b]\nk = v\n", Id::Other("profile o'b"), "k", Some("v")),
    ("[profile a\\]\nk = v\n", Id::Other("profile a\\"), "k", Some("v")),
    ("[profile '']\nk = v\n", Id::Profile(""), "k", Some("v")),
    ("[profile-foo bar]\nk = v\n", Id::Profile("bar"), "k", Some("v")),
    ("[profile]\nk = v\n", Id::Other("profile"), "k", Some("v")),
    ("[sso-session s]\nk = v\n", Id::Sso("s"), "k", Some("v")),
    ("[services s]\nk = v\n", Id::Services("s"), "k", Some("v")),
    ("[DEFAULT]\nk = v\n[profile a]\nx = y\n", Id::Profile("a"), "k", Some("v")),
    ("[DEFAULT]\nk = v\n[profile a]\nk = own\n", Id::Profile("a"), "k", Some("own")),
    ("[DEFAULT]\nk = v\n", Id::Profile("a"), "k", None),
    ("[Default]\nk = v\n", Id::Profile("default"), "k", None),
    ("[Default]\nk = v\n", Id::Other("Default"), "k", Some("v")),
    ("[profile default]\nk = 1\n[default]\nk = 2\n", Id::Profile("default"), "k", Some("2")),
    ("[default]\nk = 2\n[profile default]\nk = 1\n", Id::Profile("default"), "k", Some("1")),
    ("[default]\nk = 2\n", Id::Profile("default"), "k", Some("2")),
    ("[profile a]\nk = 1\nx = 1\n[profile \"a\"]\nk = 2\n", Id::Profile("a"), "k", Some("2")),
    ("[profile a]\nk = 1\nx = 1\n[profile \"a\"]\nk = 2\n", Id::Profile("a"), "x", None),
    ("[profile a]\nk = 1\nx = 1\n[profile a]\nk = 2\n", Id::Profile("a"), "x", Some("1")),
    ("[profile a]\nk = 1\nK = 2\n", Id::Profile("a"), "k", Some("2")),
    ("[profile a]\nRegion = x\n", Id::Profile("a"), "rEGION", Some("x")),
    ("[profile a]\nregion: x\n", Id::Profile("a"), "region", Some("x")),
    ("[profile a]\nfoo:bar = x\n", Id::Profile("a"), "foo", Some("bar = x")),
    ("[profile a]\nregion =\n", Id::Profile("a"), "region", Some("")),
    ("[profile a]\nregion =   \n\n\n", Id::Profile("a"), "region", Some("")),
    ("[profile a]\n  k = v\n  x = y\n", Id::Profile("a"), "x", Some("y")),
    ("[profile a]\n  # c\n  k = v\n    # c\nx = y\n", Id::Profile("a"), "k", Some("v")),
    ("[profile a]\nk = v\n  x = y\n", Id::Profile("a"), "k", Some("v\nx = y")),
    (
        "[profile a]\nk = v\n\n  # c\n  no separator here\n\nx = y\n",
        Id::Profile("a"),
        "k",
        Some("v\n\nno separator here"),
    ),
    ("[profile a]\r\nk = v\r\nx = y", Id::Profile("a"), "k", Some("v")),
    ("[profile a]\rk = v\rx = y", Id::Profile("a"), "x", Some("y")),
    ("\u{feff}[profile a]\nk = v\n", Id::Profile("a"), "k", Some("v")),
    ("[profile a]\nk =\u{a0}v\u{c}\n", Id::Profile("a"), "k", Some("v")),
    ("[profile a]\nk = \"x\"\n", Id::Profile("a"), "k", Some("\"x\"")),
    ("[profile a]\nk = %(x)s\\\nx = y\n", Id::Profile("a"), "k", Some("%(x)s\\")),
    ("[profile a]\nk = a\0b\n", Id::Profile("a"), "k", Some("a\0b")),
    ("[profile a\nk = v\n", Id::Profile("a"), "k", None),
];

#[derive(Debug, Clone, Copy)]
enum Id {
    Profile(&'static str),
    Sso(&'static str),
    Services(&'static str),
    Other(&'static str),
}

impl From<Id> for SectionId {
    fn from(id: Id) -> Self {
        match id {
            Id::Profile(name) => profile(name),
            Id::Sso(name) => Self::SsoSession(name.to_owned()),
            Id::Services(name) => Self::Services(name.to_owned()),
            Id::Other(name) => other(name),
        }
    }
}

#[test]
fn config_files_are_read_as_botocore_reads_them() {
    for (text, id, key, expected) in VALUES {
        assert_eq!(config(text).get(&(*id).into(), key).as_deref(), *expected, "{text:?} {id:?} {key}");
    }
}

#[test]
fn credentials_headers_are_taken_as_they_stand() {
    let text =
        b"[profile a]\nk = 1\n[ a ]\nk = 2\n[a b]\nk = 3\n[default]\nk = 4\n[services s]\nk = 5\n[DEFAULT]\nz = 6\n";
    let document = Document::parse(text, FileKind::Credentials);
    for (id, expected) in [
        (profile("profile a"), Some("1")),
        (profile(" a "), Some("2")),
        (profile("a"), None),
        (profile("a b"), Some("3")),
        (profile("default"), Some("4")),
        (profile("services s"), Some("5")),
    ] {
        assert_eq!(document.get(&id, "k").as_deref(), expected, "{id:?}");
    }
    assert_eq!(document.get(&profile("a b"), "z").as_deref(), Some("6"));
}

#[test]
fn nested_blocks_keep_the_case_of_their_keys_and_all_of_their_values() {
    let text = "[profile a]\ns3 =\n  # c\n  Max = 1 # n\n\n  url: x=y\n  Max=2\nregion = x\n";
    let document = config(text);
    let entry: &Entry = document.entry(&profile("a"), "s3").expect("it is there");
    let pairs = [("Max", "1 # n"), ("url: x", "y"), ("Max", "2")];
    assert_eq!(document.nested(entry), pairs.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert_eq!(get_nested(&document, &profile("a"), "s3", "Max").as_deref(), Some("2"));
    assert_eq!(get_nested(&document, &profile("a"), "s3", "max"), None);
    assert_eq!(get_nested(&document, &profile("a"), "region", "x"), None);
}

#[test]
fn a_value_with_deeper_lines_below_is_not_a_nested_block() {
    let text = "[profile a]\ns3 = v\n  a = b\n";
    let document = config(text);
    assert_eq!(get_nested(&document, &profile("a"), "s3", "a"), None);
}

#[test]
fn each_line_has_a_kind() {
    use LineKind::{Blank, Comment, Continuation, Entry, Header, Invalid};

    let text = "\n# c\n[profile a]\n  k = v\n   more\n  ;c\n  x : y\nz\n";
    let kinds: Vec<_> = config(text).lines().iter().map(|line: &Line| line.kind).collect();
    assert_eq!(
        kinds,
        [Blank, Comment, Header, Entry, Continuation, Comment, Entry, Invalid(LineError::MissingSeparator)]
    );
}

#[test]
fn a_section_ends_its_body_with_its_last_entry() {
    let text = "# above\n[profile a] x\nk = v\n  more\n\n# about b\n[profile b]\n\n";
    let document = config(text);
    let at = |section: &Section| {
        let slice = |range: std::ops::Range<usize>| &text[range];
        (
            slice(section.header.clone()),
            slice(section.range.clone()),
            slice(section.range.start..section.body_end),
            section.header_line,
        )
    };
    let sections: Vec<_> = document.sections().iter().map(at).collect();
    assert_eq!(
        sections,
        [
            ("[profile a]", "[profile a] x\nk = v\n  more\n\n# about b\n", "[profile a] x\nk = v\n  more\n", 1),
            ("[profile b]", "[profile b]\n\n", "[profile b]\n", 6),
        ]
    );
}

#[test]
fn line_numbers_count_all_sorts_of_line_ends() {
    let document = config("a\rb\r\nc\n\nd");
    let numbers: Vec<_> = [0, 1, 2, 3, 4, 5, 6, 7, 8, 99].map(|offset| document.line_number(offset)).into();
    assert_eq!(numbers, [1, 1, 2, 2, 2, 3, 3, 4, 5, 5]);
    assert_eq!(config("").line_number(0), 1);
}

#[test]
fn bytes_that_are_not_utf8_are_kept_and_shown_as_replacements() {
    let document = Document::parse(b"[profile a]\nk = \xff\n", FileKind::Config);
    assert_eq!(document.get(&profile("a"), "k").as_deref(), Some("\u{fffd}"));
}

#[test]
fn a_line_of_a_megabyte_and_a_file_of_ten_thousand_sections_are_read() {
    let blank = format!("[profile a]\n{}k = {}\n", " ".repeat(1 << 20), "v".repeat(1 << 20));
    assert_eq!(config(&blank).get(&profile("a"), "k").map(|value| value.len()), Some(1 << 20));
    let sections = (0..10_000).map(|number| format!("[profile p{number}]\nregion = r{number}\n"));
    let many = sections.collect::<Vec<_>>().join("\n");
    let document = config(&many);
    assert_eq!(document.get(&profile("p9999"), "region").as_deref(), Some("r9999"));
    assert!(document.faults().is_empty());
}

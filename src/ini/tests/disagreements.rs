//! What is said about places that readers see differently.

use std::ops::Range;

use proptest::prelude::*;

use super::*;
use crate::ini::Disagreement;
use crate::ini::views::{Reader, Reading};

/// Input, then line and sentence of each finding.
const FINDINGS: &[(&str, &[(usize, &str)])] = &[
    ("", &[]),
    ("# c\n[default]\n\nregion = x\ns3 =\n  a = b\n\n[preview]\nk = v\n[profile a]\nk=v", &[]),
    ("[profile a]\r\nk = v#x;y\r\n[services s]\r\ns3 =\r\n\tendpoint_url = x\r\n", &[]),
    (
        "[profile a]\nregion = us-east-1 # home\n",
        &[(
            2,
            "key \"region\" of [profile a]: to AWS CLI and boto3, the comment is part of the value; to the Rust, Go and \
             JavaScript SDKs, the value ends before the comment",
        )],
    ),
    (
        "[profile a]\nx = y\nregion = # none\n",
        &[(
            3,
            "key \"region\" of [profile a]: to AWS CLI and boto3, the comment is part of the value; to the Rust and Go SDKs, \
             the value is empty; to the JavaScript SDK, it is not there",
        )],
    ),
    (
        "[profile a] # it's mine\nk = v\n[profile \"b\"] # its\nk = v # c\n",
        &[
            (
                3,
                "[profile \"b\"] …: to AWS CLI, boto3 and the JavaScript SDK, it is profile \"b\"; to the Rust SDK, it is not \
                 there; to the Go SDK, it is profile \"\\\"b\\\"\"",
            ),
            (
                4,
                "key \"k\" of [profile \"b\"] …: to AWS CLI and boto3, the comment is part of the value; to the JavaScript \
                 SDK, the value ends before the comment",
            ),
        ],
    ),
    (
        "[profile a]# c\nk = v\n",
        &[(
            1,
            "[profile a] …: to AWS CLI, boto3 and the Rust and Go SDKs, it is profile \"a\"; to the JavaScript SDK, it is no \
             section header",
        )],
    ),
    (
        "[profile a]\nk: v\nx: y\n[profile b] junk\nk = v\n",
        &[
            (
                2,
                "key \"k\" of [profile a]: to AWS CLI, boto3 and the Go SDK, the value is as written; to the Rust SDK, the \
                 whole file is unreadable (a line without `=`); to the JavaScript SDK, it is not there",
            ),
            (
                3,
                "key \"x\" of [profile a]: to AWS CLI, boto3 and the Go SDK, the value is as written; to the JavaScript SDK, \
                 it is not there",
            ),
            (
                4,
                "[profile b] …: to AWS CLI and boto3, it is profile \"b\"; to the Go and JavaScript SDKs, it is no section \
                 header",
            ),
        ],
    ),
    (
        "[profile a]\nk = v\n  one\n  two\n  three\n",
        &[(
            3,
            "a line of [profile a]: to AWS CLI, boto3 and the Rust and Go SDKs, it is part of the value above; to the \
             JavaScript SDK, it is not there",
        )],
    ),
    (
        "[profile a]\nk = v\n  x = y\n",
        &[(
            3,
            "a line of [profile a]: to AWS CLI, boto3 and the Rust SDK, it is part of the value above; to the Go and \
             JavaScript SDKs, it is a setting by itself",
        )],
    ),
    (
        "[profile a]\nk = \"v\"\nRegion = x\n",
        &[
            (
                2,
                "key \"k\" of [profile a]: to AWS CLI, boto3 and the Rust and JavaScript SDKs, the quotes are part of the \
                 value; to the Go SDK, the value is without the quotes",
            ),
            (
                3,
                "key \"region\" of [profile a]: to AWS CLI, boto3 and the Rust and Go SDKs, the value is as written; to the \
                 JavaScript SDK, the key is \"Region\"",
            ),
        ],
    ),
    (
        "[profile a]\n",
        &[(
            1,
            "[profile a]: to AWS CLI, boto3 and the Rust and Go SDKs, it is there without settings; to the JavaScript SDK, \
             it is not there, as it has no settings",
        )],
    ),
    (
        "[DEFAULT]\nk = v # c\n",
        &[(
            1,
            "[DEFAULT]: to AWS CLI and boto3, its settings go to every section; to the Rust and JavaScript SDKs, it is not \
             there; to the Go SDK, it is profile \"DEFAULT\"",
        )],
    ),
    (
        "[profile default]\nk = v\n[default]\nk = w\n",
        &[(
            3,
            "[default]: to AWS CLI and boto3, it takes the place of line 1; to the Rust, Go and JavaScript SDKs, line 1 \
             takes its place",
        )],
    ),
    ("[default]\nk = v\n[profile default]\nk = w\n", &[]),
    (
        "[profile a]\nk = v\rx = y\n",
        &[(
            2,
            "a line of [profile a]: to AWS CLI and boto3, the line ends at its carriage return; to the Rust, Go and \
             JavaScript SDKs, it goes on",
        )],
    ),
    (
        "[plugins]\nk: v\n",
        &[(2, "a line of [plugins]: to the Rust SDK, the whole file is unreadable (a line without `=`)")],
    ),
];

fn found(document: &Document<'_>, managed: Range<usize>) -> Vec<(usize, String)> {
    let sentence = |finding: &Disagreement| (finding.line, finding.to_string());
    document.disagreements(&managed).iter().map(sentence).collect()
}

#[test]
fn each_cause_is_said_once_at_its_line() {
    for (text, expected) in FINDINGS {
        let expected: Vec<_> = expected.iter().map(|(line, text)| (*line, (*text).to_owned())).collect();
        assert_eq!(found(&config(text), 0..0), expected, "{text:?}");
    }
}

#[test]
fn nothing_is_said_about_the_managed_block() {
    let text = "[profile a]\nk = v # c\n# >\n[profile b]\nk = v # c\n[profile c]\n# <\n[profile d]\nk = v # c\n";
    let managed = text.find("# >").unwrap()..text.find("[profile d]").unwrap();
    let lines: Vec<_> = found(&config(text), managed).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [2, 9]);
    let lines: Vec<_> = found(&config(text), 0..0).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [2, 5, 6, 9]);
}

#[test]
fn settings_below_the_managed_block_without_a_header_are_still_looked_at() {
    let text = "# >\n[profile b]\nk = v # c\n# <\nx = y # c\n";
    let managed = 0..text.find("x =").unwrap();
    let lines: Vec<_> = found(&config(text), managed).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [5]);
}

/// The values of secret keys, whole, cut, broken over lines or with their key lost, are in no sentence.
#[test]
fn no_finding_shows_a_value() {
    let secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12";
    let places = [
        "aws_secret_access_key = S # c",
        "aws_secret_access_key: S",
        "aws_secret_access_key = \"S\"",
        "aws_secret_access_key =\u{a0}S",
        "AWS_SECRET_ACCESS_KEY = S",
        "aws_secret_access_key = # S",
        "k = v\n  S",
        "k = v\n  S = x # c",
        "k =\n  S = x # c",
        "S = x # c",
        "S: x",
        "k:S = x # c",
    ];
    for place in places {
        for header in ["[a]", "[a] # S", "[a] S", "[a]# S"] {
            let text = format!("{header}\n{place}\n").replace('S', secret);
            let document = Document::parse(text.as_bytes(), FileKind::Credentials);
            let findings = found(&document, 0..0);
            assert_ne!(findings, [], "{text:?}");
            assert!(findings.iter().all(|(_, sentence)| !sentence.contains(&secret[..8])), "{findings:?}");
        }
    }
}

#[test]
fn a_finding_is_one_line_without_control_characters() {
    for file in files::all() {
        for (_, sentence) in found(&file.document(), 0..0) {
            assert!(!sentence.contains(|char: char| char.is_control()), "{}: {sentence:?}", file.name);
        }
    }
}

/// What each reader knows; one that can't load the file knows nothing.
fn readings(document: &Document<'_>) -> [Option<Reading>; 4] {
    Reader::ALL.map(|reader| document.read_as(reader).ok())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_without_disagreements_is_the_same_to_all((kind, bytes) in files::made()) {
        let document = Document::parse(&bytes, kind);
        // What they make of a setting of AWS CLI's own is not told.
        if !document.faults().is_empty() || String::from_utf8_lossy(&bytes).to_ascii_lowercase().contains("cli_") {
            return Ok(());
        }
        let readings = readings(&document);
        let is_same = readings.iter().all(|reading| *reading == readings[0]);
        let findings = document.disagreements(&(0..0));
        // These are told even where nothing follows that would go elsewhere.
        let is_harmless = |text: String| {
            ["no section header", "carriage return", "has no settings"].iter().any(|words| text.contains(words))
        };
        if findings.is_empty() {
            prop_assert!(is_same, "{:?}\n{:#?}", String::from_utf8_lossy(&bytes), readings);
        } else if !findings.iter().any(|finding| is_harmless(finding.to_string())) {
            prop_assert!(!is_same, "{:?}\n{findings:#?}", String::from_utf8_lossy(&bytes));
        }
    }
}

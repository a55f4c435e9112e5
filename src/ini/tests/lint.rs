//! Warnings about lines that not all of AWS's tools read alike.

use std::ops::Range;

use proptest::prelude::*;

use super::*;
use crate::ini::dialect::{Dialect, Reading};

/// Input, then line and text of each warning.
const WARNINGS: &[(&str, &[(usize, &str)])] = &[
    ("", &[]),
    ("# c\n[default]\n\nregion = x\ns3 =\n  a = b\n\n[preview]\nk = v\n[profile a]\nk=v", &[]),
    ("[profile a] # it's mine\r\nk = v#x;y\r\n[services s]\r\ns3 =\r\n# c\r\n\tendpoint_url = x\r\n", &[]),
    ("[profile default]\ncli_pager =\ncli_history = \"on\" # c\n[new-kind x]\nk = v\\\n", &[]),
    (
        "[profile a]\nregion = us-east-1 # home\nx = # none\n[services s]\nsts =\n  k = v\t;c\n",
        &[
            (
                2,
                "key \"region\" of [profile a]: AWS CLI and boto3 take the comment as part of the value; move it to a line of its own",
            ),
            (
                3,
                "key \"x\" of [profile a]: AWS CLI and boto3 take the comment as part of the value; move it to a line of its own",
            ),
            (
                6,
                "key \"k\" of [services s]: AWS CLI and boto3 take the comment as part of the value; move it to a line of its own",
            ),
        ],
    ),
    (
        "[profile a]\nk: v\nx:y = z\n",
        &[
            (
                2,
                "key \"k\" of [profile a]: the SDK for Rust cannot read a file with `:` instead of `=`; write `key = value`",
            ),
            (3, "key \"x\" of [profile a]: some tools take the `:` for the `=`, others do not; write `key = value`"),
        ],
    ),
    (
        "[profile \"a\"]\nk = v\n[profile b c]\nk = v\n[ profile d ]\nk = v\n",
        &[
            (
                1,
                "[profile \"a\"]: some tools do not find a section of this name; use letters, digits and `_.@%+:/-`, without quotes",
            ),
            (
                3,
                "[profile b c]: some tools do not find a section of this name; use letters, digits and `_.@%+:/-`, without quotes",
            ),
            (
                5,
                "[ profile d ]: some tools do not find a section of this name; use letters, digits and `_.@%+:/-`, without quotes",
            ),
        ],
    ),
    (
        "[profile a]# c\nk = v\n[profile b] junk\nk = v\n",
        &[
            (
                1,
                "[profile a]: some tools do not take this line as a section header; remove the indentation and what follows the `]`",
            ),
            (
                3,
                "[profile b]: some tools do not take this line as a section header; remove the indentation and what follows the `]`",
            ),
        ],
    ),
    (
        "[DEFAULT]\nk = v\n[Default]\nk = v\n",
        &[
            (
                1,
                "[DEFAULT]: only AWS CLI and boto3 give these settings to every section; write them where they are needed",
            ),
            (3, "[Default]: some tools give this name a meaning of its own; use another one"),
        ],
    ),
    (
        "[profile default]\nk = v\n[default]\nk = w\n",
        &[(3, "[default]: the same section as on line 1, but some tools read only one of them; join them")],
    ),
    (
        "[profile a]\nx = y\n\n[sso-session s]\n",
        &[(
            4,
            "[sso-session s]: the SDK for JavaScript ignores a section without settings; add one or remove the section",
        )],
    ),
    (
        "[profile a]\n  k = v\n  x = y\n",
        &[
            (
                2,
                "key \"k\" of [profile a]: the SDK for Rust cannot read a file with an indented line right below a section \
                 header; remove the indentation",
            ),
            (
                3,
                "key \"x\" of [profile a]: some tools take an indented line as part of the value above; remove the indentation",
            ),
        ],
    ),
    (
        "[profile a]\nk = v\n  one\n  two = x\n  # c\nx = y\n \u{c}\n",
        &[
            (3, "key \"k\" of [profile a]: some tools read only the first line of a value; write it on one line"),
            (
                5,
                "a line of [profile a]: the SDK for Rust does not take an indented line as a comment; remove the indentation",
            ),
            (7, "a line of [profile a]: some tools do not take this line as blank; remove what is on it"),
        ],
    ),
    (
        "[profile a]\nk = \"a b\" --p \"q\"\ncredential_process = \"/opt/a b\"\n",
        &[
            (
                2,
                "key \"k\" of [profile a]: some tools remove the first and the last quote of a value, others keep both; write it so that it does not begin and end with a quote",
            ),
            (
                3,
                "key \"credential_process\" of [profile a]: some tools remove the first and the last quote of a value, others keep both; write it so that it does not begin and end with a quote",
            ),
        ],
    ),
    (
        "[profile a]\nk = \"v\"\nRegion = x\noutput =\nx = ü\ns3 =\n  A = b\n",
        &[
            (
                2,
                "key \"k\" of [profile a]: some tools remove the quotes around a value, others keep them; write it without quotes",
            ),
            (
                3,
                "key \"Region\" of [profile a]: some tools do not find this key; write it in lower-case letters, digits and `_`",
            ),
            (
                4,
                "key \"output\" of [profile a]: the SDK for JavaScript ignores a key without a value; add one or remove the line",
            ),
            (
                5,
                "key \"x\" of [profile a]: some tools read control characters and those outside ASCII differently; write it in plain ASCII",
            ),
            (
                7,
                "key \"A\" of [profile a]: some tools do not find this key; write it in lower-case letters, digits and `_`",
            ),
        ],
    ),
    (
        "[services s]\nk = v\n",
        &[(
            2,
            "key \"k\" of [services s]: only nested settings count here, such as an indented `endpoint_url` below `sts =`",
        )],
    ),
    (
        "[profile a]\nk = v\rx = y\n",
        &[(
            2,
            "a line of [profile a]: only AWS CLI and boto3 end a line at a lone carriage return; end it with a line feed",
        )],
    ),
    (
        " # c\n[plugins]\nk = v\n",
        &[(1, "the line: the SDK for Rust does not take an indented line as a comment; remove the indentation")],
    ),
];

fn found(document: &Document<'_>, managed: Range<usize>) -> Vec<(usize, String)> {
    document.lint(&managed).into_iter().map(|warning| (warning.line, warning.text)).collect()
}

#[test]
fn each_broken_rule_is_said_at_its_line() {
    for (text, expected) in WARNINGS {
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

/// The values of secret keys, whole, cut, broken over lines or with their key lost, are in no warning.
#[test]
fn no_warning_shows_a_value() {
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
            let warnings = found(&document, 0..0);
            assert_ne!(warnings, [], "{text:?}");
            assert!(warnings.iter().all(|(_, text)| !text.contains(&secret[..8])), "{warnings:?}");
        }
    }
}

#[test]
fn a_warning_is_one_line_without_control_characters() {
    for file in files::all() {
        for (_, text) in found(&file.document(), 0..0) {
            assert!(!text.contains(|char: char| char.is_control()), "{}: {text:?}", file.name);
        }
    }
}

/// The reading of each reader; none of one that cannot load the file.
fn readings(document: &Document<'_>) -> [Option<Reading>; 4] {
    Dialect::COMPARED.map(|reader| document.read_as(reader).ok())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_without_warnings_is_the_same_to_all_readers((kind, bytes) in files::made()) {
        let document = Document::parse(&bytes, kind);
        // AWS CLI's own settings are nothing to the other readers.
        if !document.faults().is_empty() || String::from_utf8_lossy(&bytes).to_ascii_lowercase().contains("cli_") {
            return Ok(());
        }
        if document.lint(&(0..0)).is_empty() {
            let readings = readings(&document);
            let text = String::from_utf8_lossy(&bytes);
            prop_assert!(readings.iter().all(|reading| *reading == readings[0]), "{text:?}\n{readings:#?}");
        }
    }
}

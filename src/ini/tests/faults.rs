use super::*;
use crate::ini::Fault;
use crate::ini::fault::FaultKind;

/// Input, then line and sentence of each fault.
const FAULTS: &[(&str, &[(usize, &str)])] = &[
    ("", &[]),
    ("# only a comment\n\n", &[]),
    ("[profile a]\nk = v\n  no separator\n\n  # c\n", &[]),
    ("[profile a]\nk = v\n[profile \"a\"]\nk = v\n", &[]),
    ("[profile default]\nk = v\n[default]\nk = v\n", &[]),
    ("[profile a]\nk = v\n[profile A]\nk = v\n", &[]),
    ("[DEFAULT]\na = 1\n[DEFAULT]\nb = 1\n", &[]),
    ("[DEFAULT]\ns3 =\n  nonsense\n", &[(3, "a line of the nested block \"s3\" has no `=`")]),
    ("[profile a]\nk = v # x\n[profile b] junk\n", &[]),
    ("[profile a]\n[profile b = x\n", &[]),
    ("\n[profile a]\nk = v\n[profile b]\n[profile a]\nk = v\n", &[(5, "section \"profile a\" is already on line 2")]),
    ("[DEFAULT]\na = 1\n[x]\na = 1\n[DEFAULT]\nA = 1\n", &[(6, "key \"a\" is already on line 2 of the same section")]),
    (
        "[profile a]\nregion = x\n\nRegion = y\nREGION: z\n",
        &[
            (4, "key \"region\" is already on line 2 of the same section"),
            (5, "key \"region\" is already on line 2 of the same section"),
        ],
    ),
    ("[a]\nÜ = x\nü = y\n", &[(3, "key \"ü\" is already on line 2 of the same section")]),
    ("[profile a]\nk = v\nnonsense\n", &[(3, "a line without `=`")]),
    ("[profile a]\n= v\n", &[(2, "no key before the `=`")]),
    ("k = v\n[profile a]\n", &[(1, "text before the first section header")]),
    ("  nonsense\n", &[(1, "text before the first section header")]),
    ("[profile a\nk = v\n", &[(1, "a section header without its `]`"), (2, "text before the first section header")]),
    ("[profile a]\n[profile b\n", &[(2, "a section header without its `]`")]),
    ("[]\n", &[(1, "a section header without a name")]),
    ("[a]\n[] x\n", &[(2, "a section header without a name")]),
    ("\u{feff}[profile a]\nk = v\n", &[(1, "the file begins with a byte order mark")]),
    ("[profile a]\ns3 =\n  a = b\n  nonsense\n", &[(4, "a line of the nested block \"s3\" has no `=`")]),
    ("[profile a]\ns3 =\n  a = b\u{2028}c\n", &[(3, "a line of the nested block \"s3\" has no `=`")]),
    (
        "[profile a]\nk = v\r  more\r[profile a]\r\nx",
        &[(4, "section \"profile a\" is already on line 1"), (5, "a line without `=`")],
    ),
];

#[test]
fn faults_are_what_botocore_refuses_a_file_for() {
    for (text, expected) in FAULTS {
        let faults: Vec<_> =
            config(text).faults().iter().map(|fault: &Fault| (fault.line, fault.kind.to_string())).collect();
        let expected: Vec<_> = expected.iter().map(|(line, text)| (*line, (*text).to_owned())).collect();
        assert_eq!(faults, expected, "{text:?}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_a_fault_of_their_line() {
    let document = Document::parse(b"[a]\nk = v\n# \xff\n", FileKind::Credentials);
    let faults: Vec<_> = document.faults().iter().map(|fault: &Fault| (fault.line, fault.kind.to_string())).collect();
    assert_eq!(faults, [(3, FaultKind::InvalidUtf8.to_string())]);
}

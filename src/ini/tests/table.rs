//! Each row of the table of inputs that the readers see differently, with what each of them sees.
//!
//! Checked against our own readers, and against the real parser of the Rust SDK; with the feature `real-clients` also
//! against botocore and JavaScript's loader. There is no Go here: its column says what its source does.

use super::real::{self, File};
use crate::ini::dialect::{Dialect, LoadError, Name, Reading};
use crate::ini::{Document, FileKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finds {
    Value(&'static str),
    Nothing,
    /// It refuses the whole file.
    Error,
}

use Finds::{Error, Nothing, Value};

/// A text, the place to look at, and the values that botocore, Rust, Go and JavaScript find there.
struct Case {
    row: &'static str,
    kind: FileKind,
    text: &'static str,
    section: &'static str,
    key: &'static str,
    finds: [Finds; 4],
}

const fn config(row: &'static str, text: &'static str, at: [&'static str; 2], finds: [Finds; 4]) -> Case {
    Case { row, kind: FileKind::Config, text, section: at[0], key: at[1], finds }
}

const fn credentials(row: &'static str, text: &'static str, at: [&'static str; 2], finds: [Finds; 4]) -> Case {
    Case { row, kind: FileKind::Credentials, text, section: at[0], key: at[1], finds }
}

const V: Finds = Value("v");
const A: [&str; 2] = ["profile a", "k"];

const CASES: &[Case] = &[
    config("comment after `#`", "[profile a]\nk = v # c\n", A, [Value("v # c"), V, V, V]),
    config("comment after `;`", "[profile a]\nk = v ; c\n", A, [Value("v ; c"), V, V, V]),
    config("comment after a tab", "[profile a]\nk = v\t# c\n", A, [Value("v\t# c"), V, V, V]),
    config("only a comment", "[profile a]\nx = y\nk = #x\n", A, [Value("#x"), Value(""), Value(""), Nothing]),
    config("comment right after a header", "[profile a]# c\nk = v\n", A, [V, V, V, Nothing]),
    config("comment with a bracket", "[profile a] # c]\nk = v\n", A, [Nothing, V, V, V]),
    config("text after a header", "[profile a] junk\nk = v\n", A, [V, Error, Nothing, Nothing]),
    config(
        "text after a header, the section above",
        "[profile b]\nx = y\n[profile a] junk\nk = v\n",
        ["profile b", "k"],
        [Nothing, Error, V, V],
    ),
    config("padded header", "[ profile  a ]\nk = v\n", A, [Nothing, V, V, Nothing]),
    config("indented first header", " [profile a]\nk = v\n", A, [V, Error, V, V]),
    config("indented header", "[profile b]\nx = y\n [profile a]\nk = v\n", A, [Nothing, Nothing, V, V]),
    config(
        "indented header, the value above",
        "[profile b]\nx = y\n [profile a]\nk = v\n",
        ["profile b", "x"],
        [Value("y\n[profile a]"), Value("y\n[profile a]"), Value("y"), Value("y")],
    ),
    config("double quotes", "[profile \"a\"]\nk = v\n", A, [V, Nothing, Nothing, V]),
    config("double quotes in Go", "[profile \"a\"]\nk = v\n", ["profile \"a\"", "k"], [Nothing, Nothing, V, Nothing]),
    config("single quotes", "[profile 'a']\nk = v\n", A, [V, Nothing, Nothing, V]),
    config("quotes with a blank", "[profile \"a b\"]\nk = v\n", ["profile a b", "k"], [V, Nothing, Nothing, Nothing]),
    config(
        "quotes with a blank in Go",
        "[profile \"a b\"]\nk = v\n",
        ["profile \"a b\"", "k"],
        [Nothing, Nothing, V, Nothing],
    ),
    config("two words", "[profile a b]\nk = v\n", ["profile a b", "k"], [Nothing, Nothing, V, Nothing]),
    config("name with `#`", "[profile a#b]\nk = v\n", ["profile a#b", "k"], [V, Error, Nothing, Nothing]),
    config("name with `;`", "[profile a;b]\nk = v\n", ["profile a;b", "k"], [V, Error, Nothing, Nothing]),
    config("name with `~`", "[profile a~b]\nk = v\n", ["profile a~b", "k"], [V, Nothing, V, Nothing]),
    config("name with `=`", "[profile a=b]\nk = v\n", ["profile a=b", "k"], [V, Nothing, V, Nothing]),
    config("name with `]`", "[profile a]b]\nk = v\n", ["profile a]b", "k"], [V, Nothing, V, Nothing]),
    config("name with `,`", "[profile a,b]\nk = v\n", ["profile a,b", "k"], [V, Nothing, V, Nothing]),
    config("name with `(`", "[profile (a)]\nk = v\n", ["profile (a)", "k"], [V, Nothing, V, Nothing]),
    config("name outside ASCII", "[profile ü]\nk = v\n", ["profile ü", "k"], [V, Nothing, V, Nothing]),
    config("name with a backslash", "[profile a\\b]\nk = v\n", ["profile ab", "k"], [V, Nothing, Nothing, Nothing]),
    config(
        "name with a backslash in Go",
        "[profile a\\b]\nk = v\n",
        ["profile a\\b", "k"],
        [Nothing, Nothing, V, Nothing],
    ),
    config("name with one quote", "[profile o'b]\nk = v\n", ["profile o'b", "k"], [Nothing, Nothing, V, Nothing]),
    config(
        "word that begins with `profile`",
        "[profile-foo bar]\nk = v\n",
        ["profile bar", "k"],
        [V, Nothing, Nothing, Nothing],
    ),
    config("[DEFAULT]", "[DEFAULT]\nk = v\n[profile a]\nx = y\n", A, [V, Nothing, Nothing, Nothing]),
    config("[DEFAULT] in Go", "[DEFAULT]\nk = v\n", ["profile DEFAULT", "k"], [Nothing, Nothing, V, Nothing]),
    config("[Default]", "[Default]\nk = v\n", ["profile Default", "k"], [Nothing, Nothing, V, Nothing]),
    config(
        "[default] below",
        "[profile default]\nk = 1\n[default]\nk = 2\n",
        ["profile default", "k"],
        [Value("2"), Value("1"), Value("1"), Value("1")],
    ),
    config(
        "[default] above",
        "[default]\nk = 2\n[profile default]\nk = 1\n",
        ["profile default", "k"],
        [Value("1"); 4],
    ),
    config(
        "[default] above, its other keys",
        "[default]\nx = 2\n[profile default]\nk = 1\n",
        ["profile default", "x"],
        [Nothing; 4],
    ),
    config("section twice", "[profile a]\nk = v\n[profile a]\nx = y\n", A, [Error, V, V, V]),
    config("section twice, once in quotes", "[profile a]\nk = v\n[profile \"a\"]\nx = y\n", A, [Nothing, V, V, V]),
    config(
        "section twice, once in quotes, the second",
        "[profile a]\nk = v\n[profile \"a\"]\nx = y\n",
        ["profile a", "x"],
        [Value("y"), Nothing, Nothing, Value("y")],
    ),
    config("key twice", "[profile a]\nk = 1\nk = v\n", A, [Error, V, V, V]),
    config("key twice in other case", "[profile a]\nk = 1\nK = v\n", A, [Error, V, V, Value("1")]),
    config("key in upper case", "[profile a]\nK = v\n", A, [V, V, V, Nothing]),
    config(
        "key in upper case in JavaScript",
        "[profile a]\nK = v\n",
        ["profile a", "K"],
        [Nothing, Nothing, Nothing, V],
    ),
    config("colon", "[profile a]\nk: v\n", A, [V, Error, V, Nothing]),
    config("colon before the `=`", "[profile a]\nk:x = v\n", A, [Value("x = v"), Nothing, Value("x = v"), Nothing]),
    config("colon in a key", "[profile a]\nk:x = v\n", ["profile a", "k:x"], [Nothing, V, Nothing, V]),
    config("empty value", "[profile a]\nk =\n", A, [Value(""), Value(""), Value(""), Nothing]),
    config("no separator", "[profile a]\nk = v\njunk\n", A, [Error, Error, V, V]),
    config("above the first header", "x = y\n[profile a]\nk = v\n", A, [Error, Error, V, V]),
    config("indented first key", "[profile a]\n  k = v\n", A, [V, Error, V, V]),
    config(
        "indented comment in a block",
        "[profile a]\ns3 =\n  # c\n  k = v\n",
        ["profile a", "s3.k"],
        [V, Error, V, V],
    ),
    config("indented comment below a header", "[profile a]\n  # c\nk = v\n", A, [V, Error, V, V]),
    config("indented comment below a value", "[profile a]\nk = v\n  # c\n", A, [V, Value("v\n# c"), V, V]),
    config(
        "indented setting below a value",
        "[profile a]\nk = v\n  x = y\n",
        A,
        [Value("v\nx = y"), Value("v\nx = y"), V, V],
    ),
    config(
        "indented setting by itself",
        "[profile a]\nk = v\n  x = y\n",
        ["profile a", "x"],
        [Nothing, Nothing, Value("y"), Value("y")],
    ),
    config(
        "blank line in a value",
        "[profile a]\nk = v\n\n  more\n",
        A,
        [Value("v\n\nmore"), Value("v\nmore"), Value("v\nmore"), V],
    ),
    config("case of a nested key", "[profile a]\ns3 =\n  K = v\n", ["profile a", "s3.K"], [V, V, Nothing, V]),
    config(
        "case of a nested key in Go",
        "[profile a]\ns3 =\n  K = v\n",
        ["profile a", "s3.k"],
        [Nothing, Nothing, V, Nothing],
    ),
    config(
        "comment in a block",
        "[profile a]\ns3 =\n  k = v # c\n",
        ["profile a", "s3.k"],
        [Value("v # c"), Value("v # c"), Value("v # c"), V],
    ),
    config("CRLF", "[profile a]\r\nk = v\r\n", A, [V; 4]),
    config("lone CR", "[profile a]\nx = y\rk = v\n", A, [V, Nothing, Nothing, Nothing]),
    config(
        "lone CR, the value above",
        "[profile a]\nx = y\rk = v\n",
        ["profile a", "x"],
        [Value("y"), Value("y\rk = v"), Value("y\rk = v"), Value("y\rk = v")],
    ),
    config("lone CR after a header", "[profile a]\rk = v\n", A, [V, Error, Nothing, Nothing]),
    config("byte order mark", "\u{feff}[profile a]\nk = v\n", A, [Error, Error, Nothing, V]),
    config("no-break space", "[profile a]\nk =\u{a0}v\n", A, [V, Value("\u{a0}v"), V, V]),
    config("form feed", "[profile a]\nk = v\u{c}\n", A, [V, Value("v\u{c}"), V, V]),
    config(
        "value in double quotes",
        "[profile a]\nk = \"v\"\n",
        A,
        [Value("\"v\""), Value("\"v\""), V, Value("\"v\"")],
    ),
    config("value in single quotes", "[profile a]\nk = 'v'\n", A, [Value("'v'"), Value("'v'"), V, Value("'v'")]),
    config("value of one quote", "[profile a]\nk = \"\n", A, [Value("\""), Value("\""), Error, Value("\"")]),
    config("unclosed header", "[profile b]\nx = y\n[profile a\nk = v\n", A, [Error, Error, Nothing, Nothing]),
    config("`__proto__`", "[profile a]\nk = v\n[profile __proto__]\nx = y\n", A, [V, V, V, Error]),
    config("dot for a blank", "[profile.a]\nk = v\n", A, [Nothing, Nothing, Nothing, V]),
    credentials("header with `profile`", "[profile a]\nk = v\n", A, [Nothing; 4]),
    credentials(
        "header with `profile` in botocore",
        "[profile a]\nk = v\n",
        ["profile profile a", "k"],
        [V, Nothing, Nothing, Nothing],
    ),
    credentials(
        "header with `profile` in JavaScript",
        "[profile a]\nk = v\n",
        ["profile profile.a", "k"],
        [Nothing, Nothing, Nothing, V],
    ),
    credentials("padded", "[ a ]\nk = v\n", A, [Nothing, V, V, Nothing]),
    credentials("padded, kept", "[ a ]\nk = v\n", ["profile  a ", "k"], [V, Nothing, Nothing, V]),
    credentials("two words", "[a b]\nk = v\n", ["profile a b", "k"], [V, Nothing, V, Nothing]),
];

impl Case {
    fn file(&self) -> File {
        File { name: self.row.to_owned(), kind: self.kind, bytes: self.text.into() }
    }

    fn look(&self, reading: Option<&Reading>) -> Option<String> {
        let (word, name) = self.section.split_once(' ').unwrap();
        reading?.0.get(&Name::typed(word, name).unwrap())?.get(self.key).cloned()
    }

    fn check(&self, reader: Dialect, reading: Option<&Reading>) {
        let [botocore, rust, go, javascript] = self.finds;
        let expected = match reader {
            Dialect::Botocore => botocore,
            Dialect::Rust | Dialect::Java => rust,
            Dialect::Go => go,
            Dialect::JavaScript => javascript,
        };
        let context = format!("{}: {:?} as read by {reader}", self.row, self.text);
        match expected {
            Value(value) => assert_eq!(self.look(reading).as_deref(), Some(value), "{context}"),
            Nothing => assert!(reading.is_some() && self.look(reading).is_none(), "{context}: {reading:?}"),
            Error => assert_eq!(reading, None, "{context}"),
        }
    }
}

#[test]
fn our_readers_find_what_the_table_says() {
    for case in CASES {
        let document = Document::parse(case.text.as_bytes(), case.kind);
        for reader in Dialect::COMPARED {
            case.check(reader, document.read_as(reader).ok().as_ref());
        }
    }
}

#[test]
fn the_rust_sdk_finds_what_the_table_says() {
    for case in CASES {
        case.check(Dialect::Rust, real::rust(&case.file()).as_ref());
    }
}

#[cfg(feature = "real-clients")]
#[test]
fn botocore_finds_what_the_table_says() {
    let files: Vec<File> = CASES.iter().map(Case::file).collect();
    for (case, reading) in CASES.iter().zip(real::botocore(&files)) {
        case.check(Dialect::Botocore, reading.as_ref());
    }
}

/// Its loader makes an empty file of an error.
#[cfg(feature = "real-clients")]
#[test]
fn the_javascript_sdk_finds_what_the_table_says() {
    let files: Vec<File> = CASES.iter().map(Case::file).collect();
    for (case, reading) in CASES.iter().zip(real::javascript(&files)) {
        case.check(
            Dialect::JavaScript,
            reading.filter(|reading| !reading.0.is_empty() || case.finds[3] != Error).as_ref(),
        );
    }
}

#[test]
fn a_load_error_says_its_line_and_why() {
    let cases: [(&[u8], Dialect, usize, &str); 9] = [
        (b"[a]\nk = v\n[a]\n", Dialect::Botocore, 3, "section \"a\" is already on line 1"),
        (b"\n[a]\nk: v\n", Dialect::Rust, 3, "a line without `=`"),
        (b"[a]\n= v\n", Dialect::Rust, 2, "no key before the `=`"),
        (b"[a]\r\n k = v\r\n", Dialect::Rust, 2, "an indented line right below a section header"),
        (b"k = v\n", Dialect::Rust, 1, "text before the first section header"),
        (b"[a]\n[b] c\n", Dialect::Rust, 2, "a section header that does not end with `]`"),
        (b"[a]\nk = \xff\n", Dialect::Rust, 2, "the line is not valid UTF-8"),
        (b"[default]\n\nk = '\n", Dialect::Go, 3, "a value that is only a quote"),
        (b"[default]\n[__proto__]\n", Dialect::JavaScript, 2, "a section named `__proto__`"),
    ];
    for (bytes, reader, line, reason) in cases {
        let document = Document::parse(bytes, FileKind::Config);
        assert_eq!(document.read_as(reader), Err(LoadError { line, reason: reason.to_owned() }));
    }
}

/// A file in which the readers find different things, but that botocore reads, has a warning.
#[test]
fn each_row_that_not_all_read_alike_has_a_warning() {
    for case in CASES.iter().filter(|case| case.finds[0] != Error) {
        let document = Document::parse(case.text.as_bytes(), case.kind);
        let is_same = case.finds.iter().all(|finds| *finds == case.finds[0]);
        assert!(is_same || !document.lint(&(0..0)).is_empty(), "{}: {:?}", case.row, case.text);
    }
}

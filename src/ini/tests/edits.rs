use super::*;
use crate::ini::{Edit, EditError, NewSection, NewValue, Style, splice};

fn apply(text: &str, edit: Edit) -> String {
    apply_all(text, &[edit])
}

fn apply_all(text: &str, edits: &[Edit]) -> String {
    String::from_utf8(splice(text.as_bytes(), edits).unwrap()).unwrap()
}

fn set(text: &str, key: &str, value: &str) -> String {
    let document = config(text);
    apply(text, document.set(&document.sections()[0], key, value).unwrap())
}

fn nested<'a>(pairs: &[(&'a str, &'a str)]) -> NewValue<'a> {
    NewValue::Nested(pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect())
}

fn section<'a>(id: SectionId, entries: &[(&'a str, NewValue<'a>)]) -> NewSection<'a> {
    let entries = entries.iter().map(|(key, value)| ((*key).into(), value.clone())).collect();
    NewSection { id, entries }
}

fn append(text: &str) -> String {
    apply(text, config(text).append(&section(profile("x"), &[("k", "v".into())])).unwrap())
}

fn remove(text: &str, position: usize) -> String {
    let document = config(text);
    apply(text, document.remove_section(&document.sections()[position]).unwrap())
}

#[test]
fn set_replaces_nothing_but_the_value() {
    for (before, after) in [
        ("[a]\n  Region\t:  old # c  \r\nx=y", "[a]\n  Region\t:  new  \r\nx=y"),
        ("[a]\nregion=old", "[a]\nregion=new"),
        ("[a]\nregion =\nk = v\n", "[a]\nregion = new\nk = v\n"),
        ("[a]\nregion=\nk=v\n", "[a]\nregion=new\nk=v\n"),
        ("[a]\nregion = old\n  more\n\n# c\n", "[a]\nregion = new\n\n# c\n"),
        ("[a]\nregion =\n  x = y\nk = v\n", "[a]\nregion = new\nk = v\n"),
        ("[a]\ns3 =\n  region = inner\nregion = old\n", "[a]\ns3 =\n  region = inner\nregion = new\n"),
        ("[a]\nregion = 1\nregion = 2\n", "[a]\nregion = 1\nregion = new\n"),
    ] {
        assert_eq!(set(before, "region", "new"), after);
    }
}

#[test]
fn set_adds_a_missing_key_after_the_last_entry_in_the_style_of_the_file() {
    for (before, after) in [
        ("[a]\n", "[a]\nregion = new\n"),
        ("[a]", "[a]\nregion = new"),
        ("[a]\r\nk=v\r\n\r\n# c\r\n[b]\r\n", "[a]\r\nk=v\r\nregion=new\r\n\r\n# c\r\n[b]\r\n"),
        ("[a]\n  k = v\n    more\n[b]\n", "[a]\n  k = v\n    more\n  region = new\n[b]\n"),
        ("[a]\ns3 =\n  region = inner", "[a]\ns3 =\n  region = inner\nregion = new"),
        ("[a]\n\n  [b]\nk = v\n", "[a]\n  region = new\n\n  [b]\nk = v\n"),
        ("[a]\nk = v # c\n# end\n", "[a]\nk = v # c\nregion = new\n# end\n"),
    ] {
        assert_eq!(set(before, "region", "new"), after);
    }
}

#[test]
fn several_edits_of_one_document_go_together() {
    let text = "[a]\nk = 1\nx = 2";
    let document = config(text);
    let a = &document.sections()[0];
    let mut edits = vec![
        document.set(a, "y", "3").unwrap(),
        document.set(a, "z", "4").unwrap(),
        document.append(&section(profile("b"), &[("k", "v".into())])).unwrap(),
    ];
    edits.extend(document.remove_key(a, "K"));
    assert_eq!(apply_all(text, &edits), "[a]\nx = 2\ny = 3\nz = 4\n\n[profile b]\nk = v\n");
}

#[test]
fn remove_key_takes_every_line_of_every_entry_of_that_key() {
    let text = "[a]\nk = 1\n  more\n# c\nx = 2\nK = 3";
    let document = config(text);
    assert_eq!(apply_all(text, &document.remove_key(&document.sections()[0], "k")), "[a]\n# c\nx = 2\n");
    assert!(document.remove_key(&document.sections()[0], "y").is_empty());
}

#[test]
fn remove_section_leaves_what_belongs_to_its_neighbours() {
    for (before, position, after) in [
        ("[a]\nk = v\n\n[b]\nk = v\n\n[c]\n", 1, "[a]\nk = v\n\n[c]\n"),
        ("[a]\nk = v\n\n[b]\nk = v\n", 1, "[a]\nk = v\n"),
        ("[a]\nk = v\n\n[b]\nk = v\n", 0, "\n[b]\nk = v\n"),
        ("[a]\nk = v\n[b]\nk = v\n[c]\n", 1, "[a]\nk = v\n[c]\n"),
        ("[a]\n\n[b]\n[c]\n", 1, "[a]\n\n[c]\n"),
        ("[a]\n# about b\n[b]\nk = v\n# about c\n[c]\n", 1, "[a]\n# about b\n# about c\n[c]\n"),
        ("\u{feff}[a]\nk = v\n[b]\n", 0, "\u{feff}[b]\n"),
    ] {
        assert_eq!(remove(before, position), after);
    }
}

#[test]
fn remove_section_refuses_to_make_an_indented_header_part_of_a_value() {
    let document = config("[a]\nk = v\n[b]\n  x = y\n  [c]\n");
    let refused = document.remove_section(&document.sections()[1]);
    assert_eq!(refused, Err(EditError::IndentedHeader { line: 5 }));
    assert!(document.remove_section(&document.sections()[0]).is_ok());
}

#[test]
fn all_sections_of_a_file_can_be_removed_at_once() {
    let text = "# c\n\n[a]\nk = v\n\n[b]\n\n[c]\nk = v\n";
    let document = config(text);
    let edits: Vec<_> = document.sections().iter().map(|section| document.remove_section(section).unwrap()).collect();
    assert_eq!(apply_all(text, &edits), "# c\n");
}

#[test]
fn append_first_ends_the_last_line() {
    for (before, after) in [
        ("", "[profile x]\nk = v\n"),
        ("# c", "# c\n\n[profile x]\nk = v\n"),
        ("[a]\nk=v", "[a]\nk=v\n\n[profile x]\nk=v\n"),
        ("[a]\nk=v\n\n", "[a]\nk=v\n\n[profile x]\nk=v\n"),
        ("[a]\r\nk = v\r\n", "[a]\r\nk = v\r\n\r\n[profile x]\r\nk = v\r\n"),
        ("[a]\n[b]\n[c]\n", "[a]\n[b]\n[c]\n[profile x]\nk = v\n"),
        ("\u{feff}", "\u{feff}[profile x]\nk = v\n"),
        ("[a]\r", "[a]\r\n\n[profile x]\nk = v\n"),
        ("[a]\r\r", "[a]\r\r[profile x]\nk = v\n"),
    ] {
        assert_eq!(append(before), after);
    }
}

#[test]
fn rename_section_leaves_the_body_alone() {
    let text = "[main] # c\r\nAWS_access_key_id=x\r\n";
    let document = Document::parse(text.as_bytes(), FileKind::Credentials);
    let edit = document.rename_section(&document.sections()[0], &profile("main-long-term")).unwrap();
    assert_eq!(apply(text, edit), "[main-long-term] # c\r\nAWS_access_key_id=x\r\n");
}

#[test]
fn headers_depend_on_the_file() {
    let header = |id, kind| {
        let mut text = String::new();
        section(id, &[]).render(&mut text, kind, &Style::default()).map(|()| text)
    };
    let sso = || SectionId::SsoSession("s".to_owned());
    let services = || SectionId::Services("s".to_owned());
    for (id, in_config, in_credentials) in [
        (profile("default"), Some("[default]\n"), Some("[default]\n")),
        (profile("a"), Some("[profile a]\n"), Some("[a]\n")),
        (sso(), Some("[sso-session s]\n"), None),
        (services(), Some("[services s]\n"), None),
        (other("preview"), Some("[preview]\n"), None),
        (other("default"), None, None),
    ] {
        assert_eq!(header(id.clone(), FileKind::Config).ok().as_deref(), in_config, "{id:?}");
        assert_eq!(header(id.clone(), FileKind::Credentials).ok().as_deref(), in_credentials, "{id:?}");
    }
}

/// Texts that are no name of a section, each with what is wrong with it.
const HOSTILE_NAMES: &[(&str, &str)] = &[
    ("nothing", ""),
    ("a blank", "a b"),
    ("a closing bracket", "a]"),
    ("an opening bracket", "[a"),
    ("a line feed", "a\nb"),
    ("a carriage return", "a\rb"),
    ("NUL", "a\0"),
    ("a tab", "a\tb"),
    ("outside ASCII", "ä"),
    ("a line separator", "a\u{2028}b"),
    ("a comment", "a#"),
    ("the other comment", "a;b"),
    ("quotes", "'a'"),
    ("a backslash", "a\\"),
    ("what fills every section", "DEFAULT"),
    ("a profile to Go alone", "Default"),
    ("what empties the file for JavaScript", "__proto__"),
];
/// Texts that are no key, each with what is wrong with it.
const HOSTILE_KEYS: &[(&str, &str)] = &[
    ("nothing", ""),
    ("upper case", "Region"),
    ("a blank", "a b"),
    ("a delimiter", "a=b"),
    ("the other delimiter", "a:b"),
    ("a header", "[a"),
    ("a comment", "#a"),
    ("a line feed", "a\n"),
    ("outside ASCII", "ä"),
    ("a dash", "a-b"),
    ("what empties the file for JavaScript", "__proto__"),
];
/// Texts that are no value, each with what is wrong with it.
const HOSTILE_VALUES: &[(&str, &str)] = &[
    ("nothing", ""),
    ("a blank at the start", " v"),
    ("a blank at the end", "v "),
    ("a tab at the start", "\tv"),
    ("a tab at the end", "v\t"),
    ("a no-break space at the end", "a\u{a0}"),
    ("a line feed", "a\nb"),
    ("a carriage return", "a\rb"),
    ("both", "a\r\nb"),
    ("NUL", "a\0b"),
    ("a tab", "a\tb"),
    ("DEL", "a\u{7f}"),
    ("outside ASCII", "ä"),
    ("a next line", "a\u{85}b"),
    ("a line separator", "a\u{2028}b"),
    ("a byte order mark", "\u{feff}a"),
    ("a comment from the start", "#x"),
    ("the other comment from the start", ";x"),
    ("a comment after a blank", "a #b"),
    ("the other comment after a blank", "a ;b"),
    ("a comment after a tab", "a\t#b"),
    ("the other comment after a tab", "a\t;b"),
    ("double quotes around it", "\"a\""),
    ("single quotes around it", "'a'"),
    ("one quote that is both", "'"),
    ("a backslash at the end", "a\\"),
];

#[test]
fn hostile_names_are_refused() {
    for (what, name) in HOSTILE_NAMES {
        let expected = Err(EditError::Name { name: (*name).to_owned() });
        let text = section(profile(name), &[]).render(&mut String::new(), FileKind::Config, &Style::default());
        assert_eq!(text, expected, "{what}");
        let document = config("[a]\n");
        assert_eq!(document.rename_section(&document.sections()[0], &profile(name)).map(|_| ()), expected, "{what}");
    }
}

#[test]
fn hostile_keys_and_values_are_refused_wherever_they_are_written() {
    let document = config("[a]\nk = v\n");
    let a = &document.sections()[0];
    let keys = HOSTILE_KEYS.iter().map(|(what, key)| (what, *key, "v"));
    for (what, key, value) in keys.chain(HOSTILE_VALUES.iter().map(|(what, value)| (what, "k", *value))) {
        let block = nested(&[(key, value)]);
        let append = |key: &str, value| document.append(&section(profile("b"), &[(key, value)])).is_err();
        assert!(document.set(a, key, value).is_err(), "{what}: {key:?} {value:?}");
        assert!(append(key, value.into()), "{what}: {key:?} {value:?} in a new section");
        assert!(append("s3", block), "{what}: {key:?} {value:?} in a block of a new section");
    }
}

#[test]
fn a_key_that_is_given_twice_is_refused_and_so_is_an_empty_block() {
    let document = config("[a]\nk = v\n");
    let append = |entries: &[(&str, NewValue<'_>)]| document.append(&section(profile("b"), entries));
    assert!(append(&[("s3", nested(&[]))]).is_err());
    assert!(append(&[("s3", nested(&[("a", "1"), ("a", "2")]))]).is_err());
    assert!(append(&[("k", "1".into()), ("k", "2".into())]).is_err());
}

#[test]
fn an_error_never_shows_a_value() {
    let document = config("[a]\n");
    let error = document.set(&document.sections()[0], "k", "wJalr\nXUtn").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("wJalr"));
}

#[test]
fn splice_refuses_what_can_not_all_be_done() {
    let edit = |start: usize, end: usize| Edit { range: start..end, bytes: b"x".to_vec() };
    assert_eq!(splice(b"abcd", &[edit(2, 4), edit(0, 2), edit(2, 2)]), Some(b"xxx".to_vec()));
    assert_eq!(splice(b"abcd", &[edit(1, 3), edit(2, 4)]), None);
    assert_eq!(splice(b"abcd", &[edit(0, 4), edit(2, 2)]), None);
    assert_eq!(splice(b"abcd", &[edit(3, 5)]), None);
    assert_eq!(splice(b"abcd", &[edit(3, 2)]), None);
}

#[test]
fn style_is_what_most_of_the_file_does() {
    for (text, newline, separator, blank_between) in [
        ("", "\n", " = ", true),
        ("[a]\r\nk=v\r\n[b]\n", "\r\n", "=", false),
        ("[a]\nk=v\nx = y\n# c\n[b]\r\n", "\n", " = ", false),
        ("[a]\n\n# about b\n[b]\nx = \ny =\n", "\n", " = ", true),
    ] {
        assert_eq!(config(text).style(), Style { newline, separator, blank_between }, "{text:?}");
    }
}

use proptest::prelude::*;

use super::*;
use crate::ini::views::Reader;
use crate::ini::{Edit, LineKind, NewSection, NewValue, splice};

fn kinds() -> impl Strategy<Value = FileKind> {
    prop::sample::select(vec![FileKind::Config, FileKind::Credentials])
}

/// Bytes that look like INI, mostly with a header first.
fn files() -> impl Strategy<Value = Vec<u8>> {
    let body = prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40).prop_map(|pieces| pieces.concat());
    let head =
        prop::sample::select(vec![&b"[profile a]\n"[..], b"[profile a]\nk = v\n", b"", b"# c\r\n[profile a]\r\n"]);
    (head, body).prop_map(|(head, body)| [head, &body[..]].concat())
}

/// Files that botocore reads: any indentation, continuation lines, indented headers, mixed line ends.
fn tidy_files() -> impl Strategy<Value = Vec<u8>> {
    let indent = prop::sample::select(vec!["", "", " ", "  ", "\t\u{a0}"]);
    let body =
        prop::sample::select(vec!["k# = v", "k#: =v", "k# =", "k#=v", "# c", ";c", "", "[profile p#] = x", "[p#] ="]);
    let ending = prop::sample::select(vec!["\n", "\n", "\r\n", "\r"]);
    let lines = prop::collection::vec((indent, body, ending), 0..25);
    (lines, prop::sample::select(vec!["", "x = y", "# c", "  "])).prop_map(|(lines, last)| {
        let mut text = "[profile p]\n".to_owned();
        for (number, (indent, body, ending)) in lines.iter().enumerate() {
            let body = if body.starts_with('#') { (*body).to_owned() } else { body.replace('#', &number.to_string()) };
            text.extend([indent, body.as_str(), ending]);
        }
        (text + last).into_bytes()
    })
}

fn names() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_.@%+:/-]{1,12}"
        .prop_filter("reserved", |name| !name.eq_ignore_ascii_case("default") && name != "__proto__")
}

fn values() -> impl Strategy<Value = String> {
    "[!$-:<-~]([ -~]{0,20}[!$-:<-~])?".prop_filter("portable", |value| {
        let quoted = value.starts_with(['"', '\'']) && value.chars().next() == value.chars().last();
        !quoted && !value.contains(" #") && !value.contains(" ;")
    })
}

fn view(document: &Document<'_>, section: usize) -> Vec<(String, String)> {
    let entries = document.entries(&document.sections()[section]);
    entries
        .iter()
        .map(|entry| (document.text(&entry.key()).to_lowercase(), document.value(entry).into_owned()))
        .collect()
}

/// All bytes outside the range are equal, and in order.
fn assert_contained(before: &[u8], edit: &Edit, after: &[u8]) -> Result<(), TestCaseError> {
    let tail = before.len() - edit.range.end;
    prop_assert_eq!(&before[..edit.range.start], &after[..edit.range.start]);
    prop_assert_eq!(&before[edit.range.end..], &after[after.len() - tail..]);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_belongs_to_exactly_one_line(
        bytes in prop_oneof![files(), prop::collection::vec(any::<u8>(), 0..200)],
        kind in kinds(),
    ) {
        let document = Document::parse(&bytes, kind);
        let mut end = 0;
        for line in document.lines() {
            prop_assert_eq!(line.range().start, end);
            prop_assert!(line.range().end > end && line.content().start >= end && line.content().end <= line.range().end);
            end = line.range().end;
        }
        prop_assert_eq!(end, bytes.len());
        document.faults();
        document.disagreements(&(0..bytes.len() / 2));
        for reader in Reader::ALL {
            prop_assert!(document.read_as(reader).map_or_else(|error| error.line > 0, |_| true));
        }
        prop_assert_eq!(splice(&bytes, &[]).unwrap(), bytes);
    }

    #[test]
    fn places_lie_within_each_other(bytes in files(), kind in kinds()) {
        let document = Document::parse(&bytes, kind);
        for pair in document.sections().windows(2) {
            prop_assert_eq!(pair[0].range.end, pair[1].range.start);
        }
        for section in document.sections() {
            prop_assert!(section.range.start <= section.header.start && section.header.end <= section.body_end);
            prop_assert!(section.body_end <= section.range.end);
            prop_assert!(document.find(&section.id).any(|found| found == section));
            for entry in document.entries(section) {
                prop_assert!(section.header.end <= entry.range().start && entry.range().end <= section.body_end);
                prop_assert!(entry.range().start <= entry.key().start && entry.key().end < entry.value().start);
                prop_assert!(entry.value().end <= entry.range().end);
                prop_assert!(document.nested(entry).iter().all(|nested| nested.value.end <= entry.range().end));
            }
        }
    }

    #[test]
    fn set_changes_one_value_and_no_other(
        bytes in prop_oneof![files(), tidy_files()], at in any::<prop::sample::Index>(), kind in kinds(), value in values(),
        key in prop::sample::select(vec!["region", "k", "s3", "new_key"]),
    ) {
        let before = Document::parse(&bytes, kind);
        if before.sections().is_empty() {
            return Ok(());
        }
        let position = at.index(before.sections().len());
        let edit = before.set(&before.sections()[position], key, &NewValue::from(value.as_str()));
        if before.sections()[position].id == other("DEFAULT") {
            prop_assert!(edit.is_err());
            return Ok(());
        }
        let edit = edit.unwrap();
        let text = splice(&bytes, std::slice::from_ref(&edit)).unwrap();
        assert_contained(&bytes, &edit, &text)?;
        let after = Document::parse(&text, kind);
        prop_assert_eq!(after.sections().len(), before.sections().len());
        for section in 0..before.sections().len() {
            let mut expected = view(&before, section);
            if section == position {
                match expected.iter_mut().rev().find(|(name, _)| name == key) {
                    Some((_, old)) => old.clone_from(&value),
                    None => expected.push((key.to_owned(), value.clone())),
                }
            }
            prop_assert_eq!(view(&after, section), expected);
        }
        prop_assert!(after.faults().len() <= before.faults().len());
    }

    #[test]
    fn remove_key_removes_that_key_and_no_other(
        bytes in tidy_files(), section in any::<prop::sample::Index>(), entry in any::<prop::sample::Index>(), kind in kinds(),
    ) {
        let before = Document::parse(&bytes, kind);
        prop_assert_eq!(before.faults(), vec![]);
        let position = section.index(before.sections().len());
        let mut expected: Vec<_> = (0..before.sections().len()).map(|section| view(&before, section)).collect();
        if expected[position].is_empty() {
            return Ok(());
        }
        let entry = entry.index(expected[position].len());
        let (key, _) = expected[position].remove(entry);
        let edits = before.remove_key(&before.sections()[position], &key);
        let text = splice(&bytes, &edits).unwrap();
        assert_contained(&bytes, &edits[0], &text)?;
        let after = Document::parse(&text, kind);
        let left: Vec<_> = (0..after.sections().len()).map(|section| view(&after, section)).collect();
        prop_assert_eq!(left, expected);
        prop_assert_eq!(after.faults(), vec![]);
    }

    #[test]
    fn remove_section_removes_that_section_and_no_other(
        bytes in tidy_files(), section in any::<prop::sample::Index>(), kind in kinds(),
    ) {
        let before = Document::parse(&bytes, kind);
        let position = section.index(before.sections().len());
        let Ok(edit) = before.remove_section(&before.sections()[position]) else {
            return Ok(());
        };
        let text = splice(&bytes, std::slice::from_ref(&edit)).unwrap();
        assert_contained(&bytes, &edit, &text)?;
        let after = Document::parse(&text, kind);
        let mut expected: Vec<_> = (0..before.sections().len()).map(|section| view(&before, section)).collect();
        expected.remove(position);
        let left: Vec<_> = (0..after.sections().len()).map(|section| view(&after, section)).collect();
        prop_assert_eq!(left, expected);
        prop_assert_eq!(after.faults(), vec![]);
        let comments = |document: &Document<'_>| {
            document.lines().iter().filter(|line| line.kind == LineKind::Comment).count()
        };
        let inside = Document::parse(&bytes[edit.range.clone()], kind);
        prop_assert_eq!(comments(&after) + comments(&inside), comments(&before));
    }

    #[test]
    fn append_sections_adds_that_section_and_removing_it_gives_the_file_back(
        bytes in files(), name in names(), value in values(), kind in kinds(),
    ) {
        let before = Document::parse(&bytes, kind);
        let id = SectionId::Profile(name);
        if before.find(&id).next().is_some() {
            return Ok(());
        }
        let nested = NewValue::Nested(vec![("addressing_style".into(), value.as_str().into())]);
        let entries = vec![("k".into(), NewValue::from(value.as_str())), ("s3".into(), nested)];
        let edit = before.append_sections(&[NewSection { id: id.clone(), entries }]).unwrap();
        let text = splice(&bytes, std::slice::from_ref(&edit)).unwrap();
        assert_contained(&bytes, &edit, &text)?;
        let after = Document::parse(&text, kind);
        prop_assert!(after.get(&id, "k").is_some_and(|found| found == value));
        prop_assert!(after.get_nested(&id, "s3", "addressing_style").is_some_and(|found| found == value));
        prop_assert_eq!(after.faults(), before.faults());
        for section in 0..before.sections().len() {
            prop_assert_eq!(view(&after, section), view(&before, section));
        }
        let removed = after.remove_section(after.sections().last().unwrap()).unwrap();
        let text = splice(&text, &[removed]).unwrap();
        let common = text.len().min(bytes.len());
        let rest = [&bytes[common..], &text[common..]].concat();
        prop_assert_eq!(&text[..common], &bytes[..common]);
        prop_assert!(Document::parse(&rest, kind).lines().iter().all(|line| line.kind == LineKind::Blank));
    }
}

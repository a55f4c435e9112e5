//! Owns the laws of edits: each one changes only what it should, or is refused. Must not know what profiles are.

use super::files::{self, File, FileSort};
use super::values::{is_portable_key, is_portable_name, is_portable_value};
use super::{Checked, Unstructured, view};
use crate::ini::{Document, Edit, EditError, FileKind, LineKind, NewSection, NewValue, Section, SectionId, splice};

/// One change to try on a file. `section` is taken modulo the number of sections.
#[derive(Debug, Clone)]
pub enum EditStep {
    /// Give a key one value.
    Set {
        /// Which section.
        section: usize,
        /// The key.
        key: String,
        /// Its value.
        value: String,
    },
    /// Take a key out.
    RemoveKey {
        /// Which section.
        section: usize,
        /// Which of its entries has the key.
        entry: usize,
    },
    /// Take a section out.
    RemoveSection {
        /// Which section.
        section: usize,
    },
    /// Give a section another name.
    Rename {
        /// Which section.
        section: usize,
        /// 0 to 4: `default`, a profile, an SSO session, services, any other header.
        sort: usize,
        /// The new name.
        name: String,
    },
    /// Add a section at the end.
    Append {
        /// As in [`EditStep::Rename`].
        sort: usize,
        /// Its name.
        name: String,
        /// Its keys and values, then as a nested block once more.
        pairs: Vec<(String, String)>,
    },
}

/// A file and the changes to try on it, one after the other.
#[derive(Debug, Clone)]
pub struct EditCase {
    /// The kind of the file.
    pub sort: FileSort,
    /// The file.
    pub file: File,
    /// The changes.
    pub changes: Vec<EditStep>,
}

impl EditCase {
    /// Draws the changes, then the file. `seeds` are files to start from.
    pub fn draw(draw: &mut Unstructured<'_>, seeds: &[Vec<u8>]) -> Self {
        let changes = (0..=draw.below(4)).map(|_| EditStep::draw(draw)).collect();
        let sort = draw.pick(&[FileSort::Config, FileSort::Credentials]);
        Self { sort, file: files::draw(draw, sort, seeds), changes }
    }
}

impl EditStep {
    /// Draws one change.
    pub fn draw(draw: &mut Unstructured<'_>) -> Self {
        const KEYS: &[&str] = &["k", "region", "s3", "new_key", "k1", "k2", "K3", "ü", "__proto__", "a b", ""];
        let section = draw.below(8);
        let key = |draw: &mut Unstructured<'_>| if draw.one_in(8) { draw.text(4) } else { draw.pick(KEYS).to_owned() };
        let value = |draw: &mut Unstructured<'_>| {
            if draw.one_in(3) { draw.text(6) } else { draw.pick(&["v", "eu-west-1", "a=b [c] \"d"]).to_owned() }
        };
        let pairs = |draw: &mut Unstructured<'_>| (0..draw.below(4)).map(|_| (key(draw), value(draw))).collect();
        let name = |draw: &mut Unstructured<'_>| {
            if draw.one_in(4) { draw.text(5) } else { draw.pick(&["new", "mine", "x.y", "default", "a"]).to_owned() }
        };
        match draw.below(5) {
            0 => Self::Set { section, key: key(draw), value: value(draw) },
            1 => Self::RemoveKey { section, entry: draw.below(8) },
            2 => Self::RemoveSection { section },
            3 => Self::Rename { section, sort: draw.below(5), name: name(draw) },
            _ => Self::Append { sort: draw.below(5), name: name(draw), pairs: pairs(draw) },
        }
    }

    /// The section that it is about.
    fn section<'d>(&self, document: &'d Document<'_>) -> Option<(usize, &'d Section)> {
        let (Self::Set { section, .. }
        | Self::RemoveKey { section, .. }
        | Self::RemoveSection { section }
        | Self::Rename { section, .. }) = self
        else {
            return None;
        };
        let position = section.checked_rem(document.sections().len())?;
        Some((position, &document.sections()[position]))
    }
}

/// Makes any changes, one after the other, to any bytes. Each one keeps the bytes outside its ranges, makes the file say what
/// was asked for, leaves everything else, and causes no fault; or it is refused for a reason.
///
/// # Panics
///
/// If the law does not hold.
pub fn edits_hold(case: &EditCase) -> Checked {
    let mut file = case.file.to_vec();
    let kind = case.sort.kind();
    let mut judged = Checked::Refused;
    for change in &case.changes {
        let before = Document::parse(&file, kind);
        if let Some(after) = one_holds(&before, change) {
            judged = Checked::Yes;
            file = after;
        }
    }
    judged
}

/// The file after one change; none if it was refused.
fn one_holds(before: &Document<'_>, change: &EditStep) -> Option<Vec<u8>> {
    let target = change.section(before);
    let edits = match (change, target) {
        (EditStep::Append { sort, name, pairs }, _) => return append_holds(before, &id(*sort, name), pairs),
        (_, None) => return None,
        (EditStep::Set { key, value, .. }, Some((position, _))) => {
            return set_holds(before, position, key, value);
        }
        (EditStep::RemoveKey { entry, .. }, Some((position, section))) => {
            let entries = before.entries(section);
            let entry = &entries[entry.checked_rem(entries.len())?];
            let key = before.text(&entry.key()).to_lowercase();
            let edits = before.remove_key(section, &key);
            remove_key_holds(before, position, &key, &edits);
            edits
        }
        (EditStep::RemoveSection { .. }, Some((position, section))) => {
            let removed = before.remove_section(section);
            vec![remove_section_holds(before, position, removed)?]
        }
        (EditStep::Rename { sort, name, .. }, Some((position, section))) => {
            let id = id(*sort, name);
            let renamed = before.rename_section(section, &id);
            vec![rename_holds(before, position, &id, renamed)?]
        }
    };
    Some(spliced(before, &edits))
}

/// The new text, whose bytes outside the edits are the old ones.
fn spliced(before: &Document<'_>, edits: &[Edit]) -> Vec<u8> {
    let after = splice(before.bytes(), edits).expect("the edits do not overlap");
    let (mut old, mut new) = (0, 0);
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| edit.range.start);
    for edit in ordered {
        let kept = edit.range.start - old;
        assert_eq!(before.bytes()[old..edit.range.start], after[new..new + kept]);
        assert_eq!(edit.bytes, after[new + kept..new + kept + edit.bytes.len()]);
        (old, new) = (edit.range.end, new + kept + edit.bytes.len());
    }
    assert_eq!(before.bytes()[old..], after[new..]);
    after
}

fn set_holds(before: &Document<'_>, position: usize, key: &str, value: &str) -> Option<Vec<u8>> {
    let section = &before.sections()[position];
    let result = before.set(section, key, value);
    let is_defaults = before.name(section) == b"DEFAULT";
    let is_writable = is_portable_key(key) && is_portable_value(value);
    assert_eq!(result.is_ok(), is_writable && !is_defaults, "{key:?} = {value:?}: {result:?}");
    let edit = result.ok()?;
    let text = spliced(before, &[edit]);
    let after = Document::parse(&text, before.kind());
    let mut expected = view::sections(before);
    match expected[position].iter_mut().rev().find(|(name, _)| name == key) {
        Some((_, old)) => value.clone_into(old),
        None => expected[position].push((key.to_owned(), value.to_owned())),
    }
    assert_eq!(view::sections(&after), expected);
    let changed = &after.sections()[position];
    if after.find(&changed.id).next_back() == Some(changed) {
        assert_eq!(after.get(&changed.id, key).as_deref(), Some(value));
    }
    assert!(after.faults().len() <= before.faults().len(), "a fault came: {:?}", after.faults());
    Some(text)
}

fn remove_key_holds(before: &Document<'_>, position: usize, key: &str, edits: &[Edit]) {
    let text = spliced(before, edits);
    if !before.faults().is_empty() {
        return;
    }
    let after = Document::parse(&text, before.kind());
    let mut expected = view::sections(before);
    expected[position].retain(|(name, _)| name != key);
    assert_eq!(view::sections(&after), expected);
    assert_eq!(after.faults(), vec![]);
}

fn remove_section_holds(before: &Document<'_>, position: usize, removed: Result<Edit, EditError>) -> Option<Edit> {
    let edit = match removed {
        Ok(edit) => edit,
        Err(EditError::IndentedHeader { line }) => {
            let next = &before.sections()[position + 1];
            assert!(next.header_line + 1 == line && next.range.start < next.header.start);
            return None;
        }
        Err(other) => panic!("{other}"),
    };
    let text = spliced(before, std::slice::from_ref(&edit));
    if before.faults().is_empty() {
        let after = Document::parse(&text, before.kind());
        let mut expected = view::sections(before);
        expected.remove(position);
        assert_eq!(view::sections(&after), expected);
        assert_eq!(after.faults(), vec![]);
        let comments =
            |document: &Document<'_>| document.lines().iter().filter(|line| line.kind == LineKind::Comment).count();
        let inside = Document::parse(&before.bytes()[edit.range.clone()], before.kind());
        assert_eq!(comments(&after) + comments(&inside), comments(before));
    }
    Some(edit)
}

fn rename_holds(
    before: &Document<'_>,
    position: usize,
    id: &SectionId,
    renamed: Result<Edit, EditError>,
) -> Option<Edit> {
    assert_eq!(renamed.is_ok(), is_portable_id(id, before.kind()), "{id:?}");
    let edit = renamed.ok()?;
    let text = spliced(before, std::slice::from_ref(&edit));
    let after = Document::parse(&text, before.kind());
    assert_eq!(view::sections(&after), view::sections(before));
    let new = &after.sections()[position];
    assert!(after.find(id).any(|found| found == new), "{id:?} does not find what was renamed to it");
    let is_taken = before.find(id).next().is_some();
    let others = |document: &Document<'_>| {
        let ids = document.sections().iter().map(|section| section.id.clone()).enumerate();
        ids.filter(|(at, _)| *at != position).collect::<Vec<_>>()
    };
    assert_eq!(others(&after), others(before));
    if before.faults().is_empty() && !is_taken {
        assert_eq!(after.faults(), vec![]);
    }
    Some(edit)
}

/// Adding a section and taking it out again leaves the file, except for blank lines and a line end at its end.
fn append_holds(before: &Document<'_>, id: &SectionId, pairs: &[(String, String)]) -> Option<Vec<u8>> {
    let mut entries: Vec<_> =
        pairs.iter().map(|(key, value)| (key.as_str().into(), NewValue::from(value.as_str()))).collect();
    entries.push(("nested_block".into(), nested(pairs)));
    let is_writable = is_portable_id(id, before.kind()) && are_portable(pairs);
    let result = before.append(&NewSection { id: id.clone(), entries });
    assert_eq!(result.is_ok(), is_writable, "{id:?} {pairs:?}: {result:?}");
    let edit = result.ok()?;
    let text = spliced(before, std::slice::from_ref(&edit));
    let after = Document::parse(&text, before.kind());
    let (new, old) = after.sections().split_last()?;
    assert_eq!(old.len(), before.sections().len());
    let mut expected = view::sections(before);
    let block = ("nested_block".to_owned(), view::block_text(pairs));
    expected.push(pairs.iter().cloned().chain([block]).collect());
    assert_eq!(view::sections(&after), expected);
    assert!(after.find(id).any(|found| found == new));
    if before.find(id).next().is_none() {
        assert_eq!(after.faults(), before.faults());
    }
    let removed = after.remove_section(new).unwrap_or_else(|error| panic!("{error}"));
    let without = spliced(&after, &[removed]);
    let common = without.len().min(before.bytes().len());
    let rest = [&before.bytes()[common..], &without[common..]].concat();
    assert_eq!(without[..common], before.bytes()[..common]);
    assert!(Document::parse(&rest, before.kind()).lines().iter().all(|line| line.kind == LineKind::Blank));
    Some(text)
}

fn nested(pairs: &[(String, String)]) -> NewValue<'_> {
    NewValue::Nested(pairs.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect())
}

fn id(sort: usize, name: &str) -> SectionId {
    let name = name.to_owned();
    match sort % 5 {
        0 => SectionId::Profile(name),
        1 => SectionId::SsoSession(name),
        2 => SectionId::Services(name),
        3 => SectionId::Other(name),
        _ => SectionId::Profile("default".to_owned()),
    }
}

fn is_portable_id(id: &SectionId, kind: FileKind) -> bool {
    match id {
        SectionId::Profile(name) => name == "default" || is_portable_name(name),
        SectionId::SsoSession(name) | SectionId::Services(name) | SectionId::Other(name) => {
            kind == FileKind::Config && is_portable_name(name)
        }
    }
}

/// At least one pair, no key twice, and all of them portable.
fn are_portable(pairs: &[(String, String)]) -> bool {
    let is_new = |at: usize| pairs[..at].iter().all(|(key, _)| *key != pairs[at].0);
    !pairs.is_empty()
        && (0..pairs.len()).all(is_new)
        && pairs.iter().all(|(key, value)| is_portable_key(key) && is_portable_value(value))
}

//! Owns botocore's reading, line by line: the one that a document already is. Must not know the other readers.

use std::borrow::Cow;

use super::trace::{Name, Role, SectionType, Step, Trace, nest};
use crate::ini::line::{Line, LineKind, split_nested};
use crate::ini::section::{Entry, Section, SectionId};
use crate::ini::{Document, python_space};

/// Follows botocore through a document. What makes it refuse the file ([`Document::faults`]) is passed over.
pub(super) fn trace<'a>(document: &Document<'a>) -> Trace<'a> {
    let mut sections = document.sections().iter();
    let mut reader = Reader { document, trace: Vec::new(), entry: None };
    let mut entries = [].iter();
    for line in document.lines() {
        match line.kind {
            LineKind::Header => {
                entries = sections.next().map_or([].iter(), |section| reader.begin(line, section));
            }
            LineKind::Entry => reader.set(line, entries.next()),
            LineKind::Continuation | LineKind::Blank => reader.go_on(line),
            LineKind::Comment | LineKind::Invalid(_) => {}
        }
    }
    reader.trace
}

struct Reader<'d, 'a> {
    document: &'d Document<'a>,
    trace: Trace<'a>,
    entry: Option<&'d Entry>,
}

impl<'d> Reader<'d, '_> {
    /// Returns the settings to come: none of a section that botocore passes over.
    fn begin(&mut self, line: &Line, section: &'d Section) -> std::slice::Iter<'d, Entry> {
        let is_defaults = self.document.is_defaults(section);
        let name = name(self.document, section);
        let entries = if is_defaults || name.is_some() { self.document.entries(section).iter() } else { [].iter() };
        let role = if is_defaults { Role::Defaults } else { Role::Section(name) };
        self.entry = None;
        self.trace.push(Step { at: line.range().start, role });
        entries
    }

    fn set(&mut self, line: &Line, entry: Option<&'d Entry>) {
        self.entry = entry;
        if let Some(entry) = entry {
            let key = text(entry.lower_key(self.document.bytes()));
            let role = Role::Setting(key, self.document.text(&entry.value()));
            self.trace.push(Step { at: line.range().start, role });
        }
    }

    /// A blank line counts only between the lines of a value.
    fn go_on(&mut self, line: &Line) {
        let Some(entry) = self.entry.filter(|entry| line.range().end <= entry.range().end) else {
            return;
        };
        let bytes = self.document.bytes();
        let visible = python_space::trim(bytes, line.content());
        if !entry.value().is_empty() {
            self.trace.push(Step { at: line.range().start, role: Role::More(self.document.text(&visible)) });
            return;
        }
        for part in split_nested(bytes, visible.clone()) {
            if let Some((key, value)) = self.document.split_nested_entry(&part) {
                let (key, value) = (self.document.text(&key), self.document.text(&value));
                let at = if part.start == visible.start { line.range().start } else { part.start };
                nest(&mut self.trace, at, key, value);
            }
        }
    }
}

fn text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// None for a section that botocore passes over.
fn name(document: &Document<'_>, section: &Section) -> Option<Name> {
    match &section.id {
        SectionId::Profile(_) if document.name(section) == b"default" => Some(Name::default()),
        SectionId::Profile(name) => Some(Name::new(SectionType::Profile, name)),
        SectionId::SsoSession(name) => Some(Name::new(SectionType::SsoSession, name)),
        SectionId::Services(name) => Some(Name::new(SectionType::Services, name)),
        SectionId::Other(_) => None,
    }
}

//! Owns what becomes of two headers that name one section. Must not know settings.

use std::borrow::Cow;
use std::ops::Range;

use super::compare::{grouped, header_text};
use super::disagreement::{Disagreement, Subject, Take};
use super::trace::{Name, Reader, Role, Sort};
use super::{botocore, go, javascript, plain, rust};
use crate::ini::{Document, Section, SectionId};

/// Adds a finding for each section of those lines that botocore knows by more than one way of writing it.
///
/// Two headers that are written alike are a fault, so one of the two is always among lines that are not plain.
pub(super) fn compare(document: &Document<'_>, lines: &Range<usize>, found: &mut Vec<Disagreement>) {
    let first = document.sections().partition_point(|section| section.header_line < lines.start);
    let sections = document.sections()[first..].iter().take_while(|section| section.header_line < lines.end);
    for section in sections.filter(|section| !is_plain(document, section)) {
        if matches!(section.id, SectionId::Other(_)) {
            continue;
        }
        let is_first = document.find(&section.id).find(|other| !is_plain(document, other)) == Some(section);
        let mut last_first = document.find(&section.id).rev();
        if let (Some(last), Some(hidden)) = (last_first.next(), last_first.next())
            && is_first
        {
            found.extend(disagreement(document, hidden, last));
        }
    }
}

fn is_plain(document: &Document<'_>, section: &Section) -> bool {
    let line = &document.lines()[section.header_line];
    plain::is_header(&document.bytes()[line.content()], document.kind())
}

fn header_line<'a>(document: &Document<'a>, section: &Section) -> Cow<'a, str> {
    document.text(&document.lines()[section.header_line].content())
}

fn disagreement(document: &Document<'_>, hidden: &Section, last: &Section) -> Option<Disagreement> {
    let take = |reader: Reader| {
        let (hidden_name, name) = (name(document, hidden, reader)?, name(document, last, reader)?);
        Some((reader, take(reader, hidden.header_line + 1, &hidden_name, &name)?))
    };
    let takes = grouped(Reader::ALL.into_iter().filter_map(take).collect());
    let is_told = match takes.as_slice() {
        [] => false,
        [(readers, _)] => *readers == [Reader::Botocore],
        _ => true,
    };
    let subject = Subject::Header(header_text(&header_line(document, last)));
    is_told.then(|| Disagreement { line: last.header_line + 1, subject, takes })
}

/// To the SDKs `[profile default]` is all there is, wherever `[default]` stands.
fn take(reader: Reader, line: usize, hidden: &Name, last: &Name) -> Option<Take> {
    match (hidden.sort, last.sort) {
        _ if reader == Reader::Botocore => Some(Take::Replaces(line)),
        _ if hidden == last => Some(Take::Joins(line)),
        (Sort::Profile, Sort::Default) => Some(Take::YieldsTo(line)),
        (Sort::Default, Sort::Profile) => Some(Take::Replaces(line)),
        _ => None,
    }
}

fn name(document: &Document<'_>, section: &Section, reader: Reader) -> Option<Name> {
    let line = header_line(document, section);
    let trace = match reader {
        Reader::Botocore => return botocore::name(document, section),
        Reader::Rust => rust::trace(&line, document.kind()),
        Reader::Go => go::trace(&line, document.kind()),
        Reader::JavaScript => javascript::trace(&line, document.kind()),
    };
    match trace.into_iter().next()?.role {
        Role::Section(name) => name,
        _ => None,
    }
}

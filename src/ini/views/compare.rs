//! Owns the comparison of all readers, line by line. Must not know how any of them reads.

use std::borrow::Cow;
use std::iter::Peekable;
use std::ops::Range;
use std::vec;

use super::disagreement::{Disagreement, Subject, Take};
use super::plain::odd_runs;
use super::takes::{self, Seen};
use super::trace::{Reader, Role, Step, Trace};
use super::{botocore, go, javascript, names, rust};
use crate::ini::Document;

impl Document<'_> {
    /// What the readers see differently outside `managed`, a range of bytes; by line, one for each cause.
    ///
    /// Meant for a file without [`Document::faults`]: these are what botocore has against it, and are not said again. A
    /// reader that gives the file up is heard of no more after that line. Linear, and one pass without allocation over
    /// a file that is plain.
    pub(crate) fn disagreements(&self, managed: &Range<usize>) -> Vec<Disagreement> {
        let mut found = Vec::new();
        let mut lost = Vec::new();
        for run in odd_runs(self, managed) {
            Comparison::new(self, &run, &mut found, &mut lost).compare();
            names::compare(self, &run, &mut found);
        }
        let index = |at: usize| self.lines().partition_point(|line| line.range().start < at);
        let inside = index(managed.start)..index(managed.end);
        found.retain(|finding| !inside.contains(&(finding.line - 1)) && !is_for_cli_alone(finding));
        found.sort_by_key(|finding| finding.line);
        found
    }
}

/// Whether it is about a setting of AWS CLI's own, which is nothing to the others as long as they can read the file.
fn is_for_cli_alone(finding: &Disagreement) -> bool {
    let is_cli = matches!(&finding.subject, Subject::Key { key, .. } if key.to_ascii_lowercase().starts_with("cli_"));
    is_cli && !finding.takes.iter().any(|(_, take)| matches!(take, Take::Unreadable(_)))
}

/// Brings those with the same take together; the order is that of the first of each.
pub(super) fn grouped(takes: Vec<(Reader, Take)>) -> Vec<(Vec<Reader>, Take)> {
    let mut groups: Vec<(Vec<Reader>, Take)> = Vec::new();
    for (reader, take) in takes {
        match groups.iter_mut().find(|(_, other)| *other == take) {
            Some((readers, _)) => readers.push(reader),
            None => groups.push((vec![reader], take)),
        }
    }
    groups
}

/// A header as it is written, without what stands behind it.
pub(super) fn header_text(line: &str) -> String {
    let line = line.trim();
    match line.rfind(']') {
        Some(close) if close + 1 < line.len() => format!("{} …", &line[..=close]),
        _ => line.to_owned(),
    }
}

/// One run of lines, from a header that all know as such.
struct Comparison<'c, 'a> {
    document: &'c Document<'a>,
    lines: Range<usize>,
    found: &'c mut Vec<Disagreement>,
    /// Those who have given the file up.
    lost: &'c mut Vec<Reader>,
    /// Those who are in the same section, and what they have found there.
    open: Vec<(Reader, bool)>,
    /// The header of that section.
    header: Option<usize>,
    /// What was said last, so that all lines of one value are one finding.
    said: Vec<(Reader, Take)>,
}

impl<'c, 'a> Comparison<'c, 'a> {
    fn new(
        document: &'c Document<'a>,
        lines: &Range<usize>,
        found: &'c mut Vec<Disagreement>,
        lost: &'c mut Vec<Reader>,
    ) -> Self {
        let (lines, open) = (lines.clone(), Vec::new());
        Self { document, lines, found, lost, open, header: None, said: Vec::new() }
    }

    fn compare(&mut self) {
        let lines = &self.document.lines()[self.lines.clone()];
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
            return;
        };
        let range = first.range().start..last.range().end;
        let text = String::from_utf8_lossy(&self.document.bytes()[range.clone()]);
        let mut traces = Reader::ALL.map(|reader| self.trace(reader, range.start, &text));
        if let Some(line) = lines.iter().find(|line| &self.document.bytes()[line.ending()] == b"\r") {
            if traces.iter().any(|trace| !is_same(trace, &traces[0])) {
                self.add_line_end(line.range().start);
                return;
            }
            // The same lines to all, but counted differently.
            traces = traces.each_ref().map(|_| traces[0].clone());
        }
        let mut traces = traces.map(|trace| trace.into_iter().peekable());
        while let Some((at, roles)) = next_line(&mut traces) {
            self.compare_line(at, &roles);
        }
        self.end_section();
    }

    /// What the lines are to a reader; `text` is all of them, from `start`.
    fn trace<'t>(&self, reader: Reader, start: usize, text: &'t str) -> Trace<'t>
    where
        'a: 't,
    {
        let mut trace = match reader {
            Reader::Botocore => return botocore::trace(self.document, self.lines.clone()),
            Reader::Rust => rust::trace(text, self.document.kind()),
            Reader::Go => go::trace(text, self.document.kind()),
            Reader::JavaScript => javascript::trace(text, self.document.kind()),
        };
        for step in &mut trace {
            step.at += start;
        }
        trace
    }

    /// Only botocore sees a line end in a lone carriage return, and so all that follows may differ.
    fn add_line_end(&mut self, at: usize) {
        self.header = Some(self.document.lines()[self.lines.start].range().start);
        let others = [Reader::Rust, Reader::Go, Reader::JavaScript].map(|reader| (reader, Take::NoLineEnd));
        let takes = [(Reader::Botocore, Take::LineEnd)].into_iter().chain(others).collect();
        self.add(at, Subject::Line { section: self.section() }, takes);
    }

    fn compare_line(&mut self, at: usize, roles: &[Option<Role<'_>>; 4]) {
        let seen = Reader::ALL.into_iter().zip(roles.iter().map(Option::as_ref));
        let seen: Vec<Seen<'_, '_>> = seen.filter(|(reader, _)| !self.lost.contains(reader)).collect();
        if seen.iter().any(|(_, role)| matches!(role, Some(Role::Section(_) | Role::Defaults))) {
            self.compare_header(at, &seen);
        } else {
            self.compare_setting(at, &seen);
        }
        let refusing = seen.iter().filter(|(_, role)| matches!(role, Some(Role::Refused(_))));
        self.lost.extend(refusing.map(|(reader, _)| *reader));
        self.open.retain(|(reader, _)| !self.lost.contains(reader));
    }

    /// From here on those are compared who see the section that the first of them sees.
    fn compare_header(&mut self, at: usize, seen: &[Seen<'_, '_>]) {
        self.end_section();
        self.header = Some(at);
        let takes = takes::of_header(seen);
        let section = takes.iter().find(|(_, take)| matches!(take, Take::Section(_)));
        if let Some((_, section)) = section {
            self.open = takes.iter().filter(|(_, take)| take == section).map(|(reader, _)| (*reader, false)).collect();
        }
        if takes.iter().any(|(_, take)| *take != takes[0].1) {
            self.add(at, Subject::Header(self.section()), takes);
        }
    }

    /// A section without a setting is not there to JavaScript.
    fn end_section(&mut self) {
        let open = std::mem::take(&mut self.open);
        let is_empty = open.iter().all(|(_, has_settings)| !has_settings);
        if let Some(header) = self.header
            && is_empty
            && open.len() > 1
            && open.iter().any(|(reader, _)| *reader == Reader::JavaScript)
        {
            let take = |reader| if reader == Reader::JavaScript { Take::NoSettings } else { Take::NoneNeeded };
            let takes = open.iter().map(|(reader, _)| (*reader, take(*reader))).collect();
            self.add(header, Subject::Header(self.section()), takes);
        }
        self.said.clear();
    }

    fn compare_setting(&mut self, at: usize, seen: &[Seen<'_, '_>]) {
        for (reader, has_settings) in &mut self.open {
            *has_settings |= seen.iter().any(|(other, role)| other == reader && role.is_some());
        }
        let is_heard = |(reader, role): &&Seen<'_, '_>| {
            matches!(role, Some(Role::Refused(_))) || self.open.iter().any(|(open, _)| open == reader)
        };
        let seen: Vec<Seen<'_, '_>> = seen.iter().filter(is_heard).copied().collect();
        let Some((_, first)) = seen.first() else {
            return;
        };
        let is_refused = seen.iter().any(|(_, role)| matches!(role, Some(Role::Refused(_))));
        if !is_refused && seen.iter().all(|(_, role)| role == first) {
            self.said.clear();
            return;
        }
        let line = self.line(at);
        if !line.starts_with(char::is_whitespace) {
            self.said.clear();
        }
        let takes = takes::of_line(&line, &seen);
        if takes != self.said {
            self.said.clone_from(&takes);
            self.add(at, self.subject(&seen), takes);
        }
    }

    /// What is no key to the first of them may be a part of a secret value.
    fn subject(&self, seen: &[Seen<'_, '_>]) -> Subject {
        let section = self.section();
        let first = seen.first().and_then(|(_, role)| *role);
        match first.and_then(takes::key) {
            Some(key) => Subject::Key { key: key.to_owned(), section },
            None => Subject::Line { section },
        }
    }

    fn section(&self) -> String {
        self.header.map_or_else(String::new, |at| header_text(&self.line(at)))
    }

    fn line(&self, at: usize) -> Cow<'a, str> {
        let line = &self.document.lines()[self.document.line_number(at) - 1];
        self.document.text(&line.content())
    }

    /// A line that is more than one step to somebody is still one finding.
    fn add(&mut self, at: usize, subject: Subject, takes: Vec<(Reader, Take)>) {
        let line = self.document.line_number(at);
        if self.found.last().is_none_or(|last| last.line != line) {
            self.found.push(Disagreement { line, subject, takes: grouped(takes) });
        }
    }
}

/// Whether lines are the same to two readers, wherever these see them.
fn is_same(left: &Trace<'_>, right: &Trace<'_>) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.role == right.role)
}

type Steps<'a> = Peekable<vec::IntoIter<Step<'a>>>;

/// The next line that is something to any of them, and what it is to each.
fn next_line<'a>(traces: &mut [Steps<'a>; 4]) -> Option<(usize, [Option<Role<'a>>; 4])> {
    let at = traces.iter_mut().filter_map(|trace| trace.peek().map(|step| step.at)).min()?;
    let roles = traces.each_mut().map(|trace| trace.next_if(|step| step.at == at).map(|step| step.role));
    Some((at, roles))
}

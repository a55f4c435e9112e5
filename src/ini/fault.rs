//! Owns what makes botocore, and so AWS CLI and boto3, refuse a whole file. Must not know what to do about it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use super::document::Document;
use super::line::{BYTE_ORDER_MARK, LineKind, Refusal};
use super::section::Section;

/// Up to so many keys are compared in pairs.
const FEW: usize = 16;

/// One cause for a refusal, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What is wrong with it.
    pub(crate) kind: FaultKind,
}

/// What is wrong with a line. `Display` never shows a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// U+FEFF at the start of the file.
    ByteOrderMark,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
    /// A line that is neither header, entry, comment nor blank.
    Refused(Refusal),
    /// The same text between brackets as in an earlier header.
    DuplicateSection {
        /// The text between the brackets.
        name: String,
        /// The line of the first one, from 1.
        first_line: usize,
    },
    /// The same key, case aside, earlier in the section.
    DuplicateKey {
        /// The key in lower case.
        key: String,
        /// The line of the first one, from 1.
        first_line: usize,
    },
    /// A line without `=` inside a nested block.
    NestedWithoutSeparator {
        /// The key of the block.
        key: String,
    },
}

impl fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByteOrderMark => formatter.write_str("the file begins with a byte order mark"),
            Self::InvalidUtf8 => formatter.write_str("the line is not valid UTF-8"),
            Self::Refused(refusal) => write!(formatter, "{refusal}"),
            Self::DuplicateSection { name, first_line } => {
                write!(formatter, "section {name:?} is already on line {first_line}")
            }
            Self::DuplicateKey { key, first_line } => {
                write!(formatter, "key {key:?} is already on line {first_line} of the same section")
            }
            Self::NestedWithoutSeparator { key } => {
                write!(formatter, "a line of the nested block {key:?} has no `=`")
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::BeforeFirstSection => "text before the first section header",
            Self::UnclosedHeader => "a section header without its `]`",
            Self::EmptyHeader => "a section header without a name",
            Self::MissingSeparator => "a line without `=`",
            Self::MissingKey => "no key before the `=`",
        })
    }
}

impl Document<'_> {
    /// Everything that makes botocore refuse the file, by line; empty if it reads the file.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut faults = self.line_faults();
        faults.extend(self.duplicate_sections());
        faults.extend(self.duplicate_keys());
        faults.extend(self.nested_faults());
        faults.sort_by_key(|fault| fault.line);
        faults
    }

    fn line_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.bytes().starts_with(BYTE_ORDER_MARK) {
            faults.push(Fault { line: 1, kind: FaultKind::ByteOrderMark });
        }
        let invalid = std::str::from_utf8(self.bytes()).is_err();
        for (line, number) in self.lines().iter().zip(1..) {
            if invalid && std::str::from_utf8(&self.bytes()[line.range()]).is_err() {
                faults.push(Fault { line: number, kind: FaultKind::InvalidUtf8 });
            }
            if let LineKind::Refused(refusal) = line.kind {
                faults.push(Fault { line: number, kind: FaultKind::Refused(refusal) });
            }
        }
        faults
    }

    fn duplicate_sections(&self) -> Vec<Fault> {
        // Equal texts have equal identities, so they are neighbours here.
        let mut faults = Vec::new();
        let mut first_lines: HashMap<&[u8], usize> = HashMap::new();
        let mut last: Option<&Section> = None;
        for section in self.by_identity().filter(|section| !self.is_defaults(section)) {
            let line = section.header_line + 1;
            match last.replace(section) {
                // Nearly every section is the only one of its identity, and need not be hashed.
                Some(other) if other.id == section.id => {
                    first_lines.entry(self.name(other)).or_insert(other.header_line + 1);
                    let first_line = *first_lines.entry(self.name(section)).or_insert(line);
                    if first_line != line {
                        let name = self.text(&section.name).into_owned();
                        faults.push(Fault { line, kind: FaultKind::DuplicateSection { name, first_line } });
                    }
                }
                _ => first_lines.clear(),
            }
        }
        faults
    }

    /// `[DEFAULT]` may be repeated, but all of them are one section to the check for repeated keys.
    fn duplicate_keys(&self) -> Vec<Fault> {
        let mut defaults = HashMap::new();
        let mut faults = Vec::new();
        for section in self.sections() {
            if self.is_defaults(section) {
                self.repeated(section, &mut defaults, &mut faults);
            } else if !self.is_plainly_unique(section) {
                self.repeated(section, &mut HashMap::new(), &mut faults);
            }
        }
        faults
    }

    /// Sections have few keys, and pairs of them are compared faster than hashed. False says nothing.
    fn is_plainly_unique(&self, section: &Section) -> bool {
        let entries = self.entries(section);
        let key = |at: usize| &self.bytes()[entries[at].key()];
        let count = entries.len();
        count <= FEW
            && (0..count).all(|at| key(at).is_ascii() && (0..at).all(|other| !key(at).eq_ignore_ascii_case(key(other))))
    }

    fn repeated<'s>(&'s self, section: &Section, seen: &mut HashMap<Cow<'s, [u8]>, usize>, faults: &mut Vec<Fault>) {
        for entry in self.entries(section) {
            let line = self.line_number(entry.range().start);
            let first_line = *seen.entry(entry.lower_key(self.bytes())).or_insert(line);
            if first_line != line {
                let key = String::from_utf8_lossy(&entry.lower_key(self.bytes())).into_owned();
                faults.push(Fault { line, kind: FaultKind::DuplicateKey { key, first_line } });
            }
        }
    }

    /// Those of `[DEFAULT]` count even where no other section makes botocore look at them yet.
    fn nested_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for entry in self.all_entries().iter().filter(|entry| entry.value().is_empty()) {
            for line in self.nested_lines(entry).filter(|line| !self.bytes()[line.clone()].contains(&b'=')) {
                let key = self.text(&entry.key()).into_owned();
                let kind = FaultKind::NestedWithoutSeparator { key };
                faults.push(Fault { line: self.line_number(line.start), kind });
            }
        }
        faults
    }
}

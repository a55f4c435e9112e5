//! Owns the faults for which botocore, and so AWS CLI and boto3, refuse a whole file. Must not know the remedy.

use std::collections::HashMap;

use super::document::Document;
use super::line::{BYTE_ORDER_MARK, LineError, LineKind};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// From 1.
    pub(crate) line: usize,
    pub(crate) kind: FaultKind,
}

/// The text never shows a value. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FaultKind {
    #[error("the file begins with a byte order mark")]
    ByteOrderMark,
    #[error("the line is not valid UTF-8")]
    InvalidUtf8,
    #[error("{0}")]
    Line(LineError),
    #[error("section {name:?} is already on line {first_line}")]
    DuplicateSection { name: String, first_line: usize },
    /// Keys are compared in lower case.
    #[error("key {key:?} is already on line {first_line} of the same section")]
    DuplicateKey { key: String, first_line: usize },
    #[error("a line of the nested block {key:?} has no `=`")]
    NestedWithoutSeparator { key: String },
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
            if let LineKind::Invalid(refusal) = line.kind {
                faults.push(Fault { line: number, kind: FaultKind::Line(refusal) });
            }
        }
        faults
    }

    fn duplicate_sections(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut first_lines: HashMap<&[u8], usize> = HashMap::new();
        for section in self.sections().iter().filter(|section| !self.is_defaults(section)) {
            let line = section.header_line + 1;
            let first_line = *first_lines.entry(self.name(section)).or_insert(line);
            if first_line != line {
                let name = self.text(&section.name).into_owned();
                faults.push(Fault { line, kind: FaultKind::DuplicateSection { name, first_line } });
            }
        }
        faults
    }

    fn duplicate_keys(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        // `[DEFAULT]` may be repeated, but all of them are one section to the check for repeated keys.
        let mut defaults = HashMap::new();
        for section in self.sections() {
            let mut own = HashMap::new();
            let first_lines = if self.is_defaults(section) { &mut defaults } else { &mut own };
            for entry in self.entries(section) {
                let key = entry.lower_key(self.bytes());
                let line = self.line_number(entry.range().start);
                let first_line = *first_lines.entry(key.clone()).or_insert(line);
                if first_line != line {
                    let key = String::from_utf8_lossy(&key).into_owned();
                    faults.push(Fault { line, kind: FaultKind::DuplicateKey { key, first_line } });
                }
            }
        }
        faults
    }

    /// Blocks of `[DEFAULT]` count even where no other section makes botocore look at them yet.
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

//! Owns a config file with its managed block, and the checks around the block. Must not know the manifest.

use std::ops::Range;

use super::block::Block;
use crate::ini::{Document, Entry, Fault, FaultKind, FileKind, NewSection, Section, Warning};
use crate::plan::covers;
use crate::plan::refusal::Refusal;

pub(crate) struct ConfigFile<'a> {
    pub(crate) document: Document<'a>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) block: Option<Block>,
}

/// The warnings about the lines of one of AWS's files outside awsauth's block.
pub(crate) fn warnings(bytes: &[u8], kind: FileKind) -> Vec<Warning> {
    match kind {
        FileKind::Config => ConfigFile::read(bytes).map(|file| file.warnings()).unwrap_or_default(),
        FileKind::Credentials => Document::parse(bytes, kind).lint(&(0..0)),
    }
}

impl<'a> ConfigFile<'a> {
    /// Refuses a file whose markers make no block.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let document = Document::parse(bytes, FileKind::Config);
        let block = Block::find(&document)?;
        let faults = document.faults();
        Ok(Self { document, faults, block })
    }

    pub(crate) fn is_in_block(&self, offset: usize) -> bool {
        self.block.as_ref().is_some_and(|block| block.range.contains(&offset))
    }

    /// The warnings about lines outside the block; none for a file that AWS CLI can't read.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let block = self.block.as_ref().map_or(0..0, |block| block.range.clone());
        if self.faults.is_empty() { self.document.lint(&block) } else { Vec::new() }
    }

    /// [`Block::trailing`], after the first line of the block is checked as well.
    pub(crate) fn trailing(&self) -> Result<Vec<&Entry>, Refusal> {
        let Some(block) = &self.block else { return Ok(Vec::new()) };
        block.check_head(&self.document)?;
        block.trailing(&self.document)
    }

    /// Those of `sections` outside the block, by place.
    pub(crate) fn outside(&self, sections: &[NewSection<'_>]) -> Vec<&Section> {
        let all = sections.iter().flat_map(|section| self.document.find(&section.id));
        let mut outside: Vec<&Section> = all.filter(|section| !self.is_in_block(section.header.start)).collect();
        outside.sort_by_key(|section| section.header.start);
        outside
    }

    /// Refuses a file that AWS CLI can't read after the change either. Faults in the block don't count, as it is replaced, nor
    /// does a repeated section or key of which one is in `leaving`.
    pub(crate) fn check_faults(&self, leaving: &[Range<usize>]) -> Result<(), Refusal> {
        let start = |line: usize| self.document.lines()[line - 1].range().start;
        let stays = |fault: &&Fault| match fault.kind {
            FaultKind::DuplicateSection { first_line, .. } | FaultKind::DuplicateKey { first_line, .. } => {
                let mut both = [fault.line, first_line].into_iter().map(start);
                both.all(|offset| !self.is_in_block(offset) && !covers(leaving, offset))
            }
            _ => !self.is_in_block(start(fault.line)),
        };
        let faults: Vec<Fault> = self.faults.iter().filter(stays).cloned().collect();
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Unreadable(faults)) }
    }
}

//! Owns places in a file in half the room: files have at most 64 MiB, and some have a million places. Must not know what
//! stands there.

use std::ops::Range;

/// A range of bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    start: u32,
    end: u32,
}

impl Place {
    /// The range.
    pub(super) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The same up to another end.
    pub(super) fn until(self, end: usize) -> Self {
        Self { end: narrow(end), ..self }
    }
}

impl From<Range<usize>> for Place {
    fn from(range: Range<usize>) -> Self {
        Self { start: narrow(range.start), end: narrow(range.end) }
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}..{}", self.start, self.end)
    }
}

/// A text past 4 GiB is not read from any file; what is behind would stand at the end.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

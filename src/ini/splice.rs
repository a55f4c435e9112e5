//! Owns the change of bytes at ranges. Must not know what the bytes mean.

use std::ops::Range;

/// Other bytes for a range; an empty range inserts.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    /// What is replaced.
    pub(crate) range: Range<usize>,
    /// What stands there instead.
    pub(crate) bytes: Vec<u8>,
}

/// The bytes may be a secret.
impl std::fmt::Debug for Edit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Edit({:?}, {} bytes)", self.range, self.bytes.len())
    }
}

/// Edits that can't all be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SpliceError {
    /// Two edits replace the same byte, or one inserts inside what another replaces.
    #[error("two edits overlap at byte {at}")]
    Overlap {
        /// The first byte that both claim.
        at: usize,
    },
    /// An edit ends before it begins, or past the end of the text.
    #[error("an edit of bytes {start}..{end} lies outside a text of {length} bytes")]
    OutOfRange {
        /// Where the edit begins.
        start: usize,
        /// Where it ends.
        end: usize,
        /// How long the text is.
        length: usize,
    },
}

/// Does all edits at once, given in any order; insertions at one place keep the order they are given in.
pub(crate) fn splice(bytes: &[u8], edits: &[Edit]) -> Result<Vec<u8>, SpliceError> {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let added: usize = edits.iter().map(|edit| edit.bytes.len()).sum();
    let mut result = Vec::with_capacity(bytes.len() + added);
    let mut done = 0;
    for edit in ordered {
        let Range { start, end } = edit.range;
        if start > end || end > bytes.len() {
            return Err(SpliceError::OutOfRange { start, end, length: bytes.len() });
        }
        if start < done {
            return Err(SpliceError::Overlap { at: start });
        }
        result.extend_from_slice(&bytes[done..start]);
        result.extend_from_slice(&edit.bytes);
        done = end;
    }
    result.extend_from_slice(&bytes[done..]);
    Ok(result)
}

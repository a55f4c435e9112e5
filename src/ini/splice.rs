//! Owns the change of bytes at ranges. Must not know what the bytes mean.

use std::ops::Range;

/// Replaces a range by other bytes; an empty range inserts.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) range: Range<usize>,
    pub(crate) bytes: Vec<u8>,
}

/// The bytes may be a secret.
impl std::fmt::Debug for Edit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Edit({:?}, {} bytes)", self.range, self.bytes.len())
    }
}

/// Does all edits at once, given in any order; insertions at one place keep the order they are given in.
///
/// None if two edits overlap, or one ends before it begins or past the end of the text.
pub(crate) fn splice(bytes: &[u8], edits: &[Edit]) -> Option<Vec<u8>> {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let added: usize = edits.iter().map(|edit| edit.bytes.len()).sum();
    let mut result = Vec::with_capacity(bytes.len() + added);
    let mut rest = 0;
    for edit in ordered {
        bytes.get(edit.range.clone())?;
        result.extend_from_slice(bytes.get(rest..edit.range.start)?);
        result.extend_from_slice(&edit.bytes);
        rest = edit.range.end;
    }
    result.extend_from_slice(&bytes[rest..]);
    Some(result)
}

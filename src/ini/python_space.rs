//! Owns white space and lower case as Python's `str` has them, on bytes that may not be UTF-8. Must not know INI.

use std::borrow::Cow;
use std::ops::Range;

/// Python's `isspace`, which also takes four separators of ASCII.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

fn leading(bytes: &[u8]) -> &str {
    let head = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    &head[..head.len() - head.trim_start_matches(is_space).len()]
}

fn trailing(bytes: &[u8]) -> &str {
    let tail = bytes.utf8_chunks().last().filter(|chunk| chunk.invalid().is_empty()).map_or("", |chunk| chunk.valid());
    &tail[tail.trim_end_matches(is_space).len()..]
}

/// The part of `range` that `str.strip()` leaves; empty at the start of `range` if nothing is left.
pub(super) fn trim(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = range;
    // Most texts begin and end with visible ASCII, and need no decoding.
    let is_visible = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_graphic);
    if start == end || is_visible(start) && is_visible(end - 1) {
        return start..end;
    }
    end -= trailing(&bytes[start..end]).len();
    start += leading(&bytes[start..end]).len();
    start..end
}

/// The indentation of a line, in characters as Python counts them.
pub(super) fn depth(line: &[u8]) -> usize {
    leading(line).chars().count()
}

/// `str.lower()`; bytes that are not UTF-8 stay as they are.
pub(super) fn lower(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.iter().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(bytes);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Owned(text.to_lowercase().into_bytes()),
        Err(_) => Cow::Borrowed(bytes),
    }
}

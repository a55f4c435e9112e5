//! Owns what Python's `str` calls white space and lower case, on bytes that may not be UTF-8. Must not know INI.

use std::borrow::Cow;
use std::ops::Range;

/// The length of the white space character that `bytes` begins with, or 0.
pub(super) fn leading(bytes: &[u8]) -> usize {
    match bytes {
        [b'\t'..=b'\r' | 0x1c..=0x1f | b' ', ..] => 1,
        [0xc2, 0x85 | 0xa0, ..] => 2,
        [0xe1, 0x9a, 0x80, ..]
        | [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf, ..]
        | [0xe2, 0x81, 0x9f, ..]
        | [0xe3, 0x80, 0x80, ..] => 3,
        _ => 0,
    }
}

fn trailing(bytes: &[u8]) -> usize {
    let tail = |length: usize| bytes.len().checked_sub(length).map_or(0, |start| leading(&bytes[start..]));
    (1..=3).find(|length| tail(*length) == *length).unwrap_or(0)
}

/// The part of `range` that `str.strip()` leaves; empty at the start of `range` when nothing is left.
pub(super) fn trim(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = range;
    // Most texts begin and end with a character that is none, in any encoding.
    let is_visible = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_graphic);
    if start < end && is_visible(start) && is_visible(end - 1) {
        return start..end;
    }
    loop {
        match trailing(&bytes[start..end]) {
            0 => break,
            length => end -= length,
        }
    }
    loop {
        match leading(&bytes[start..end]) {
            0 => break,
            length => start += length,
        }
    }
    start..end
}

/// How deep a line is indented, in characters as Python counts them.
pub(super) fn depth(mut line: &[u8]) -> usize {
    let mut depth = 0;
    loop {
        match leading(line) {
            0 => return depth,
            length => line = &line[length..],
        }
        depth += 1;
    }
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

//! Owns putting a prefix before each line of a stream of bytes, which need not be text.

use memchr::memchr;

/// The most bytes of a line; a longer one is cut into lines.
const LONGEST: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Prefixed {
    prefix: Vec<u8>,
    open: Vec<u8>,
}

impl Prefixed {
    pub(super) fn new(prefix: Vec<u8>) -> Self {
        Self { prefix, open: Vec::new() }
    }

    /// Returns the lines that `bytes` complete.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut lines = Vec::with_capacity(bytes.len() + self.open.len() + self.prefix.len());
        let mut rest = bytes;
        while let Some(end) = memchr(b'\n', rest) {
            self.add(&rest[..end], &mut lines);
            self.end_line(&mut lines);
            rest = &rest[end + 1..];
        }
        self.add(rest, &mut lines);
        lines
    }

    /// Returns the unfinished line, if there is one, and ends it.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        let mut lines = Vec::new();
        if !self.open.is_empty() {
            self.end_line(&mut lines);
        }
        lines
    }

    fn add(&mut self, mut part: &[u8], lines: &mut Vec<u8>) {
        while self.open.len() + part.len() > LONGEST {
            let (piece, rest) = part.split_at(LONGEST - self.open.len());
            self.open.extend_from_slice(piece);
            self.end_line(lines);
            part = rest;
        }
        self.open.extend_from_slice(part);
    }

    fn end_line(&mut self, lines: &mut Vec<u8>) {
        lines.extend_from_slice(&self.prefix);
        lines.append(&mut self.open);
        lines.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out if the bytes come in pieces of that size.
    fn prefixed(bytes: &[u8], size: usize) -> Vec<u8> {
        let mut stream = Prefixed::new(b"p | ".to_vec());
        let mut all: Vec<u8> = bytes.chunks(size).flat_map(|piece| stream.take(piece)).collect();
        all.extend(stream.rest());
        all
    }

    #[test]
    fn each_line_is_whole_and_has_the_words_in_front_however_the_bytes_come() {
        for (bytes, expected) in [
            (&b""[..], &b""[..]),
            (b"a\n", b"p | a\n"),
            (b"a\nb", b"p | a\np | b\n"),
            (b"\n\n", b"p | \np | \n"),
            (b"a\r\n\xff\xfe\0b\n", b"p | a\r\np | \xff\xfe\0b\n"),
        ] {
            for size in 1..=bytes.len().max(1) {
                assert_eq!(prefixed(bytes, size), expected, "in pieces of {size}");
            }
        }
    }

    #[test]
    fn a_line_without_an_end_goes_on_in_pieces_and_loses_nothing() {
        let long = vec![b'x'; 2 * LONGEST + 5];
        for size in [7, LONGEST, long.len()] {
            let text = prefixed(&long, size);
            let lines: Vec<usize> = text.split(|byte| *byte == b'\n').map(<[u8]>::len).collect();
            assert_eq!(lines, [LONGEST + 4, LONGEST + 4, 5 + 4, 0], "in pieces of {size}");
        }
        let exact = [&long[..LONGEST], b"\n"].concat();
        assert_eq!(prefixed(&exact, 1000).len(), LONGEST + 5);
    }
}

//! Owns choices made by a string of bytes. Must not know their meaning.

/// The bytes that decide all choices, first to last. When they are spent, every choice is the first one: fewer and smaller
/// bytes mean a simpler case, which lets proptest and libFuzzer shrink a failing one.
#[derive(Debug)]
pub struct Unstructured<'b> {
    rest: &'b [u8],
}

impl<'b> Unstructured<'b> {
    /// Draws from all of `bytes`.
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next byte, or 0.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    /// A number below `count`, which must be from 1 to 256.
    pub fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    /// True for one byte in `count`, never once the bytes are spent.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    /// One of `choices`, which must not be empty.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// All bytes that are left.
    pub fn rest(&mut self) -> &'b [u8] {
        std::mem::take(&mut self.rest)
    }

    /// A text of up to `most` characters: any of Unicode's, mostly those with a meaning to some parser.
    pub(super) fn text(&mut self, most: usize) -> String {
        const ODD: &[char] = &[
            'a', 'Z', '0', ' ', '\t', '#', ';', '=', ':', '[', ']', '"', '\'', '\\', '\n', '\r', '\0', '\u{85}',
            '\u{a0}', '\u{2028}', '\u{feff}', 'ä', '$', '{', '}', ',', '/', '.', '-', '_', '%', '~', '\u{7f}',
            '\u{202e}', '\u{c}',
        ];
        let length = self.below(most + 1);
        let any = |draw: &mut Self| {
            let code = u32::from_be_bytes([0, draw.byte() % 17, draw.byte(), draw.byte()]);
            char::from_u32(code).unwrap_or('\u{fffd}')
        };
        (0..length).map(|_| if self.one_in(16) { any(self) } else { self.pick(ODD) }).collect()
    }
}

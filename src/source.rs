//! Owns text with a name, and places in it. Must not know what the text means.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A half-open byte range in one [`Source`], or in one of several [`Sources`], whose bytes it counts from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Span {
    pub(crate) start: usize,
    /// One past the last byte.
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Converts a span of one text to one of [`Sources`], where it is at `base`.
    pub(crate) fn offset_by(self, base: usize) -> Self {
        Self { start: base + self.start, end: base + self.end }
    }

    /// Converts a span of [`Sources`] to one of the text at `base`.
    pub(crate) fn relative_to(self, base: usize) -> Self {
        Self { start: self.start.saturating_sub(base), end: self.end.saturating_sub(base) }
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// One text file as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// As it should be shown.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// The start of each line, computed on demand.
    starts: OnceLock<Vec<usize>>,
}

impl Source {
    pub(crate) fn new(path: impl AsRef<Path>, text: impl Into<String>) -> Self {
        Self { path: path.as_ref().to_path_buf(), text: text.into(), starts: OnceLock::new() }
    }

    /// An index of the text's lines, for many look-ups.
    pub(crate) fn lines(&self) -> Lines<'_> {
        let after = || self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(offset, _)| offset + 1);
        Lines { text: &self.text, starts: self.starts.get_or_init(|| std::iter::once(0).chain(after()).collect()) }
    }
}

/// Texts with one numbering of their bytes, so that a [`Span`] identifies its text.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    list: Vec<Source>,
    /// The first byte of each.
    bases: Vec<usize>,
}

impl Sources {
    /// Returns the number of the new text, from 0.
    pub(crate) fn add(&mut self, source: Source) -> usize {
        // One byte lies between two texts, so that the end of one is not the beginning of the next.
        let end = |(base, last): (&usize, &Source)| base + last.text.len() + 1;
        self.bases.push(self.bases.last().zip(self.list.last()).map_or(0, end));
        self.list.push(source);
        self.list.len() - 1
    }

    pub(crate) fn get(&self, number: usize) -> &Source {
        &self.list[number]
    }

    /// The first byte of a text.
    pub(crate) fn base(&self, number: usize) -> usize {
        self.bases[number]
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Source> {
        self.list.iter()
    }

    /// The number of the text that a span is in.
    pub(crate) fn number(&self, span: Span) -> usize {
        self.bases.partition_point(|base| *base <= span.start).saturating_sub(1)
    }

    /// The bytes of a span, if it lies in one text.
    pub(crate) fn text(&self, span: Span) -> Option<&str> {
        let number = self.number(span);
        let within = span.relative_to(self.base(number));
        self.get(number).text.get(within.start..within.end)
    }

    /// A place as editors count it, with the file that it is in.
    pub(crate) fn locate(&self, span: Span) -> (&Path, Position) {
        let number = self.number(span);
        let source = self.get(number);
        (&source.path, source.lines().position(span.start - self.base(number)))
    }
}

/// The lines of a text. A look-up takes logarithmic time.
#[derive(Debug)]
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: &'t [usize],
}

impl Lines<'_> {
    /// The line and column of a byte offset, both counted from 1; columns count characters.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let line = self.starts.partition_point(|start| *start <= offset);
        Position { line, column: self.text[self.starts[line - 1]..offset].chars().count() + 1 }
    }

    /// The bytes of a line counted from 1, without its end.
    pub(crate) fn span(&self, line: usize) -> Span {
        let start = self.starts.get(line - 1).copied().unwrap_or(self.text.len());
        let end = self.starts.get(line).map_or(self.text.len(), |next| next - 1);
        Span::new(start, end)
    }
}

/// A place as editors count it, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: usize,
    /// In characters.
    pub(crate) column: usize,
}

/// Decodes UTF-8, or UTF-16 as PowerShell 5 writes it, without the byte order mark. None for anything else.
pub(crate) fn decode(bytes: &[u8]) -> Option<String> {
    let utf_16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, odd) = rest.as_chunks::<2>();
        let units = pairs.iter().map(|pair| unit(*pair));
        odd.is_empty().then(|| char::decode_utf16(units).collect::<Result<String, _>>().ok())?
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => std::str::from_utf8(rest).ok().map(str::to_owned),
    }
}

/// `text` without anything that a terminal would act on: control characters become `␀`-like pictures, marks that turn
/// the direction of writing, and other invisible ones, become `\u{…}`. Newlines become blanks.
pub(crate) fn display_safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (character, is_unsafe) in judged(text) {
        match character {
            '\n' | '\t' => safe.push(' '),
            '\u{0}'..='\u{1f}' => safe.push(char::from_u32(0x2400 + u32::from(character)).unwrap_or(' ')),
            '\u{7f}' => safe.push('\u{2421}'),
            _ if is_unsafe => safe.extend(character.escape_unicode()),
            other => safe.push(other),
        }
    }
    safe
}

/// `text` as [`display_safe`] means it, but in exactly as many bytes, so that spans into it stay true. Newlines and tabs
/// are kept: the caller renders lines.
pub(crate) fn display_safe_in_place(text: &str) -> String {
    let stand_in = |character: char| match character.len_utf8() {
        1 => "?",
        2 => "\u{bf}",
        3 => "\u{fffd}",
        _ => "\u{bf}\u{bf}",
    };
    let mut safe = String::with_capacity(text.len());
    for (character, is_unsafe) in judged(text) {
        // Of a line's end in CR LF, both belong to the end.
        if is_unsafe && !matches!(character, '\n' | '\t' | '\r') {
            safe.push_str(stand_in(character));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// The first character of `text` that a terminal should not get.
pub(crate) fn first_unsafe(text: &str) -> Option<char> {
    judged(text).find(|(_, is_unsafe)| *is_unsafe).map(|(character, _)| character)
}

/// The characters of `text`, each with true if it is unsafe at its place.
fn judged(text: &str) -> impl Iterator<Item = (char, bool)> {
    text.char_indices().map(|(at, character)| {
        (character, is_unsafe(character) && !joins_emoji(&text[..at], character, &text[at + character.len_utf8()..]))
    })
}

/// True for an invisible character that only changes the look of the emoji beside it, as in `⚠️`.
fn joins_emoji(before: &str, character: char, after: &str) -> bool {
    const EMOJI_STYLE: char = '\u{fe0f}';
    const JOINER: char = '\u{200d}';
    let is_emoji = |character: Option<char>| {
        character.is_some_and(
            |character| matches!(u32::from(character), 0x203C..=0x27FF | 0x2900..=0x2BFF | 0x1F000..=0x1FAFF),
        ) && !character.is_some_and(is_unsafe)
    };
    match character {
        EMOJI_STYLE => is_emoji(before.chars().next_back()),
        JOINER => {
            let before = before.strip_suffix(EMOJI_STYLE).unwrap_or(before);
            is_emoji(before.chars().next_back()) && is_emoji(after.chars().next())
        }
        _ => false,
    }
}

/// True if a terminal could act on `character`, or show nothing at all: control characters,
/// Unicode's `Default_Ignorable_Code_Point` (which has `Bidi_Control` in it) of `DerivedCoreProperties.txt` 17.0, the
/// separators of lines and paragraphs, the marks of interlinear annotations, and two symbols that are drawn as nothing.
pub(crate) fn is_unsafe(character: char) -> bool {
    // Nearly all characters: the ranges below have none of them.
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character.is_control()
        || matches!(u32::from(character),
            0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x2800 | 0x3164
            | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
            | 0x1BCA0..=0x1BCA3 | 0x1D159 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = Source::new("profiles.toml", "a\näö=1\n");
        let source = text.lines();
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(2), Position { line: 2, column: 1 });
        assert_eq!(source.position(6), Position { line: 2, column: 3 });
        assert_eq!(source.span(2), Span::new(2, 8));
        assert_eq!(source.position(999), Position { line: 3, column: 1 });
    }

    #[test]
    fn a_text_is_decoded_as_its_first_bytes_say() {
        let text = "AKIA é😀\r\n";
        let units: Vec<u16> = std::iter::once(0xFEFF).chain(text.encode_utf16()).collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in [text.as_bytes(), format!("\u{feff}{text}").as_bytes(), &little, &big] {
            assert_eq!(decode(bytes).as_deref(), Some(text), "{bytes:?}");
        }
        for bad in [&b"\xFF\xFEa"[..], b"\xFF\xFE\0\xD8", b"a\xFF"] {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_span_knows_its_text() {
        let mut sources = Sources::default();
        for (number, text) in ["ab", "", "cd\nef"].into_iter().enumerate() {
            assert_eq!(sources.add(Source::new(number.to_string(), text)), number);
        }
        for (number, within, text) in [(0, Span::new(0, 2), "ab"), (0, Span::new(2, 2), ""), (1, Span::new(0, 0), "")] {
            let span = within.offset_by(sources.base(number));
            assert_eq!((sources.number(span), sources.text(span)), (number, Some(text)));
        }
        let last = Span::new(3, 5).offset_by(sources.base(2));
        assert_eq!((sources.text(last), last.relative_to(sources.base(2))), (Some("ef"), Span::new(3, 5)));
        assert_eq!(sources.locate(last), (Path::new("2"), Position { line: 2, column: 1 }));
        assert_eq!(sources.text(Span::new(0, last.end)), None);
    }

    #[test]
    fn nothing_that_a_terminal_acts_on_is_shown_as_it_is() {
        assert_eq!(display_safe("a\u{1b}[2J\u{7}\r\n\u{9b}b"), "a␛[2J␇␍ \\u{9b}b");
        assert_eq!(display_safe("\u{202e}gnp.exe\u{2066}\u{7f}"), "\\u{202e}gnp.exe\\u{2066}␡");
        let foreign = "a\u{1b}\u{9b}\u{202e}\u{e0041}b";
        assert_eq!(display_safe_in_place(foreign), "a?\u{bf}\u{fffd}\u{bf}\u{bf}b");
        assert_eq!(display_safe_in_place(foreign).len(), foreign.len());
        assert_eq!(display_safe("Zürich 東京 → ok"), "Zürich 東京 → ok");
    }

    #[test]
    fn every_character_that_unicode_calls_ignorable_or_a_bidi_control_is_unsafe() {
        use icu_properties::CodePointSetData;
        use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint};
        let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        let bidi = CodePointSetData::new::<BidiControl>();
        for character in '\0'..=char::MAX {
            let is_more = character.is_control()
                || "\u{2028}\u{2029}\u{2800}\u{fff9}\u{fffa}\u{fffb}\u{1d159}".contains(character);
            let expected = ignorable.contains(character) || bidi.contains(character) || is_more;
            assert_eq!(is_unsafe(character), expected, "{character:?}");
        }
    }

    #[test]
    fn an_emoji_keeps_what_chooses_its_look_and_nothing_else_does() {
        for fine in ["⚠\u{fe0f} prod", "👩\u{200d}💻", "❤\u{fe0f}\u{200d}🔥"] {
            assert_eq!((display_safe(fine).as_str(), first_unsafe(fine)), (fine, None));
            assert_eq!(display_safe_in_place(fine), fine);
        }
        assert_eq!(display_safe("a\u{fe0f}⚠\u{fe0f}\u{fe0f}"), "a\\u{fe0f}⚠\u{fe0f}\\u{fe0f}");
        assert_eq!(display_safe("👩\u{200d}a\u{200d}💻"), "👩\\u{200d}a\\u{200d}💻");
        assert_eq!(display_safe("\u{2800}\u{fe0f}"), "\\u{2800}\\u{fe0f}");
        assert_eq!(
            display_safe("a\u{34f}\u{3164}\u{ffa0}\u{115f}\u{180b}"),
            r"a\u{34f}\u{3164}\u{ffa0}\u{115f}\u{180b}"
        );
    }
}

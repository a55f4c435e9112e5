//! Owns how foreign text is shown: nothing in it may steer a terminal. Must not know where the text came from.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with every character written out that could move a cursor, colour a terminal, reorder or hide what is read:
/// controls (C0, DEL, C1), line separators, bidirectional controls, zero-width and tag characters. One line stays one line.
pub(crate) fn display_safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            _ if is_unsafe(character) => {
                let written = write!(safe, "\\u{{{:x}}}", u32::from(character));
                debug_assert!(written.is_ok(), "writing to a String can't fail");
            }
            _ => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

/// `text` as [`display_safe`] means it, but in exactly as many bytes, so that spans into it stay true. Newlines and tabs
/// are kept: the caller renders lines.
pub(crate) fn display_safe_same_length(text: &str) -> Cow<'_, str> {
    let hides = |character: char| is_unsafe(character) && !matches!(character, '\n' | '\t');
    if !text.chars().any(hides) {
        return Cow::Borrowed(text);
    }
    let stand_in = |character: char| match character.len_utf8() {
        1 => "?",
        2 => "\u{bf}",
        3 => "\u{fffd}",
        _ => "\u{bf}\u{bf}",
    };
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if hides(character) { safe.push_str(stand_in(character)) } else { safe.push(character) }
    }
    Cow::Owned(safe)
}

/// Whether a terminal could take `character` for more than a mark on its line.
pub(crate) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character),
            0xAD | 0x61C | 0x180E
            | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F
            | 0xFEFF | 0xFFF9..=0xFFFB | 0xE0000..=0xE007F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_passes() {
        let foreign = "a\u{1b}[31m\u{7}\u{9b}\u{202e}\u{200b}\u{2028}\u{feff}\u{e0041}\r\n\u{7f}é日";
        assert_eq!(
            display_safe(foreign),
            "a\\u{1b}[31m\\u{7}\\u{9b}\\u{202e}\\u{200b}\\u{2028}\\u{feff}\\u{e0041}\\r\\n\\u{7f}é日"
        );
        let same = display_safe_same_length(foreign);
        assert_eq!(same.len(), foreign.len());
        assert!(!same.chars().any(|character| is_unsafe(character) && character != '\n'));
        assert!(matches!(display_safe("plain é"), Cow::Borrowed(_)));
    }
}

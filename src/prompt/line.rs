//! Owns a line that a person types at the terminal, with the editing keys of a shell. Must not know what is asked.

use std::io::{self, Write as _};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};
use crossterm::terminal;
use unicode_width::UnicodeWidthStr as _;
use zeroize::Zeroizing;

use crate::secret::Secret;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Echo {
    Shown,
    Hidden,
}

#[derive(Default)]
struct TypedLine {
    text: Zeroizing<Vec<char>>,
    cursor: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineStep {
    More,
    Done,
    Stop,
}

/// Reads a line after `mark`; none if the person wants to stop.
pub(super) fn read_line(mark: &str, echo: Echo) -> io::Result<Option<Secret>> {
    let raw = Raw::begin()?;
    let mut line = TypedLine::default();
    let step = loop {
        draw(mark, &line, echo)?;
        match read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => match line.press(key) {
                LineStep::More => {}
                step => break step,
            },
            _ => {}
        }
    };
    drop(raw);
    writeln!(io::stderr())?;
    Ok((step == LineStep::Done).then(|| Secret::new(line.text.iter().collect::<String>())))
}

/// Keeps the terminal from echoing and from sending signals until it is dropped.
struct Raw;

impl Raw {
    fn begin() -> io::Result<Self> {
        terminal::enable_raw_mode().map(|()| Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A failure means that the terminal has gone away.
        drop(terminal::disable_raw_mode());
    }
}

fn draw(mark: &str, line: &TypedLine, echo: Echo) -> io::Result<()> {
    let shown = |part: &[char]| Zeroizing::new(if echo == Echo::Shown { part.iter().collect() } else { String::new() });
    let (before, behind) = line.text.split_at(line.cursor);
    let (before, behind) = (shown(before), shown(behind));
    let mut terminal = io::stderr().lock();
    write!(terminal, "\r{mark}{}{}\u{1b}[K", *before, *behind)?;
    match behind.width() {
        0 => {}
        width => write!(terminal, "\u{1b}[{width}D")?,
    }
    terminal.flush()
}

impl TypedLine {
    fn press(&mut self, key: KeyEvent) -> LineStep {
        match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
            (KeyCode::Enter, _) | (KeyCode::Char('j' | 'm'), true) => return LineStep::Done,
            (KeyCode::Esc, _) | (KeyCode::Char('c'), true) => return LineStep::Stop,
            (KeyCode::Char('d'), true) if self.text.is_empty() => return LineStep::Stop,
            (KeyCode::Backspace, false) | (KeyCode::Char('h'), true) => {
                self.remove(self.cursor.saturating_sub(1)..self.cursor);
            }
            (KeyCode::Delete, _) | (KeyCode::Char('d'), true) => self.remove(self.cursor..self.cursor + 1),
            (KeyCode::Backspace | KeyCode::Char('w'), true) => self.remove(self.word_before()..self.cursor),
            (KeyCode::Char('u'), true) => self.remove(0..self.cursor),
            (KeyCode::Char('k'), true) => self.remove(self.cursor..self.text.len()),
            (KeyCode::Home, _) | (KeyCode::Char('a'), true) => self.cursor = 0,
            (KeyCode::End, _) | (KeyCode::Char('e'), true) => self.cursor = self.text.len(),
            (KeyCode::Left, _) | (KeyCode::Char('b'), true) => self.cursor = self.cursor.saturating_sub(1),
            (KeyCode::Right, _) | (KeyCode::Char('f'), true) => self.cursor = self.text.len().min(self.cursor + 1),
            (KeyCode::Char(character), false) if !character.is_control() => {
                self.text.insert(self.cursor, character);
                self.cursor += 1;
            }
            _ => {}
        }
        LineStep::More
    }

    fn remove(&mut self, range: std::ops::Range<usize>) {
        let end = range.end.min(self.text.len());
        self.text.drain(range.start..end);
        self.cursor = range.start;
    }

    /// The start of the word before the cursor.
    fn word_before(&self) -> usize {
        let before = &self.text[..self.cursor];
        let word = before.iter().rposition(|character| !character.is_whitespace()).map_or(0, |last| last + 1);
        before[..word].iter().rposition(|character| character.is_whitespace()).map_or(0, |blank| blank + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line after these keys; `^X` is Ctrl-X.
    fn typed(keys: &str) -> (String, usize) {
        let mut line = TypedLine::default();
        let mut keys = keys.chars();
        while let Some(key) = keys.next() {
            let (code, modifiers) = match key {
                '^' => (KeyCode::Char(keys.next().unwrap()), KeyModifiers::CONTROL),
                '<' => (KeyCode::Left, KeyModifiers::NONE),
                other => (KeyCode::Char(other), KeyModifiers::NONE),
            };
            assert_eq!(line.press(KeyEvent::new(code, modifiers)), LineStep::More);
        }
        (line.text.iter().collect(), line.cursor)
    }

    #[test]
    fn editing_keys_edit_and_are_no_letters() {
        for (keys, text, cursor) in [
            ("123^u456", "456", 3),
            ("12 34^w56", "12 56", 5),
            ("12 34 ^w", "12 ", 3),
            ("123^a^k45", "45", 2),
            ("123<<^k", "1", 1),
            ("23^a1^e4", "1234", 4),
            ("12<^h", "2", 0),
            ("12^a^d^b^f", "2", 1),
            ("é漢^h", "é", 1),
            ("12^x^z^[", "12", 2),
        ] {
            assert_eq!(typed(keys), (text.to_owned(), cursor), "{keys}");
        }
    }

    #[test]
    fn enter_answers_and_ctrl_c_escape_and_the_end_of_an_empty_line_stop() {
        let press = |code, modifiers| TypedLine::default().press(KeyEvent::new(code, modifiers));
        assert_eq!(press(KeyCode::Enter, KeyModifiers::NONE), LineStep::Done);
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::CONTROL), LineStep::Stop);
        assert_eq!(press(KeyCode::Char('d'), KeyModifiers::CONTROL), LineStep::Stop);
        assert_eq!(press(KeyCode::Esc, KeyModifiers::NONE), LineStep::Stop);
    }
}

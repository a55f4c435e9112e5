//! Owns tables and durations for people. Must not know the cells.

use std::fmt::Write as _;

use anstyle::Style;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::terminal_text::TerminalText;
use crate::source::display_safe;

/// The blanks between columns.
const GAP: usize = 2;

/// The least width of a shortened column; a narrower one is left out.
const LEAST: usize = 16;

/// One cell. Control characters of its text are replaced.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    lead: String,
    text: String,
    style: Style,
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(text, Style::new())
    }
}

impl Cell {
    pub(crate) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        Self { lead: String::new(), text: display_safe(text.as_ref()), style }
    }

    /// The cell with `lead` before its text, without colour.
    pub(super) fn behind(self, lead: String) -> Self {
        Self { lead, ..self }
    }

    fn width(&self) -> usize {
        self.lead.width() + self.text.width()
    }

    /// The cell in at most `most` columns, its end left out if need be. A lead is never cut.
    fn draw(&self, most: usize) -> String {
        let Self { lead, text, style } = self;
        if self.width() <= most {
            return format!("{lead}{style}{text}{style:#}");
        }
        let mut taken = lead.width();
        let head = text.chars().take_while(|character| {
            taken += character.width().unwrap_or(0);
            taken < most
        });
        format!("{lead}{style}{}…{style:#}", head.collect::<String>())
    }
}

/// A table whose columns are as wide as they need to be; the first row is the header.
pub(crate) fn table(rows: &[Vec<Cell>]) -> TerminalText {
    table_within(rows, usize::MAX, &[]).0
}

/// A table of at most `most` columns of a terminal, if that can be had by shortening or leaving out some of `expendable`, in
/// their order. A column that is named twice is shortened the first time, and left out the second. False if any was. A terminal
/// gets none of them that holds nothing; a program finds each column in its place.
pub(crate) fn table_within(rows: &[Vec<Cell>], most: usize, expendable: &[usize]) -> (TerminalText, bool) {
    let mut widths: Vec<Option<usize>> = widths(rows).into_iter().map(Some).collect();
    let mut is_whole = true;
    for column in expendable.iter().filter(|_| most < usize::MAX) {
        if rows.iter().skip(1).all(|row| row.get(*column).is_none_or(|cell| cell.text == "-")) {
            widths[*column] = None;
        }
    }
    for (place, column) in expendable.iter().enumerate() {
        let all = widths.iter().flatten().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
        let Some(over) = all.checked_sub(most).filter(|over| *over > 0) else { break };
        let Some(width) = widths[*column] else { continue };
        let rest = width.checked_sub(over).filter(|rest| *rest >= LEAST);
        if rest.is_some() || !expendable[place + 1..].contains(column) {
            is_whole = false;
            widths[*column] = rest;
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, most) in row.iter().zip(&widths).filter_map(|(cell, width)| Some((cell, (*width)?))) {
            line.push_str(&cell.draw(most));
            line.extend(std::iter::repeat_n(' ', (most + GAP).saturating_sub(cell.width().min(most))));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    (TerminalText::trusted(text), is_whole)
}

/// The width of each column: that of its widest cell.
fn widths(rows: &[Vec<Cell>]) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(Cell::width).max().unwrap_or(0);
    (0..columns).map(widest).collect()
}

/// A table, or one paragraph for each row if it is wider than `most`: the first cell, and below it the others with their
/// titles, broken between words.
pub(crate) fn table_or_paragraphs(rows: &[Vec<Cell>], most: usize) -> TerminalText {
    let all = widths(rows).into_iter().reduce(|all, width| all + GAP + width).unwrap_or(0);
    let Some((titles, rows)) = rows.split_first().filter(|_| all > most) else { return table(rows) };
    let indent = titles.iter().skip(1).map(Cell::width).max().unwrap_or(0) + GAP;
    let mut text = String::new();
    for row in rows {
        let name = row.first().map_or("", |cell| &cell.text);
        line(&mut text, format_args!("{name}"));
        for (title, cell) in titles.iter().zip(row).skip(1) {
            for (place, part) in wrapped(&cell.text, most.saturating_sub(GAP + indent)).into_iter().enumerate() {
                let title = if place == 0 { title.text.as_str() } else { "" };
                line(&mut text, format_args!("  {title:indent$}{part}"));
            }
        }
    }
    TerminalText::trusted(text)
}

/// A table of two columns in at most `most` columns of a terminal. The second has all cells of a row but the first, one below the
/// other. Texts are broken between words, those of the first column at `first` at most.
pub(crate) fn table_wrapped(rows: &[Vec<Cell>], most: usize, first: usize) -> TerminalText {
    let parts = |cell: &Cell, most| -> Vec<(String, Style)> {
        wrapped(&cell.text, most).into_iter().map(|part| (part, cell.style)).collect()
    };
    let names: Vec<_> = rows.iter().map(|row| parts(&row[0], first)).collect();
    let left = names.iter().flatten().map(|(name, _)| name.width()).max().unwrap_or(0);
    let right = most.saturating_sub(left + GAP);
    let mut text = String::new();
    for (row, names) in rows.iter().zip(names) {
        let texts: Vec<_> = row[1..].iter().flat_map(|cell| parts(cell, right)).collect();
        for place in 0..names.len().max(texts.len()) {
            let (name, style) = names.get(place).cloned().unwrap_or_default();
            let gap = " ".repeat(left + GAP - name.width());
            let (said, of_text) = texts.get(place).cloned().unwrap_or_default();
            let drawn = format!("{style}{name}{style:#}{gap}{of_text}{said}{of_text:#}");
            line(&mut text, format_args!("{}", drawn.trim_end()));
        }
    }
    TerminalText::trusted(text)
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String can't fail.
    _ = writeln!(text, "{line}");
}

/// The text in lines of at most `most` columns; a longer word is a line of its own.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.width() + 1 + word.width() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The first row of a table for a terminal.
pub(crate) fn header<const N: usize>(titles: [&str; N]) -> Vec<Cell> {
    titles.map(|title| Cell::styled(title, Style::new().bold())).to_vec()
}

/// Seconds to the nearest minute: `12 h 0 min`, `14 min`, `40 s`.
pub(crate) fn duration(seconds: i64) -> String {
    let units = if seconds < 60 { &UNITS[..] } else { &UNITS[..3] };
    in_units(if seconds < 60 { seconds } else { seconds + 30 }, units, 2)
}

/// Exact seconds: `17 min 3 s`, `1 h 0 min 1 s`.
pub(crate) fn exact_duration(seconds: i64) -> String {
    in_units(seconds, &UNITS, UNITS.len())
}

const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];

/// Seconds in the largest of `units` that are not zero, `most` at most.
fn in_units(mut seconds: i64, units: &[(i64, &str)], most: usize) -> String {
    let mut parts = Vec::new();
    for (length, unit) in units {
        if seconds >= *length || !parts.is_empty() {
            parts.push(format!("{} {unit}", seconds / length));
        }
        seconds %= length;
    }
    parts.truncate(most);
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_with_text() {
        let rows = [["A", "LONG"], ["longer", ""]].map(|row| row.map(Cell::from).to_vec());
        assert_eq!(table(&rows).as_str(), "A       LONG\nlonger\n");
    }

    #[test]
    fn columns_are_left_out_one_by_one_until_the_rest_fits() {
        let rows = [["A", "BB", "CCC"], ["a", "漢字", "c"]].map(|row| row.map(Cell::from).to_vec());
        for (most, expected) in
            [(12, "A  BB    CCC\na  漢字  c\n"), (11, "A  BB\na  漢字\n"), (6, "A\na\n"), (0, "A\na\n")]
        {
            let (text, is_whole) = table_within(&rows, most, &[2, 1]);
            assert_eq!((text.as_str(), is_whole), (expected, most == 12), "{most}");
        }
    }

    #[test]
    fn a_column_that_holds_nothing_is_no_loss_on_a_terminal() {
        let rows = [["A", "B"], ["a", "-"]].map(|row| row.map(Cell::from).to_vec());
        for (most, expected) in [(80, "A\na\n"), (1, "A\na\n"), (usize::MAX, "A  B\na  -\n")] {
            let (text, is_whole) = table_within(&rows, most, &[1]);
            assert_eq!((text.as_str(), is_whole), (expected, true), "{most}");
        }
    }

    #[test]
    fn a_column_is_shortened_before_it_goes() {
        let rows = [["A", "B"], ["a", "one two three 漢字 five"]].map(|row| row.map(Cell::from).to_vec());
        for (most, expected) in [
            (26, "A  B\na  one two three 漢字 five\n"),
            (25, "A  B\na  one two three 漢字 fi…\n"),
            (19, "A  B\na  one two three …\n"),
            (18, "A\na\n"),
        ] {
            let (text, is_whole) = table_within(&rows, most, &[1]);
            assert_eq!((text.as_str(), is_whole), (expected, most == 26), "{most}");
        }
    }

    #[test]
    fn a_column_that_is_named_twice_is_shortened_before_another_goes_and_goes_last() {
        let rows = [["A", "BB", "C"], ["a", "bbbbbbbbbbbbbbbbbbbbbbb", "cccc"]];
        let rows = rows.map(|row| row.map(Cell::from).to_vec());
        for (most, expected) in [
            (25, "A  BB                C\na  bbbbbbbbbbbbbbb…  cccc\n"),
            (24, "A  BB\na  bbbbbbbbbbbbbbbbbbbb…\n"),
            (18, "A\na\n"),
        ] {
            assert_eq!(table_within(&rows, most, &[1, 2, 1]).0.as_str(), expected, "{most}");
        }
    }

    #[test]
    fn what_is_too_wide_for_a_table_is_told_in_paragraphs() {
        let rows = [["NAME", "VALUE", "USED BY"], ["user", "alice", "one.key, two.key, three"]];
        let rows = rows.map(|row| row.map(Cell::from).to_vec());
        assert_eq!(table_or_paragraphs(&rows, 36), table(&rows));
        let expected = "user\n  VALUE    alice\n  USED BY  one.key, two.key,\n           three\n";
        assert_eq!(table_or_paragraphs(&rows, 30).as_str(), expected);
        assert_eq!(table_or_paragraphs(&rows, 0).as_str().lines().last(), Some("           three"));
    }

    #[test]
    fn colour_takes_no_room() {
        let green = Cell::styled("ab", anstyle::AnsiColor::Green.on_default());
        let rows = [["A", "B"].map(Cell::from).to_vec(), vec![green, "c".into()]];
        assert_eq!(table(&rows).as_str(), "A   B\n\u{1b}[32mab\u{1b}[0m  c\n");
    }

    #[test]
    fn a_cell_shows_an_escape_sequence_as_text_of_its_own_width() {
        let rows = [["A", "B"], ["\u{1b}[31mx\ny", "c"]].map(|row| row.map(Cell::from).to_vec());
        assert_eq!(table(&rows).as_str(), "A         B\n␛[31mx y  c\n");
    }

    #[test]
    fn durations_are_said_in_two_units_at_most() {
        let said: Vec<String> = [40, 840, 43_199, 43_140, 90_000].into_iter().map(duration).collect();
        assert_eq!(said, ["40 s", "14 min", "12 h 0 min", "11 h 59 min", "1 d 1 h"]);
    }

    #[test]
    fn an_exact_duration_leaves_nothing_out() {
        let said: Vec<String> = [0, 3, 1023, 3601, 90_000].into_iter().map(exact_duration).collect();
        assert_eq!(said, ["0 s", "3 s", "17 min 3 s", "1 h 0 min 1 s", "1 d 1 h 0 min 0 s"]);
    }
}

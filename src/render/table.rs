//! Owns tables and durations for people. Must not know what stands in the cells.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The blanks between columns.
const GAP: usize = 2;

/// The least width of a shortened column; a narrower one is left out.
const LEAST: usize = 16;

/// A table whose columns are as wide as they need to be; the first row is the header. Cells may be coloured.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    table_within(rows, usize::MAX, &[]).0
}

/// A table of at most `most` columns of a terminal, if that can be had by shortening or leaving out some of `expendable`, in
/// their order. A column that is named twice is shortened the first time, and left out the second. False if any was.
pub(crate) fn table_within(rows: &[Vec<String>], most: usize, expendable: &[usize]) -> (String, bool) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0);
    let mut widths: Vec<Option<usize>> = (0..columns).map(|column| Some(widest(column))).collect();
    let mut is_whole = true;
    for (place, column) in expendable.iter().enumerate() {
        let all = widths.iter().flatten().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
        let Some(over) = all.checked_sub(most).filter(|over| *over > 0) else { break };
        let rest = widths[*column].and_then(|width| width.checked_sub(over)).filter(|rest| *rest >= LEAST);
        if rest.is_some() || !expendable[place + 1..].contains(column) {
            is_whole = false;
            widths[*column] = rest;
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, most) in row.iter().zip(&widths).filter_map(|(cell, width)| Some((cell, (*width)?))) {
            let cell = shortened(cell, most);
            line.push_str(&cell);
            line.extend(std::iter::repeat_n(' ', most + GAP - width(&cell)));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    (text, is_whole)
}

/// A table, or one paragraph for each row if it is wider than `most`: the first cell, and below it the others with their
/// titles, broken between words.
pub(crate) fn table_or_paragraphs(rows: &[Vec<String>], most: usize) -> String {
    let text = table(rows);
    let Some((titles, rows)) = rows.split_first().filter(|_| text.lines().any(|line| width(line) > most)) else {
        return text;
    };
    let indent = titles.iter().skip(1).map(|title| width(title)).max().unwrap_or(0) + 2 * GAP;
    let mut text = String::new();
    for row in rows {
        text.push_str(row.first().map_or("", String::as_str));
        text.push('\n');
        for (title, cell) in titles.iter().zip(row).skip(1) {
            for (place, line) in wrapped(cell, most.saturating_sub(indent)).into_iter().enumerate() {
                let title = if place == 0 { title.as_str() } else { "" };
                text.push_str(&" ".repeat(GAP));
                text.push_str(title);
                text.push_str(&" ".repeat(indent - GAP - width(title)));
                text.push_str(&line);
                text.push('\n');
            }
        }
    }
    text
}

/// The text in lines of at most `most` columns; a longer word is a line of its own.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if width(line) + 1 + width(word) <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The first row of a table for a terminal.
pub(crate) fn header<const N: usize>(titles: [&str; N]) -> Vec<String> {
    let style = anstyle::Style::new().bold();
    titles.map(|title| format!("{style}{title}{style:#}")).to_vec()
}

/// The width of a cell on a terminal, without its colour.
fn width(cell: &str) -> usize {
    anstream::adapter::strip_str(cell).map(str::width).sum()
}

/// The beginning of a cell of more than `most` columns. Only cells without colour are ever too long.
fn shortened(cell: &str, most: usize) -> Cow<'_, str> {
    if width(cell) <= most {
        return Cow::Borrowed(cell);
    }
    let mut taken = 0;
    let head = cell.chars().take_while(|character| {
        taken += character.width().unwrap_or(0);
        taken < most
    });
    Cow::Owned(head.chain(['…']).collect())
}

/// Seconds to the nearest minute: `12 h 0 min`, `14 min`, `40 s`.
pub(crate) fn duration(seconds: i64) -> String {
    let seconds = if seconds < 60 { seconds } else { (seconds + 30) / 60 * 60 };
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3600, seconds % 3600 / 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// Exact seconds: `17 min 3 s`, `1 h 0 min 1 s`.
pub(crate) fn exact_duration(seconds: i64) -> String {
    let (days, hours, minutes, rest) = (seconds / 86_400, seconds % 86_400 / 3600, seconds % 3600 / 60, seconds % 60);
    let parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")];
    let said: Vec<String> =
        parts.iter().skip_while(|(count, _)| *count == 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    if said.is_empty() { "0 s".to_owned() } else { said.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_with_text() {
        let rows = [["A", "LONG"], ["longer", ""]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "A       LONG\nlonger\n");
    }

    #[test]
    fn columns_are_left_out_one_by_one_until_the_rest_fits() {
        let rows = [["A", "BB", "CCC"], ["a", "漢字", "c"]].map(|row| row.map(str::to_owned).to_vec());
        for (most, expected) in
            [(12, "A  BB    CCC\na  漢字  c\n"), (11, "A  BB\na  漢字\n"), (6, "A\na\n"), (0, "A\na\n")]
        {
            assert_eq!(table_within(&rows, most, &[2, 1]), (expected.to_owned(), most == 12), "{most}");
        }
    }

    #[test]
    fn a_column_is_shortened_before_it_goes() {
        let rows = [["A", "B"], ["a", "one two three 漢字 five"]].map(|row| row.map(str::to_owned).to_vec());
        for (most, expected) in [
            (26, "A  B\na  one two three 漢字 five\n"),
            (25, "A  B\na  one two three 漢字 fi…\n"),
            (19, "A  B\na  one two three …\n"),
            (18, "A\na\n"),
        ] {
            assert_eq!(table_within(&rows, most, &[1]), (expected.to_owned(), most == 26), "{most}");
        }
    }

    #[test]
    fn a_column_that_is_named_twice_is_shortened_before_another_goes_and_goes_last() {
        let rows = [["A", "BB", "C"], ["a", "bbbbbbbbbbbbbbbbbbbbbbb", "cccc"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        for (most, expected) in [
            (25, "A  BB                C\na  bbbbbbbbbbbbbbb…  cccc\n"),
            (24, "A  BB\na  bbbbbbbbbbbbbbbbbbbb…\n"),
            (18, "A\na\n"),
        ] {
            assert_eq!(table_within(&rows, most, &[1, 2, 1]).0, expected, "{most}");
        }
    }

    #[test]
    fn what_is_too_wide_for_a_table_is_told_in_paragraphs() {
        let rows = [["NAME", "VALUE", "USED BY"], ["user", "alice", "one.key, two.key, three"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table_or_paragraphs(&rows, 36), table(&rows));
        let expected = "user\n  VALUE    alice\n  USED BY  one.key, two.key,\n           three\n";
        assert_eq!(table_or_paragraphs(&rows, 30), expected);
        assert_eq!(table_or_paragraphs(&rows, 0).lines().last(), Some("           three"));
    }

    #[test]
    fn colour_takes_no_room() {
        let rows = [["A", "B"], ["\u{1b}[32mab\u{1b}[0m", "c"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "A   B\n\u{1b}[32mab\u{1b}[0m  c\n");
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

//! Owns tables for people.

use unicode_width::UnicodeWidthStr as _;

/// How far apart columns are.
const GAP: usize = 2;

/// Columns as wide as they need to be, two blanks apart; the first row is the header.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    table_within(rows, usize::MAX, &[])
}

/// The same in at most so many columns of a terminal, if leaving some of `expendable` out makes that possible: those that are
/// named first go first.
pub(crate) fn table_within(rows: &[Vec<String>], most: usize, expendable: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut shown = vec![true; columns];
    for column in expendable {
        let wide = widths.iter().zip(&shown).filter(|(_, shown)| **shown).map(|(width, _)| width + GAP);
        if wide.sum::<usize>().saturating_sub(GAP) <= most {
            break;
        }
        shown[*column] = false;
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for ((cell, width), _) in row.iter().zip(&widths).zip(&shown).filter(|(_, shown)| **shown) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + GAP - cell.width()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Seconds as a person says them, to the nearest minute: `12 h 0 min`, `14 min`, `40 s`.
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

/// Seconds as a person says them, none left out: `17 min 3 s`, `1 h 0 min 1 s`.
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
            assert_eq!(table_within(&rows, most, &[2, 1]), expected, "{most}");
        }
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

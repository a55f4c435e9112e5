//! Owns tables in Markdown, for comments on GitHub and GitLab. Quoted text stays text: it ends no cell, makes no link, and
//! mentions nobody.

use std::fmt::Write as _;

use crate::source::display_safe;

/// The most bytes of a table: a comment on GitHub has 65,536 characters at most.
const MOST: usize = 60_000;

/// Quotes text in a `code` element, where no forge looks for mentions, issues or emoji. Every sign that Markdown or HTML could
/// take for its own is a character reference, which is text wherever it stands (GitHub Flavored Markdown §6.2).
pub(crate) fn markdown_code(text: &str) -> String {
    let mut quoted = "<code>".to_owned();
    for character in display_safe(text).chars() {
        match character {
            '-' | '/' | ',' | '=' | '+' | ' ' => quoted.push(character),
            sign if sign.is_ascii_punctuation() => _ = write!(quoted, "&#{};", u32::from(sign)),
            other => quoted.push(other),
        }
    }
    quoted + "</code>"
}

/// A table of cells that are Markdown, of as many rows as a comment has room for. Also returns the number of rows that are left
/// out.
pub(crate) fn markdown_table(header: &[&str], rows: &[Vec<String>]) -> (String, usize) {
    let rule = "|---".repeat(header.len());
    let mut table = format!("| {} |\n{rule}|\n", header.join(" | "));
    for (index, row) in rows.iter().enumerate() {
        let line = format!("| {} |\n", row.join(" | "));
        if table.len() + line.len() > MOST {
            return (table, rows.len() - index);
        }
        table.push_str(&line);
    }
    (table, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_has_no_sign_that_markdown_or_html_knows() {
        let quoted =
            markdown_code("a|b`c<img src=x>\n@team [x](http://e.example) #1 :boom: **b** \\| ~s~ $x$ www.e.example");
        let inner = quoted.strip_prefix("<code>").unwrap().strip_suffix("</code>").unwrap();
        let plain: String = inner.split("&#").map(|part| part.split_once(';').map_or(part, |(_, rest)| rest)).collect();
        assert!(plain.chars().all(|one| one.is_ascii_alphanumeric() || " -/,=+".contains(one)), "{quoted}");
        assert_eq!(markdown_code("arn:aws"), "<code>arn&#58;aws</code>");
    }

    #[test]
    fn a_table_is_no_longer_than_a_comment() {
        let rows = vec![vec!["x".repeat(1000)]; 100];
        let (table, left_out) = markdown_table(&["A"], &rows);
        assert!(table.len() <= MOST && table.ends_with("x |\n"), "{}", table.len());
        assert_eq!(table.lines().count() - 2 + left_out, 100);
    }
}

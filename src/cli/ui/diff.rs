//! Owns the colours of a diff.

use anstyle::{AnsiColor, Style};

use crate::render::TerminalText;
use crate::source::display_safe;

pub(crate) fn colored(diff: &str) -> TerminalText {
    let lines = diff.lines().map(|line| {
        let style = match line.as_bytes().first() {
            Some(b'+') => AnsiColor::Green.on_default(),
            Some(b'-') => AnsiColor::Red.on_default(),
            Some(b'@') => AnsiColor::Cyan.on_default(),
            _ => Style::new(),
        };
        format!("{style}{}{style:#}\n", display_safe(line))
    });
    TerminalText::trusted(lines.collect())
}

//! Owns the colours of a diff.

use anstyle::{AnsiColor, Style};

use crate::source::display_safe;

/// A diff in colours, each line safe to show.
pub(crate) fn colored(diff: &str) -> String {
    let (green, red, cyan) = (AnsiColor::Green.on_default(), AnsiColor::Red.on_default(), AnsiColor::Cyan.on_default());
    let lines = diff.lines().map(|line| {
        let style = match line.as_bytes().first() {
            Some(b'+') => green,
            Some(b'-') => red,
            Some(b'@') => cyan,
            _ => Style::new(),
        };
        format!("{style}{}{style:#}\n", display_safe(line))
    });
    lines.collect()
}

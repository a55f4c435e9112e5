//! Owns the two streams: data on stdout, talk on stderr or at the terminal, and makes safe what they quote. A reader who went
//! away is a quiet end, not an error.

use std::borrow::Cow;
use std::io::{self, Write};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::cli::exit::Exit;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::render::TerminalText;
use crate::secret::mask_words;
use crate::source::{display_safe, is_unsafe};
use crate::system::host::Host;
use crate::system::tty::Tty;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Out {
    pub(crate) color: ColorChoice,
    /// True with `-v`.
    pub(crate) verbose: bool,
    /// The columns of the terminal behind stderr.
    pub(crate) width: usize,
    /// True with `--json`: data is one JSON document.
    pub(crate) json: bool,
    pub(crate) place: TalkPlace,
    pub(crate) findings: FindingsShown,
}

/// How much is said of the errors of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FindingsShown {
    /// Each finding with the source line.
    Whole,
    /// One line, since an SDK passes it on.
    OneLine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TalkPlace {
    Stderr,
    /// The terminal behind the standard streams, where another program captures stderr.
    Tty,
}

#[derive(Serialize)]
struct VersionedDocument<T> {
    version: u32,
    #[serde(flatten)]
    fields: T,
}

impl Out {
    /// Writes text that a program reads, as it is, and ends it with a newline.
    pub(crate) fn data(self, text: &str) -> Result<(), Failure> {
        quiet_if_reader_left(self.write(text))
    }

    /// Writes data that another program waits for: a reader who went away is an error.
    pub(crate) fn write_required(self, text: &str) -> Result<(), Failure> {
        self.write(text).map_err(|error| cannot_write(&error))
    }

    /// Writes text for a person to stdout.
    pub(crate) fn print(self, text: &TerminalText) -> Result<(), Failure> {
        self.data(text.as_str())
    }

    /// Writes a table to stdout, and says so if the terminal is too narrow for all of it.
    pub(crate) fn print_table(self, text: &TerminalText, is_whole: bool) -> Result<(), Failure> {
        self.print(text)?;
        if !is_whole {
            self.say("shortened to the terminal's width; --json has everything");
        }
        Ok(())
    }

    /// The columns of a table on stdout: no limit where another program reads it.
    pub(crate) fn columns_of_data(self, host: &Host) -> usize {
        if host.stdout_is_terminal { self.width } else { usize::MAX }
    }

    /// Refuses a closed standard output, before anything is done whose result would be lost.
    pub(crate) fn check_stdout() -> Result<(), Failure> {
        Host::stdout().map(drop).map_err(|error| cannot_write(&error))
    }

    pub(crate) fn has_color_on_stdout(self) -> bool {
        AutoStream::new(io::stdout(), self.color).current_choice() != ColorChoice::Never
    }

    pub(crate) fn has_color_on_stderr(self) -> bool {
        AutoStream::new(io::stderr(), self.color).current_choice() != ColorChoice::Never
    }

    fn write(self, text: &str) -> io::Result<()> {
        let mut stdout = AutoStream::new(Host::stdout()?, self.color);
        let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        // The stream alone would write each piece between two colours by a call of its own.
        let text = if self.has_color_on_stdout() { text.into() } else { Cow::Owned(strip_str(text).to_string()) };
        stdout.write_all(format!("{text}{newline}").as_bytes()).and_then(|()| stdout.flush())
    }

    /// Writes one JSON document: `"version": 1`, then `fields`, which is a struct or a map.
    #[expect(clippy::unused_self, reason = "it is called as every other way to write is")]
    pub(crate) fn document(self, fields: impl Serialize) -> Result<(), Failure> {
        Self::long_document(&VersionedDocument { version: 1, fields })
    }

    /// Writes one JSON document, which has its version, piece by piece: the whole may take much memory.
    pub(crate) fn long_document(document: &impl Serialize) -> Result<(), Failure> {
        let stdout = Host::stdout().map_err(|error| cannot_write(&error))?;
        let mut stdout = EscapedJson(io::BufWriter::with_capacity(64 * 1024, stdout));
        let written = serde_json::to_writer_pretty(&mut stdout, document).map_err(io::Error::from);
        quiet_if_reader_left(written.and_then(|()| writeln!(stdout)).and_then(|()| stdout.flush()))
    }

    /// Says one line. Control characters of what it quotes are replaced, newlines too.
    pub(crate) fn say(self, line: &str) {
        self.talk(&display_safe(line));
    }

    /// Says several lines, or colours.
    pub(crate) fn show(self, text: &TerminalText) {
        if !text.as_str().is_empty() {
            self.talk(text.as_str());
        }
    }

    /// Warns in one line, without anything that looks like a secret.
    pub(crate) fn warn(self, line: &str) {
        self.say_labelled(AnsiColor::Yellow, "warning", line);
    }

    /// Says a line after a coloured label, without anything that looks like a secret.
    pub(super) fn say_labelled(self, color: AnsiColor, label: &str, line: &str) {
        let style = color.on_default().bold();
        self.talk(&format!("{style}{label}{style:#}: {}", display_safe(&mask_words(line))));
    }

    /// Says a line that only `-v` shows.
    pub(crate) fn detail(self, line: &str) {
        if self.verbose {
            let style = Style::new().dimmed();
            self.talk(&format!("{style}{}{style:#}", display_safe(&mask_words(line))));
        }
    }

    fn talk(self, text: &str) {
        let text = &*Paths::with_tilde(text.trim_end_matches('\n'));
        if self.place == TalkPlace::Tty {
            // It stands among the words of other programs. Nobody is left to tell if the terminal is gone.
            let plain = strip_str(text).to_string();
            let who = if plain.is_empty() || plain.starts_with(' ') { "" } else { "awsauth: " };
            drop(Tty::open().map(|tty| tty.write(&format!("{who}{plain}\n"))));
            return;
        }
        let mut stderr = AutoStream::new(io::stderr(), self.color).lock();
        // Nobody is left to tell if stderr is gone.
        drop(writeln!(stderr, "{text}"));
    }
}

/// Writes JSON with each character that a terminal could act on as a `\u` escape, which leaves the data as it is. JSON's own
/// control characters, outside of texts, are newlines.
struct EscapedJson<W>(W);

impl<W: Write> Write for EscapedJson<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // serde_json never writes a part of a character.
        let mut rest = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        while let Some(at) = rest.find(|character| character != '\n' && is_unsafe(character)) {
            let (before, from) = rest.split_at(at);
            self.0.write_all(before.as_bytes())?;
            let mut characters = from.chars();
            for unit in characters.next().into_iter().collect::<String>().encode_utf16() {
                write!(self.0, "\\u{unit:04x}")?;
            }
            rest = characters.as_str();
        }
        self.0.write_all(rest.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn quiet_if_reader_left(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(cannot_write(&error)),
        _ => Ok(()),
    }
}

fn cannot_write(error: &io::Error) -> Failure {
    Failure::new(Exit::Unavailable, "can't write to standard output").because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_data_and_has_nothing_that_a_terminal_acts_on() {
        let data = "a\u{1b}[31m\n\u{9b}\u{202e}é\u{e0041}\u{7f}";
        let mut written = EscapedJson(Vec::new());
        serde_json::to_writer_pretty(&mut written, &[data]).unwrap();
        let text = String::from_utf8(written.0).unwrap();
        assert!(!text.chars().any(|character| character != '\n' && is_unsafe(character)), "{text:?}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&text).unwrap(), [data]);
    }
}

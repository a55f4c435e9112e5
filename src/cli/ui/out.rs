//! Owns the two streams: data on stdout, talk on stderr or at the terminal. A reader who went away is a quiet end, not an error.

use std::io::{self, Write as _};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use crate::cli::exit::Exit;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::secret::mask_words;
use crate::source::display_safe;
use crate::system::host::Host;
use crate::system::tty::Tty;

/// What a run writes to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Out {
    /// Whether stderr, and stdout, may show colour.
    pub(crate) color: ColorChoice,
    /// Whether to tell each step.
    pub(crate) verbose: bool,
    /// How many columns there are for text on stderr.
    pub(crate) width: usize,
    /// Whether data is one JSON document.
    pub(crate) json: bool,
    /// Where talk goes.
    pub(crate) place: TalkPlace,
    /// How much is said of a manifest that is not in order.
    pub(crate) findings: FindingsShown,
}

/// How much is said of a manifest that is not in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FindingsShown {
    /// Each finding with its place.
    Whole,
    /// One line, since an SDK passes on what is said.
    OneLine,
}

/// Where talk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TalkPlace {
    /// To stderr.
    Stderr,
    /// To the terminal behind the standard streams, since another program has stderr.
    Tty,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<T> {
    version: u32,
    #[serde(flatten)]
    fields: T,
}

impl Out {
    /// Writes data, ending it with a newline if it has none.
    pub(crate) fn data(self, text: &str) -> Result<(), Failure> {
        match self.write(text) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(cannot_write(&error)),
            _ => Ok(()),
        }
    }

    /// How many columns a table on stdout may take: what another program reads is whole.
    pub(crate) fn columns_of_data(self, host: &Host) -> usize {
        if host.stdout_is_terminal { self.width } else { usize::MAX }
    }

    /// Writes a table, and says so if the terminal is too narrow for all of it.
    pub(crate) fn data_of_table(self, text: &str, is_whole: bool) -> Result<(), Failure> {
        self.data(text)?;
        if !is_whole {
            self.say("shortened to the terminal's width; --json has everything");
        }
        Ok(())
    }

    /// Refuses a standard output that is closed, before anything is done whose result would be lost.
    pub(crate) fn check_stdout() -> Result<(), Failure> {
        Host::stdout().map(drop).map_err(|error| cannot_write(&error))
    }

    /// Writes data that somebody waits for: it is an error too if the reader went away.
    pub(crate) fn hand_over(self, text: &str) -> Result<(), Failure> {
        self.write(text).map_err(|error| cannot_write(&error))
    }

    /// Whether standard output is shown in colour.
    pub(crate) fn has_color_on_stdout(self) -> bool {
        AutoStream::new(io::stdout(), self.color).current_choice() != ColorChoice::Never
    }

    /// Whether standard error is shown in colour.
    pub(crate) fn has_color_on_stderr(self) -> bool {
        AutoStream::new(io::stderr(), self.color).current_choice() != ColorChoice::Never
    }

    fn write(self, text: &str) -> io::Result<()> {
        let mut stdout = AutoStream::new(Host::stdout()?, self.color);
        let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        stdout.write_all(format!("{text}{newline}").as_bytes()).and_then(|()| stdout.flush())
    }

    /// Writes one JSON document: `"version": 1`, then the fields of `fields`, which is a struct or a map.
    pub(crate) fn document(self, fields: impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(&Document { version: 1, fields })
            .map_err(|error| Failure::new(Exit::Bug, "can't write JSON").because(&error))?;
        self.data(&text)
    }

    /// Writes one JSON document, which has its version, piece by piece: the whole may take much memory.
    pub(crate) fn long_document(document: &impl Serialize) -> Result<(), Failure> {
        let stdout = Host::stdout().map_err(|error| cannot_write(&error))?;
        let mut stdout = io::BufWriter::with_capacity(64 * 1024, stdout);
        let written = serde_json::to_writer_pretty(&mut stdout, document).map_err(io::Error::from);
        match written.and_then(|()| writeln!(stdout)).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(cannot_write(&error)),
            _ => Ok(()),
        }
    }

    /// Says something to the person. What it quotes must be safe to show.
    pub(crate) fn say(self, text: &str) {
        let text = &*Paths::with_tilde(text.trim_end_matches('\n'));
        if self.place == TalkPlace::Tty {
            // It stands among the words of other programs. Nobody is left to tell if the terminal is gone.
            let plain = anstream::adapter::strip_str(text).to_string();
            let who = if plain.is_empty() || plain.starts_with(' ') { "" } else { "awsauth: " };
            drop(Tty::open().map(|tty| tty.write(&format!("{who}{plain}\n"))));
            return;
        }
        let mut stderr = AutoStream::new(io::stderr(), self.color).lock();
        // Nobody is left to tell if stderr is gone.
        drop(writeln!(stderr, "{text}"));
    }

    /// Warns the person.
    pub(crate) fn warn(self, text: &str) {
        let style = anstyle::AnsiColor::Yellow.on_default().bold();
        self.say(&format!("{style}warning{style:#}: {}", display_safe(&mask_words(text))));
    }

    /// Says something that only `-v` shows.
    pub(crate) fn detail(self, text: &str) {
        if self.verbose {
            let style = anstyle::Style::new().dimmed();
            self.say(&format!("{style}{}{style:#}", display_safe(&mask_words(text))));
        }
    }
}

fn cannot_write(error: &io::Error) -> Failure {
    Failure::new(Exit::Unavailable, "can't write to standard output").because(error)
}

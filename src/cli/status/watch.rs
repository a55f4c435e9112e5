//! Owns the screen that `status --watch` draws on, once a second.

use std::io::{self, Write as _};
use std::time::Duration;

use anstream::adapter::strip_str;
use tokio::time::timeout;

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::login::runtime::runtime;
use crate::cli::ui::failure::Failure;
use crate::render::TerminalText;
use crate::system::host::Host;
use crate::system::interrupt::{SIGINT, Signals};

const PAUSE: Duration = Duration::from_secs(1);
/// A screen of its own, no cursor, and no second line for what is too long for one.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
/// Cleared first: after a change of its size, tmux would show a rest of it.
const LEAVE: &str = "\x1b[H\x1b[J\x1b[?7h\x1b[?25h\x1b[?1049l";

/// Refuses a place that can't be drawn on.
pub(crate) fn check(app: App<'_>) -> Result<(), Failure> {
    if app.out.json {
        return Err(Failure::new(Exit::Usage, "`--watch` draws a table, and can't be used with `--json`")
            .hint("`awsauth status --json` prints a document once"));
    }
    if !app.host.stdout_is_terminal || app.host.var("TERM") == Some("dumb") {
        return Err(Failure::new(Exit::Usage, "`--watch` draws on a terminal, and standard output is none")
            .hint("`awsauth status` prints the table once, and `awsauth status --json` a document"));
    }
    Ok(())
}

/// Draws what `frame` returns for that many lines, until a signal comes. Ctrl-C is how a person ends it.
pub(crate) fn run(app: App<'_>, frame: impl FnMut(usize) -> Result<TerminalText, Failure>) -> Result<Exit, Failure> {
    let signal = runtime()?.block_on(draw_until_signal(app, frame))?;
    Ok(if signal == SIGINT { Exit::Done } else { Exit::Interrupted })
}

async fn draw_until_signal(
    app: App<'_>,
    mut frame: impl FnMut(usize) -> Result<TerminalText, Failure>,
) -> Result<i32, Failure> {
    let unwatched = |error: io::Error| Failure::new(Exit::Unavailable, "can't draw on the terminal").because(&error);
    let mut signals = Signals::listen().map_err(unwatched)?;
    let _screen = Screen::enter().map_err(unwatched)?;
    loop {
        let text = frame(Host::height())?;
        draw(text.as_str(), app).map_err(unwatched)?;
        if let Ok(signal) = timeout(PAUSE, signals.next()).await {
            return Ok(signal);
        }
    }
}

/// Writes over the frame before, in one piece, so that nothing flickers.
fn draw(text: &str, app: App<'_>) -> io::Result<()> {
    let text = if app.out.has_color_on_stdout() { text.to_owned() } else { strip_str(text).to_string() };
    let lines: Vec<String> = text.lines().map(|line| format!("{line}\x1b[K")).collect();
    write(&format!("\x1b[H{}\x1b[J", lines.join("\r\n")))
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = Host::stdout()?;
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
}

/// Leaves the terminal as it was when it is dropped.
struct Screen;

impl Screen {
    fn enter() -> io::Result<Self> {
        write(ENTER).map(|()| Self)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // If the terminal is gone, there is nothing to restore.
        drop(write(LEAVE));
    }
}

//! A person at a terminal with an authenticator app: types, looks at the screen, scans a QR code off it.

use std::num::NonZero;

use vt100::{Color, Parser};

use crate::pty::{Terminal, bytes};
use crate::scene::{Scene, now};
use crate::support::fake_aws::code_of_seed;
use crate::support::sandbox::Sandbox;

/// Pixels of a character cell.
const CELL: [usize; 2] = [8, 16];

/// awsauth at a terminal, and its screen.
pub(crate) struct Person {
    session: Terminal,
    screen: Parser,
    /// Everything that was shown.
    pub(crate) shown: String,
}

impl Person {
    /// At a terminal of 24 lines and 80 columns.
    pub(crate) fn runs(scene: &Scene, args: &str) -> Self {
        Self::runs_in(&scene.home, args, 80)
    }

    pub(crate) fn runs_in(home: &Sandbox, args: &str, columns: u16) -> Self {
        let script = format!("trap : INT; {} {args}; echo \"ended with $?\"", env!("CARGO_BIN_EXE_awsauth"));
        let mut command = home.program("sh".as_ref());
        command.args(["-c", &script]).env("TERM", "xterm-256color").env("COLUMNS", columns.to_string());
        let screen = Parser::new(NonZero::new(24).unwrap(), NonZero::new(columns).unwrap(), 0);
        Self { session: Terminal::runs(command), screen, shown: String::new() }
    }

    /// Waits until the screen shows a text.
    #[track_caller]
    pub(crate) fn sees(&mut self, text: &str) -> &mut Self {
        let before = self.session.exp_string(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        self.note(&format!("{before}{text}"));
        self
    }

    #[track_caller]
    pub(crate) fn answers(&mut self, question: &str, answer: &str) -> &mut Self {
        self.sees(question);
        self.session.types(&format!("{answer}\r"));
        self
    }

    pub(crate) fn presses_ctrl_c(&mut self) -> &mut Self {
        self.session.send_control('c').unwrap();
        self
    }

    /// Waits for the end, which must be this one; what was shown.
    #[track_caller]
    pub(crate) fn ends_with(&mut self, code: i32) -> &str {
        match self.session.exp_string("ended with ") {
            Ok(before) => self.note(&before),
            Err(error) => panic!("{}\n{error}", self.shown),
        }
        let end = self.session.exp_eof().unwrap();
        assert_eq!(end.trim(), code.to_string(), "{}", self.shown);
        &self.shown
    }

    fn note(&mut self, read: &str) {
        let bytes = bytes(read);
        self.screen.process(&bytes);
        self.shown.push_str(&String::from_utf8_lossy(&bytes));
    }

    /// Reads the QR code off a picture of the screen, on a terminal with that background, from black (0) to white (255).
    pub(crate) fn scans(&self, background: u8) -> String {
        let screen = self.screen.screen();
        let (lines, columns) = screen.size();
        let color = |color: Color, default: u8| match color {
            Color::Default => default,
            Color::Idx(16) => 0,
            Color::Idx(231) => 255,
            other => panic!("a theme may give {other:?} any colour"),
        };
        let pixel = |x: usize, y: usize| {
            let place = |at: usize, cell: usize| u16::try_from(at / cell).unwrap();
            let cell = screen.cell(place(y, CELL[1]), place(x, CELL[0])).unwrap();
            let is_upper = y % CELL[1] < CELL[1] / 2;
            match cell.contents() {
                "▀" if is_upper => color(cell.fgcolor(), 255 - background),
                "" | " " | "▀" => color(cell.bgcolor(), background),
                // A letter is a blot.
                _ if x % CELL[0] > 1 && (4..12).contains(&(y % CELL[1])) => 255 - background,
                _ => background,
            }
        };
        decoded(usize::from(columns.get()) * CELL[0], usize::from(lines.get()) * CELL[1], pixel)
    }
}

/// The text of the one QR code in a grey picture.
#[track_caller]
pub(crate) fn decoded(width: usize, height: usize, pixel: impl FnMut(usize, usize) -> u8) -> String {
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, pixel);
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1, "codes in the picture");
    grids[0].decode().unwrap().1
}

/// The text of the QR code in a PNG.
#[track_caller]
pub(crate) fn decoded_png(file: &[u8]) -> String {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let width = usize::try_from(frame.width).unwrap();
    decoded(width, usize::try_from(frame.height).unwrap(), |x, y| pixels[y * width + x])
}

/// An authenticator app that has scanned a code.
pub(crate) struct App {
    seed: String,
}

impl App {
    #[track_caller]
    pub(crate) fn scanned(uri: &str) -> Self {
        let (_, rest) = uri.split_once("secret=").unwrap();
        Self { seed: rest.split('&').next().unwrap().to_owned() }
    }

    /// The code that the app shows so many steps from now.
    pub(crate) fn code(&self, steps: i64) -> String {
        code_of_seed(&self.seed, now().as_second() + 30 * steps)
    }

    pub(crate) fn seed(&self) -> &str {
        &self.seed
    }
}

//! `docs/images/first-day.svg`: a first day at a terminal, recorded from a real run against the fake AWS, as an animation that is text.
//! `BLESS=1 tests/run -- recording` records it anew.

use std::fmt::Write as _;
use std::fs;
use std::num::NonZero;

use regex::Regex;
use vt100::{Cell, Color, Parser};

use super::pages::{PageMachine, at_aws};
use super::{blocks_of, project};
use crate::pty::{Terminal, bytes};
use crate::support::fake_aws::standard::MFA_SERIAL;
use crate::transcripts::redactions;

const ROWS: u16 = 31;
const COLUMNS: u16 = 108;
/// What bash says, unseen, when it waits for a command.
const READY: &str = "ready\u{7}\u{1b}[1;32m$\u{1b}[0m ";
/// The width and height of a character, and the space around the text, in pixels.
const CELL: (f64, f64) = (7.8, 18.0);
const MARGIN: f64 = 16.0;
/// The terminal's first eight colours, which do on a background of its own.
const PALETTE: [&str; 8] = ["#6e7681", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#76e3ea", "#d0d7de"];

/// A terminal that is watched.
struct Recording {
    session: Terminal,
    screen: Parser,
    /// Seconds since the start, as the viewer sees them.
    now: f64,
    /// For each line, what it showed, and from when on.
    lines: Vec<Vec<(f64, String)>>,
}

impl Recording {
    fn start(machine: &PageMachine) -> Self {
        let mut bash = machine.home.program_beside_awsauth("sh".as_ref());
        // The terminal comes without an echo, which bash would keep to.
        let words = format!("stty echo rows {ROWS} cols {COLUMNS}; exec bash --norc --noprofile -i");
        bash.args(["-c", &words]).env("TERM", "xterm-256color");
        bash.env_remove("COLUMNS").env("PS1", r"\[\e]0;ready\a\e[1;32m\]$\[\e[0m\] ");
        let mut session = Terminal::runs(bash);
        session.exp_string(READY).unwrap();
        let lines = vec![Vec::new(); usize::from(ROWS)];
        let mut recording = Self {
            session,
            screen: Parser::new(NonZero::new(ROWS).unwrap(), NonZero::new(COLUMNS).unwrap(), 0),
            now: 0.0,
            lines,
        };
        recording.screen.process(format!("\u{1b}]0;{READY}").as_bytes());
        recording.shows(0.6);
        recording
    }

    /// Lets the program go on until it has written `text`.
    fn until(&mut self, text: &str) {
        let before = self.session.exp_string(text);
        let before = before.unwrap_or_else(|error| panic!("{error}\n{}", self.screen.screen().contents()));
        let got = String::from_utf8(bytes(&format!("{before}{text}"))).unwrap();
        self.screen.process(at_aws(&got).as_bytes());
    }

    /// Shows the screen as it is for so many seconds.
    fn shows(&mut self, seconds: f64) {
        for (line, row) in self.lines.iter_mut().zip(0..) {
            let text = markup(&self.screen, row);
            if line.last().map_or(!text.is_empty(), |(_, last)| *last != text) {
                line.push((self.now, text));
            }
        }
        self.now += seconds;
    }

    /// Types a command, some letters at a time.
    fn types(&mut self, command: &str) {
        for letters in command.as_bytes().chunks(3) {
            let letters = std::str::from_utf8(letters).unwrap();
            self.session.types(letters);
            self.until(letters);
            self.shows(0.09);
        }
        self.shows(0.4);
        self.enter();
    }

    fn enter(&mut self) {
        self.session.types("\r");
    }
}

/// A line of the screen: its text, with an element for each run of characters of one look.
fn markup(screen: &Parser, row: u16) -> String {
    let cell = |column| screen.screen().cell(row, column).unwrap();
    let end = (0..COLUMNS).rev().find(|column| cell(*column).has_contents()).map_or(0, |column| column + 1);
    let mut text = String::new();
    let mut column = 0;
    while column < end {
        let class = look(cell(column));
        let first = column;
        let mut run = String::new();
        while column < end && look(cell(column)) == class {
            let shown = cell(column).contents();
            run.push_str(if shown.is_empty() { " " } else { shown });
            column += 1;
        }
        if !run.trim().is_empty() {
            let run = run.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let x = MARGIN + f64::from(first) * CELL.0;
            write!(text, "<tspan x=\"{x:.1}\"{class}>{}</tspan>", run.trim_end()).unwrap();
        }
    }
    text
}

/// How a character looks, as an attribute.
fn look(cell: &Cell) -> String {
    let mut classes = String::new();
    if let Color::Idx(colour) = cell.fgcolor() {
        write!(classes, "c{} ", colour % 8).unwrap();
    }
    classes.push_str(if cell.bold() { "b " } else { "" });
    classes.push_str(if cell.dim() { "d " } else { "" });
    if classes.is_empty() { classes } else { format!(" class=\"{}\"", classes.trim_end()) }
}

/// The recording as an SVG. What is on the screen at the end is there without animations too.
fn svg(recording: &Recording) -> String {
    let total = recording.now;
    let (width, height) =
        (f64::from(COLUMNS).mul_add(CELL.0, 2.0 * MARGIN), f64::from(ROWS).mul_add(CELL.1, 2.0 * MARGIN));
    let (mut style, mut body, mut spans) = (String::new(), String::new(), Vec::new());
    for (row, line) in (0_u16..).zip(&recording.lines) {
        for (number, (start, text)) in line.iter().enumerate().filter(|(_, (_, text))| !text.is_empty()) {
            let end = line.get(number + 1).map(|(end, _)| *end);
            let span = (*start, end);
            let at = spans.iter().position(|known| *known == span).unwrap_or_else(|| {
                spans.push(span);
                spans.len() - 1
            });
            let y = f64::from(row).mul_add(CELL.1, MARGIN + 13.0);
            let hidden = if end.is_some() { " h" } else { "" };
            writeln!(body, "<text y=\"{y}\" class=\"t{at}{hidden}\">{text}</text>").unwrap();
        }
    }
    for (at, (start, end)) in spans.iter().enumerate() {
        let share = |time: f64| time / total * 100.0;
        let gone = end.map_or_else(String::new, |end| format!("{:.2}%{{visibility:hidden}}", share(end)));
        let begin = if *start > 0.0 { "0%{visibility:hidden}" } else { "" };
        write!(style, "@keyframes k{at}{{{begin}{:.2}%{{visibility:visible}}{gone}}}", share(*start)).unwrap();
        writeln!(style, ".t{at}{{animation:k{at} {total:.1}s step-end infinite}}").unwrap();
    }
    for (number, colour) in PALETTE.iter().enumerate() {
        write!(style, ".c{number}{{fill:{colour}}}").unwrap();
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title\">\n\
         <title id=\"title\">A first day with awsauth at a terminal: check, apply, keys add, login with an MFA code and a browser \
         approval, status, and a call as every profile</title>\n<style>\n\
         text{{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#e6edf3;white-space:pre}}\n\
         .b{{font-weight:700}}.d{{opacity:.7}}.h{{visibility:hidden}}\n{style}\n\
         @media (prefers-reduced-motion:reduce){{text{{animation:none!important}}}}\n</style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\" stroke=\"#30363d\"/>\n{body}</svg>\n"
    )
}

/// The day: the manifest of the README, and its commands.
fn record(machine: &PageMachine) -> String {
    let mut day = Recording::start(machine);
    let plain =
        ["awsauth check", "awsauth apply --yes", "awsauth keys add main --csv ~/Downloads/alice_accessKeys.csv"];
    for command in plain {
        day.types(command);
        day.until(READY);
        day.shows(1.2);
    }
    day.types("awsauth login read prod");
    day.until("six digits");
    day.until("]");
    day.shows(1.6);
    let code = machine.aws.world().next_code(MFA_SERIAL);
    day.session.send(&code).unwrap();
    day.enter();
    day.until("10 minutes");
    day.shows(2.0);
    day.until(READY);
    day.shows(2.2);
    for command in ["awsauth status", "awsauth exec --all -- aws sts get-caller-identity --query Arn --output text"] {
        day.types(command);
        day.until(READY);
        day.shows(1.8);
    }
    day.shows(6.0);
    svg(&day)
}

#[test]
fn the_recorded_day_is_what_happens() {
    let readme = blocks_of(&project().join("README.md"));
    let manifest = readme.iter().find(|block| block.language == "toml").unwrap();
    let machine = PageMachine::new(&manifest.text);
    let path = project().join("docs/images/first-day.svg");
    let now = record(&machine);
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &now).unwrap();
    }
    let varying = Regex::new(r"\b\d{6}\b|awsauth-\d+").unwrap();
    let settled = |svg: &str| redactions(&machine.home).redact(&varying.replace_all(svg, "[VARYING]"));
    assert!(settled(&now) == settled(&fs::read_to_string(path).unwrap()), "stale: BLESS=1 tests/run -- recording");
    assert!(now.len() < 60_000, "{} bytes", now.len());
}

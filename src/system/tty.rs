//! Owns the terminal that this process was started from, wherever its standard streams lead.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::time::Duration;

use super::wait::{Waited, wait};

/// The most bytes of a line.
const LONGEST: usize = 4096;
#[cfg(unix)]
const PATHS: [&str; 2] = ["/dev/tty", "/dev/tty"];
#[cfg(windows)]
const PATHS: [&str; 2] = ["CONIN$", "CONOUT$"];

#[derive(Debug)]
pub(crate) struct Tty {
    input: File,
    output: File,
}

impl Tty {
    /// None if this process has none, or runs in its background, where the system stops a process that reads from it.
    pub(crate) fn open() -> Option<Self> {
        let open = |path| {
            let mut options = OpenOptions::new();
            options.read(true).write(true);
            options.open(path).ok()
        };
        let tty = Self { input: open(PATHS[0])?, output: open(PATHS[1])? };
        #[cfg(unix)]
        if !tty.is_ours() {
            return None;
        }
        Some(tty)
    }

    /// True if input and Ctrl-C reach this process and the programs that it starts.
    pub(crate) fn is_in_front() -> bool {
        Self::open().is_some()
    }

    #[cfg(unix)]
    fn is_ours(&self) -> bool {
        rustix::termios::tcgetpgrp(&self.input).is_ok_and(|group| group == rustix::process::getpgrp())
    }

    /// The session that the terminal controls: no other terminal has the same one.
    #[cfg(unix)]
    pub(crate) fn session(&self) -> u32 {
        let session = rustix::termios::tcgetsid(&self.input).map(|session| session.as_raw_nonzero().get());
        session.map_or(0, i32::unsigned_abs)
    }

    /// Always 0: consoles are not told apart.
    #[cfg(windows)]
    #[expect(clippy::unused_self, reason = "each terminal has its own on Unix")]
    pub(crate) fn session(&self) -> u32 {
        0
    }

    pub(crate) fn write(&self, text: &str) -> io::Result<()> {
        let mut output = &self.output;
        output.write_all(text.as_bytes())?;
        output.flush()
    }

    /// Asks for a line, which the terminal lets the person edit; none at Ctrl-D.
    pub(crate) fn ask_line(&self, question: &str, limit: Duration) -> io::Result<Waited<Option<String>>> {
        // Set first: what is typed in another mode is no line.
        #[cfg(unix)]
        let _mode = Mode::for_lines(&self.input)?;
        self.write(question)?;
        let input = self.input.try_clone()?;
        Ok(match wait(limit, move || read_line(&input)) {
            Waited::Done(line) => Waited::Done(line?),
            Waited::TimedOut => Waited::TimedOut,
            Waited::Interrupted => Waited::Interrupted,
        })
    }
}

/// A terminal gives no more than a line at once.
fn read_line(mut input: &File) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut buffer = [0; 256];
    while line.len() < LONGEST && !line.contains(&b'\n') {
        match input.read(&mut buffer) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(count) => line.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned()))
}

/// The mode in which the terminal edits lines. Restores the old one when it is dropped.
#[cfg(unix)]
struct Mode<'t> {
    tty: &'t File,
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl<'t> Mode<'t> {
    fn for_lines(tty: &'t File) -> io::Result<Self> {
        use rustix::termios::{InputModes, LocalModes, OptionalActions, OutputModes, tcgetattr, tcsetattr};
        let before = tcgetattr(tty)?;
        let mut lines = before.clone();
        lines.local_modes |= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ECHOE | LocalModes::ISIG;
        lines.input_modes |= InputModes::ICRNL;
        lines.output_modes |= OutputModes::OPOST;
        tcsetattr(tty, OptionalActions::Now, &lines)?;
        Ok(Self { tty, before })
    }
}

#[cfg(unix)]
impl Drop for Mode<'_> {
    fn drop(&mut self) {
        // If the terminal is gone, there is nothing to restore.
        let _ = rustix::termios::tcsetattr(self.tty, rustix::termios::OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
#[cfg(unix)]
pub(crate) mod tests {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

    use super::*;

    /// A pseudo-terminal: the person's side, and a program's.
    pub(crate) fn pair() -> (File, Tty) {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let path = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
        let open = || {
            use std::os::unix::fs::OpenOptionsExt as _;
            let flags = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
            OpenOptions::new().read(true).write(true).custom_flags(flags).open(&path).unwrap()
        };
        (person.into(), Tty { input: open(), output: open() })
    }

    #[test]
    fn a_terminal_in_any_mode_edits_lines_and_is_then_as_it_was() {
        let (mut person, tty) = pair();
        let mut raw = tcgetattr(&tty.input).unwrap();
        raw.make_raw();
        tcsetattr(&tty.input, OptionalActions::Now, &raw).unwrap();
        let has_lines = || tcgetattr(&tty.input).unwrap().local_modes.contains(LocalModes::ICANON | LocalModes::ECHO);
        let mode = Mode::for_lines(&tty.input).unwrap();
        assert!(has_lines());
        person.write_all(b"12x\x7f3456\r").unwrap();
        assert_eq!(tty.ask_line("", Duration::from_mins(1)).unwrap(), Waited::Done(Some("123456".to_owned())));
        assert!(has_lines());
        drop(mode);
        assert!(!has_lines());
    }

    #[test]
    fn a_line_that_nobody_types_ends_with_the_time_and_ctrl_d_with_none() {
        let (_person, tty) = pair();
        assert_eq!(tty.ask_line("", Duration::from_millis(1)).unwrap(), Waited::TimedOut);
        let (mut person, tty) = pair();
        person.write_all(b"\x04").unwrap();
        assert_eq!(tty.ask_line("", Duration::from_mins(1)).unwrap(), Waited::Done(None));
    }
}

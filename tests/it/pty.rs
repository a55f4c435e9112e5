//! A program at a pseudo-terminal.

use std::fs::File;
use std::io::{self, Read};
use std::ops::{Deref, DerefMut};
use std::process::{Command, Stdio};
use std::time::Duration;

use rexpect::process::PtyProcess;
use rexpect::session::{Options, StreamSession};
use rustix::io::Errno;

use crate::support::sandbox::Sandbox;

/// How long anything at a terminal may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A terminal without echo, and the program on it, which ends with it.
pub(crate) struct Terminal {
    _program: PtyProcess,
    stream: StreamSession<File>,
}

impl Terminal {
    /// Starts a program, with the terminal as its standard streams.
    pub(crate) fn runs(mut command: Command) -> Self {
        command.stdin(Stdio::inherit());
        let mut program = PtyProcess::new(command).unwrap();
        // A shell does not heed the signal that it gets first.
        program.set_kill_timeout(Some(0));
        let terminal = program.get_file_handle().unwrap();
        let patience = u64::try_from(PATIENCE.as_millis()).unwrap();
        let reader = UntilClosed(terminal.try_clone().unwrap());
        Self {
            _program: program,
            stream: StreamSession::new(reader, terminal, Options::new().timeout_ms(Some(patience))),
        }
    }

    /// Starts awsauth with these words, by way of a shell that then says `ended with CODE`.
    pub(crate) fn runs_awsauth(home: &Sandbox, words: &str) -> Self {
        Self::runs_words(home, &format!("{} {words}", env!("CARGO_BIN_EXE_awsauth")))
    }

    /// The same for any words of a shell.
    pub(crate) fn runs_words(home: &Sandbox, words: &str) -> Self {
        let mut command = home.program("sh".as_ref());
        // The shell must outlive a Ctrl-C; a trap, unlike an ignored signal, is not passed on to awsauth.
        command.args(["-c", &format!("trap : INT; {words}; echo \"ended with $?\"")]).env("TERM", "xterm");
        Self::runs(command)
    }

    /// Types these keys.
    pub(crate) fn types(&mut self, keys: &str) {
        self.stream.send(keys).unwrap();
        self.stream.flush().unwrap();
    }

    /// Waits for a question, and types the answer.
    #[track_caller]
    pub(crate) fn answers(&mut self, question: &str, keys: &str) {
        self.stream.exp_string(question).unwrap();
        self.types(keys);
    }
}

impl Deref for Terminal {
    type Target = StreamSession<File>;

    fn deref(&self) -> &StreamSession<File> {
        &self.stream
    }
}

impl DerefMut for Terminal {
    fn deref_mut(&mut self) -> &mut StreamSession<File> {
        &mut self.stream
    }
}

/// What is read from a terminal, to its end: Linux says `EIO` there, after which `rexpect` would read again for ever, and
/// keep a core busy.
struct UntilClosed(File);

impl Read for UntilClosed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).or_else(|error| match Errno::from_io_error(&error) {
            Some(Errno::IO) => Ok(0),
            _ => Err(error),
        })
    }
}

/// The bytes behind what was read: `rexpect` makes a letter of each.
pub(crate) fn bytes(read: &str) -> Vec<u8> {
    read.chars().map(|byte| u8::try_from(byte).unwrap()).collect()
}

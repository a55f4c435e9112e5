//! Owns running one of several programs on a tokio runtime, and passing on what it prints while it runs. Must not know what
//! it is for.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::sync::broadcast::Receiver;
use tokio::task::coop;
use tokio::time::timeout;

use super::core_dumps;
use super::lines::Prefixed;
use crate::secret::Secret;

/// How long a program's streams are read after its end: something that it started may keep them open.
const GRACE: Duration = Duration::from_secs(1);
/// The most bytes that are kept of one program's output.
const MOST: usize = 16 * 1024 * 1024;
/// The most bytes that are kept of all programs' output.
const MOST_OF_ALL: usize = 256 * 1024 * 1024;
/// The most bytes of one read: all that a pipe holds.
const BUFFER: usize = 64 * 1024;

/// A program to be run, with nothing on standard input.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    /// A path, or a name that is looked up in `PATH`.
    pub(crate) program: &'a OsString,
    pub(crate) args: &'a [OsString],
    /// Variables that it gets besides this process's.
    pub(crate) set: &'a [(&'static str, Secret)],
    /// Variables that it does not get.
    pub(crate) unset: &'a [&'a str],
    /// The prefix of each line of its standard output; none if the output is kept instead of passed on.
    pub(crate) stdout: Option<Vec<u8>>,
    /// The prefix of each line of its standard error.
    pub(crate) stderr: Vec<u8>,
    pub(crate) group: Group,
}

/// The process group of a program, by which signals reach what it starts in its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// Its own, the whole of which gets each signal that is passed on.
    Own,
    /// This process's, the one in the terminal's foreground. In another, the system would stop a program that asks at `/dev/tty`,
    /// and Ctrl-Z would not reach it.
    Shared,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Code(i32),
    Signal(i32),
}

/// The beginning of a program's output.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Captured {
    pub(crate) bytes: Vec<u8>,
    /// True if there was more.
    pub(crate) is_cut: bool,
}

/// The bytes that may still be kept of all programs' output.
#[derive(Debug)]
pub(crate) struct Room(Cell<usize>);

impl Default for Room {
    fn default() -> Self {
        Self(Cell::new(MOST_OF_ALL))
    }
}

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) end: End,
    pub(crate) time: Duration,
    /// Its standard output, if that is kept.
    pub(crate) captured: Captured,
    /// The first failure to pass on its output, unless its reader went away.
    pub(crate) lost: Option<io::Error>,
}

/// A program that was started.
pub(crate) struct Running<'r> {
    child: Child,
    group: Group,
    since: Instant,
    stdout: Pump<'r, ChildStdout>,
    stderr: Pump<'r, ChildStderr>,
}

impl<'r> Running<'r> {
    /// Starts a program whose kept output counts against `room`.
    pub(crate) fn start(job: Job<'_>, room: &'r Room) -> io::Result<Self> {
        let mut command = Command::new(job.program);
        command.args(job.args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for name in job.unset {
            command.env_remove(name);
        }
        command.envs(job.set.iter().map(|(name, value)| (name, value.expose())));
        #[cfg(unix)]
        if job.group == Group::Own {
            command.process_group(0);
        }
        let mut child = core_dumps::as_found(|| command.spawn())?;
        let stdout = match job.stdout {
            Some(prefix) => Sink::Written { lines: Prefixed::new(prefix), write: write_out },
            None => Sink::Kept { captured: Captured::default(), room },
        };
        let stderr = Sink::Written { lines: Prefixed::new(job.stderr), write: |bytes| io::stderr().write_all(bytes) };
        let (stdout, stderr) = (Pump::new(child.stdout.take(), stdout), Pump::new(child.stderr.take(), stderr));
        Ok(Self { child, group: job.group, since: Instant::now(), stdout, stderr })
    }

    /// Waits for the end of the program and of its output. Passes on each of `signals` that is not `None`.
    ///
    /// Writing blocks the runtime: while nobody reads this process's output, signals wait too.
    pub(crate) async fn end(mut self, mut signals: Receiver<Option<i32>>) -> Ended {
        let status = loop {
            tokio::select! {
                biased;
                Ok(signal) = signals.recv() => self.pass_on(signal),
                status = self.child.wait() => break status,
                true = self.stdout.step() => {}
                true = self.stderr.step() => {}
            }
        };
        let time = self.since.elapsed();
        tokio::join!(self.stdout.finish(), self.stderr.finish());
        let captured = match self.stdout.sink {
            Sink::Kept { captured, .. } => captured,
            Sink::Written { .. } => Captured::default(),
        };
        let lost = self.stdout.lost.or(self.stderr.lost);
        Ended { end: status.map_or(End::Code(1), how), time, captured, lost }
    }

    /// Until the program's end is awaited, `id` is there and no other process has the number: no signal reaches a stranger.
    #[cfg(unix)]
    fn pass_on(&self, signal: Option<i32>) {
        use rustix::process::{Pid, Signal, kill_process, kill_process_group};
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let (Some(signal), Some(pid)) = (signal.and_then(Signal::from_named_raw), pid) else { return };
        // One that has just ended needs none.
        let _ = match self.group {
            Group::Own => kill_process_group(pid, signal),
            Group::Shared => kill_process(pid, signal),
        };
    }

    #[cfg(not(unix))]
    fn pass_on(&self, _signal: Option<i32>) {}
}

/// The destination of a program's output.
enum Sink<'r> {
    Written { lines: Prefixed, write: fn(&[u8]) -> io::Result<()> },
    Kept { captured: Captured, room: &'r Room },
}

impl Sink<'_> {
    /// Each call writes whole lines at once, so that those of different programs do not mix.
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Written { lines, write } => write(&lines.take(bytes)),
            Self::Kept { captured, room: Room(room) } => {
                let wanted = if captured.is_cut { 0 } else { bytes.len().min(MOST - captured.bytes.len()) };
                let given = wanted.min(room.get());
                room.set(room.get() - given);
                captured.bytes.extend_from_slice(&bytes[..given]);
                captured.is_cut |= given < bytes.len();
                Ok(())
            }
        }
    }

    fn end(&mut self) -> io::Result<()> {
        match self {
            Self::Written { lines, write } => write(&lines.rest()),
            Self::Kept { .. } => Ok(()),
        }
    }
}

fn write_out(bytes: &[u8]) -> io::Result<()> {
    io::stdout().write_all(bytes)?;
    io::stdout().flush()
}

/// One of a program's streams, and its destination.
struct Pump<'r, S> {
    /// None at its end, or once its destination takes nothing more.
    stream: Option<S>,
    sink: Sink<'r>,
    buffer: Vec<u8>,
    lost: Option<io::Error>,
}

impl<'r, S: AsyncRead + Unpin> Pump<'r, S> {
    fn new(stream: Option<S>, sink: Sink<'r>) -> Self {
        Self { stream, sink, buffer: vec![0; BUFFER], lost: None }
    }

    /// Passes on the next part; false if there is none.
    async fn step(&mut self) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        let count = stream.read(&mut self.buffer).await.unwrap_or(0);
        let passed_on = if count == 0 { Ok(()) } else { self.sink.take(&self.buffer[..count]) };
        if count == 0 || passed_on.is_err() {
            // Closed, so that the program learns that its output is no longer taken, as it would without this process.
            self.stream = None;
        }
        self.note(passed_on);
        self.stream.is_some()
    }

    /// Passes on the rest, after the program's end.
    async fn finish(&mut self) {
        let end = Instant::now();
        // The first read takes all that the program itself has left in the pipe. It is unconstrained: without a turn in time that
        // would be lost.
        while let Ok(true) = timeout(GRACE, coop::unconstrained(self.step())).await
            && end.elapsed() < GRACE
        {}
        let rest = self.sink.end();
        self.note(rest);
    }

    fn note(&mut self, passed_on: io::Result<()>) {
        let lost = passed_on.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
        self.lost = self.lost.take().or(lost);
    }
}

#[cfg(unix)]
fn how(status: ExitStatus) -> End {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().map_or_else(|| End::Signal(status.signal().unwrap_or_default()), End::Code)
}

#[cfg(not(unix))]
fn how(status: ExitStatus) -> End {
    End::Code(status.code().unwrap_or(1))
}

impl End {
    /// The exit code that a shell would give.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Code(code) => u8::try_from(code).unwrap_or(u8::MAX),
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt as _, duplex};

    use super::*;

    fn kept(room: &Room) -> Sink<'_> {
        Sink::Kept { captured: Captured::default(), room }
    }

    fn captured(sink: Sink<'_>) -> Captured {
        let Sink::Kept { captured, .. } = sink else { panic!("it is not kept") };
        captured
    }

    #[test]
    fn what_all_print_together_is_kept_up_to_a_limit() {
        let room = Room(Cell::new(10));
        let mut sinks = [kept(&room), kept(&room), kept(&room)];
        for sink in &mut sinks {
            sink.take(b"seven b").unwrap();
            sink.end().unwrap();
        }
        let expected = [(&b"seven b"[..], false), (b"sev", true), (b"", true)];
        let expected = expected.map(|(bytes, is_cut)| Captured { bytes: bytes.to_vec(), is_cut });
        assert_eq!(sinks.map(captured), expected);
    }

    #[test]
    fn a_stream_that_something_keeps_open_is_given_up_and_what_it_held_is_not_lost() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let room = Room::default();
        let (mut end, stream) = duplex(100);
        let mut pump = Pump::new(Some(stream), kept(&room));
        runtime.block_on(async {
            end.write_all(b"text").await.unwrap();
            pump.finish().await;
        });
        drop(end);
        assert_eq!(captured(pump.sink).bytes, b"text");
    }
}

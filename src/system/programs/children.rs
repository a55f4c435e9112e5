//! Owns running one of several programs on a tokio runtime, and passing on what it prints while it runs. Must not know what
//! it is for.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::sync::broadcast::Receiver;
use tokio::task::coop;
use tokio::time::timeout;

use super::process::{self, End};
use crate::secret::Secret;
use crate::system::core_dumps;
use crate::system::interrupt::{SIGINT, SIGQUIT, Signals};
use crate::system::tty::Tty;

/// How long a program's streams are read after its end: something that it started may keep them open.
const GRACE: Duration = Duration::from_secs(1);
/// The most bytes that are kept of one program's output.
const OUTPUT_LIMIT: usize = 16 * 1024 * 1024;
/// The most bytes that are kept of all programs' output.
pub(crate) const TOTAL_LIMIT: usize = 256 * 1024 * 1024;
/// The most bytes of a line; a longer one is cut into lines.
const LINE_LIMIT: usize = 64 * 1024;
/// The most bytes of one read: all that a pipe holds.
const READ_LIMIT: usize = 64 * 1024;

/// A program to be run, with nothing on standard input.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    /// A path, or a name that is looked up in `PATH`.
    pub(crate) program: &'a OsString,
    pub(crate) args: &'a [OsString],
    pub(crate) set: &'a [(&'static str, Secret)],
    pub(crate) unset: &'a [&'a str],
    /// The prefix of each line of its standard output; none if the output is kept instead of passed on.
    pub(crate) stdout: Option<Vec<u8>>,
    /// The prefix of each line of its standard error.
    pub(crate) stderr: Vec<u8>,
    pub(crate) group: ProcessGroup,
}

/// The process group of a program, by which signals reach what it starts in its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProcessGroup {
    /// Its own, the whole of which gets each signal that is passed on.
    Own,
    /// This process's, the one in the terminal's foreground. In another, the system would stop a program that asks at `/dev/tty`,
    /// and Ctrl-Z would not reach it.
    Shared,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Captured {
    pub(crate) bytes: Vec<u8>,
    /// True if there was more.
    pub(crate) is_cut: bool,
}

/// The bytes that may still be kept of all programs' output, at first [`TOTAL_LIMIT`].
pub(crate) type CaptureBudget = Cell<usize>;

#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) end: End,
    pub(crate) time: Duration,
    /// Its standard output, if that is kept.
    pub(crate) captured: Captured,
    /// The first failure to pass on its output, unless its reader went away.
    pub(crate) lost: Option<io::Error>,
}

pub(crate) struct Running<'r> {
    child: Child,
    group: ProcessGroup,
    since: Instant,
    stdout: Pump<'r, ChildStdout>,
    stderr: Pump<'r, ChildStderr>,
}

impl<'r> Running<'r> {
    /// Starts a program whose kept output counts against `budget`.
    pub(crate) fn start(job: Job<'_>, budget: &'r CaptureBudget) -> io::Result<Self> {
        let mut command = Command::new(job.program);
        command.args(job.args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        process::remove_variables(command.as_std_mut(), job.unset);
        command.envs(job.set.iter().map(|(name, value)| (name, value.expose())));
        #[cfg(unix)]
        if job.group == ProcessGroup::Own {
            command.process_group(0);
        }
        let mut child = core_dumps::with_original_limit(|| command.spawn())?;
        let stdout = match job.stdout {
            Some(prefix) => OutputSink::Written { prefix, write: write_out },
            None => OutputSink::Kept { captured: Captured::default(), budget },
        };
        let stderr = OutputSink::Written { prefix: job.stderr, write: |bytes| io::stderr().write_all(bytes) };
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
            OutputSink::Kept { captured, .. } => captured,
            OutputSink::Written { .. } => Captured::default(),
        };
        let lost = self.stdout.lost.or(self.stderr.lost);
        Ended { end: status.map_or(End::Code(1), End::of), time, captured, lost }
    }

    fn pass_on(&self, signal: Option<i32>) {
        if let Some(signal) = signal {
            send(&self.child, self.group, signal);
        }
    }
}

/// Until the program's end is awaited, `id` is there and no other process has the number: no signal reaches a stranger.
#[cfg(unix)]
fn send(child: &Child, group: ProcessGroup, signal: i32) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let (Some(signal), Some(pid)) = (Signal::from_named_raw(signal), pid) else { return };
    // One that has just ended needs none.
    let _ = match group {
        ProcessGroup::Own => kill_process_group(pid, signal),
        ProcessGroup::Shared => kill_process(pid, signal),
    };
}

#[cfg(windows)]
fn send(_child: &Child, _group: ProcessGroup, _signal: i32) {}

/// Runs `program` on this process's own streams, and passes on the signals that reach this process alone. `set` and `unset` change
/// its environment.
pub(crate) async fn run_in_front(
    program: &OsString,
    args: &[OsString],
    set: &[(&'static str, Secret)],
    unset: &[&str],
) -> io::Result<End> {
    // Before the program: a signal must not end this process and leave the program behind.
    let mut signals = Signals::listen_for_program()?;
    let mut command = Command::new(program);
    process::remove_variables(command.args(args).as_std_mut(), unset);
    command.envs(set.iter().map(|(name, value)| (name, value.expose())));
    let mut child = core_dumps::with_original_limit(|| command.spawn())?;
    loop {
        tokio::select! {
            biased;
            // What is typed at the terminal has reached the program itself.
            signal = signals.next() => if ![SIGINT, SIGQUIT].contains(&signal) || !Tty::is_in_front() {
                send(&child, ProcessGroup::Shared, signal);
            },
            status = child.wait() => return status.map(End::of),
        }
    }
}

/// The destination of a program's output.
enum OutputSink<'r> {
    Written { prefix: Vec<u8>, write: fn(&[u8]) -> io::Result<()> },
    Kept { captured: Captured, budget: &'r CaptureBudget },
}

impl OutputSink<'_> {
    /// Takes a line, which has no end if it is the last one or too long. Writes all of it at once, so that lines of different
    /// programs do not mix.
    fn take(&mut self, line: &[u8]) -> io::Result<()> {
        match self {
            Self::Written { prefix, write } => {
                let end: &[u8] = if line.ends_with(b"\n") { b"" } else { b"\n" };
                write(&[prefix.as_slice(), line, end].concat())
            }
            Self::Kept { captured, budget } => {
                let wanted = if captured.is_cut { 0 } else { line.len().min(OUTPUT_LIMIT - captured.bytes.len()) };
                let given = wanted.min(budget.get());
                budget.set(budget.get() - given);
                captured.bytes.extend_from_slice(&line[..given]);
                captured.is_cut |= given < line.len();
                Ok(())
            }
        }
    }
}

fn write_out(bytes: &[u8]) -> io::Result<()> {
    io::stdout().write_all(bytes)?;
    io::stdout().flush()
}

struct Pump<'r, S> {
    /// None at its end, or once its destination takes nothing more.
    stream: Option<BufReader<S>>,
    sink: OutputSink<'r>,
    line: Vec<u8>,
    lost: Option<io::Error>,
}

impl<'r, S: AsyncRead + Unpin> Pump<'r, S> {
    fn new(stream: Option<S>, sink: OutputSink<'r>) -> Self {
        let stream = stream.map(|stream| BufReader::with_capacity(READ_LIMIT, stream));
        Self { stream, sink, line: Vec::new(), lost: None }
    }

    /// Passes on the next line; false if there is none. If this is dropped before it is done, the next call goes on.
    async fn step(&mut self) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        let mut rest = stream.take((LINE_LIMIT - self.line.len()) as u64);
        let is_end = rest.read_until(b'\n', &mut self.line).await.unwrap_or(0) == 0;
        if is_end || self.pass_on().is_err() {
            // Closed, so that the program learns that its output is no longer taken, as it would without this process.
            self.stream = None;
        }
        self.stream.is_some()
    }

    /// True if there are lines that were read, and not yet passed on.
    fn has_lines(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| !stream.buffer().is_empty())
    }

    fn pass_on(&mut self) -> Result<(), ()> {
        let taken = if self.line.is_empty() { Ok(()) } else { self.sink.take(&self.line) };
        self.line.clear();
        taken.map_err(|error| {
            if error.kind() != io::ErrorKind::BrokenPipe {
                self.lost.get_or_insert(error);
            }
        })
    }

    /// Passes on the rest, after the program's end.
    async fn finish(&mut self) {
        let end = Instant::now();
        // The first read takes all that the program itself has left in the pipe. It is unconstrained: without a turn in time that
        // would be lost.
        while let Ok(true) = timeout(GRACE, coop::unconstrained(self.step())).await
            && (end.elapsed() < GRACE || self.has_lines())
        {}
        let _ = self.pass_on();
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt as _, duplex};

    use super::*;

    fn kept(budget: &CaptureBudget) -> OutputSink<'_> {
        OutputSink::Kept { captured: Captured::default(), budget }
    }

    fn captured(sink: OutputSink<'_>) -> Captured {
        let OutputSink::Kept { captured, .. } = sink else { panic!("it is not kept") };
        captured
    }

    #[test]
    fn what_all_print_together_is_kept_up_to_a_limit() {
        let budget = Cell::new(10);
        let mut sinks = [kept(&budget), kept(&budget), kept(&budget)];
        for sink in &mut sinks {
            sink.take(b"seven b").unwrap();
        }
        let expected = [(&b"seven b"[..], false), (b"sev", true), (b"", true)];
        let expected = expected.map(|(bytes, is_cut)| Captured { bytes: bytes.to_vec(), is_cut });
        assert_eq!(sinks.map(captured), expected);
    }

    thread_local! {
        static WRITTEN: Cell<Vec<Vec<u8>>> = const { Cell::new(Vec::new()) };
    }

    /// What is written if the bytes come in pieces of that size.
    fn prefixed(bytes: &[u8], size: usize) -> Vec<Vec<u8>> {
        let write = |bytes: &[u8]| {
            WRITTEN.with(|written| written.set(written.take().into_iter().chain([bytes.to_vec()]).collect()));
            Ok(())
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (mut end, stream) = duplex(size);
            let mut pump = Pump::new(Some(stream), OutputSink::Written { prefix: b"p | ".to_vec(), write });
            let send = async move { end.write_all(bytes).await.unwrap() };
            tokio::join!(send, async {
                while pump.step().await {}
                pump.finish().await;
            });
        });
        WRITTEN.take()
    }

    #[test]
    fn each_line_is_written_at_once_with_the_prefix_however_the_bytes_come() {
        for (bytes, expected) in [
            (&b""[..], &[][..]),
            (b"a\n", &[&b"p | a\n"[..]]),
            (b"a\nb", &[b"p | a\n", b"p | b\n"]),
            (b"\n\n", &[b"p | \n", b"p | \n"]),
            (b"a\r\n\xff\xfe\0b\n", &[b"p | a\r\n", b"p | \xff\xfe\0b\n"]),
        ] {
            for size in 1..=bytes.len().max(1) {
                assert_eq!(prefixed(bytes, size), expected, "in pieces of {size}");
            }
        }
    }

    #[test]
    fn a_line_without_an_end_goes_on_in_pieces_and_loses_nothing() {
        let long = vec![b'x'; 2 * LINE_LIMIT + 5];
        for size in [7, LINE_LIMIT, long.len()] {
            let lines: Vec<usize> = prefixed(&long, size).iter().map(Vec::len).collect();
            assert_eq!(lines, [LINE_LIMIT + 5, LINE_LIMIT + 5, 5 + 5], "in pieces of {size}");
        }
    }

    #[test]
    fn a_stream_that_something_keeps_open_is_given_up_and_what_it_held_is_not_lost() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let budget = Cell::new(TOTAL_LIMIT);
        let (mut end, stream) = duplex(100);
        let mut pump = Pump::new(Some(stream), kept(&budget));
        runtime.block_on(async {
            end.write_all(b"text").await.unwrap();
            pump.finish().await;
        });
        drop(end);
        assert_eq!(captured(pump.sink).bytes, b"text");
    }
}

//! Owns running several programs, and passing on what they print while they run. Must not know what they are for.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::core_dumps;
use super::interrupt::{self, Listener};
use super::lines::Prefixed;
use super::tty::Tty;
use crate::secret::Secret;

/// How long after a program's end nothing more may come until it is taken for all: something that it started may keep the
/// pipes open.
const GRACE: Duration = Duration::from_secs(1);
/// The most that is kept of what one program prints, in bytes.
const MOST: usize = 16 * 1024 * 1024;
/// The most that is kept of what all programs print, in bytes.
const MOST_OF_ALL: usize = 256 * 1024 * 1024;
/// How long between two looks at whether a signal was told.
const LOOK: Duration = Duration::from_millis(5);
/// How much is read at once.
const BUFFER: usize = 64 * 1024;

/// A program to be run, which gets nothing on standard input.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    /// A path, or a name that is looked up.
    pub(crate) program: &'a OsString,
    /// What is passed to it, as it is.
    pub(crate) args: &'a [OsString],
    /// Variables that it gets besides this process's.
    pub(crate) set: &'a [(&'static str, Secret)],
    /// Variables that it does not get.
    pub(crate) unset: &'a [&'a str],
    /// What stands in front of each line of its standard output; none if that is kept instead of passed on.
    pub(crate) stdout: Option<Vec<u8>>,
    /// What stands in front of each line of its standard error.
    pub(crate) stderr: Vec<u8>,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

/// What a program printed, as far as it was kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// Whether there were more than are kept.
    pub(crate) is_cut: bool,
}

/// What is known of a program that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The number that it was started with.
    pub(crate) number: usize,
    /// How it ended.
    pub(crate) end: End,
    /// How long it ran.
    pub(crate) time: Duration,
    /// What it printed on standard output, if that is kept.
    pub(crate) kept: Kept,
    /// Why not all that it printed could be passed on; a reader who went away is no reason.
    pub(crate) lost: Option<io::Error>,
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// A program has ended.
    Ended(Ended),
    /// The person pressed Ctrl-C, which their terminal tells all programs by itself; or another program sent the same signal
    /// to this process alone.
    Interrupted,
    /// This process was told to end, by this signal, and the programs with it.
    Told(i32),
}

/// Which interruption it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The first one.
    First,
    /// A later one.
    Another,
}

/// Programs that are running.
pub(crate) struct Children {
    running: Running,
    /// How much more is kept.
    room: Arc<AtomicUsize>,
    sender: Sender<Event>,
    events: Receiver<Event>,
    /// As long as there may be programs.
    _listener: Listener,
}

/// Those that have not ended, by their numbers.
type Running = Arc<Mutex<BTreeMap<usize, Child>>>;

impl Children {
    /// None yet. From now on Ctrl-C is an event.
    pub(crate) fn new() -> Self {
        let (sender, events) = channel();
        let (interrupted, told) = (sender.clone(), sender.clone());
        let listener = interrupt::listen(move || drop(interrupted.send(Event::Interrupted)));
        watch_for_end(told);
        let room = Arc::new(AtomicUsize::new(MOST_OF_ALL));
        Self { running: Running::default(), room, sender, events, _listener: listener }
    }

    /// Starts a program, which is told by that number from now on. Its threads come first: where the system has no more of
    /// them, nothing is started.
    pub(crate) fn start(&self, number: usize, job: Job<'_>) -> io::Result<()> {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let keep = || Sink::Kept { kept: Arc::clone(&kept), room: Arc::clone(&self.room) };
        let stdout = job.stdout.map_or_else(keep, |prefix| Sink::Stdout(Prefixed::new(prefix)));
        let (stdout, stdout_end) = Pump::start(stdout)?;
        let (stderr, stderr_end) = Pump::start(Sink::Stderr(Prefixed::new(job.stderr)))?;
        let (running, sender) = (Arc::clone(&self.running), self.sender.clone());
        let (begin, program) = channel::<(u32, Instant)>();
        thread::Builder::new().spawn(move || {
            // Nothing, where the program could not be started.
            let Ok((id, since)) = program.recv() else { return };
            let end = reap(&running, number, id);
            let time = since.elapsed();
            let lost = finish(vec![stdout, stderr], || Instant::now() + GRACE).err();
            let kept = std::mem::take(&mut *lock(&kept));
            // Nobody may be left who wants to know.
            drop(sender.send(Event::Ended(Ended { number, end, time, kept, lost })));
        })?;
        let mut command = Command::new(job.program);
        command.args(job.args).stdin(Stdio::null()).stdout(stdout_end).stderr(stderr_end);
        for name in job.unset {
            command.env_remove(name);
        }
        command.envs(job.set.iter().map(|(name, value)| (name, value.expose())));
        let child = core_dumps::as_found(|| command.spawn())?;
        let (id, since) = (child.id(), Instant::now());
        lock(&self.running).insert(number, child);
        let _ = begin.send((id, since));
        Ok(())
    }

    /// Waits until something happens.
    pub(crate) fn next(&self) -> Option<Event> {
        // There is a sender as long as this lives.
        self.events.recv().ok()
    }

    /// Waits until something happens, but not longer than this.
    pub(crate) fn next_within(&self, limit: Duration) -> Option<Event> {
        self.events.recv_timeout(limit).ok()
    }

    /// What has happened already, the signals that have come among it.
    pub(crate) fn try_next(&self) -> Option<Event> {
        loop {
            let is_coming = interrupt::is_coming();
            match self.events.try_recv() {
                // It is told in a moment, or was told a moment ago.
                Err(_) if is_coming => match self.next_within(LOOK) {
                    None => {}
                    event => return event,
                },
                event => return event.ok(),
            }
        }
    }

    /// Whether this process has got a signal that is still to be told.
    pub(crate) fn is_signal_coming() -> bool {
        interrupt::is_coming()
    }

    /// Passes an interruption on to all programs; the first one only where they have not got it from the terminal.
    pub(crate) fn interrupt(&self, order: Order) {
        if order == Order::Another || !Tty::is_in_front() {
            self.pass_on(interrupt::SIGINT);
        }
    }

    /// Passes a signal on to all programs.
    #[cfg(unix)]
    pub(crate) fn pass_on(&self, signal: i32) {
        let Some(signal) = rustix::process::Signal::from_named_raw(signal) else { return };
        for child in lock(&self.running).values() {
            // One that has just ended needs none.
            let _ = rustix::process::kill_process(rustix::process::Pid::from_child(child), signal);
        }
    }

    /// There are no signals to be passed on.
    #[cfg(not(unix))]
    pub(crate) fn pass_on(&self, _signal: i32) {}
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // What it guards is whole between any two calls.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where what a program prints goes.
enum Sink {
    Stdout(Prefixed),
    Stderr(Prefixed),
    Kept {
        kept: Arc<Mutex<Kept>>,
        /// How much more is kept of all programs.
        room: Arc<AtomicUsize>,
    },
}

impl Sink {
    /// Each call writes whole lines at once, so that those of different programs do not mix.
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout(lines) => write_out(&lines.take(bytes)),
            Self::Stderr(lines) => io::stderr().lock().write_all(&lines.take(bytes)),
            Self::Kept { kept, room } => {
                let mut kept = lock(kept);
                let wanted = if kept.is_cut { 0 } else { bytes.len().min(MOST - kept.bytes.len()) };
                let given = take_room(room, wanted);
                kept.bytes.extend_from_slice(&bytes[..given]);
                kept.is_cut |= given < bytes.len();
                Ok(())
            }
        }
    }

    fn end(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(lines) => write_out(&lines.rest()),
            Self::Stderr(lines) => io::stderr().lock().write_all(&lines.rest()),
            Self::Kept { .. } => Ok(()),
        }
    }
}

/// Takes as much as is wanted, or what there is; says how much that is.
fn take_room(room: &AtomicUsize, wanted: usize) -> usize {
    let mut given = 0;
    // It always goes, at last.
    let _ = room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
        given = wanted.min(left);
        Some(left - given)
    });
    given
}

fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Passes on what one program prints on one of its streams, on a thread of its own.
struct Pump {
    done: Receiver<io::Result<()>>,
    progress: Arc<Progress>,
}

/// How far a pump has come.
#[derive(Default)]
struct Progress {
    /// How often it has read something and passed it on.
    rounds: AtomicUsize,
    /// Whether it is passing something on, which may take as long as whoever reads that wants.
    is_busy: AtomicBool,
}

impl Pump {
    /// The pump, and the end of a pipe that it reads from.
    fn start(sink: Sink) -> io::Result<(Self, io::PipeWriter)> {
        let (stream, end) = io::pipe()?;
        let (sender, done) = channel();
        let progress = Arc::new(Progress::default());
        let own = Arc::clone(&progress);
        thread::Builder::new().spawn(move || {
            let passed_on = match pass_on(stream, sink, &own) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                other => other,
            };
            drop(sender.send(passed_on));
        })?;
        Ok((Self { done, progress }, end))
    }

    fn rounds(&self) -> usize {
        self.progress.rounds.load(Ordering::SeqCst)
    }

    /// What came of it; none if it is still to be waited for. `before` is how far it had come at the program's end.
    fn result(&self, before: usize, until: Instant) -> Option<io::Result<()>> {
        match self.done.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(passed_on) => Some(passed_on),
            // All that can have been in the pipe at the end was read by then.
            Err(RecvTimeoutError::Timeout) if self.rounds() >= before + 2 => Some(Ok(())),
            Err(RecvTimeoutError::Timeout) if self.progress.is_busy.load(Ordering::SeqCst) => None,
            Err(_) => Some(Ok(())),
        }
    }
}

/// Waits, after a program's end, until everything that it printed is passed on. Something that it started may keep its streams
/// open, and is not waited for: `until` says when the time for all of them is over.
fn finish(pumps: Vec<Pump>, mut until: impl FnMut() -> Instant) -> io::Result<()> {
    let mut open: Vec<(usize, Pump)> = pumps.into_iter().map(|pump| (pump.rounds(), pump)).collect();
    let mut passed_on = Ok(());
    while !open.is_empty() {
        let until = until();
        open.retain(|(before, pump)| {
            let result = pump.result(*before, until);
            let is_open = result.is_none();
            if let Some(Err(error)) = result
                && passed_on.is_ok()
            {
                passed_on = Err(error);
            }
            is_open
        });
    }
    passed_on
}

/// A sink that takes no more closes the stream, so that the program learns of it as it would without this process.
fn pass_on(mut stream: impl Read, mut sink: Sink, progress: &Progress) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = match stream.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => 0,
        };
        progress.is_busy.store(true, Ordering::SeqCst);
        if count == 0 {
            return sink.end();
        }
        sink.take(&buffer[..count])?;
        progress.rounds.fetch_add(1, Ordering::SeqCst);
        progress.is_busy.store(false, Ordering::SeqCst);
    }
}

/// Waits for the end of a program. As long as it is among those that are running its number is its own, so that no signal
/// reaches a stranger.
#[cfg(unix)]
fn reap(running: &Running, number: usize, id: u32) -> End {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Some(pid) = pid
        && waitid(WaitId::Pid(pid), options).is_err_and(|error| error == rustix::io::Errno::INTR)
    {}
    let mut running = lock(running);
    running.remove(&number).and_then(|mut child| child.wait().ok()).map_or(End::Code(1), how)
}

/// Waits for the end of a program.
#[cfg(not(unix))]
fn reap(running: &Running, number: usize, _id: u32) -> End {
    loop {
        let ended = lock(running).get_mut(&number).map(Child::try_wait);
        match ended {
            Some(Ok(None)) => thread::sleep(Duration::from_millis(10)),
            other => {
                lock(running).remove(&number);
                return other.and_then(Result::ok).flatten().map_or(End::Code(1), how);
            }
        }
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

/// Tells of the signals by which others end this process; not of those that it was started to ignore.
#[cfg(unix)]
fn watch_for_end(told: Sender<Event>) {
    use signal_hook::consts::{SIGHUP, SIGTERM};
    let signals = [SIGTERM, SIGHUP].into_iter().filter(|signal| !interrupt::is_ignored(*signal));
    // Without a watcher, the signals end this process alone.
    interrupt::on_signals(&signals.collect::<Vec<_>>(), move |signal| told.send(Event::Told(signal)).is_ok());
}

#[cfg(not(unix))]
fn watch_for_end(_told: Sender<Event>) {}

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
    use super::*;

    #[test]
    fn what_all_print_together_is_kept_up_to_a_limit() {
        let room = Arc::new(AtomicUsize::new(10));
        let kept: Vec<Arc<Mutex<Kept>>> = (0..3).map(|_| Arc::default()).collect();
        for kept in &kept {
            let mut sink = Sink::Kept { kept: Arc::clone(kept), room: Arc::clone(&room) };
            sink.take(b"seven b").unwrap();
            sink.end().unwrap();
        }
        let kept: Vec<Kept> = kept.iter().map(|kept| std::mem::take(&mut *lock(kept))).collect();
        let expected = [(&b"seven b"[..], false), (b"sev", true), (b"", true)];
        assert_eq!(kept.iter().map(|kept| (&*kept.bytes, kept.is_cut)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn streams_that_something_keeps_open_are_given_up_at_one_time() {
        let kept = || Sink::Kept { kept: Arc::default(), room: Arc::default() };
        let (stdout, _stdout_end) = Pump::start(kept()).unwrap();
        let (stderr, _stderr_end) = Pump::start(kept()).unwrap();
        let mut times = 0;
        let over = || {
            times += 1;
            Instant::now()
        };
        finish(vec![stdout, stderr], over).unwrap();
        assert_eq!(times, 1);
    }

    #[test]
    fn a_stream_that_is_being_passed_on_is_waited_for() {
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let (stdout, mut end) =
            Pump::start(Sink::Kept { kept: Arc::clone(&kept), room: Arc::new(AtomicUsize::new(10)) }).unwrap();
        let mut held = Some(lock(&kept));
        end.write_all(b"text").unwrap();
        drop(end);
        while !stdout.progress.is_busy.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        // Whoever takes it begins when the time is over.
        let mut times = 0;
        let over = || {
            times += 1;
            if times == 3 {
                held = None;
            }
            if times < 3 { Instant::now() } else { Instant::now() + Duration::from_secs(20) }
        };
        finish(vec![stdout], over).unwrap();
        drop(held);
        assert_eq!((times, lock(&kept).bytes.as_slice()), (3, &b"text"[..]));
    }
}

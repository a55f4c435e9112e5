//! Owns running one command for each of many profiles: its credentials, its turn, and telling how each run ended.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::announce::{count, first_names};
use super::desk::{Desk, InPlace, Manner, Obstacle};
use super::exit::Exit;
use super::explain;
use super::failure::Failure;
use super::misses::Misses;
use super::out::Out;
use super::runs::{Document, Fate, Finish, Told};
use super::shell::in_shell;
use super::surroundings::{CODE_VARIABLE, stale_variables};
use crate::broker::{BrokerError, Renewal};
use crate::login::seconds_left;
use crate::model::{Catalog, Chain, Credentials, NamePattern, Profile, Root};
use crate::render::{Change, table};
use crate::system::children::{Children, End, Ended, Event, Job, Order};
use crate::system::clock;
use crate::system::host::Host;
use crate::system::process;
use crate::system::wait::Deadline;

/// A run that begins with fewer seconds left than this gets a newer session, if that needs nobody.
const SHORT: i64 = 15 * 60;
/// How long a Ctrl-C may come after the end of a program that it has ended.
const CLOSE: Duration = Duration::from_millis(250);
/// More failures than this are not told one by one at the end.
const MOST_FAILURES: usize = 20;
/// One for each profile, over and over.
const COLORS: [AnsiColor; 10] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
    AnsiColor::BrightYellow,
    AnsiColor::BrightGreen,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightBlue,
];

/// A command to be run for many profiles.
pub(crate) struct Batch<'a> {
    /// Where credentials come from.
    pub(crate) desk: &'a Desk<'a>,
    /// The environment.
    pub(crate) host: &'a Host,
    /// Where to tell.
    pub(crate) out: Out,
    /// The program.
    pub(crate) program: &'a OsString,
    /// What is passed to it.
    pub(crate) args: &'a [OsString],
    /// How many run at once.
    pub(crate) parallel: usize,
}

/// Why nothing more is started.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Interrupted,
    Told(i32),
}

/// Why a program could not be started, with the code that a shell would give.
pub(crate) fn not_started(program: &OsString, error: &io::Error) -> Failure {
    let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
    Failure::new(Exit::Program(code), format!("can't run `{}`", program.display())).because(error)
}

/// Refuses a program that is nowhere, before anybody is asked for anything.
pub(crate) fn check_program(
    program: &OsString,
    args: &[OsString],
    catalog: &Catalog,
    host: &Host,
) -> Result<(), Failure> {
    let Some(error) = process::missing(program, host.var_os("PATH")) else { return Ok(()) };
    let failure = not_started(program, &error);
    let word = program.to_string_lossy();
    let pattern = NamePattern::new(&word).ok().filter(|_| NamePattern::is_meant(&word));
    let is_pattern =
        pattern.is_some_and(|pattern| catalog.profiles().iter().any(|one| pattern.fits(one.name.as_str())));
    let what = match (catalog.get(&word), is_pattern) {
        (Some(_), _) => "is a profile",
        (None, true) => "stands for profiles",
        (None, false) => {
            return Err(match in_shell(&word, args, host) {
                Some(hint) => failure.hint(hint),
                None => failure,
            });
        }
    };
    Err(failure.hint(format!(
        "`{word}` {what}, and `exec` takes one NAME or pattern: for many profiles, `awsauth exec 'PATTERN' -- CMD` or \
         `awsauth exec --tag TAG -- CMD`"
    )))
}

impl Batch<'_> {
    /// Runs it for each of the profiles that has credentials. `again` logs in to the same profiles.
    pub(crate) fn run(&self, profiles: &[&Profile], login: InPlace, again: &str) -> Result<Exit, Failure> {
        Out::check_stdout()?;
        let chains = profiles.iter().map(|profile| self.desk.chain(profile.name.as_str()));
        let chains: Vec<Chain<'_>> = chains.collect::<Result<_, _>>()?;
        let fates = self.prepare(&chains, login, again)?;
        let mut course = Course::new(self, &chains, fates);
        course.run();
        self.report(&course)
    }

    /// Obtains the credentials for all, and tells for which there are none.
    fn prepare(&self, chains: &[Chain<'_>], login: InPlace, again: &str) -> Result<Vec<Fate>, Failure> {
        let catalog = &self.desk.manifest.catalog;
        let (mut misses, mut needed, mut fates) = (Misses::default(), Vec::new(), Vec::new());
        for (chain, outcome) in chains.iter().zip(self.desk.obtain_in_place(chains, login)?) {
            let name = chain.target().name.as_str();
            fates.push(match outcome {
                Ok(credentials) => Fate::Ready(credentials),
                Err(Obstacle::Told(failure)) => {
                    let told = Told::of(&failure);
                    misses.failed(name, failure);
                    Fate::Missed(told)
                }
                Err(Obstacle::Broker(error)) => {
                    let failure = explain::broker(&error, catalog);
                    let told = Told::of(&failure);
                    match *error {
                        BrokerError::LoginNeeded { .. } => needed.push((name, failure)),
                        _ => drop(misses.missed(name, &error, catalog)),
                    }
                    Fate::Missed(told)
                }
            });
        }
        self.say_needed(&needed, again);
        let is_interrupted = misses.exit() == Some(Exit::Interrupted);
        misses.say(self.out);
        if !is_interrupted {
            return Ok(fates);
        }
        let failure = Failure::one_line(Exit::Interrupted, "interrupted");
        if self.out.json {
            self.out.document(json!({ "error": failure.document() }))?;
        }
        Err(Failure::shown(failure.exit))
    }

    /// Tells which profiles need a login, in one line.
    fn say_needed(&self, needed: &[(&str, Failure)], again: &str) {
        match needed {
            [] => {}
            [(_, failure)] => failure.say_text(self.out),
            _ => {
                let names = first_names(needed.iter().map(|(name, _)| *name));
                self.out.say(&format!("{} have no session: {names}; run {again}", count(needed.len(), "profile")));
            }
        }
    }
}

/// Runs that are on their way.
struct Course<'b> {
    batch: &'b Batch<'b>,
    chains: &'b [Chain<'b>],
    fates: Vec<Fate>,
    children: Children,
    running: usize,
    /// How wide the names are in front of the lines.
    width: usize,
    stop: Option<Stop>,
    /// Whether a program may have been ended by a Ctrl-C that is still to come.
    is_in_doubt: bool,
    /// The runs that ended as by a Ctrl-C that was not seen yet.
    doubtful: Vec<usize>,
    /// What did not answer when a session was to be renewed: it is not asked again.
    silent: HashSet<Root<'b>>,
    /// The code of what was told last of programs that could not be started.
    told: Option<Exit>,
    /// Why what a program printed could not be passed on.
    lost: Option<io::Error>,
}

impl<'b> Course<'b> {
    fn new(batch: &'b Batch<'b>, chains: &'b [Chain<'b>], fates: Vec<Fate>) -> Self {
        let is_ready = |(chain, fate): (&'b Chain<'b>, &Fate)| {
            matches!(fate, Fate::Ready(_)).then(|| chain.target().name.as_str().len())
        };
        let width = chains.iter().zip(&fates).filter_map(is_ready).max().unwrap_or(0);
        let children = Children::new();
        let (stop, told, lost, silent) = (None, None, None, HashSet::new());
        Self {
            batch,
            chains,
            fates,
            children,
            running: 0,
            width,
            stop,
            is_in_doubt: false,
            doubtful: Vec::new(),
            silent,
            told,
            lost,
        }
    }

    /// Gives each its turn, and waits for all that run.
    fn run(&mut self) {
        for number in 0..self.fates.len() {
            while self.running >= self.batch.parallel {
                self.wait();
            }
            if self.is_stopped() {
                break;
            }
            self.start(number);
        }
        while self.running > 0 {
            self.wait();
        }
        self.is_stopped();
    }

    /// Whether nothing more is to be started, by all that has happened.
    fn is_stopped(&mut self) -> bool {
        while let Some(event) = self.children.try_next() {
            self.note(event);
        }
        while std::mem::take(&mut self.is_in_doubt) && self.stop.is_none() {
            let until = Deadline::after(CLOSE);
            while self.stop.is_none()
                && let Some(event) = self.children.next_within(until.left())
            {
                self.note(event);
            }
        }
        self.doubtful.clear();
        self.stop.is_some()
    }

    fn start(&mut self, number: usize) {
        let (batch, chain) = (self.batch, &self.chains[number]);
        let Fate::Ready(credentials) = &self.fates[number] else { return };
        let credentials = credentials.clone();
        let credentials = self.fresh(chain, credentials);
        // That may have taken long, and somebody may have had enough.
        if self.is_stopped() {
            return;
        }
        if seconds_to(&credentials) == Some(0) {
            let name = &chain.target().name;
            let failure = Failure::one_line(Exit::Login, format!("{name}: session expired; run awsauth login {name}"));
            failure.say_text(batch.out);
            self.fates[number] = Fate::Missed(Told::of(&failure));
            return;
        }
        let change = Change::to(chain.target(), &credentials, stale_variables(batch.host));
        let unset: Vec<&str> = change.unset.iter().map(String::as_str).chain([CODE_VARIABLE]).collect();
        let prefix = |has_color| prefix(chain.target().name.as_str(), self.width, number, has_color);
        let job = Job {
            program: batch.program,
            args: batch.args,
            set: &change.set,
            unset: &unset,
            stdout: (!batch.out.json).then(|| prefix(batch.out.has_color_on_stdout())),
            stderr: prefix(batch.out.has_color_on_stderr()),
        };
        self.fates[number] = match self.children.start(number, job) {
            Ok(()) => {
                self.running += 1;
                Fate::Running
            }
            Err(error) => {
                let failure = not_started(batch.program, &error);
                // It is the same for all of them.
                if self.told.replace(failure.exit) != Some(failure.exit) {
                    failure.say_text(batch.out);
                }
                Fate::NotStarted(Told::of(&failure))
            }
        };
    }

    fn wait(&mut self) {
        if let Some(event) = self.children.next() {
            self.note(event);
        }
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Ended(Ended { number, end, time, kept, lost }) => {
                self.running -= 1;
                // It may be seen before the Ctrl-C itself, or have ended so for a reason of its own.
                self.is_in_doubt |= is_interrupt(end);
                if is_interrupt(end) || end.code() != 0 && Children::is_signal_coming() {
                    self.doubtful.push(number);
                }
                self.lost = self.lost.take().or(lost);
                let is_interrupted = self.stop == Some(Stop::Interrupted) && end.code() != 0;
                let finish = if is_interrupted { Finish::Interrupted } else { Finish::ByItself };
                self.fates[number] = Fate::Ended { end, time, kept, finish };
            }
            Event::Interrupted => {
                let order = if self.stop == Some(Stop::Interrupted) { Order::Another } else { Order::First };
                self.stop = Some(Stop::Interrupted);
                for number in self.doubtful.drain(..) {
                    if let Fate::Ended { finish, .. } = &mut self.fates[number] {
                        *finish = Finish::Interrupted;
                    }
                }
                self.children.interrupt(order);
            }
            Event::Told(signal) => {
                self.stop.get_or_insert(Stop::Told(signal));
                self.children.pass_on(signal);
            }
        }
    }
}

/// Whether a program may have ended by Ctrl-C; a shell script says 130 where its command did.
fn is_interrupt(end: End) -> bool {
    matches!(end, End::Signal(2) | End::Code(130))
}

fn seconds_to(credentials: &Credentials) -> Option<i64> {
    credentials.expiration.map(|end| seconds_left(end, clock::now()))
}

/// What stands in front of each line of a profile's run.
fn prefix(name: &str, width: usize, number: usize, has_color: bool) -> Vec<u8> {
    let style = if has_color { COLORS[number % COLORS.len()].on_default() } else { Style::new() };
    format!("{style}{name:<width$} |{style:#} ").into_bytes()
}

impl<'b> Course<'b> {
    /// The credentials, or newer ones if these are about to end and nobody is needed for that: others may have run for long.
    /// Where that fails, or is interrupted, the old ones.
    fn fresh(&mut self, chain: &Chain<'b>, credentials: Credentials) -> Credentials {
        let root = chain.root();
        if seconds_to(&credentials).is_none_or(|left| left >= SHORT)
            || root.is_some_and(|root| self.silent.contains(&root))
        {
            return credentials;
        }
        let desk = self.batch.desk;
        // A failure is to be known even where the old session still serves.
        let manner = Manner { renewal: Renewal::StrictAtTop, ..Manner::unattended(1) };
        let failure = match desk.obtain(std::slice::from_ref(chain), manner, |_| ()) {
            Ok(mut outcomes) => match outcomes.pop() {
                Some(Ok(newer)) => return newer,
                Some(Err(error)) => explain::broker(&error, &desk.manifest.catalog),
                None => return credentials,
            },
            Err(failure) => failure,
        };
        match failure.exit {
            // This course is told of it as well.
            Exit::Interrupted => self.is_in_doubt = true,
            // AWS can't be reached, or takes too long: the next one would wait as long.
            Exit::Unavailable => self.silent.extend(root),
            _ => {}
        }
        credentials
    }
}

impl Batch<'_> {
    /// Tells how it went. The worst decides the exit code, unless somebody ended it.
    fn report(&self, course: &Course<'_>) -> Result<Exit, Failure> {
        let all = || course.chains.iter().map(Chain::target).zip(&course.fates);
        let mut failed: Vec<_> = all().filter(|(_, fate)| fate.code() != Some(0)).collect();
        // What was not run has nothing to tell.
        failed.sort_by_key(|(_, fate)| fate.code().is_none());
        let mut worst = all().filter_map(|(_, fate)| fate.code()).max().unwrap_or(0);
        if let Some(error) = &course.lost {
            let failure = Failure::new(Exit::Unavailable, "can't pass on what the command prints").because(error);
            failure.say_text(self.out);
            worst = worst.max(failure.exit.code());
        }
        let code = match course.stop {
            Some(Stop::Interrupted) => Exit::Interrupted.code(),
            Some(Stop::Told(signal)) => End::Signal(signal).code(),
            None => worst,
        };
        if self.out.json {
            Out::long_document(&Document::new(code, all()))?;
        }
        if !failed.is_empty() {
            let number = |kind: &&str| failed.iter().filter(|(_, fate)| fate.kind() == *kind).count();
            let kinds = ["failed", "interrupted", "not run"].into_iter().filter(|kind| number(kind) > 0);
            let of_all = format!(" of {}", count(course.fates.len(), "profile"));
            let part = |(place, kind)| format!("{}{} {kind}", number(&kind), if place == 0 { &of_all } else { "" });
            self.out.say(&format!("{}:", kinds.enumerate().map(part).collect::<Vec<_>>().join(", ")));
            let row = |(profile, fate): &(&Profile, &Fate)| vec![format!("  {}", profile.name), fate.words()];
            self.out.say(&table(&failed.iter().take(MOST_FAILURES).map(row).collect::<Vec<_>>()));
            if failed.len() > MOST_FAILURES {
                self.out.say(&format!("  and {} more; `--json` tells all", failed.len() - MOST_FAILURES));
            }
        }
        Ok(Exit::Program(code))
    }
}

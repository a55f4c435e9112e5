//! Owns running one command for each of many profiles: its credentials, its turn, and telling how each run ended.

use std::cell::Cell;
use std::collections::HashSet;
use std::ffi::OsString;
use std::io;
use std::pin::pin;

use anstyle::{AnsiColor, Style};
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;
use tokio::sync::Mutex;
use tokio::sync::broadcast::{self, Sender};
use tokio::task::yield_now;

use crate::cli::env_config::{CODE_VARIABLE, stale_variables};
use crate::cli::exec::runs::{Document, ProfileRun, Reported};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::failures::Misses;
use crate::cli::login::service::{CredentialError, InPlace, LoginService, runtime};
use crate::cli::login::summary::{count, first_names};
use crate::cli::shell::in_shell;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::flow::seconds_left;
use crate::model::{Catalog, Chain, Credentials, Glob, Profile, Root};
use crate::provider::ProviderError;
use crate::render::{EnvChange, table};
use crate::system::children::{CaptureBudget, Job, ProcessGroup, Running};
use crate::system::clock;
use crate::system::host::Host;
use crate::system::interrupt::{self, SIGINT, Signals};
use crate::system::process::{self, End};
use crate::system::tty::Tty;

/// A run that begins with fewer seconds left than this gets a newer session, if that needs nobody.
const SHORT: i64 = 15 * 60;
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
    pub(crate) desk: &'a LoginService<'a>,
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
    let pattern = Glob::new(&word).ok().filter(|_| Glob::is_meant(&word));
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
        let obtained = self.prepare(&chains, login, again)?;
        // Once a login has listened, Ctrl-C ends this process unless somebody listens.
        let _listener = interrupt::listen();
        let course = BatchRun::new(self, &chains, &obtained);
        let runtime = runtime()?;
        let ended = runtime.block_on(course.run_all(&chains, obtained));
        // The system's search for a host's address can't be stopped: nobody waits for it.
        runtime.shutdown_background();
        let runs = ended.map_err(|error| Failure::new(Exit::Unavailable, "can't wait for signals").because(&error))?;
        self.report(course.stop.get(), &chains.iter().map(Chain::target).zip(&runs).collect::<Vec<_>>())
    }

    /// Obtains the credentials for all, and tells for which there are none.
    fn prepare(
        &self,
        chains: &[Chain<'_>],
        login: InPlace,
        again: &str,
    ) -> Result<Vec<Result<Credentials, Reported>>, Failure> {
        let catalog = &self.desk.manifest.catalog;
        let (mut misses, mut needed, mut all) = (Misses::default(), Vec::new(), Vec::new());
        for (chain, outcome) in chains.iter().zip(self.desk.obtain_in_place(chains, login)?) {
            let name = chain.target().name.as_str();
            all.push(outcome.map_err(|error| match error {
                CredentialError::Told(failure) => {
                    let reported = Reported::of(&failure);
                    misses.failed(name, failure);
                    reported
                }
                CredentialError::Provider(error) => {
                    let failure = explain::provider(&error, catalog);
                    let reported = Reported::of(&failure);
                    match *error {
                        ProviderError::LoginNeeded { .. } => needed.push((name, failure)),
                        _ => drop(misses.missed(name, &error, catalog)),
                    }
                    reported
                }
            }));
        }
        self.say_needed(&needed, again);
        let is_interrupted = misses.exit() == Some(Exit::Interrupted);
        misses.say(self.out);
        if !is_interrupted {
            return Ok(all);
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

    /// Tells how it went. The worst decides the exit code, unless a signal ended it.
    fn report(&self, stop: Option<i32>, all: &[(&Profile, &ProfileRun)]) -> Result<Exit, Failure> {
        let mut failed: Vec<_> = all.iter().filter(|(_, run)| run.code() != Some(0)).collect();
        // What was not run has nothing to tell.
        failed.sort_by_key(|(_, run)| run.code().is_none());
        let mut worst = all.iter().filter_map(|(_, run)| run.code()).max().unwrap_or(0);
        if let Some(error) = all.iter().find_map(|(_, run)| run.lost()) {
            let failure = Failure::new(Exit::Unavailable, "can't pass on what the command prints").because(error);
            failure.say_text(self.out);
            worst = worst.max(failure.exit.code());
        }
        let code = stop.map_or(worst, |signal| End::Signal(signal).code());
        if self.out.json {
            Out::long_document(&Document::new(code, all))?;
        }
        if !failed.is_empty() {
            let number = |kind: &&str| failed.iter().filter(|(_, run)| run.kind() == *kind).count();
            let kinds = ["failed", "interrupted", "not run"].into_iter().filter(|kind| number(kind) > 0);
            let of_all = format!(" of {}", count(all.len(), "profile"));
            let part = |(place, kind)| format!("{}{} {kind}", number(&kind), if place == 0 { &of_all } else { "" });
            self.out.say(&format!("{}:", kinds.enumerate().map(part).collect::<Vec<_>>().join(", ")));
            let row = |(profile, run): &&(&Profile, &ProfileRun)| {
                vec![format!("  {}", profile.name).into(), run.words().into()]
            };
            self.out.show(&table(&failed.iter().take(MOST_FAILURES).map(row).collect::<Vec<_>>()));
            if failed.len() > MOST_FAILURES {
                self.out.say(&format!("  and {} more; `--json` tells all", failed.len() - MOST_FAILURES));
            }
        }
        Ok(Exit::Program(code))
    }
}

/// What the runs of a batch share.
struct BatchRun<'b> {
    batch: &'b Batch<'b>,
    /// How wide the names are in front of the lines.
    width: usize,
    group: ProcessGroup,
    budget: CaptureBudget,
    /// The signal after which nothing more is started.
    stop: Cell<Option<i32>>,
    /// Tells all runs that a signal has come. It is `None` if the terminal has already sent it to their programs.
    signals: Sender<Option<i32>>,
    /// The roots that did not answer a renewal, and are not asked again. A run holds the lock until its program is started, so
    /// that programs start in order and only one renewal runs at a time.
    silent: Mutex<HashSet<Root<'b>>>,
    /// The code of what was told last of programs that could not be started.
    told: Cell<Option<Exit>>,
}

impl<'b> BatchRun<'b> {
    fn new(batch: &'b Batch<'b>, chains: &[Chain<'b>], obtained: &[Result<Credentials, Reported>]) -> Self {
        let ready = chains.iter().zip(obtained).filter(|(_, obtained)| obtained.is_ok());
        let width = ready.map(|(chain, _)| chain.target().name.as_str().len()).max().unwrap_or(0);
        let group = if Tty::is_in_front() { ProcessGroup::Shared } else { ProcessGroup::Own };
        let (signals, _) = broadcast::channel(16);
        let (budget, silent) = (CaptureBudget::default(), Mutex::default());
        Self { batch, width, group, budget, stop: Cell::new(None), signals, silent, told: Cell::new(None) }
    }

    /// Runs the program for all that have credentials, so many at once. An error if signals can't be waited for.
    async fn run_all(
        &self,
        chains: &[Chain<'b>],
        obtained: Vec<Result<Credentials, Reported>>,
    ) -> io::Result<Vec<ProfileRun>> {
        let mut signals = Signals::listen()?;
        let runs = chains.iter().zip(obtained).enumerate().map(async |(number, (chain, obtained))| {
            let run = match obtained {
                Ok(credentials) => self.run(number, chain, credentials).await,
                Err(reported) => ProfileRun::NoCredentials(reported),
            };
            (number, run)
        });
        let mut runs = pin!(stream::iter(runs).buffer_unordered(self.batch.parallel).collect::<Vec<_>>());
        loop {
            tokio::select! {
                // Signals come first: a run that Ctrl-C has ended must not be judged before the Ctrl-C is known.
                biased;
                signal = signals.next() => self.note(signal),
                mut runs = &mut runs => {
                    runs.sort_by_key(|(number, _)| *number);
                    return Ok(runs.into_iter().map(|(_, run)| run).collect());
                }
            }
        }
    }

    fn note(&self, signal: i32) {
        // The terminal has sent Ctrl-C to all programs itself. A second SIGINT may have come to this process alone.
        let is_told = signal == SIGINT && self.group == ProcessGroup::Shared && self.stop.get() != Some(SIGINT);
        if signal == SIGINT || self.stop.get().is_none() {
            self.stop.set(Some(signal));
        }
        let _ = self.signals.send((!is_told).then_some(signal));
    }

    /// True if nothing more may be started. Yields first, so that the runtime sees a signal that is already pending.
    async fn is_stopped(&self) -> bool {
        yield_now().await;
        self.stop.get().is_some()
    }

    /// One run, from its turn to its end.
    async fn run(&self, number: usize, chain: &Chain<'b>, credentials: Credentials) -> ProfileRun {
        let mut signals = self.signals.subscribe();
        let mut silent = self.silent.lock().await;
        if self.is_stopped().await {
            return ProfileRun::NotRun;
        }
        let credentials = tokio::select! {
            biased;
            _ = signals.recv() => return ProfileRun::NotRun,
            credentials = self.fresh(chain, credentials, &mut silent) => credentials,
        };
        if self.is_stopped().await {
            return ProfileRun::NotRun;
        }
        let program = match self.start(number, chain, &credentials) {
            Ok(program) => program,
            Err(run) => return run,
        };
        drop(silent);
        let ended = program.end(signals).await;
        let is_interrupted = self.is_stopped().await && self.stop.get() == Some(SIGINT) && ended.end.code() != 0;
        ProfileRun::Ended { ended, is_interrupted }
    }

    fn start(&self, number: usize, chain: &Chain<'b>, credentials: &Credentials) -> Result<Running<'_>, ProfileRun> {
        let (batch, name) = (self.batch, &chain.target().name);
        if seconds_to(credentials) == Some(0) {
            let failure = Failure::one_line(Exit::Login, format!("{name}: session expired; run awsauth login {name}"));
            failure.say_text(batch.out);
            return Err(ProfileRun::NoCredentials(Reported::of(&failure)));
        }
        let change = EnvChange::to(chain.target(), credentials, stale_variables(batch.host));
        let unset: Vec<&str> = change.unset.iter().map(String::as_str).chain([CODE_VARIABLE]).collect();
        let prefix = |has_color| prefix(name.as_str(), self.width, number, has_color);
        let job = Job {
            program: batch.program,
            args: batch.args,
            set: &change.set,
            unset: &unset,
            stdout: (!batch.out.json).then(|| prefix(batch.out.has_color_on_stdout())),
            stderr: prefix(batch.out.has_color_on_stderr()),
            group: self.group,
        };
        Running::start(job, &self.budget).map_err(|error| {
            let failure = not_started(batch.program, &error);
            // It is the same for all of them.
            if self.told.replace(Some(failure.exit)) != Some(failure.exit) {
                failure.say_text(batch.out);
            }
            ProfileRun::NotStarted(Reported::of(&failure))
        })
    }

    /// The credentials, or newer ones if these are about to end and nobody is needed for that: others may have run for long.
    /// Where that fails, the old ones.
    async fn fresh(&self, chain: &Chain<'b>, held: Credentials, silent: &mut HashSet<Root<'b>>) -> Credentials {
        let root = chain.root();
        if seconds_to(&held).is_none_or(|left| left >= SHORT) || root.is_some_and(|root| silent.contains(&root)) {
            return held;
        }
        let desk = self.batch.desk;
        match desk.renew(chain).await {
            Some(Ok(newer)) => newer,
            // AWS can't be reached, or takes too long: the next one would wait as long.
            Some(Err(error)) if explain::provider(&error, &desk.manifest.catalog).exit == Exit::Unavailable => {
                silent.extend(root);
                held
            }
            _ => held,
        }
    }
}

fn seconds_to(credentials: &Credentials) -> Option<i64> {
    credentials.expiration.map(|end| seconds_left(end, clock::now()))
}

/// What stands in front of each line of a profile's run.
fn prefix(name: &str, width: usize, number: usize, has_color: bool) -> Vec<u8> {
    let style = if has_color { COLORS[number % COLORS.len()].on_default() } else { Style::new() };
    format!("{style}{name:<width$} |{style:#} ").into_bytes()
}

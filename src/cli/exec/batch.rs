//! Owns running one command for each of many profiles: the credentials, the order, and the report.

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

use crate::cli::exec::runs::{BatchDocument, ProfileRun, Reported};
use crate::cli::exit::Exit;
use crate::cli::login::failures::Failures;
use crate::cli::login::options::InPlace;
use crate::cli::login::runtime::runtime;
use crate::cli::login::service::{CredentialError, LoginService};
use crate::cli::shell::in_shell;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::names::{count, few};
use crate::cli::ui::out::Out;
use crate::flow::seconds_left;
use crate::model::{Catalog, Chain, Credentials, Glob, Profile, Root};
use crate::provider::{CODE_VARIABLE, ProviderError, RenewPolicy};
use crate::render::table;
use crate::system::clock;
use crate::system::host::Host;
use crate::system::interrupt::{self, SIGINT, Signals};
use crate::system::programs::children::{CaptureBudget, Job, ProcessGroup, Running, TOTAL_LIMIT};
use crate::system::programs::process::{self, End};
use crate::system::tty::Tty;

/// In seconds. A run that begins with less left gets a newer session, if that needs no person.
const SHORT: i64 = 15 * 60;
/// More failures are counted.
const MOST_FAILURES: usize = 20;
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

pub(crate) struct Batch<'a> {
    pub(crate) service: &'a LoginService<'a>,
    pub(crate) host: &'a Host,
    pub(crate) out: Out,
    pub(crate) program: &'a OsString,
    pub(crate) args: &'a [OsString],
    /// The number of runs in parallel.
    pub(crate) parallel: usize,
}

/// Has the exit code that a shell would give.
pub(crate) fn not_started(program: &OsString, error: &io::Error) -> Failure {
    let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
    Failure::new(Exit::Program(code), format!("can't run `{}`", program.display())).because(error)
}

/// Refuses a program that is not found, before anybody is asked for anything.
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
    /// `again` is the command that logs in to the same profiles.
    pub(crate) fn run(&self, profiles: &[&Profile], login: InPlace, again: &str) -> Result<Exit, Failure> {
        Out::check_stdout()?;
        let chains = profiles.iter().map(|profile| self.service.chain(profile.name.as_str()));
        let chains: Vec<Chain<'_>> = chains.collect::<Result<_, _>>()?;
        let obtained = self.prepare(&chains, login, again)?;
        // Without a listener, the signal handler of the login before would end this process on Ctrl-C.
        let _listener = interrupt::listen();
        let batch_run = BatchRun::new(self, &chains, &obtained);
        let runtime = runtime()?;
        let ended = runtime.block_on(batch_run.run_all(&chains, obtained));
        // Name resolution runs in a thread that can't be stopped, and may go on for a minute.
        runtime.shutdown_background();
        let runs = ended.map_err(|error| Failure::new(Exit::Unavailable, "can't wait for signals").because(&error))?;
        self.report(batch_run.stop.get(), &chains.iter().map(Chain::target).zip(&runs).collect::<Vec<_>>())
    }

    /// Obtains the credentials, and reports the profiles without any.
    fn prepare(
        &self,
        chains: &[Chain<'_>],
        login: InPlace,
        again: &str,
    ) -> Result<Vec<Result<Credentials, Reported>>, Failure> {
        let catalog = &self.service.manifest.catalog;
        let (mut failures, mut needed, mut all) = (Failures::default(), Vec::new(), Vec::new());
        for (chain, outcome) in chains.iter().zip(self.service.obtain_in_place(chains, login)?) {
            let name = chain.target().name.as_str();
            all.push(outcome.map_err(|error| match error {
                CredentialError::Failure(failure) => {
                    let reported = Reported::of(&failure);
                    failures.add(name, failure);
                    reported
                }
                CredentialError::Provider(error) => {
                    let failure = self.service.failure_of(&error, name);
                    let reported = Reported::of(&failure);
                    match *error {
                        ProviderError::LoginNeeded { .. } => needed.push((name, failure)),
                        _ => drop(failures.add_shared(name, &error, catalog)),
                    }
                    reported
                }
            }));
        }
        self.say_needed(&needed, again);
        let is_interrupted = failures.exit() == Some(Exit::Interrupted);
        failures.say(self.out);
        if !is_interrupted {
            return Ok(all);
        }
        let failure = Failure::one_line(Exit::Interrupted, "interrupted");
        if self.out.json {
            self.out.document(json!({ "error": failure.document() }))?;
        }
        Err(Failure::shown(failure.exit))
    }

    fn say_needed(&self, needed: &[(&str, Failure)], again: &str) {
        match needed {
            [] => {}
            [(_, failure)] => failure.say_text(self.out),
            _ => {
                let names = few(needed.iter().map(|(name, _)| *name));
                self.out.say(&format!("{} have no session: {names}; run {again}", count(needed.len(), "profile")));
            }
        }
    }

    /// The exit code is the highest of all, or that of the signal that ended the batch.
    fn report(&self, stop: Option<i32>, all: &[(&Profile, &ProfileRun)]) -> Result<Exit, Failure> {
        let mut failed: Vec<_> = all.iter().filter(|(_, run)| run.code() != Some(0)).collect();
        failed.sort_by_key(|(_, run)| run.code().is_none());
        let mut worst = all.iter().filter_map(|(_, run)| run.code()).max().unwrap_or(0);
        if let Some(error) = all.iter().find_map(|(_, run)| run.lost()) {
            let failure = Failure::new(Exit::Unavailable, "can't pass on what the command prints").because(error);
            failure.say_text(self.out);
            worst = worst.max(failure.exit.code());
        }
        let code = stop.map_or(worst, |signal| End::Signal(signal).code());
        if self.out.json {
            Out::long_document(&BatchDocument::new(code, all))?;
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

struct BatchRun<'b> {
    batch: &'b Batch<'b>,
    width: usize,
    group: ProcessGroup,
    budget: CaptureBudget,
    /// The signal that ended the batch: nothing more is started.
    stop: Cell<Option<i32>>,
    /// Announces a signal to all runs; `None` if the terminal has already sent it to their programs.
    signals: Sender<Option<i32>>,
    /// The roots of chains whose renewal failed, and is not tried again. A run holds the lock until its program is started, so
    /// that programs start in order and only one renewal runs at a time.
    unavailable: Mutex<HashSet<Root<'b>>>,
    /// The exit code of the last reported failure to start the program.
    told: Cell<Option<Exit>>,
}

impl<'b> BatchRun<'b> {
    fn new(batch: &'b Batch<'b>, chains: &[Chain<'b>], obtained: &[Result<Credentials, Reported>]) -> Self {
        let ready = chains.iter().zip(obtained).filter(|(_, obtained)| obtained.is_ok());
        let width = ready.map(|(chain, _)| chain.target().name.as_str().len()).max().unwrap_or(0);
        let group = if Tty::is_in_front() { ProcessGroup::Shared } else { ProcessGroup::Own };
        let (signals, _) = broadcast::channel(16);
        let (budget, unavailable) = (CaptureBudget::new(TOTAL_LIMIT), Mutex::default());
        Self { batch, width, group, budget, stop: Cell::new(None), signals, unavailable, told: Cell::new(None) }
    }

    /// An error if signals can't be waited for.
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
                // Signals first: a run that Ctrl-C has ended must not be judged before the Ctrl-C is known.
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

    async fn run(&self, number: usize, chain: &Chain<'b>, credentials: Credentials) -> ProfileRun {
        let mut signals = self.signals.subscribe();
        let mut unavailable = self.unavailable.lock().await;
        if self.is_stopped().await {
            return ProfileRun::NotRun;
        }
        let credentials = tokio::select! {
            biased;
            _ = signals.recv() => return ProfileRun::NotRun,
            credentials = self.fresh(chain, credentials, &mut unavailable) => credentials,
        };
        if self.is_stopped().await {
            return ProfileRun::NotRun;
        }
        let program = match self.start(number, chain, &credentials) {
            Ok(program) => program,
            Err(run) => return run,
        };
        drop(unavailable);
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
        let change = batch.service.env_change(chain.target(), credentials, batch.host);
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
            // Reported once, since it is the same for all profiles.
            if self.told.replace(Some(failure.exit)) != Some(failure.exit) {
                failure.say_text(batch.out);
            }
            ProfileRun::NotStarted(Reported::of(&failure))
        })
    }

    /// Renews credentials that are about to end, since other runs may have taken long. Returns the old ones if that fails.
    async fn fresh(&self, chain: &Chain<'b>, held: Credentials, unavailable: &mut HashSet<Root<'b>>) -> Credentials {
        let root = chain.root();
        if seconds_to(&held).is_none_or(|left| left >= SHORT) || root.is_some_and(|root| unavailable.contains(&root)) {
            return held;
        }
        let service = self.batch.service;
        // With this policy, a failure is told even if the old session is still valid.
        match service.renew(chain, RenewPolicy::TargetOnly).await {
            Some(Ok(newer)) => newer,
            // AWS can't be reached: the next profile would wait as long.
            Some(Err(error)) if service.failure_of(&error, chain.target().name.as_str()).exit == Exit::Unavailable => {
                unavailable.extend(root);
                held
            }
            _ => held,
        }
    }
}

fn seconds_to(credentials: &Credentials) -> Option<i64> {
    credentials.expiration.map(|end| seconds_left(end, clock::now()))
}

fn prefix(name: &str, width: usize, number: usize, has_color: bool) -> Vec<u8> {
    let style = if has_color { COLORS[number % COLORS.len()].on_default() } else { Style::new() };
    format!("{style}{name:<width$} |{style:#} ").into_bytes()
}

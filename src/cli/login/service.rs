//! Owns bringing the rooms together for a command that needs credentials; the only place that names every adapter.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::apply::{Applied, ApplyError, Keep, change};
use crate::aws::Aws;
use crate::flow::{Freshness, Needs, Preference, judge};
use crate::model::{Chain, CredentialMethod, Credentials, Kind, Profile, ProfileName, Session, SsoFlow, SsoSession};
use crate::plan;
use crate::prompt::{NoPrompt, Prompt, Terminal};
use crate::provider::{
    Attendance, LongTermKeys, Notice, Outcome, Ports, Provider, ProviderError, Renewal, UNATTENDED, is_bound,
};
use crate::secret::Secret;
use crate::store::{RoleCache, Sessions, SsoCache};
use crate::system::host::Host;
use crate::system::stamp::FileStamp;
use crate::system::wait::Deadline;
use crate::system::{browser, clock, disk, interrupt};

use crate::cli::app::App;
use crate::cli::config::load::Manifest;
use crate::cli::env_config::{ca_bundle, endpoints, given_code, machine, proxies, secret_variables};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::callback_page;
use crate::cli::login::mfa_prompt::{self, Asker};
use crate::cli::login::progress::Progress;
use crate::cli::login::summary::announce;
use crate::cli::paths::Paths;
use crate::cli::ui::confirm::check_replaceable;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::{Out, TalkPlace};

/// How long a browser may take to come back; as long as AWS CLI waits (aws-facts §4.5).
pub(crate) const PATIENCE: Duration = Duration::from_mins(10);

/// How often a session that others renew meanwhile is copied to where other tools look for it.
const SHARINGS: u32 = 3;

/// Everything that a login touches, ready to use.
pub(crate) struct LoginService<'a> {
    app: App<'a>,
    /// The manifest.
    pub(crate) manifest: Manifest,
    /// The calls.
    pub(crate) aws: Aws,
    /// Sessions in the state directory.
    pub(crate) sessions: Sessions,
    /// SSO tokens.
    pub(crate) tokens: SsoCache,
    /// AWS CLI's role cache.
    pub(crate) roles: RoleCache,
    keys: LongTermKeys,
    config_file: PathBuf,
    credentials_file: PathBuf,
    state_dir: PathBuf,
}

/// Who is asked, and when.
pub(crate) struct Manner {
    /// The person.
    pub(crate) prompt: Box<dyn Prompt>,
    /// Whether there is one.
    pub(crate) attendance: Attendance,
    /// When sessions are obtained anew.
    pub(crate) renewal: Renewal,
    /// Whether a page may be opened.
    pub(crate) browser: Browser,
    /// How SSO logins are approved, if that was said.
    pub(crate) flow: Option<SsoFlow>,
    /// When whoever waits for the result gives up.
    pub(crate) until: Option<Deadline>,
    /// How long the work itself may take; what is kept serves in its place where it can.
    pub(crate) limit: Option<Duration>,
}

impl Manner {
    /// For a program, with nobody to ask, that wants so many profiles' credentials. One may be wanted by an SDK, which gives
    /// up; many are wanted by `exec` alone, and take the time that the portal's quota gives them.
    pub(crate) fn unattended(profiles: usize) -> Self {
        Self {
            prompt: Box::new(NoPrompt),
            attendance: Attendance::Nobody,
            renewal: Renewal::Lenient,
            browser: Browser::Never,
            flow: None,
            until: None,
            limit: (profiles <= 1).then_some(UNATTENDED),
        }
    }

    /// For a program, with a person to ask: what they are not needed for is done without them.
    pub(crate) fn in_place(prompt: Box<dyn Prompt>, until: Option<Deadline>) -> Self {
        let (attendance, renewal, browser) = (Attendance::Person, Renewal::Lenient, Browser::Auto);
        Self { prompt, attendance, renewal, browser, flow: None, until, limit: None }
    }
}

/// Whether a page may be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Browser {
    /// If there is a display.
    Auto,
    /// No.
    Never,
}

/// Whether a login may run inside another command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InPlace {
    /// On a terminal.
    Allowed,
    /// Never.
    Refused,
}

/// Why a program can't have a profile's credentials.
pub(crate) enum CredentialError {
    /// In words of its own.
    Told(Failure),
    /// A login or a renewal failed; others may have failed by the same.
    Provider(Rc<ProviderError>),
}

impl<'a> LoginService<'a> {
    /// Reads the manifest and the long-term keys, and finds the stores. Warning of profiles that are left out is for later:
    /// the errors of one that is asked for are shown anyway.
    pub(crate) fn new(app: App<'a>) -> Result<Self, Failure> {
        let App { host, paths, .. } = app;
        let manifest = Manifest::read_in_part(app)?;
        let credentials_file = paths.credentials()?;
        let bytes = disk::read(&credentials_file).map_err(|error| explain::disk(&error))?.unwrap_or_default();
        let sections = manifest.catalog.profiles().iter().filter_map(Profile::long_term_section);
        let keys = plan::long_term_keys(&bytes, sections).collect();
        let state_dir = paths.state()?;
        Ok(Self {
            app,
            aws: Aws::new(endpoints(host)?, ca_bundle(host)?, proxies(host), clock::now),
            sessions: Sessions::new(&state_dir),
            tokens: SsoCache::new(Paths::aws_cache("sso")?, &state_dir),
            roles: RoleCache::new(Paths::aws_cache("cli")?),
            manifest,
            keys,
            config_file: paths.config()?,
            credentials_file,
            state_dir,
        })
    }

    /// The chain of the profile of that name.
    pub(crate) fn chain(&self, name: &str) -> Result<Chain<'_>, Failure> {
        let profile = self.manifest.profile(name)?;
        self.manifest.catalog.chain(profile.name.as_str()).ok_or_else(|| {
            Failure::new(Exit::Bug, format!("the chain of `{name}` does not resolve, though the manifest was checked"))
        })
    }

    /// The session that is kept for the top of `steps`, bound to them, with how fresh it is.
    pub(crate) fn session(&self, steps: &[&Profile]) -> Option<(Session, Freshness)> {
        let session = self.sessions.get(&steps.last()?.name)?.session;
        let freshness = judge(session.obtained_at, session.expiration, clock::now());
        is_bound(&session, steps, &self.keys, self.aws.ignores_endpoint_urls()).then_some((session, freshness))
    }

    /// Whether the identity's long-term key is there.
    pub(crate) fn has_key(&self, profile: &Profile) -> bool {
        profile.long_term_section().is_some_and(|section| self.keys.contains_key(section))
    }

    /// The section of a session in which the identity's long-term key stands; `apply --adopt` moves it.
    pub(crate) fn misplaced_key(&self, profile: &Profile) -> Option<&ProfileName> {
        let section = profile.long_term_section()?;
        let bytes = disk::read(&self.credentials_file).ok().flatten().unwrap_or_default();
        let is_misplaced = |other: &&Profile| {
            let checked = plan::check_session_section(&bytes, other, &|name| self.sessions.key_id(name));
            matches!(checked, Err(plan::Refusal::Shadowed { remedy: plan::Remedy::Adopt { .. }, .. }))
        };
        let mut sharing =
            self.manifest.catalog.profiles().iter().filter(|other| other.long_term_section() == Some(section));
        sharing.find(is_misplaced).map(|other| &other.name)
    }

    /// Credentials for each chain, in order; one that fails does not stop the others, a person who presses Ctrl-C does.
    /// `announce` is told first what will be asked for.
    pub(crate) fn obtain(
        &self,
        chains: &[Chain<'_>],
        manner: Manner,
        announce: impl FnOnce(&Needs<'_>),
    ) -> Result<Vec<Outcome>, Failure> {
        let (until, limit) = (manner.until, manner.limit);
        let is_asked_for = matches!(manner.renewal, Renewal::Strict | Renewal::Always);
        self.with_provider(manner, |provider| {
            let work = provider.plan(chains);
            if !work.is_done() && is_asked_for {
                self.check_keeping(chains)?;
            }
            announce(&provider.needs(&work));
            if work.is_done() {
                return Ok(provider.held(&work));
            }
            // On the heap, since its type is too deep for the compiler inside another one.
            let carried_out = Box::pin(provider.carry_out(&work, limit));
            match until {
                Some(until) => {
                    let outcomes = run(until.bound(carried_out))?;
                    outcomes.ok_or_else(|| {
                        self.app.out.say("nobody answered in time");
                        explain::nobody_answered(chains.first().map_or("", |chain| chain.target().name.as_str()))
                    })
                }
                None => run(carried_out),
            }
        })
    }

    /// Signs in to an SSO session alone; the outer error is the person's Ctrl-C.
    pub(crate) fn sign_in(
        &self,
        session: &Arc<SsoSession>,
        manner: Manner,
    ) -> Result<Result<(), Rc<ProviderError>>, Failure> {
        self.with_provider(manner, |provider| run(Box::pin(provider.sign_in(session))))
    }

    /// Newer credentials for one chain, without anybody's help, on the runtime that awaits them. A failure is told even where
    /// the old ones still serve. None if the chain gave no result.
    pub(crate) async fn renew(&self, chain: &Chain<'_>) -> Option<Outcome> {
        let progress = self.progress();
        let notify = |notice: Notice<'_>| progress.tell(&notice);
        let manner = Manner { renewal: Renewal::StrictAtTop, ..Manner::unattended(1) };
        let (limit, seen) = (manner.limit, self.manifest.seen());
        let provider = self.provider(manner, &notify, &|_| false, &seen);
        let work = provider.plan(std::slice::from_ref(chain));
        if work.is_done() {
            return provider.held(&work).pop();
        }
        // On the heap, since its type is too deep for the compiler inside another one.
        Box::pin(provider.carry_out(&work, limit)).await.pop()
    }

    fn with_provider<T>(
        &self,
        manner: Manner,
        work: impl FnOnce(&Provider<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let progress = self.progress();
        let notify = |notice: Notice<'_>| progress.tell(&notice);
        let may_open = manner.browser == Browser::Auto;
        let machine = machine(self.app.host);
        let open = |page: &str| may_open && machine.shows_browser() && open_page(page, self.app.host, self.app.out);
        let seen = self.manifest.seen();
        work(&self.provider(manner, &notify, &open, &seen))
    }

    fn progress(&self) -> Progress {
        Progress::new(self.app.out, self.app.host.stderr_is_terminal && self.app.out.place == TalkPlace::Stderr)
    }

    fn provider<'b>(
        &'b self,
        manner: Manner,
        notify: &'b dyn Fn(Notice<'_>),
        open: &'b dyn Fn(&str) -> bool,
        seen: &'b [FileStamp],
    ) -> Provider<'b> {
        let may_open = manner.browser == Browser::Auto;
        let (setting, machine) = (self.manifest.settings.sso_flow, machine(self.app.host));
        let preference = Preference { given: manner.flow, setting, may_open, machine };
        let ports = Ports {
            aws: &self.aws,
            sessions: &self.sessions,
            tokens: &self.tokens,
            prompt: RefCell::new(manner.prompt),
            notify,
            open,
            page: &callback_page::page,
            patience: PATIENCE,
            now: clock::now,
        };
        Provider::new(ports, &self.keys, seen, manner.attendance, manner.renewal, preference)
    }

    /// Credentials for one profile, on behalf of a command that hands them to a program.
    ///
    /// Where a person is needed and sits at the terminal, the login runs in place; all talk is on stderr.
    pub(crate) fn credentials_for(&self, name: &str, login: InPlace) -> Result<Credentials, Failure> {
        match self.obtain_in_place(&[self.chain(name)?], login)?.pop() {
            Some(Ok(credentials)) => Ok(credentials),
            Some(Err(CredentialError::Told(failure))) => Err(failure),
            Some(Err(CredentialError::Provider(error))) => self.credentials_of(Some(Err(error))),
            None => self.credentials_of(None),
        }
    }

    /// The same for each of several profiles, in order, by one login for all of them.
    pub(crate) fn obtain_in_place(
        &self,
        chains: &[Chain<'_>],
        login: InPlace,
    ) -> Result<Vec<Result<Credentials, CredentialError>>, Failure> {
        let is_kept = |chain: &Chain<'_>| self.is_kept(chain.profiles());
        let may_ask = login == InPlace::Allowed && self.app.host.is_interactive() && !chains.iter().all(is_kept);
        let check = |chain: &Chain<'_>| {
            self.refuse_circle(chain)?;
            if may_ask { self.check_session_section(chain) } else { Ok(()) }
        };
        let mut refused: Vec<Option<Failure>> = chains.iter().map(|chain| check(chain).err()).collect();
        let open = chains.iter().zip(&refused).filter(|(_, refused)| refused.is_none());
        let open: Vec<Chain<'_>> = open.map(|(chain, _)| chain.clone()).collect();
        let manner = if may_ask {
            Manner::in_place(self.asker(given_code(None, self.app.host)?, None).then(Box::new(Terminal)), None)
        } else {
            Manner::unattended(open.len())
        };
        let announce = |needs: &Needs<'_>| {
            if may_ask {
                self.announce(needs);
            }
        };
        let obtained = self.obtain(&open, manner, announce);
        if may_ask {
            // Sessions that were got before an interruption are worth keeping.
            self.share_where_possible(&open);
        }
        let mut obtained = obtained?.into_iter();
        let bug = || Err(CredentialError::Told(Failure::new(Exit::Bug, "one chain gave no result")));
        Ok(refused
            .iter_mut()
            .map(|refused| match refused.take() {
                Some(failure) => Err(CredentialError::Told(failure)),
                None => obtained.next().map_or_else(bug, |outcome| outcome.map_err(CredentialError::Provider)),
            })
            .collect())
    }

    /// What came of one chain.
    pub(crate) fn credentials_of(&self, outcome: Option<Outcome>) -> Result<Credentials, Failure> {
        match outcome {
            Some(Ok(credentials)) => Ok(credentials),
            Some(Err(error)) => Err(explain::provider(&error, &self.manifest.catalog)),
            None => Err(Failure::new(Exit::Bug, "one chain gave no result")),
        }
    }

    /// Says what a person will be asked for.
    pub(crate) fn announce(&self, needs: &Needs<'_>) {
        announce(needs, &self.manifest, self.app.out);
    }

    /// Who is asked for codes, with one that was given beforehand.
    pub(crate) fn asker(&self, given: Option<Secret>, until: Option<Deadline>) -> Asker<'_> {
        Asker { given, settings: &self.manifest.settings, host: self.app.host, out: self.app.out, until }
    }

    /// Refuses what could only be had by a code for which this very process is waited for.
    pub(crate) fn refuse_circle(&self, chain: &Chain<'_>) -> Result<(), Failure> {
        mfa_prompt::refuse_circle(chain, self.app.host, |steps| self.is_kept(steps))
    }

    fn is_kept(&self, steps: &[&Profile]) -> bool {
        matches!(self.session(steps), Some((_, Freshness::Fresh)))
    }

    /// The same, which talks at the terminal behind the standard streams.
    pub(crate) fn at_tty(self) -> Self {
        let out = Out { place: TalkPlace::Tty, ..self.app.out };
        Self { app: App { out, ..self.app }, ..self }
    }

    /// Puts the sessions on `chains` where other tools look for them, if they are not there yet: those of `iam-mfa`
    /// profiles into the credentials file, those of roles with a code of their own into AWS CLI's cache, since it would
    /// ask for a code again.
    pub(crate) fn share_sessions(&self, chains: &[Chain<'_>]) -> Result<(), Failure> {
        self.sessions.sweep(clock::now());
        self.tokens.sweep();
        self.roles.sweep();
        let mut looked_at = HashSet::new();
        for chain in chains {
            for end in 1..=chain.profiles().len() {
                let steps = &chain.profiles()[..end];
                if !looked_at.insert(&steps[end - 1].name) {
                    continue;
                }
                self.share_session(steps)?;
            }
        }
        Ok(())
    }

    /// The same for one who wants credentials, and has them whether other tools find them or not.
    pub(crate) fn share_where_possible(&self, chains: &[Chain<'_>]) {
        if let Err(failure) = self.share_sessions(chains) {
            failure.say_as_warning(self.app.out);
        }
    }

    /// Shares the session of the top of `steps`. Another run may end it, or get another one, at the same moment: so it is
    /// looked at once more when its copy stands. Who ends it afterwards finds the copy.
    fn share_session(&self, steps: &[&Profile]) -> Result<(), Failure> {
        let profile = steps[steps.len() - 1];
        let mut copied: Option<Session> = None;
        for _ in 0..SHARINGS {
            let kept = self.session(steps).filter(|(_, freshness)| *freshness != Freshness::Gone);
            let kept = kept.map(|(session, _)| session);
            match (kept, &copied) {
                (Some(session), Some(copy)) if session.credentials == copy.credentials => return Ok(()),
                (None, None) => return Ok(()),
                (None, Some(copy)) => return self.take_back(profile, copy),
                (Some(session), _) => {
                    self.copy_session(profile, &session)?;
                    copied = Some(session);
                }
            }
        }
        Ok(())
    }

    fn copy_session(&self, profile: &Profile, session: &Session) -> Result<(), Failure> {
        if profile.has_session_section() {
            self.change_credentials(Keep::Nothing, |bytes| plan::save_session(bytes, profile, &session.credentials))?;
        }
        if let Kind::IamMfaRole { role, mfa_serial: Some(serial) } = &profile.kind
            && profile.method == CredentialMethod::Native
            && let Err(error) = self.roles.put(role, serial, session)
        {
            self.app.out.warn(&format!("AWS CLI's copy of the session could not be written: {error}"));
        }
        Ok(())
    }

    /// Takes the copy of a session that was ended meanwhile away. One that stands there for a newer session stays.
    fn take_back(&self, profile: &Profile, copy: &Session) -> Result<(), Failure> {
        self.app.out.warn(&format!("{}: the session was ended by another awsauth meanwhile", profile.name));
        if profile.has_session_section() {
            let key_id = copy.credentials.access_key_id.as_str();
            // Asked whenever the file is planned anew: whoever saves a session saves it before its copy.
            let ends = |name: &str| name == profile.name.as_str() && self.sessions.key_id(name).is_none();
            let kept = |_: &str| Some(key_id.to_owned());
            self.change_credentials(Keep::Nothing, |bytes| plan::remove_sessions(bytes, ends, &kept))?;
        }
        self.roles.remove_key(&copy.credentials.access_key_id).map_err(|error| explain::disk(&error))
    }

    /// Refuses to ask for what could not be kept: an MFA code can't be used twice.
    fn check_keeping(&self, chains: &[Chain<'_>]) -> Result<(), Failure> {
        self.sessions.check_writable().map_err(|error| explain::state(&error))?;
        if chains.iter().any(|chain| chain.base().has_session_section()) {
            self.check_credentials_file()?;
        }
        Ok(())
    }

    /// Refuses a credentials file that can't be replaced, before a person is asked for what is to stand there.
    pub(crate) fn check_credentials_file(&self) -> Result<(), Failure> {
        check_replaceable(&self.credentials_file)
    }

    /// Refuses a credentials file in which the session of the chain could not be written, before anybody is asked for a
    /// code.
    pub(crate) fn check_session_section(&self, chain: &Chain<'_>) -> Result<(), Failure> {
        let base = chain.base();
        if !base.has_session_section() {
            return Ok(());
        }
        let bytes = disk::read(&self.credentials_file).map_err(|error| explain::disk(&error))?;
        plan::check_session_section(bytes.as_deref().unwrap_or_default(), base, &|name| self.sessions.key_id(name))
            .map_err(|source| explain::apply(&ApplyError::Refused { path: self.credentials_file.clone(), source }))
    }

    /// The profiles asked for that other tools can't find, since the config file does not have them.
    pub(crate) fn not_applied<'c>(&self, chains: &[Chain<'c>]) -> Vec<&'c ProfileName> {
        // A file that can't be read is `apply`'s to tell.
        let bytes = disk::read(&self.config_file).ok().flatten().unwrap_or_default();
        plan::missing_sections(&bytes, chains.iter().map(|chain| &chain.target().name))
    }

    /// Changes the credentials file by a plan. Returns whether there was something to change.
    pub(crate) fn change_credentials(
        &self,
        keep: Keep<'_>,
        make: impl FnMut(&[u8]) -> Result<plan::Plan, plan::Refusal>,
    ) -> Result<bool, Failure> {
        let written =
            change(&self.credentials_file, &self.state_dir, keep, make).map_err(|error| explain::apply(&error))?;
        if written != Applied::Unchanged {
            self.app.out.detail(&format!("wrote {}", self.credentials_file.display()));
            if disk::is_open_to_others(&self.credentials_file) {
                let path = self.credentials_file.display();
                self.app
                    .out
                    .warn(&format!("{path} is readable by other users; fix: `awsauth apply --fix-permissions`"));
            }
        }
        Ok(written != Applied::Unchanged)
    }
}

/// Opens a page in the browser; false if none was started.
pub(crate) fn open_page(page: &str, host: &Host, out: Out) -> bool {
    let opened = browser::open(page, host, &secret_variables(host));
    if let (Err(error), Some(list)) = (&opened, host.var("BROWSER")) {
        let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
        out.warn(&format!("BROWSER is `{list}`, which did not start{cause}"));
    }
    opened.is_ok()
}

/// A runtime of this thread alone.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Failure::new(Exit::Unavailable, "can't start the network runtime").because(&error))
}

/// Runs `work` on a runtime of its own, until it is done or the person presses Ctrl-C.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let listener = interrupt::listen();
    let result = runtime.block_on(async {
        tokio::select! {
            biased;
            result = work => Ok(result),
            () = listener.pressed() => Err(Failure::one_line(Exit::Interrupted, "interrupted")),
        }
    });
    // The system's search for a host's address can't be stopped, and may go on for a minute: nobody waits for it.
    runtime.shutdown_background();
    result
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::{Manner, UNATTENDED, run};

    #[test]
    fn only_one_profile_is_waited_for_by_somebody_who_gives_up() {
        let limits = [1, 2, 600].map(|profiles| Manner::unattended(profiles).limit);
        assert_eq!(limits, [Some(UNATTENDED), None, None]);
    }

    #[test]
    fn what_the_system_searches_for_is_not_waited_for_at_the_end() {
        let (end, ended) = channel();
        let (tell, told) = channel();
        run(async {
            tokio::task::spawn_blocking(move || tell.send(ended.recv_timeout(Duration::from_secs(20)).is_ok()));
        })
        .unwrap();
        end.send(()).expect("the search goes on");
        assert!(told.recv().unwrap());
    }
}

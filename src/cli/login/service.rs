//! Owns the login for commands that need credentials: plan, announce, execute. The only place that names every adapter.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::aws::Aws;
use crate::cli::app::App;
use crate::cli::config::load::Manifest;
use crate::cli::environment::{GivenCode, aws, given_code, inherited_variables, machine};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::externals::externals;
use crate::cli::login::frontend::LoginFrontend;
use crate::cli::login::mfa_prompt::{MfaPrompt, refuse_circle};
use crate::cli::login::options::{Browser, InPlace, LoginOptions};
use crate::cli::login::runtime::run;
use crate::cli::login::shared_copies::SharedCopies;
use crate::cli::login::summary;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::{Out, TalkPlace};
use crate::flow::{Freshness, Preference};
use crate::model::{
    Chain, Credentials, ExternalSource, Externals, Profile, ProfileName, Session, SsoSession, SsoToken,
};
use crate::plan;
use crate::prompt::{NoPrompt, Prompt, Terminal};
use crate::provider::{CredentialResult, LoginPlan, Ports, Provider, ProviderError, RenewPolicy, is_bound};
use crate::render::EnvChange;
use crate::store::{Keyring, KeyringKeys, LoginCache, LongTermKeys, Rotations, Seeds, Sessions, SsoCache};
use crate::system::host::Host;
use crate::system::programs::process;
use crate::system::wait::Deadline;
use crate::system::{clock, files::disk};

/// As long as AWS CLI waits for the browser (aws-facts §4.5).
pub(crate) const CALLBACK_TIMEOUT: Duration = Duration::from_mins(10);

/// Tries to share a session that other processes renew meanwhile.
const MAX_COPIES: u32 = 3;

pub(crate) struct LoginService<'a> {
    app: App<'a>,
    pub(crate) manifest: Manifest,
    pub(crate) aws: Aws,
    pub(crate) sessions: Sessions,
    pub(crate) tokens: SsoCache,
    pub(crate) logins: LoginCache,
    pub(crate) copies: SharedCopies,
    pub(crate) keys: LongTermKeys,
    pub(crate) externals: Externals,
    pub(crate) keyring: Rc<Keyring>,
    pub(crate) keyring_keys: KeyringKeys,
    pub(crate) seeds: Seeds,
    config_file: PathBuf,
}

/// A login that was not started yet.
pub(crate) struct PlannedLogin<'s, 'c> {
    service: &'s LoginService<'s>,
    provider: Provider<'s>,
    plan: LoginPlan<'c>,
    options: LoginOptions,
}

/// Profiles that `apply` has not written yet.
pub(crate) struct NotApplied<'c> {
    pub(crate) missing: Vec<&'c ProfileName>,
    /// With a section that somebody else wrote.
    pub(crate) outside: Vec<&'c ProfileName>,
    /// True if `apply` refuses without `--adopt`.
    pub(crate) needs_adopt: bool,
}

/// The reason why a program gets no credentials.
pub(crate) enum CredentialError {
    Failure(Failure),
    /// Other profiles may share it.
    Provider(Rc<ProviderError>),
}

impl<'a> LoginService<'a> {
    /// Reads the manifest and the long-term keys. Does not warn of profiles that are left out: the errors of one that is asked
    /// for are shown anyway.
    pub(crate) fn new(app: App<'a>) -> Result<Self, Failure> {
        let manifest = Manifest::read_in_part(app)?;
        manifest.keep_names(app.paths);
        Self::with(manifest, app)
    }

    pub(crate) fn with(manifest: Manifest, app: App<'a>) -> Result<Self, Failure> {
        let (copies, state_dir) = (SharedCopies::new(app)?, app.paths.state()?);
        let bytes = copies.credentials().map_err(|error| explain::disk(&error))?;
        let keyring = app.keyring();
        let keyring_keys = KeyringKeys::new(&state_dir, Rc::clone(&keyring));
        let keys = long_term_keys(&manifest, &bytes, &keyring_keys);
        let externals = externals(&manifest.catalog, &bytes, app.paths, app.host)?;
        Ok(Self {
            app,
            aws: aws(app.host)?,
            sessions: Sessions::new(&state_dir, Rc::clone(&keyring), manifest.store()),
            tokens: SsoCache::new(Paths::aws_cache("sso")?, &state_dir),
            logins: LoginCache::new(app.paths.login_cache()?, &state_dir),
            copies,
            manifest,
            keys,
            seeds: Seeds::new(&state_dir, Rc::clone(&keyring)),
            externals,
            keyring,
            keyring_keys,
            config_file: app.paths.config()?,
        })
    }

    pub(crate) fn chain(&self, name: &str) -> Result<Chain<'_>, Failure> {
        let profile = self.manifest.profile(name)?;
        self.manifest.catalog.chain(profile.name.as_str()).ok_or_else(|| {
            Failure::new(Exit::Bug, format!("the chain of `{name}` does not resolve, though the manifest was checked"))
        })
    }

    /// The kept session of the top of `steps`, if it is bound to them.
    pub(crate) fn session(&self, steps: &[&Profile]) -> Option<(Session, Freshness)> {
        let session = self.sessions.get(&steps.last()?.name)?.session;
        let freshness = Freshness::of(&session, clock::now());
        is_bound(&session, steps, &self.keys, &self.externals, self.aws.ignores_endpoint_urls())
            .then_some((session, freshness))
    }

    /// Asks the keyring if the session's secret is there. None if it is lost.
    pub(crate) fn credentials(&self, session: &Session) -> Result<Option<Credentials>, Failure> {
        self.sessions.credentials(session).map_err(|error| explain::keyring::failure(&error, &error))
    }

    /// The long-term keys with this text of the credentials file.
    pub(crate) fn long_term_keys(&self, bytes: &[u8]) -> LongTermKeys {
        long_term_keys(&self.manifest, bytes, &self.keyring_keys)
    }

    pub(crate) fn rotations(&self, app: App<'_>) -> Result<Rotations, Failure> {
        Ok(Rotations::new(&app.paths.state()?, Rc::clone(&self.keyring), self.manifest.store()))
    }

    pub(crate) fn has_key(&self, profile: &Profile) -> bool {
        profile.long_term_section().is_some_and(|section| self.keys.contains(section))
    }

    /// True if something else gives the profile's credentials, and has none. A program is not run: whether it has credentials shows
    /// when they are used.
    pub(crate) fn lacks_external(&self, profile: &Profile) -> bool {
        match self.externals.get(profile) {
            Some(Ok(ExternalSource::Process(process))) => {
                process::missing(process.program.as_ref(), self.app.host.var_os("PATH")).is_some()
            }
            Some(source) => source.is_err(),
            None => false,
        }
    }

    /// The change of the environment to a profile.
    pub(crate) fn env_change(&self, profile: &Profile, credentials: &Credentials, host: &Host) -> EnvChange {
        EnvChange::to(&profile.name, &self.externals.complete(profile).values(), credentials, inherited_variables(host))
    }

    /// The profile whose session section holds the long-term key of `profile`; `apply --adopt` moves it.
    pub(crate) fn misplaced_key(&self, profile: &Profile) -> Option<&ProfileName> {
        self.misplaced_keys().remove(profile.long_term_section()?)
    }

    /// As [`Self::misplaced_key`] for all profiles, by the section that the key belongs in.
    pub(crate) fn misplaced_keys(&self) -> HashMap<&ProfileName, &ProfileName> {
        let bytes = self.copies.credentials().unwrap_or_default();
        let misplaced = plan::misplaced_keys(&bytes, self.manifest.catalog.profiles().iter().rev());
        misplaced.into_iter().filter_map(|profile| Some((profile.long_term_section()?, &profile.name))).collect()
    }

    /// Plans a login. Calls nothing and asks nobody. Refuses a login whose sessions could not be saved: an MFA code can't be
    /// used twice.
    pub(crate) fn plan<'c>(
        &self,
        chains: &'c [Chain<'c>],
        options: LoginOptions,
    ) -> Result<PlannedLogin<'_, 'c>, Failure> {
        let provider = self.provider(options);
        let target = chains.first().map_or("", |chain| chain.target().name.as_str());
        let plan = provider.plan(chains).map_err(|error| self.failure_of(&error, target))?;
        if !plan.is_done() && matches!(options.policy, RenewPolicy::Required | RenewPolicy::Force) {
            self.sessions.check_writable().map_err(|error| explain::save(&error))?;
            if chains.iter().any(|chain| chain.base().has_session_section()) {
                self.copies.check_replaceable()?;
            }
        }
        Ok(PlannedLogin { service: self, provider, plan, options })
    }

    /// Signs in to an SSO session alone. The outer error is Ctrl-C.
    pub(crate) fn sign_in(
        &self,
        session: &Arc<SsoSession>,
        options: LoginOptions,
    ) -> Result<Result<SsoToken, Rc<ProviderError>>, Failure> {
        run(Box::pin(self.provider(options).sign_in(session)))
    }

    /// Renews one chain unattended, on the caller's runtime.
    pub(crate) async fn renew(&self, chain: &Chain<'_>, policy: RenewPolicy) -> Option<CredentialResult> {
        let options = LoginOptions { policy, ..LoginOptions::unattended(1) };
        let provider = self.provider(options);
        let plan = match provider.plan(std::slice::from_ref(chain)) {
            Ok(plan) => plan,
            Err(error) => return Some(Err(error)),
        };
        if plan.is_done() {
            return provider.results_of_done(&plan).pop();
        }
        // Boxed: the nested future's type exceeds the compiler's recursion limit.
        Box::pin(provider.execute(&plan, options.limit)).await.pop()
    }

    fn provider(&self, options: LoginOptions) -> Provider<'_> {
        let App { host, out, .. } = self.app;
        let (setting, machine) = (self.manifest.settings.sso_flow, machine(host));
        let may_open = options.browser == Browser::Auto;
        let preference = Preference { given: options.flow, setting, may_open, machine };
        let ports = Ports {
            aws: &self.aws,
            sessions: &self.sessions,
            tokens: &self.tokens,
            logins: &self.logins,
            externals: &self.externals,
            prompt: RefCell::new(Box::new(NoPrompt)),
            frontend: Box::new(LoginFrontend::new(host, out, preference)),
            callback_timeout: CALLBACK_TIMEOUT,
            now: clock::now,
        };
        Provider::new(ports, &self.keys, self.manifest.origin(), options.attendance, options.policy, preference)
    }

    /// Credentials of one profile for a program. Where a person is needed and sits at the terminal, the login runs in place,
    /// with all talk on stderr.
    pub(crate) fn credentials_for(&self, name: &str, login: InPlace) -> Result<Credentials, Failure> {
        match self.obtain_in_place(&[self.chain(name)?], login)?.pop() {
            Some(Ok(credentials)) => Ok(credentials),
            Some(Err(CredentialError::Failure(failure))) => Err(failure),
            Some(Err(CredentialError::Provider(error))) => Err(self.failure_of(&error, name)),
            None => Err(no_result()),
        }
    }

    /// As [`Self::credentials_for`] for several profiles, with one login for all of them.
    pub(crate) fn obtain_in_place(
        &self,
        chains: &[Chain<'_>],
        login: InPlace,
    ) -> Result<Vec<Result<Credentials, CredentialError>>, Failure> {
        let may_ask = login == InPlace::Allowed && self.app.host.is_interactive();
        let options = if may_ask { LoginOptions::in_place(None) } else { LoginOptions::unattended(chains.len()) };
        let planned = self.plan(chains, options)?;
        if planned.plan.is_done() {
            let results = planned.execute(Box::new(NoPrompt))?;
            return Ok(results.into_iter().map(|result| result.map_err(CredentialError::Provider)).collect());
        }
        let check = |chain: &Chain<'_>| {
            self.refuse_circle(chain)?;
            if may_ask { self.check_session_section(chain) } else { Ok(()) }
        };
        let refusals: Vec<Option<Failure>> = chains.iter().map(|chain| check(chain).err()).collect();
        let open = chains.iter().zip(&refusals).filter(|(_, refusal)| refusal.is_none());
        let open: Vec<Chain<'_>> = open.map(|(chain, _)| chain.clone()).collect();
        let planned = if open.len() == chains.len() { planned } else { self.plan(&open, options)? };
        let results = if may_ask {
            let prompt = self.mfa_prompt(given_code(None, self.app.host)?, None).then(Box::new(Terminal));
            planned.announce();
            let results = planned.execute(prompt);
            // Sessions that were obtained before an interrupt are worth sharing.
            self.share_or_warn(&open);
            results?
        } else {
            planned.execute(Box::new(NoPrompt))?
        };
        let mut results = results.into_iter();
        let bug = || Err(CredentialError::Failure(no_result()));
        let result = |refusal: Option<Failure>| match refusal {
            Some(failure) => Err(CredentialError::Failure(failure)),
            None => results.next().map_or_else(bug, |result| result.map_err(CredentialError::Provider)),
        };
        Ok(refusals.into_iter().map(result).collect())
    }

    pub(crate) fn credentials_of(&self, name: &str, result: Option<CredentialResult>) -> Result<Credentials, Failure> {
        match result {
            Some(Ok(credentials)) => Ok(credentials),
            Some(Err(error)) => Err(self.failure_of(&error, name)),
            None => Err(no_result()),
        }
    }

    /// A login would refuse a long-term key in the place of the session, so this is reported instead of a missing login.
    pub(crate) fn failure_of(&self, error: &ProviderError, target: &str) -> Failure {
        if let ProviderError::LoginNeeded { profile, .. } = error
            && let Some(chain) = self.manifest.catalog.chain(profile.as_str())
            && !self.has_key(chain.base())
            && let Some(at) = self.misplaced_key(chain.base())
        {
            return explain::misplaced_key(profile, at);
        }
        explain::provider(error, target, &self.manifest.catalog)
    }

    pub(crate) fn mfa_prompt(&self, given: Option<GivenCode>, until: Option<Deadline>) -> MfaPrompt<'_> {
        let (settings, seeds, aws, app) = (&self.manifest.settings, &self.seeds, &self.aws, self.app);
        MfaPrompt { given, settings, seeds, aws, app, until }
    }

    /// Refuses a login that this process is started for, by `mfa_process`.
    pub(crate) fn refuse_circle(&self, chain: &Chain<'_>) -> Result<(), Failure> {
        let is_kept = |steps: &[&Profile]| matches!(self.session(steps), Some((_, Freshness::Fresh)));
        refuse_circle(chain, self.app.host, is_kept)
    }

    /// Talks at the terminal behind the standard streams.
    pub(crate) fn at_tty(self) -> Self {
        let out = Out { place: TalkPlace::Tty, ..self.app.out };
        Self { app: App { out, ..self.app }, copies: self.copies.with_out(out), ..self }
    }

    /// Copies the sessions on `chains` to where other tools look for them. Removes what killed runs left.
    pub(crate) fn share(&self, chains: &[Chain<'_>]) -> Result<(), Failure> {
        self.sessions.sweep(clock::now());
        self.tokens.sweep();
        self.logins.sweep();
        self.copies.roles.sweep();
        let mut shared = HashSet::new();
        for chain in chains {
            for end in 1..=chain.profiles().len() {
                let steps = &chain.profiles()[..end];
                let profile = steps[end - 1];
                if SharedCopies::has_copy(profile) && shared.insert(&profile.name) {
                    self.share_one(profile, steps)?;
                }
            }
        }
        Ok(())
    }

    /// For a command that has its credentials even if other tools do not find them.
    pub(crate) fn share_or_warn(&self, chains: &[Chain<'_>]) {
        if let Err(failure) = self.share(chains) {
            failure.say_as_warning(self.app.out);
        }
    }

    /// Another run may end or renew the session at the same moment, so it is read again after its copy was written. A run that
    /// ends it later finds the copy.
    fn share_one(&self, profile: &Profile, steps: &[&Profile]) -> Result<(), Failure> {
        let mut copied: Option<Session> = None;
        for _ in 0..MAX_COPIES {
            let kept = self.session(steps).filter(|(_, freshness)| *freshness != Freshness::Expired);
            match (kept.map(|(session, _)| session), &copied) {
                (Some(session), Some(copy)) if session == *copy => return Ok(()),
                (None, None) => return Ok(()),
                (None, Some(copy)) => {
                    let name = &profile.name;
                    self.app.out.warn(&format!("{name}: the session was ended by another awsauth meanwhile"));
                    return self.copies.remove(profile, copy, &self.sessions);
                }
                (Some(session), _) => {
                    let Some(credentials) = self.credentials(&session)? else { return Ok(()) };
                    self.copies.write(profile, &credentials)?;
                    copied = Some(session);
                }
            }
        }
        Ok(())
    }

    /// Refuses a credentials file in which the session of the chain could not be written, before anybody is asked for a code.
    pub(crate) fn check_session_section(&self, chain: &Chain<'_>) -> Result<(), Failure> {
        self.copies.check_section(chain.base())
    }

    /// The targets that the config file, or awsauth's block of it, lacks.
    pub(crate) fn not_applied<'c>(&self, chains: &[Chain<'c>]) -> NotApplied<'c> {
        // `apply` reports a file that can't be read.
        let bytes = disk::read(&self.config_file).ok().flatten().unwrap_or_default();
        let written = |profile: &&Profile| profile.external_section().is_none();
        let names = || chains.iter().map(Chain::target).filter(written).map(|profile| &profile.name);
        let all = self.manifest.catalog.profiles().iter().filter(written).map(|profile| &profile.name);
        NotApplied {
            missing: plan::missing_sections(&bytes, names()),
            outside: plan::sections_outside(&bytes, names()),
            needs_adopt: !plan::sections_outside(&bytes, all).is_empty(),
        }
    }
}

impl PlannedLogin<'_, '_> {
    /// Says what the login will ask for.
    pub(crate) fn announce(&self) {
        summary::announce(&self.plan.requirements, &self.service.manifest, self.service.app.out);
    }

    /// Returns a result for each chain, in order. A failure of one does not stop the others; Ctrl-C does.
    pub(crate) fn execute(self, prompt: Box<dyn Prompt>) -> Result<Vec<CredentialResult>, Failure> {
        let Self { service, provider, plan, options } = self;
        if plan.is_done() {
            return Ok(provider.results_of_done(&plan));
        }
        let provider = provider.with_prompt(prompt);
        // Boxed: the nested future's type exceeds the compiler's recursion limit.
        let results = Box::pin(provider.execute(&plan, options.limit));
        let Some(until) = options.until else { return run(results) };
        run(until.bound(results))?.ok_or_else(|| {
            service.app.out.say("nobody answered in time");
            explain::nobody_answered(plan.first_target())
        })
    }
}

pub(crate) fn long_term_keys(manifest: &Manifest, bytes: &[u8], keyring: &KeyringKeys) -> LongTermKeys {
    let sections = manifest.catalog.profiles().iter().filter_map(Profile::long_term_section);
    LongTermKeys::new(plan::long_term_keys(bytes, sections), keyring.clone(), manifest.store())
}

fn no_result() -> Failure {
    Failure::new(Exit::Bug, "one chain gave no result")
}

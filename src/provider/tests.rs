//! What happens when the browser does not come back, or AWS does not answer, with the fake AWS of the integration tests
//! behind it: only here can minutes be none.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::sso::TokenRequest;
use super::{
    Attendance, CallbackOutcome, Frontend, Notice, Origin, Ports, Provider, ProviderError, RenewPolicy, UNATTENDED,
};
use crate::aws::{Aws, Endpoints, Proxies};
use crate::flow::{Machine, Preference};
use crate::model::{
    AccountId, Chain, ChainFingerprint, ClientUse, ConfigText, Credentials, Externals, Kind, Profile, Region,
    SecretPlace, SecretStore, Session, SessionName, SsoAccess, SsoFlow, SsoRoleName, SsoSession, SsoToken, StartUrl,
};
use crate::prompt::{NoAnswer, Prompt, Question};
use crate::secret::Secret;
use crate::store::{Keyring, KeyringKeys, LoginCache, LongTermKeys, Saved, Sessions, SsoCache};
use crate::system::clock;
use crate::system::loopback::Page;

use crate::fake_aws::FakeAws;

/// A person who says one thing, and how often they were asked.
struct Person(Result<bool, NoAnswer>, Rc<Cell<u32>>);

impl Prompt for Person {
    fn ask(&mut self, _question: Question<'_>) -> Result<Secret, NoAnswer> {
        Err(NoAnswer::Unattended)
    }

    fn agree(&mut self, question: &str) -> Result<bool, NoAnswer> {
        assert!(question.contains("in 0 minutes"), "{question}");
        self.1.set(self.1.get() + 1);
        std::mem::replace(&mut self.0, Err(NoAnswer::Unattended))
    }

    fn can_ask_again(&self) -> bool {
        false
    }
}

/// Tells nobody anything, and opens pages by a closure.
struct Browser<'a>(&'a dyn Fn(&str) -> bool);

impl Frontend for Browser<'_> {
    fn notify(&self, _notice: &Notice<'_>) {}

    fn open(&self, url: &str) -> bool {
        (self.0)(url)
    }

    fn callback_page(&self, _outcome: &CallbackOutcome<'_>, _subject: &str) -> Page {
        Page { status: 200, html: String::new(), policy: String::new() }
    }
}

fn access(name: &str) -> SsoAccess {
    SsoAccess::Session(Arc::new(SsoSession {
        name: SessionName::new(name).unwrap(),
        start_url: StartUrl::new(crate::fake_aws::standard::START_URL).unwrap().0,
        region: Region::new(crate::fake_aws::standard::SSO_REGION).unwrap(),
        scopes: vec![ConfigText::new("sso:account:access").unwrap()],
    }))
}

/// A profile of the SSO session of the same name.
fn profile(name: &str) -> Profile {
    let kind = Kind::Sso {
        access: access(name),
        account_id: AccountId::new(crate::fake_aws::standard::SSO_ACCOUNT).unwrap(),
        role_name: SsoRoleName::new(crate::fake_aws::standard::SSO_ROLE).unwrap(),
    };
    Profile::bare(name, kind)
}

fn cache(dir: &Path) -> SsoCache {
    SsoCache::new(dir.join("sso"), dir)
}

/// What a provider of these tests works with.
struct Scene<'a> {
    aws: Aws,
    sessions: Sessions,
    tokens: SsoCache,
    logins: LoginCache,
    open: &'a dyn Fn(&str) -> bool,
    keys: LongTermKeys,
    externals: Externals,
    now: fn() -> Timestamp,
}

impl<'a> Scene<'a> {
    /// AWS at `url`, files in `dir`.
    fn new(url: &str, dir: &Path, open: &'a dyn Fn(&str) -> bool) -> Self {
        let url = Some(url.to_owned());
        let endpoints = Endpoints { sso: url.clone(), sso_oidc: url, ..Endpoints::default() };
        let aws = Aws::new(endpoints, None, Proxies::read(|_| None), clock::now);
        let keyring = Rc::new(Keyring::in_memory());
        let sessions = Sessions::new(dir, Rc::clone(&keyring), SecretStore::File);
        let keys = LongTermKeys::new(std::iter::empty(), KeyringKeys::new(dir, keyring), SecretStore::File);
        let logins = LoginCache::new(dir.join("login"), dir);
        Self { aws, sessions, tokens: cache(dir), logins, open, keys, externals: Externals::default(), now: clock::now }
    }

    /// Keeps a token of `corp`.
    fn sign_in(&self, now: Timestamp) {
        let token = SsoToken {
            start_url: access("corp").start_url().clone(),
            region: access("corp").region().clone(),
            access_token: Secret::new("t"),
            expires_at: now + SignedDuration::from_hours(1),
            refresh_token: None,
            client: None,
        };
        self.tokens.put_token(&access("corp"), &token).unwrap();
    }

    /// A provider that has logins approved on a page, and no time for that.
    fn provider(&self, person: Person, attendance: Attendance, policy: RenewPolicy) -> Provider<'_> {
        let ports = Ports {
            aws: &self.aws,
            sessions: &self.sessions,
            tokens: &self.tokens,
            logins: &self.logins,
            externals: &self.externals,
            prompt: RefCell::new(Box::new(person)),
            frontend: Box::new(Browser(self.open)),
            callback_timeout: Duration::ZERO,
            now: self.now,
        };
        let machine = Machine {
            names_browser: false,
            has_display: true,
            is_remote: false,
            is_ci: false,
            is_container: false,
            is_wsl: false,
        };
        let preference = Preference { given: Some(SsoFlow::Pkce), setting: None, may_open: false, machine };
        Provider::new(ports, &self.keys, Origin::default(), attendance, policy, preference)
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Logs in on a page to which nobody goes, with no time for it.
fn authorize_pkce(aws: &FakeAws, dir: &Path, said: Result<bool, NoAnswer>) -> (Result<SsoToken, ProviderError>, u32) {
    let asked = Rc::new(Cell::new(0));
    let scene = Scene::new(&aws.url(), dir, &|_| false);
    let provider = scene.provider(Person(said, Rc::clone(&asked)), Attendance::Person, RenewPolicy::Required);
    let result = run(provider.authorize_pkce(TokenRequest::for_listing(&profile("corp").name, &access("corp"))));
    (result, asked.get())
}

#[test]
fn who_interrupts_at_one_page_is_not_sent_to_the_next() {
    let aws = FakeAws::start_standard();
    let dir = tempfile::tempdir().unwrap();
    let pages = Cell::new(0);
    let open = |_: &str| {
        pages.set(pages.get() + 1);
        true
    };
    let scene = Scene::new(&aws.url(), dir.path(), &open);
    let person = Person(Err(NoAnswer::Interrupted), Rc::default());
    let provider = scene.provider(person, Attendance::Person, RenewPolicy::Required);
    let profiles = [profile("corp"), profile("other")];
    let chains: Vec<Chain<'_>> = profiles.iter().map(|profile| Chain::resolve(profile, |_| None).unwrap()).collect();
    let outcomes = run(provider.execute(&provider.plan(&chains).unwrap(), None));
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().is_err_and(|error| error.is_interrupt())));
    assert_eq!((outcomes.len(), pages.get()), (2, 1));
}

#[test]
fn a_program_is_not_kept_waiting_by_an_aws_that_does_not_answer() {
    // The clock runs ahead whenever nothing happens.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let scene = Scene::new(&format!("http://{}", silent.local_addr().unwrap()), dir.path(), &|_| false);
    let profile = profile("corp");
    let now = clock::now();
    scene.sign_in(now);
    let chains = [Chain::resolve(&profile, |_| None).unwrap()];
    let provider = scene.provider(Person(Ok(false), Rc::default()), Attendance::Nobody, RenewPolicy::BestEffort);
    let (outcomes, waited) = runtime.block_on(async {
        let start = tokio::time::Instant::now();
        (provider.execute(&provider.plan(&chains).unwrap(), Some(UNATTENDED)).await, start.elapsed())
    });
    let is_out_of_time = |error: &ProviderError| matches!(error, ProviderError::OutOfTime { .. });
    assert!(outcomes[0].as_ref().is_err_and(|error| is_out_of_time(error)), "{outcomes:?}");
    assert_eq!(waited, Duration::from_secs(25));
    // Who waits for many gives no limit; then each call's own holds.
    let (outcomes, waited) = runtime.block_on(async {
        let start = tokio::time::Instant::now();
        let provider = scene.provider(Person(Ok(false), Rc::default()), Attendance::Nobody, RenewPolicy::BestEffort);
        (provider.execute(&provider.plan(&chains).unwrap(), None).await, start.elapsed())
    });
    assert!(outcomes[0].as_ref().is_err_and(|error| !is_out_of_time(error)), "{outcomes:?}");
    assert!(waited > UNATTENDED, "{waited:?}");
    // What is kept serves all the same, if there is something.
    let credentials = Credentials {
        access_key_id: "ASIA".to_owned(),
        secret_access_key: Secret::new("s"),
        session_token: None,
        expiration: Some(now + SignedDuration::from_mins(5)),
    };
    let session = Session {
        profile: profile.name.clone(),
        definition: ChainFingerprint::of(&[&profile], None),
        key: None,
        obtained_at: now - SignedDuration::from_mins(55),
        expiration: now + SignedDuration::from_mins(5),
        access_key_id: credentials.access_key_id.clone(),
        secret: SecretPlace::Here(credentials.secret()),
    };
    scene.sessions.put(&Saved { session, seen: Vec::new(), facts: None }).unwrap();
    let outcomes = runtime.block_on(provider.execute(&provider.plan(&chains).unwrap(), Some(UNATTENDED)));
    assert_eq!(outcomes[0].as_ref().unwrap(), &credentials);
}

#[test]
fn a_process_that_is_stopped_while_it_renews_is_named_and_not_waited_for_for_ever() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let scene = Scene::new("http://127.0.0.1:1", dir.path(), &|_| false);
    scene.sign_in(clock::now());
    let profile = profile("corp");
    let chains = [Chain::resolve(&profile, |_| None).unwrap()];
    let _held = scene.sessions.try_lock("corp").unwrap();
    // As `exec` of many waits, which gives no limit.
    let provider = scene.provider(Person(Ok(false), Rc::default()), Attendance::Nobody, RenewPolicy::BestEffort);
    let plan = provider.plan(&chains).unwrap();
    let waiting = async { tokio::time::timeout(UNATTENDED * 2, provider.execute(&plan, None)).await };
    let outcomes = runtime.block_on(waiting).expect("it is waited for for ever");
    let Err(error) = &outcomes[0] else { panic!("{outcomes:?}") };
    let ProviderError::Lock { source, .. } = &**error else { panic!("{error:?}") };
    let holder = format!("another awsauth (process {}) has held", std::process::id());
    assert!(source.to_string().starts_with(&holder) && source.to_string().ends_with(" for 25 s"), "{source}");
}

#[test]
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "the file of a lock says who holds it")]
fn without_a_terminal_another_process_is_not_waited_for_for_ever_and_an_approval_in_this_one_is() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let scene = Scene::new("http://127.0.0.1:1", dir.path(), &|_| false);
    scene.sign_in(clock::now());
    let profile = profile("corp");
    let chains = [Chain::resolve(&profile, |_| None).unwrap()];
    let _held = scene.sessions.try_lock("corp").unwrap();
    let (mine, another) = (std::process::id(), 1);
    for (attendance, holder, is_ended) in [
        (Attendance::Elsewhere, another, true),
        (Attendance::Elsewhere, mine, false),
        (Attendance::Person, another, false),
    ] {
        std::fs::write(scene.sessions.lock_file("corp"), holder.to_string()).unwrap();
        let provider = scene.provider(Person(Ok(false), Rc::default()), attendance, RenewPolicy::Required);
        let plan = provider.plan(&chains).unwrap();
        let waiting = async { tokio::time::timeout(UNATTENDED * 2, provider.execute(&plan, None)).await };
        let outcomes = runtime.block_on(waiting);
        assert_eq!(outcomes.is_ok(), is_ended, "{attendance:?} {holder}");
        for outcome in outcomes.into_iter().flatten() {
            let words = outcome.unwrap_err().to_string();
            assert!(words.contains("corp"), "{words}");
        }
    }
}

#[test]
fn a_browser_that_does_not_come_back_leads_to_a_code_if_the_person_wants_one() {
    let aws = FakeAws::start_standard();
    let dir = tempfile::tempdir().unwrap();
    let (token, asked) = authorize_pkce(&aws, dir.path(), Ok(true));
    assert!(token.unwrap().refresh_token.is_some() && asked == 1);
    let calls = ["RegisterClient", "RegisterClient", "StartDeviceAuthorization", "CreateToken"];
    assert_eq!(aws.operations(), calls);
    let tokens = cache(dir.path());
    assert!(tokens.client(&access("corp"), ClientUse::DeviceCode).is_some());
}

#[test]
fn a_browser_that_does_not_come_back_ends_the_login_if_nobody_wants_a_code() {
    for said in [Ok(false), Err(NoAnswer::Unattended)] {
        let aws = FakeAws::start_standard();
        let dir = tempfile::tempdir().unwrap();
        let (token, asked) = authorize_pkce(&aws, dir.path(), said);
        assert!(matches!(token, Err(ProviderError::CallbackTimedOut { .. })) && asked == 1, "{token:?}");
        assert_eq!(aws.operations(), ["RegisterClient"]);
        let tokens = cache(dir.path());
        assert!(tokens.client(&access("corp"), ClientUse::AuthorizationCode).is_none(), "AWS may have forgotten it");
    }
    let aws = FakeAws::start_standard();
    let dir = tempfile::tempdir().unwrap();
    let (token, _) = authorize_pkce(&aws, dir.path(), Err(NoAnswer::Interrupted));
    assert!(token.unwrap_err().is_interrupt());
}

#[test]
fn a_clock_that_is_set_while_a_person_approves_does_not_end_the_login() {
    thread_local!(static DAYS: Cell<i64> = const { Cell::new(0) });
    let aws = FakeAws::start_standard();
    aws.world().approve_devices(crate::fake_aws::Approval::AfterPolls(1));
    let dir = tempfile::tempdir().unwrap();
    let mut scene = Scene::new(&aws.url(), dir.path(), &|_| false);
    scene.now = || clock::now() + SignedDuration::from_hours(24 * DAYS.replace(DAYS.get() + 1));
    let provider = scene.provider(Person(Ok(false), Rc::default()), Attendance::Person, RenewPolicy::Required);
    let token = run(provider.authorize_device(TokenRequest::for_listing(&profile("corp").name, &access("corp"))));
    assert!(token.is_ok(), "{token:?}");
}

//! Owns the endpoint: who may ask, and one renewal at a time for all who wait. Must not know who started it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::login::options::InPlace;
use crate::cli::login::report::Lifetime;
use crate::cli::login::service::LoginService;
use crate::cli::login::warm;
use crate::cli::status::validity::States;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::{FindingsShown, Out};
use crate::model::{Credentials, Profile};
use crate::provider::RenewPolicy;
use crate::render::container_json;
use crate::secret::Secret;
use crate::store::Keyring;
use crate::system::random;
use crate::system::web_server::{Answer, NO_CONTENT, WebRequest, WebServer, authority, header};

/// AWS CLI and boto3 give up after 2 s (aws-facts §14).
const ANSWER_WITHIN: Duration = Duration::from_millis(1500);
/// The keyring is asked on the server's only thread, so no request is answered meanwhile.
const KEYRING_TIMEOUT: Duration = Duration::from_secs(1);
/// Many SDKs may ask at once.
const MOST_CONNECTIONS: usize = 512;

const ENDLESS: &str = "its credentials are no session, and an endpoint must tell when they end";
/// The one path; the token says whose credentials are wanted.
const PATH: &str = "/credentials";

/// A profile that is served, and the token that opens it.
pub(crate) struct ServedProfile {
    pub(crate) name: String,
    pub(crate) token: Secret,
}

pub(crate) struct CredentialServer<'a> {
    app: App<'a>,
    web: WebServer<usize>,
    profiles: Arc<[ServedProfile]>,
}

/// A profile, who waits for it, and what is known.
struct State<'p> {
    profile: &'p ServedProfile,
    is_renewing: bool,
    /// The first is the oldest.
    waiting: VecDeque<Waiting>,
    /// The failure that was reported last. None if credentials came since.
    reported_failure: Option<String>,
}

struct Waiting {
    request: WebRequest<usize>,
    since: Instant,
}

/// No credentials, as the endpoint answers.
struct Refused {
    status: u16,
    code: &'static str,
    message: String,
}

/// A renewal that has ended.
struct Renewal {
    /// The index of its profile.
    at: usize,
    begin: Instant,
    result: Result<Credentials, Refused>,
}

impl<'a> CredentialServer<'a> {
    /// Listens at `address`, with a token of its own for each of `names`.
    pub(crate) async fn listen(names: &[String], address: SocketAddr, app: App<'a>) -> Result<Self, Failure> {
        let failed = |what: String, error| Failure::new(Exit::Unavailable, what).because(&error);
        let profile = |name: &String| {
            let token = random::bytes::<32>().map_err(|error| failed("can't make a token".to_owned(), error))?;
            Ok(ServedProfile { name: name.clone(), token: Secret::new(hex::encode(token)) })
        };
        let profiles: Arc<[ServedProfile]> = names.iter().map(profile).collect::<Result<_, Failure>>()?;
        let known = Arc::clone(&profiles);
        let route = Arc::new(move |request: &httparse::Request<'_, '_>| profile_index(request, &known).ok_or(403));
        let web = WebServer::listen(address, MOST_CONNECTIONS, route).await;
        let web = web.map_err(|error| match error.kind() {
            io::ErrorKind::AddrNotAvailable => {
                Failure::new(Exit::Unavailable, format!("this machine has no address {}", address.ip()))
            }
            io::ErrorKind::AddrInUse => {
                Failure::new(Exit::Unavailable, format!("another program listens at port {}", address.port()))
            }
            _ => failed(format!("can't listen at {address}"), error),
        })?;
        let out = Out { findings: FindingsShown::OneLine, ..app.out };
        Ok(Self { app: App { out, ..app }, web, profiles })
    }

    /// Logs in where that is needed, refuses a profile whose credentials have no end, and says how long no person is needed.
    pub(crate) fn prepare(
        service: &LoginService<'_>,
        profile: &Profile,
        login: InPlace,
        app: App<'_>,
    ) -> Result<(), Failure> {
        let name = &profile.name;
        let credentials = service.credentials_for(name.as_str(), login)?;
        if container_json(&credentials).is_none() {
            let failure = Failure::new(Exit::Refused, format!("{name}: {ENDLESS}"));
            return Err(
                failure.hint(format!("`awsauth exec {name} -- CMD` gives them to a command: they need no renewal"))
            );
        }
        let Lifetime { words, renewable, .. } =
            Lifetime::of(&service.chain(name.as_str())?, &credentials, &States::new(service));
        let then = if renewable { "" } else { "; then it needs `awsauth login` in another terminal" };
        app.out.say(&format!("{words}{then}"));
        Ok(())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}{PATH}", authority(self.web.address()))
    }

    pub(crate) fn profiles(&self) -> &[ServedProfile] {
        &self.profiles
    }

    /// Answers until this is dropped.
    pub(crate) async fn run(&mut self) -> Infallible {
        let Self { app, web, profiles } = self;
        let app = *app;
        let mut states: Vec<State<'_>> = profiles.iter().map(State::new).collect();
        let mut renewals = FuturesUnordered::new();
        loop {
            let due = states.iter().filter_map(State::due).min();
            let at = tokio::select! {
                request = web.next_request() => {
                    let at = request.resource;
                    states[at].waiting.push_back(Waiting { request, since: Instant::now() });
                    at
                }
                Some(Renewal { at, begin, result }) = renewals.next() => {
                    let state = &mut states[at];
                    state.reply_to_those_before(begin, &result.as_ref());
                    state.report_once(result, app.out);
                    state.is_renewing = false;
                    at
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    for state in &mut states {
                        state.reply_late(app);
                    }
                    continue;
                }
            };
            if states[at].answer_or_begin_renewal(app) {
                renewals.push(renewal(at, &profiles[at].name, app));
            }
        }
    }
}

impl<'p> State<'p> {
    fn new(profile: &'p ServedProfile) -> Self {
        Self { profile, is_renewing: false, waiting: VecDeque::new(), reported_failure: None }
    }

    fn due(&self) -> Option<Instant> {
        self.waiting.front().map(|first| first.since + ANSWER_WITHIN)
    }

    /// Answers those who wait if a fresh session is kept. Otherwise returns true, once, for the caller to start a renewal.
    fn answer_or_begin_renewal(&mut self, app: App<'_>) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        match kept(&self.profile.name, app) {
            Some(kept) => {
                self.reply_to_those_before(Instant::now(), &Ok(&kept));
                self.reported_failure = None;
                false
            }
            None if self.is_renewing => false,
            None => {
                self.is_renewing = true;
                true
            }
        }
    }

    /// Requests that came after `instant` stay: the manifest may have changed since the renewal began.
    fn reply_to_those_before(&mut self, instant: Instant, answer: &Result<&Credentials, &Refused>) {
        while let Some(Waiting { request, .. }) = self.waiting.pop_front_if(|first| first.since <= instant) {
            reply(request, answer);
        }
    }

    /// Tells the person once of a failure.
    fn report_once(&mut self, came: Result<Credentials, Refused>, out: Out) {
        let message = came.err().map(|refused| refused.message);
        if let Some(message) = message.as_ref().filter(|message| self.reported_failure.as_ref() != Some(message)) {
            out.say(&self.report_line(message));
        }
        self.reported_failure = message;
    }

    /// A failure as it stands amid the output of another program.
    fn report_line(&self, message: &str) -> String {
        let login = format!("run awsauth login {}", self.profile.name);
        let elsewhere = if message.ends_with(&login) { " in another terminal" } else { "" };
        format!("awsauth: {message}{elsewhere}")
    }

    /// Answers those who would give up: with a session that should be renewed, or with the advice to ask again. The renewal goes on.
    fn reply_late(&mut self, app: App<'_>) {
        let now = Instant::now();
        if self.due().is_none_or(|due| due > now) {
            return;
        }
        let name = &self.profile.name;
        let pending = Refused {
            status: 500,
            code: "RenewalPending",
            message: format!("{name}: its session is being renewed; ask again"),
        };
        let usable = warm::usable_credentials(name, &keyring(app), app);
        self.reply_to_those_before(now - ANSWER_WITHIN, &usable.as_ref().ok_or(&pending));
    }
}

/// The index of the profile that a request may have. A refusal does not tell whether the path or the token was wrong.
fn profile_index(request: &httparse::Request<'_, '_>, profiles: &[ServedProfile]) -> Option<usize> {
    let token = header(request, "Authorization")?;
    let found = profiles.iter().position(|profile| profile.token.is_in_constant_time(token));
    found.filter(|_| request.path == Some(PATH))
}

/// The kept session, as `credential-process` finds it.
fn kept(name: &str, app: App<'_>) -> Option<Credentials> {
    warm::credentials(name, &keyring(app), app).ok().flatten()
}

fn keyring(app: App<'_>) -> Rc<Keyring> {
    let keyring = app.keyring();
    keyring.limit(KEYRING_TIMEOUT);
    keyring
}

/// Renews credentials without a person. The manifest and the keys are read anew: a command may run for days.
async fn renewal(at: usize, name: &str, app: App<'_>) -> Renewal {
    let begin = Instant::now();
    let obtained = async {
        let service = LoginService::new(app)?;
        service.keyring.limit(KEYRING_TIMEOUT);
        let chain = service.chain(name)?;
        service.credentials_of(name, service.renew(&chain, RenewPolicy::BestEffort).await)
    };
    let refuse = |failure: Failure| {
        let (status, code) = if failure.exit == Exit::Login { (400, "LoginRequired") } else { (500, "Unavailable") };
        Refused { status, code, message: in_one_line(&failure) }
    };
    Renewal { at, begin, result: obtained.await.map_err(refuse) }
}

fn in_one_line(failure: &Failure) -> String {
    // The findings are on the terminal.
    if failure.is_shown() {
        return "the manifest is not in order: `awsauth check`".to_owned();
    }
    let (message, reason) = (failure.message(), failure.reason());
    let cause = if message == reason { String::new() } else { format!(": {reason}") };
    let hint = failure.hints().first().map_or_else(String::new, |hint| format!("; {hint}"));
    format!("{message}{cause}{hint}")
}

fn reply(request: WebRequest<usize>, answer: &Result<&Credentials, &Refused>) {
    let (status, body) = match answer.map(container_json) {
        Ok(Some(document)) => (200, document),
        Ok(None) => (500, refusal("NoSession", ENDLESS)),
        Err(Refused { status, code, message }) => (*status, refusal(code, message)),
    };
    // Nobody waits for one who takes the answer slowly.
    tokio::spawn(async move {
        let body = body.expose();
        request.answer(&Answer { status, content_type: "application/json", header: NO_CONTENT, body }).await
    });
}

/// AWS CLI and boto3 show this (aws-facts §14).
fn refusal(code: &str, message: &str) -> Secret {
    Secret::new(json!({ "code": code, "message": message }).to_string())
}

//! Owns the endpoint: who may ask, and one renewal at a time for all who wait. Must not know who started it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use crate::cli::app::App;
use crate::cli::exit::Exit;
use crate::cli::login::options::InPlace;
use crate::cli::login::service::LoginService;
use crate::cli::login::warm;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::{FindingsShown, Out};
use crate::flow::seconds_left;
use crate::model::{Credentials, Profile};
use crate::provider::RenewPolicy;
use crate::render::container_json;
use crate::secret::Secret;
use crate::system::web_server::{Answer, NO_CONTENT, WebRequest, WebServer, authority, header};
use crate::system::{clock, random};

/// AWS CLI and boto3 give up after 2 s (aws-facts §14).
const PATIENCE: Duration = Duration::from_millis(1500);
/// While the system's keyring is waited for, nobody is answered.
const KEYRING: Duration = Duration::from_secs(1);
/// Many SDKs may ask at once.
const MOST_CONNECTIONS: usize = 512;
/// Credentials with fewer seconds left are no use to anybody.
const LEAST: i64 = 60;

const ENDLESS: &str = "its credentials are no session, and an endpoint must tell when they end";
/// The one path; the token says whose credentials are wanted.
const PATH: &str = "/credentials";

/// A profile that is served, and the token that opens it.
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) token: Secret,
}

pub(crate) struct CredentialServer<'a> {
    app: App<'a>,
    web: WebServer<usize>,
    places: Arc<[Place]>,
}

/// A place, who waits for it, and what is known.
struct State<'p> {
    place: &'p Place,
    is_renewing: bool,
    /// The first is the oldest.
    waiting: VecDeque<Waiting>,
    /// The last credentials, which serve while a renewal takes long.
    held: Option<Credentials>,
    /// The failure that the person was told of.
    told: Option<String>,
}

struct Waiting {
    request: WebRequest<usize>,
    until: Instant,
}

/// No credentials, as the endpoint answers.
struct Refused {
    status: u16,
    code: &'static str,
    message: String,
}

impl<'a> CredentialServer<'a> {
    /// Listens at `address`, with a token of its own for each of `names`.
    pub(crate) async fn listen(names: &[String], address: SocketAddr, app: App<'a>) -> Result<Self, Failure> {
        let failed = |what: String, error| Failure::new(Exit::Unavailable, what).because(&error);
        let place = |name: &String| {
            let token = random::bytes::<32>().map_err(|error| failed("can't make a token".to_owned(), error))?;
            Ok(Place { name: name.clone(), token: Secret::new(hex::encode(token)) })
        };
        let places: Arc<[Place]> = names.iter().map(place).collect::<Result<_, Failure>>()?;
        let known = Arc::clone(&places);
        let judge = Arc::new(move |request: &httparse::Request<'_, '_>| judge(request, &known).ok_or(403));
        let web = WebServer::listen(address, MOST_CONNECTIONS, judge).await;
        let web = web.map_err(|error| failed(format!("can't listen at {address}"), error))?;
        let out = Out { findings: FindingsShown::OneLine, ..app.out };
        Ok(Self { app: App { out, ..app }, web, places })
    }

    /// Logs in where that is needed, and refuses a profile whose credentials have no end.
    pub(crate) fn check(service: &LoginService<'_>, profile: &Profile, login: InPlace) -> Result<(), Failure> {
        let name = &profile.name;
        if container_json(&service.credentials_for(name.as_str(), login)?).is_some() {
            return Ok(());
        }
        let failure = Failure::new(Exit::Refused, format!("{name}: {ENDLESS}"));
        Err(failure.hint(format!("`awsauth exec {name}` without `--server`: they need no renewal")))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}{PATH}", authority(self.web.address()))
    }

    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }

    /// Answers until this is dropped.
    pub(crate) async fn run(&mut self) -> Infallible {
        let Self { app, web, places } = self;
        let app = *app;
        let mut states: Vec<State<'_>> = places.iter().map(State::new).collect();
        let mut renewals = FuturesUnordered::new();
        loop {
            let due = states.iter().filter_map(State::due).min();
            tokio::select! {
                request = web.next_request() => {
                    let at = request.wanted;
                    let state = &mut states[at];
                    let name = &*state.place.name;
                    if let Some(kept) = kept(name, app) {
                        reply(request, &Ok(&kept));
                        state.note(Ok(kept), app.out);
                        continue;
                    }
                    state.waiting.push_back(Waiting { request, until: Instant::now() + PATIENCE });
                    if !std::mem::replace(&mut state.is_renewing, true) {
                        renewals.push(async move { (at, renewed(name, app).await) });
                    }
                }
                Some((at, renewed)) = renewals.next() => {
                    let state = &mut states[at];
                    state.is_renewing = false;
                    state.waiting.drain(..).for_each(|one| reply(one.request, &renewed.as_ref()));
                    state.note(renewed, app.out);
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    states.iter_mut().for_each(State::reply_late);
                }
            }
        }
    }
}

impl<'p> State<'p> {
    fn new(place: &'p Place) -> Self {
        Self { place, is_renewing: false, waiting: VecDeque::new(), held: None, told: None }
    }

    fn due(&self) -> Option<Instant> {
        self.waiting.front().map(|first| first.until)
    }

    /// Remembers what came, and tells the person once of a failure.
    fn note(&mut self, came: Result<Credentials, Refused>, out: Out) {
        match came {
            Ok(credentials) => (self.held, self.told) = (Some(credentials), None),
            Err(Refused { message, .. }) => {
                self.held = None;
                if self.told.as_ref() != Some(&message) {
                    out.say(&message);
                    self.told = Some(message);
                }
            }
        }
    }

    /// Answers those who would give up: with the last credentials while they are good, or with the advice to ask again. The renewal
    /// goes on.
    fn reply_late(&mut self) {
        let is_good = |held: &&Credentials| held.expiration.is_some_and(|end| seconds_left(end, clock::now()) > LEAST);
        let late = Refused {
            status: 500,
            code: "RenewalPending",
            message: format!("{}: its session is being renewed; ask again", self.place.name),
        };
        let answer = self.held.as_ref().filter(is_good).ok_or(&late);
        let now = Instant::now();
        while let Some(Waiting { request, .. }) = self.waiting.pop_front_if(|first| first.until <= now) {
            reply(request, &answer);
        }
    }
}

/// The place that a request may have; which one is right about a wrong one is not told.
fn judge(request: &httparse::Request<'_, '_>, places: &[Place]) -> Option<usize> {
    let token = header(request, "Authorization")?;
    let found = places.iter().position(|place| place.token.is_in_constant_time(token));
    found.filter(|_| request.path == Some(PATH))
}

/// The kept session, as `credential-process` finds it.
fn kept(name: &str, app: App<'_>) -> Option<Credentials> {
    let keyring = app.keyring();
    keyring.limit(KEYRING);
    warm::credentials(name, &keyring, app).ok().flatten()
}

/// Credentials renewed without a person. The manifest and the keys are read anew: a command may run for days.
async fn renewed(name: &str, app: App<'_>) -> Result<Credentials, Refused> {
    let obtained = async {
        let service = LoginService::new(app)?;
        service.keyring.limit(KEYRING);
        let chain = service.chain(name)?;
        service.credentials_of(name, service.renew(&chain, RenewPolicy::BestEffort).await)
    };
    let refuse = |failure: Failure| {
        let (status, code) = if failure.exit == Exit::Login { (400, "LoginRequired") } else { (500, "Unavailable") };
        Refused { status, code, message: in_one_line(&failure) }
    };
    obtained.await.map_err(refuse)
}

fn in_one_line(failure: &Failure) -> String {
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

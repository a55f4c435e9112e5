//! Owns how long a profile has credentials without asking a person, as far as this machine knows. Must not ask AWS.

use std::cell::RefCell;
use std::collections::HashMap;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;

use crate::cli::login::service::LoginService;
use crate::flow::{Freshness, LoginUse, TokenUse, decide, decide_login, seconds_left};
use crate::model::{
    Chain, ChainFingerprint, Credentials, ExternalSource, Kind, LoginSession, LoginToken, Profile, Renewal, Session,
    SsoAccess, SsoToken,
};
use crate::store::FileNames;
use crate::system::clock;

/// In seconds. AWS does not say how long it accepts a refresh token, so `--check` counts no more for one.
const REFRESH: i64 = 15 * 60;
/// In seconds. A session with less left is shown in another colour: SDKs begin to renew then.
const SOON: i64 = 15 * 60;

/// No login gives credentials to the profile, and what should has none.
pub(crate) const UNAVAILABLE: &str = "unavailable";

#[derive(Clone, Copy)]
pub(crate) struct State {
    /// As in `--json`.
    pub(crate) word: &'static str,
    pub(crate) validity: Validity,
}

/// How long there will be credentials without asking a person.
#[derive(Clone, Copy)]
pub(crate) enum Validity {
    /// There are none; there were until then.
    Ended(Option<Timestamp>),
    /// The end of the session, or of its source if that is later.
    Until(Timestamp),
    /// As long as AWS accepts the refresh token; at least until then.
    Renewable(Option<Timestamp>),
    /// A long-term key.
    Unlimited,
}

impl Validity {
    /// How long a token gives credentials.
    pub(super) fn of_token(token: Option<SsoToken>, access: &SsoAccess, now: Timestamp) -> Self {
        // One that AWS refused has no end that is known.
        let is_ended = |token: &&SsoToken| {
            token.start_url == *access.start_url()
                && token.expires_at > Timestamp::UNIX_EPOCH
                && token.expires_at <= now
        };
        let end = token.as_ref().filter(is_ended).map(|token| token.expires_at);
        match decide(token, access, now) {
            TokenUse::Use(token) | TokenUse::Aging(token) if token.refresh_token.is_none() => {
                Self::Until(token.expires_at)
            }
            TokenUse::Use(token) | TokenUse::Aging(token) => Self::Renewable(Some(token.expires_at)),
            TokenUse::Refresh(..) => Self::Renewable(None),
            TokenUse::Authorize => Self::Ended(end),
        }
    }

    /// How long a console sign-in gives credentials.
    pub(super) fn of_login(token: Option<LoginToken>, now: Timestamp) -> Self {
        match decide_login(token, now) {
            LoginUse::Use(token) if token.refresh_token.is_some() => Self::Renewable(token.credentials.expiration),
            LoginUse::Refresh(token) => Self::Renewable(token.credentials.expiration.filter(|end| *end > now)),
            LoginUse::Use(token) | LoginUse::Aging(token) => {
                token.credentials.expiration.map_or(Self::Ended(None), Self::Until)
            }
            LoginUse::Authorize => Self::Ended(None),
        }
    }

    pub(super) fn or_session(self, end: Timestamp) -> Self {
        match self {
            Self::Ended(_) => Self::Until(end),
            Self::Until(other) => Self::Until(other.max(end)),
            Self::Renewable(other) => Self::Renewable(Some(other.map_or(end, |other| other.max(end)))),
            Self::Unlimited => Self::Unlimited,
        }
    }

    /// None if it is unknown or unlimited.
    pub(crate) fn end(self) -> Option<Timestamp> {
        match self {
            Self::Until(end) => Some(end),
            Self::Ended(end) | Self::Renewable(end) => end,
            Self::Unlimited => None,
        }
    }

    /// True if there will be credentials for at least that long, as far as is known.
    pub(crate) fn lasts(self, seconds: i64, now: Timestamp) -> bool {
        match self {
            Self::Ended(_) => false,
            Self::Until(end) => seconds_left(end, now) >= seconds,
            Self::Renewable(end) => end.map_or(0, |end| seconds_left(end, now)).max(REFRESH) >= seconds,
            Self::Unlimited => true,
        }
    }
}

impl State {
    pub(crate) fn style(&self, now: Timestamp) -> Style {
        let is_ending = matches!(self.validity, Validity::Until(end) if seconds_left(end, now) < SOON);
        match self.word {
            "valid" | "renewable" if is_ending => AnsiColor::Yellow.on_default(),
            "valid" | "key" | "external" => AnsiColor::Green.on_default(),
            "renewable" => AnsiColor::Cyan.on_default(),
            "none" => Style::new().dimmed(),
            _ => AnsiColor::Red.on_default(),
        }
    }
}

/// The states of profiles at one moment. Looks at each directory, session and token once, however many profiles need it.
pub(crate) struct States<'s> {
    service: &'s LoginService<'s>,
    pub(crate) now: Timestamp,
    known: RefCell<HashMap<String, State>>,
    tokens: RefCell<HashMap<String, Option<SsoToken>>>,
    sessions: FileNames,
    refusals: FileNames,
}

impl<'s> States<'s> {
    pub(crate) fn new(service: &'s LoginService<'s>) -> Self {
        let [sessions, refusals] = service.sessions.file_names();
        let (known, tokens) = (RefCell::default(), RefCell::default());
        Self { service, now: clock::now(), known, tokens, sessions, refusals }
    }

    pub(crate) fn words(&self, profile: &Profile) -> String {
        let chain = self.service.chain(profile.name.as_str());
        chain.map_or("-", |chain| self.of(chain.profiles()).words()).to_owned()
    }

    /// The state of the top of `steps`.
    pub(crate) fn of(&self, steps: &[&Profile]) -> State {
        let name = steps[steps.len() - 1].name.as_str();
        if let Some(state) = self.known.borrow().get(name) {
            return *state;
        }
        let state = self.read(steps);
        self.known.borrow_mut().insert(name.to_owned(), state);
        state
    }

    /// Each target with its state.
    pub(crate) fn of_all<'c>(&self, chains: &[Chain<'c>]) -> Vec<(&'c Profile, State)> {
        chains.iter().map(|chain| (chain.target(), self.of(chain.profiles()))).collect()
    }

    /// The validity of the top of `steps`, which has these credentials.
    pub(crate) fn with(&self, steps: &[&Profile], credentials: &Credentials) -> Validity {
        match credentials.expiration {
            Some(end) => self.renewal(steps).or_session(end),
            None => Validity::Unlimited,
        }
    }

    fn read(&self, steps: &[&Profile]) -> State {
        let profile = steps[steps.len() - 1];
        let has_key = self.service.has_key(profile);
        if let Kind::Iam = profile.kind {
            let validity = if has_key { Validity::Unlimited } else { Validity::Ended(None) };
            return State { word: if has_key { "key" } else { "no key" }, validity };
        }
        if profile.external_section().is_some() {
            return self.external(profile);
        }
        if let Some(session) = profile.login_session() {
            return self.sign_in(session, steps);
        }
        let is_refused = self.is_refused(steps);
        let renewal = if is_refused { Validity::Ended(None) } else { self.renewal(steps) };
        let (word, validity) = match (self.session(steps), renewal) {
            (Some((session, Freshness::Fresh | Freshness::Aging)), renewal) => {
                ("valid", renewal.or_session(session.expiration))
            }
            (_, Validity::Ended(_)) if is_refused => ("refused", renewal),
            (Some((session, Freshness::Expired)), Validity::Ended(_)) => {
                ("expired", Validity::Ended(Some(session.expiration)))
            }
            (None, Validity::Ended(_)) if steps[0].long_term_section().is_some() && !self.service.has_key(steps[0]) => {
                ("no key", renewal)
            }
            (None, Validity::Ended(Some(_))) if matches!(steps[0].kind, Kind::Sso { .. }) => ("expired", renewal),
            (None, Validity::Ended(_)) if self.service.lacks_external(steps[0]) => (UNAVAILABLE, renewal),
            (None, Validity::Ended(_)) => ("none", renewal),
            (_, renewal) => ("renewable", renewal),
        };
        State { word, validity }
    }

    fn sign_in(&self, session: &LoginSession, steps: &[&Profile]) -> State {
        let end = self.service.logins.token(session).and_then(|token| token.credentials.expiration);
        let (word, validity) = match (self.renewal(steps), end) {
            (Validity::Ended(_), None) => ("none", Validity::Ended(None)),
            (Validity::Ended(_), Some(end)) => ("expired", Validity::Ended(Some(end))),
            (renewal, Some(end)) if end > self.now => ("valid", renewal),
            (renewal, _) => ("renewable", renewal),
        };
        State { word, validity }
    }

    fn external(&self, profile: &Profile) -> State {
        match self.service.externals.get(profile) {
            Some(Ok(ExternalSource::Keys(keys))) if keys.session_token.is_none() => {
                State { word: "key", validity: Validity::Unlimited }
            }
            Some(Ok(_)) if !self.service.lacks_external(profile) => {
                State { word: "external", validity: Validity::Renewable(None) }
            }
            Some(_) | None => State { word: UNAVAILABLE, validity: Validity::Ended(None) },
        }
    }

    fn session(&self, steps: &[&Profile]) -> Option<(Session, Freshness)> {
        self.sessions.may_have(&steps.last()?.name).then(|| self.service.session(steps))?
    }

    fn is_refused(&self, steps: &[&Profile]) -> bool {
        let name = &steps[steps.len() - 1].name;
        let definition = || ChainFingerprint::of(steps, self.service.aws.ignores_endpoint_urls());
        self.refusals.may_have(name) && self.service.sessions.is_refused(name, &definition())
    }

    /// How long the session of the top of `steps` can be renewed without a person, unless AWS refuses it.
    fn renewal(&self, steps: &[&Profile]) -> Validity {
        match Renewal::of(steps) {
            Renewal::Machine if !self.service.lacks_external(steps[0]) => Validity::Renewable(None),
            Renewal::Machine | Renewal::Person => Validity::Ended(None),
            Renewal::Source(_) => self.of(&steps[..steps.len() - 1]).validity,
            Renewal::Token(access) => Validity::of_token(self.token(access), access, self.now),
            Renewal::Login(session) => Validity::of_login(self.service.logins.token(session), self.now),
        }
    }

    fn token(&self, access: &SsoAccess) -> Option<SsoToken> {
        let mut tokens = self.tokens.borrow_mut();
        tokens.entry(access.token_key().to_owned()).or_insert_with(|| self.service.tokens.token(access)).clone()
    }
}

//! Owns how long a profile has credentials without asking a person, as far as this machine knows. Must not ask AWS.

use std::cell::RefCell;
use std::collections::HashMap;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;

use crate::cli::login::service::LoginService;
use crate::flow::{Freshness, LoginUse, TokenUse, decide, decide_login, seconds_left};
use crate::model::{ChainFingerprint, Credentials, ExternalSource, Kind, LoginSession, Profile, SsoAccess, SsoToken};
use crate::system::clock;

/// In seconds. AWS does not say how long it accepts a refresh token, so `--check` counts no more for one.
const REFRESH: i64 = 15 * 60;
/// In seconds. A session with less left is shown in another colour: SDKs begin to renew then.
const SOON: i64 = 15 * 60;

/// No login gives credentials to the profile, and what should has none.
pub(crate) const UNAVAILABLE: &str = "unavailable";

#[derive(Clone, Copy)]
pub(crate) struct State {
    /// As in the table and in `--json`.
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
    fn or_session(self, end: Timestamp) -> Self {
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

/// The states of profiles at one moment. Reads each session and token file once, however many profiles need it.
pub(crate) struct States<'s> {
    service: &'s LoginService<'s>,
    pub(crate) now: Timestamp,
    known: RefCell<HashMap<String, State>>,
    tokens: RefCell<HashMap<String, Option<SsoToken>>>,
}

impl<'s> States<'s> {
    pub(crate) fn new(service: &'s LoginService<'s>) -> Self {
        Self { service, now: clock::now(), known: RefCell::default(), tokens: RefCell::default() }
    }

    pub(crate) fn word(&self, profile: &Profile) -> &'static str {
        self.service.chain(profile.name.as_str()).map_or("-", |chain| self.of(chain.profiles()).word)
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
        let (word, validity) = match (self.service.session(steps), renewal) {
            (Some((session, Freshness::Fresh | Freshness::Aging)), renewal) => {
                ("valid", renewal.or_session(session.expiration))
            }
            (_, Validity::Ended(_)) if is_refused => ("refused", renewal),
            (Some((session, Freshness::Expired)), Validity::Ended(_)) => {
                ("expired", Validity::Ended(Some(session.expiration)))
            }
            (None, Validity::Ended(_)) if profile.long_term_section().is_some() && !has_key => ("no key", renewal),
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

    fn is_refused(&self, steps: &[&Profile]) -> bool {
        let definition = ChainFingerprint::of(steps, self.service.aws.ignores_endpoint_urls());
        self.service.sessions.is_refused(&steps[steps.len() - 1].name, &definition)
    }

    /// How long the session of the top of `steps` can be renewed without a person, unless AWS refuses it.
    fn renewal(&self, steps: &[&Profile]) -> Validity {
        let Some((profile, below)) = steps.split_last() else { return Validity::Ended(None) };
        match &profile.kind {
            Kind::Iam | Kind::IamMfa { .. } | Kind::IamMfaRole { mfa_serial: Some(_), .. } | Kind::External => {
                Validity::Ended(None)
            }
            Kind::Login(session) => match decide_login(self.service.logins.token(session), self.now) {
                LoginUse::Use(token) if token.refresh_token.is_some() => {
                    Validity::Renewable(token.credentials.expiration)
                }
                LoginUse::Refresh(token) => {
                    Validity::Renewable(token.credentials.expiration.filter(|end| *end > self.now))
                }
                LoginUse::Use(token) | LoginUse::Aging(token) => {
                    token.credentials.expiration.map_or(Validity::Ended(None), Validity::Until)
                }
                LoginUse::Authorize => Validity::Ended(None),
            },
            Kind::Role(role) if role.credential_source().is_some() => {
                if self.service.lacks_external(profile) {
                    Validity::Ended(None)
                } else {
                    Validity::Renewable(None)
                }
            }
            Kind::IamMfaRole { mfa_serial: None, .. } | Kind::SsoRole(_) | Kind::Role(_) => self.of(below).validity,
            Kind::Sso { access, .. } => match decide(self.token(access), access, self.now) {
                TokenUse::Use(token) | TokenUse::Aging(token) if token.refresh_token.is_none() => {
                    Validity::Until(token.expires_at)
                }
                TokenUse::Use(token) | TokenUse::Aging(token) => Validity::Renewable(Some(token.expires_at)),
                TokenUse::Refresh(..) => Validity::Renewable(None),
                TokenUse::Authorize => Validity::Ended(None),
            },
        }
    }

    fn token(&self, access: &SsoAccess) -> Option<SsoToken> {
        let mut tokens = self.tokens.borrow_mut();
        tokens.entry(access.token_key().to_owned()).or_insert_with(|| self.service.tokens.token(access)).clone()
    }
}

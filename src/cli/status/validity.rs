//! Owns how long a profile has credentials without anybody being asked, as far as this machine knows. Must not ask AWS.

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;

use crate::cli::login::service::LoginService;
use crate::flow::{Freshness, TokenUse, decide, seconds_left};
use crate::model::{ChainFingerprint, Kind, Profile};
use crate::system::clock;

/// The seconds that a refresh token counts for. AWS does not tell how long it takes one; but where it does, what is about to
/// end is no reason to call a person.
const RENEWAL: i64 = 15 * 60;

/// What is known of one profile without asking AWS.
pub(crate) struct State {
    /// In one word.
    pub(crate) word: &'static str,
    /// How long there will be credentials.
    pub(crate) life: Life,
}

/// How long there will be credentials without asking anybody.
#[derive(Clone, Copy)]
pub(crate) enum Life {
    /// There are none; there were until then.
    Over(Option<Timestamp>),
    /// Until then, by the session itself or by what it is renewed from.
    Until(Timestamp),
    /// For as long as AWS takes the refresh token, which it does not tell; at least until then.
    Renewed(Option<Timestamp>),
    /// For good: a long-term key.
    Endless,
}

impl Life {
    /// The longer of a session's own life and that of what it is renewed from.
    fn or_session(self, end: Timestamp) -> Self {
        match self {
            Self::Over(_) => Self::Until(end),
            Self::Until(other) => Self::Until(other.max(end)),
            Self::Renewed(other) => Self::Renewed(Some(other.map_or(end, |other| other.max(end)))),
            Self::Endless => Self::Endless,
        }
    }

    /// The end, as far as it is known.
    pub(crate) fn end(self) -> Option<Timestamp> {
        match self {
            Self::Until(end) => Some(end),
            Self::Over(end) | Self::Renewed(end) => end,
            Self::Endless => None,
        }
    }

    /// Whether there will be credentials for at least that many seconds, as far as that is known.
    pub(crate) fn lasts(self, seconds: i64, now: Timestamp) -> bool {
        match self {
            Self::Over(_) => false,
            Self::Until(end) => seconds_left(end, now) >= seconds,
            Self::Renewed(end) => end.map_or(0, |end| seconds_left(end, now)).max(RENEWAL) >= seconds,
            Self::Endless => true,
        }
    }
}

/// How soon the end of a session is worth a colour, in seconds: SDKs begin to renew then.
const SOON: i64 = 15 * 60;

impl State {
    /// The colour of its word.
    pub(crate) fn style(&self, now: Timestamp) -> Style {
        let is_ending = matches!(self.life, Life::Until(end) if seconds_left(end, now) < SOON);
        match self.word {
            "valid" | "renewable" if is_ending => AnsiColor::Yellow.on_default(),
            "valid" | "key" => AnsiColor::Green.on_default(),
            "renewable" => AnsiColor::Cyan.on_default(),
            "none" => Style::new().dimmed(),
            _ => AnsiColor::Red.on_default(),
        }
    }
}

/// What is known of a profile now, in one word.
pub(crate) fn word(desk: &LoginService<'_>, profile: &Profile) -> &'static str {
    desk.chain(profile.name.as_str()).map_or("-", |chain| state(desk, chain.profiles(), clock::now()).word)
}

/// The state of the top of `steps`.
pub(crate) fn state(desk: &LoginService<'_>, steps: &[&Profile], now: Timestamp) -> State {
    let profile = steps[steps.len() - 1];
    if let Kind::Iam = profile.kind {
        let life = if desk.has_key(profile) { Life::Endless } else { Life::Over(None) };
        return State { word: if desk.has_key(profile) { "key" } else { "no key" }, life };
    }
    let renewal = renewal(desk, steps, now);
    match (desk.session(steps), renewal) {
        (Some((session, Freshness::Fresh | Freshness::Aging)), renewal) => {
            State { word: "valid", life: renewal.or_session(session.expiration) }
        }
        (Some((session, Freshness::Gone)), Life::Over(_)) => {
            State { word: "expired", life: Life::Over(Some(session.expiration)) }
        }
        (None, Life::Over(_)) if profile.long_term_section().is_some() && !desk.has_key(profile) => {
            State { word: "no key", life: renewal }
        }
        (None, Life::Over(_)) => State { word: "none", life: renewal },
        (_, renewal) => State { word: "renewable", life: renewal },
    }
}

/// How long the top of `steps` can be renewed without a person.
fn renewal(desk: &LoginService<'_>, steps: &[&Profile], now: Timestamp) -> Life {
    let Some((profile, below)) = steps.split_last() else { return Life::Over(None) };
    if desk.sessions.is_refused(&profile.name, &ChainFingerprint::of(steps, desk.aws.ignores_endpoint_urls())) {
        return Life::Over(None);
    }
    match &profile.kind {
        Kind::Iam | Kind::IamMfa { .. } | Kind::IamMfaRole { mfa_serial: Some(_), .. } => Life::Over(None),
        Kind::IamMfaRole { mfa_serial: None, .. } | Kind::SsoRole(_) => state(desk, below, now).life,
        Kind::Sso { access, .. } => match decide(desk.tokens.token(access), access, now) {
            TokenUse::Use(token) | TokenUse::Aging(token) if token.refresh_token.is_none() => {
                Life::Until(token.expires_at)
            }
            TokenUse::Use(token) | TokenUse::Aging(token) => Life::Renewed(Some(token.expires_at)),
            TokenUse::Refresh(..) => Life::Renewed(None),
            TokenUse::Authorize => Life::Over(None),
        },
    }
}

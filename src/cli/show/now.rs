//! Owns what this machine knows at the moment: AWS's files, and what is kept of sessions and tokens. Must not word it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::cli::app::App;
use crate::cli::login::service::LoginService;
use crate::cli::paths::Paths;
use crate::cli::show::step::{self, KeptIn};
use crate::cli::status::validity::{States, Validity};
use crate::cli::ui::failure::Failure;
use crate::flow::{LoginUse, TokenUse, decide, decide_login};
use crate::ini::split_words;
use crate::model::{Kind, LoginSession, Region, SessionName, SsoAccess, SsoSession, StartUrl};
use crate::readers::{AwsFiles, Mechanism};
use crate::store::SsoCache;
use crate::system::clock;

pub(crate) struct Now<'n> {
    pub(crate) files: AwsFiles<'n>,
    pub(crate) time: Timestamp,
    /// None without a manifest.
    pub(crate) service: Option<&'n LoginService<'n>>,
    pub(crate) tokens: SsoCache,
}

/// What is known of a session that a tool takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Or it can be renewed without a person.
    Valid,
    Ended,
    Missing,
    /// Whoever made it did not write down when it ends.
    Unknown,
}

impl<'n> Now<'n> {
    pub(crate) fn new(
        files: AwsFiles<'n>,
        service: Option<&'n LoginService<'n>>,
        app: App<'_>,
    ) -> Result<Self, Failure> {
        let tokens = SsoCache::new(Paths::aws_cache("sso")?, &app.paths.state()?);
        Ok(Self { files, time: clock::now(), service, tokens })
    }

    /// The session in a section of the credentials file, which awsauth has written with its end.
    pub(crate) fn session(&self, profile: &str) -> Kept {
        let end = self.files.value(profile, "awsauth_expiration").and_then(|text| text.parse::<Timestamp>().ok());
        match end {
            None => Kept::Unknown,
            Some(end) if end > self.time => Kept::Valid,
            Some(_) => Kept::Ended,
        }
    }

    /// The token of an SSO login or a console sign-in.
    pub(crate) fn token(&self, mechanism: &Mechanism) -> Kept {
        if let Mechanism::Login { session, .. } = mechanism {
            return self.login(session);
        }
        let Some(access) = access(mechanism) else { return Kept::Unknown };
        match decide(self.tokens.token(&access), &access, self.time) {
            TokenUse::Authorize if self.tokens.token(&access).is_some() => Kept::Ended,
            TokenUse::Authorize => Kept::Missing,
            TokenUse::Use(_) | TokenUse::Aging(_) | TokenUse::Refresh(..) => Kept::Valid,
        }
    }

    /// The credentials of a console sign-in. None without a manifest.
    pub(crate) fn sign_in(&self, session: &LoginSession) -> Option<step::Kept> {
        let logins = &self.service?.logins;
        let end = logins.token(session).and_then(|token| token.credentials.expiration);
        let kept = |end| step::Kept::until(end, self.time, vec![KeptIn::file(logins.path(session))]);
        Some(end.map_or_else(step::Kept::nothing, kept))
    }

    fn login(&self, session: &str) -> Kept {
        let (Some(service), Ok(session)) = (self.service, LoginSession::new(session)) else { return Kept::Unknown };
        match decide_login(service.logins.token(&session), self.time) {
            LoginUse::Authorize if service.logins.token(&session).is_some() => Kept::Ended,
            LoginUse::Authorize => Kept::Missing,
            LoginUse::Use(_) | LoginUse::Refresh(_) | LoginUse::Aging(_) => Kept::Valid,
        }
    }

    /// What `credential-process` would find for a profile of the manifest.
    pub(crate) fn own_session(&self, profile: &str) -> Kept {
        let Some(service) = self.service else { return Kept::Unknown };
        let Some(chain) = service.manifest.catalog.chain(profile) else { return Kept::Missing };
        match States::new(service).of(chain.profiles()).validity {
            Validity::Ended(None) => Kept::Missing,
            Validity::Ended(Some(_)) => Kept::Ended,
            Validity::Until(_) | Validity::Renewable(_) | Validity::Unlimited => Kept::Valid,
        }
    }

    /// The end of the session of a role that awsauth left in AWS CLI's role cache, so that it asks for no code.
    pub(crate) fn role_cache_end(&self, profile: &str) -> Option<Timestamp> {
        let service = self.service?;
        let chain = service.manifest.catalog.chain(profile)?;
        let has_device = matches!(chain.target().kind, Kind::IamMfaRole { mfa_serial: Some(_), .. });
        let (session, _) = service.session(chain.profiles()).filter(|_| has_device)?;
        Some(session.expiration).filter(|end| *end > self.time)
    }
}

/// True for `awsauth credential-process PROFILE`; a copy of awsauth may be `awsauth-1.2`.
pub(crate) fn is_own_process(command: &str, profile: &str) -> bool {
    let words = split_words(command).unwrap_or_default();
    let [program, command, name] = &words[..] else { return false };
    let file = program.rsplit(['/', '\\']).next().unwrap_or_default();
    file.starts_with("awsauth") && command == "credential-process" && name == profile
}

/// None if it is nothing that awsauth could log in to.
pub(crate) fn access(mechanism: &Mechanism) -> Option<SsoAccess> {
    let Mechanism::Sso { session, start_url, region, .. } = mechanism else { return None };
    let (start_url, region) = (StartUrl::new(start_url).ok()?.0, Region::new(region).ok()?);
    Some(match session {
        Some(name) => SsoAccess::Session(Arc::new(SsoSession {
            name: SessionName::new(name).ok()?,
            start_url,
            region,
            scopes: Vec::new(),
        })),
        None => SsoAccess::Legacy { start_url, region },
    })
}

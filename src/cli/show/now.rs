//! Owns what this machine knows at the moment: AWS's files, and what is kept of sessions and tokens. Must not word it.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::cli::app::App;
use crate::cli::doctor::sections::session_end;
use crate::cli::login::service::LoginService;
use crate::cli::paths::Paths;
use crate::cli::show::step::{self, KeptIn};
use crate::cli::status::validity::{States, Validity};
use crate::cli::ui::failure::Failure;
use crate::flow::{LoginUse, TokenUse, decide, decide_login};
use crate::ini::{SectionId, split_words};
use crate::model::{
    Kind, LoginSession, Profile, ProfileName, Region, SessionName, SsoAccess, SsoSession, SsoToken, StartUrl,
};
use crate::plan;
use crate::readers::{AwsFiles, Mechanism};
use crate::store::SsoCache;
use crate::system::clock;
use crate::system::files::disk;

pub(crate) struct Now<'n> {
    pub(crate) files: AwsFiles<'n>,
    pub(crate) time: Timestamp,
    /// None without a manifest.
    pub(crate) service: Option<&'n LoginService<'n>>,
    pub(crate) tokens: SsoCache,
    /// The variables that name a file which is not there, with its path.
    pub(crate) gone: Vec<(&'static str, String)>,
}

/// What is known of a session that a tool takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Or it can be renewed without a person.
    Valid,
    Ended,
    Missing,
    /// A token for another portal, or for one in another region.
    Elsewhere(String),
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
        let gone = |name| {
            let path = app.host.path(name).ok()??;
            (!disk::exists(&path)).then(|| (name, Paths::shown(&path)))
        };
        let gone = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"].into_iter().filter_map(gone).collect();
        Ok(Self { files, time: clock::now(), service, tokens, gone })
    }

    /// The session in a section of the credentials file, whose end awsauth or the tool that wrote it has noted.
    pub(crate) fn session(&self, profile: &str) -> Kept {
        let end = session_end(|key| self.files.value(profile, key).map(Into::into));
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
        let token = self.tokens.token(&access);
        if let Some(place) = token.as_ref().and_then(|token| other_portal(token, &access)) {
            return Kept::Elsewhere(place);
        }
        let is_there = token.is_some();
        match decide(token, &access, self.time) {
            TokenUse::Authorize if is_there => Kept::Ended,
            TokenUse::Authorize => Kept::Missing,
            TokenUse::Use(_) | TokenUse::Aging(_) | TokenUse::Refresh(..) => Kept::Valid,
        }
    }

    /// The token that is kept for a portal.
    pub(crate) fn sso_token(&self, access: &SsoAccess) -> step::Kept {
        let Some(token) = self.tokens.token(access) else { return step::Kept::nothing() };
        let place = KeptIn::file(self.tokens.token_path(access));
        step::Kept {
            is_for: other_portal(&token, access),
            ..step::Kept::until(token.expires_at, self.time, vec![place])
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

    /// True if awsauth has written the section.
    pub(crate) fn is_in_block(&self, name: &str) -> bool {
        let (config, id) = (self.files.config(), SectionId::Profile(name.to_owned()));
        let block = plan::block_range(config);
        config.find(&id).any(|section| block.contains(&section.header.start))
    }

    /// The profile whose long-term key is missing, at the base of a chain of the manifest.
    pub(crate) fn lacks_key(&self, profile: &str) -> Option<&ProfileName> {
        let service = self.service?;
        let base = service.manifest.catalog.chain(profile)?.base();
        (base.long_term_section().is_some() && !service.has_key(base)).then_some(&base.name)
    }

    /// True if AWS's files have the section that `apply` writes for it; it writes none for an external profile.
    pub(crate) fn is_written(&self, profile: &Profile) -> bool {
        profile.external_section().is_some() || self.files.has_in_config(profile.name.as_str())
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

/// The program of a `credential_process`, if it is named by its path and is not there.
pub(crate) fn gone_program(command: &str) -> Option<String> {
    let program = split_words(command)?.into_iter().next()?;
    (Path::new(&program).is_absolute() && !disk::exists(Path::new(&program))).then_some(program)
}

/// The portal of a token for another one: none takes it (aws-facts §4.2).
fn other_portal(token: &SsoToken, access: &SsoAccess) -> Option<String> {
    if token.start_url != *access.start_url() {
        return Some(token.start_url.as_str().to_owned());
    }
    (token.region != *access.region()).then(|| format!("a portal in {}", token.region.as_str()))
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

//! Owns the look-up of profiles in both files, as one dialect reads them. Must not choose among their keys.

use super::resolution::{Mechanism, Refusal, Resolution};
use crate::ini::{Dialect, Document, FileKind, LoadError, Name, Reading, SectionType, Settings};

pub(super) const KEY_ID: &str = "aws_access_key_id";
pub(super) const SECRET: &str = "aws_secret_access_key";
pub(super) const TOKEN: &str = "aws_session_token";
pub(super) const ROLE: &str = "role_arn";
pub(super) const SOURCE: &str = "source_profile";
pub(super) const MACHINE: &str = "credential_source";
pub(super) const WEB_IDENTITY: &str = "web_identity_token_file";
pub(super) const LOGIN: &str = "login_session";
pub(super) const PROCESS: &str = "credential_process";
pub(super) const MFA: &str = "mfa_serial";
pub(super) const SSO_SESSION: &str = "sso_session";
pub(super) const SSO_URL: &str = "sso_start_url";
pub(super) const SSO_REGION: &str = "sso_region";
pub(super) const SSO_ACCOUNT: &str = "sso_account_id";
pub(super) const SSO_ROLE: &str = "sso_role_name";
/// What a session says of its portal.
pub(super) const PORTAL: [&str; 2] = [SSO_URL, SSO_REGION];
/// All that make a profile one of SSO.
pub(super) const SSO: [&str; 5] = [SSO_SESSION, SSO_URL, SSO_REGION, SSO_ACCOUNT, SSO_ROLE];

/// The most profiles that a chain of `source_profile` may have: AWS chains a few, and each is another call.
const LONGEST_CHAIN: usize = 64;

const MACHINES: [&str; 3] = ["Environment", "Ec2InstanceMetadata", "EcsContainer"];

pub(super) struct View {
    config: Reading,
    credentials: Reading,
}

impl View {
    pub(super) fn read(config: &Document<'_>, credentials: &Document<'_>, dialect: Dialect) -> Result<Self, Refusal> {
        let read = |document: &Document<'_>| match document.read_as(dialect) {
            Ok(reading) => Ok(reading),
            // Both go on as if the file were empty.
            Err(_) if dialect == Dialect::JavaScript => Ok(Reading::default()),
            Err(_) if dialect == Dialect::Rust && std::str::from_utf8(document.bytes()).is_err() => {
                Ok(Reading::default())
            }
            Err(LoadError { line, reason }) => Err(Refusal::Unreadable { file: document.kind(), line, reason }),
        };
        Ok(Self { config: read(config)?, credentials: read(credentials)? })
    }

    pub(super) fn profile<'v>(&'v self, name: &str) -> Option<Keys<'v>> {
        let id = Name::new(SectionType::Profile, name);
        let (config, credentials) = (self.config.0.get(&id), self.credentials.0.get(&id));
        (config.is_some() || credentials.is_some()).then(|| Keys { name: name.to_owned(), config, credentials })
    }

    /// Refuses a chain that no stack could hold. One that leads back to itself is left to the tool.
    pub(super) fn check_depth(&self, name: &str) -> Result<(), Refusal> {
        let mut chain = vec![name.to_owned()];
        while let Some(source) = self.profile(&chain[chain.len() - 1]).and_then(|keys| keys.get(SOURCE)) {
            if chain.iter().any(|known| known == source) {
                break;
            }
            if chain.len() == LONGEST_CHAIN {
                return Err(Refusal::TooDeep { profile: name.to_owned(), most: LONGEST_CHAIN });
            }
            chain.push(source.to_owned());
        }
        Ok(())
    }

    pub(super) fn session(&self, name: &str) -> Option<&Settings> {
        self.config.0.get(&Name::new(SectionType::SsoSession, name))
    }
}

/// The keys of a profile in both files.
#[derive(Clone)]
pub(super) struct Keys<'v> {
    pub(super) name: String,
    pub(super) config: Option<&'v Settings>,
    pub(super) credentials: Option<&'v Settings>,
}

impl<'v> Keys<'v> {
    /// Its value, maybe an empty one; that of the credentials file counts.
    pub(super) fn get(&self, key: &str) -> Option<&'v str> {
        self.at(key).map(|(_, text)| text)
    }

    fn at(&self, key: &str) -> Option<(FileKind, &'v str)> {
        let files = [(FileKind::Credentials, self.credentials), (FileKind::Config, self.config)];
        files.into_iter().find_map(|(file, settings)| Some((file, settings?.get(key)?.as_str())))
    }

    pub(super) fn filled(&self, key: &str) -> Option<&'v str> {
        self.get(key).filter(|text| !text.is_empty())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.has(key))
    }

    /// The key of both files together; none if there is nothing of it.
    pub(super) fn key(&self) -> Option<Resolution> {
        if !self.has_any(&[KEY_ID, SECRET, TOKEN]) {
            return None;
        }
        let (Some((file, id)), true) = (self.at(KEY_ID), self.has(SECRET)) else {
            return Some(Err(Refusal::HalfKey { profile: self.name.clone() }));
        };
        Some(Ok(self.key_of(file, id, self.has(TOKEN))))
    }

    pub(super) fn key_of(&self, file: FileKind, id: &str, is_session: bool) -> Mechanism {
        Mechanism::Key { profile: self.name.clone(), file, id: id.to_owned(), is_session }
    }

    /// A role by the token of an identity provider, for which a role must be named.
    pub(super) fn web_identity(&self, token_file: &str) -> Resolution {
        match self.get(ROLE) {
            Some(arn) => Ok(Mechanism::WebIdentity {
                profile: self.name.clone(),
                arn: arn.to_owned(),
                token_file: token_file.to_owned(),
            }),
            None => Err(Refusal::NoRole { profile: self.name.clone(), key: WEB_IDENTITY }),
        }
    }

    pub(super) fn login(&self, session: &str) -> Mechanism {
        Mechanism::Login { profile: self.name.clone(), session: session.to_owned() }
    }

    pub(super) fn process(&self, command: &str) -> Mechanism {
        Mechanism::Process { profile: self.name.clone(), command: command.to_owned() }
    }

    /// A place of the machine; its name in any case counts for some.
    pub(super) fn machine(&self, machine: &str, is_same: impl Fn(&str, &str) -> bool) -> Resolution {
        match MACHINES.into_iter().find(|known| is_same(known, machine)) {
            Some(known) => Ok(Mechanism::Machine { profile: self.name.clone(), machine: known }),
            None => Err(Refusal::UnknownMachine { profile: self.name.clone(), machine: machine.to_owned() }),
        }
    }

    pub(super) fn role(&self, arn: &str, mfa: Option<super::Mfa>, source: Mechanism) -> Mechanism {
        Mechanism::Role { profile: self.name.clone(), arn: arn.to_owned(), mfa, source: Box::new(source) }
    }

    /// An SSO access whose portal the session or the profile itself names. Each value must be filled.
    pub(super) fn sso(&self, session: Option<(&str, &Settings)>) -> Resolution {
        let portal = |key: &str| match session {
            Some((_, settings)) => settings.get(key).map(String::as_str),
            None => self.get(key),
        };
        let need = |key: &'static str, value: Option<&str>| {
            let missing = || Refusal::SsoIncomplete { profile: self.name.clone(), key };
            value.filter(|text| !text.is_empty()).map(str::to_owned).ok_or_else(missing)
        };
        Ok(Mechanism::Sso {
            profile: self.name.clone(),
            session: session.map(|(name, _)| name.to_owned()),
            start_url: need(SSO_URL, portal(SSO_URL))?,
            region: need(SSO_REGION, portal(SSO_REGION))?,
            account: need(SSO_ACCOUNT, self.get(SSO_ACCOUNT))?,
            role: need(SSO_ROLE, self.get(SSO_ROLE))?,
        })
    }

    /// The session that the profile names, which must be there.
    pub(super) fn session<'s>(&self, view: &'s View) -> Result<Option<(&'v str, &'s Settings)>, Refusal> {
        let Some(name) = self.get(SSO_SESSION) else { return Ok(None) };
        let missing = || Refusal::NoSsoSession { profile: self.name.clone(), session: name.to_owned() };
        view.session(name).map(|session| Some((name, session))).ok_or_else(missing)
    }

    /// The refusal if one of `shared` says one thing in the profile and another in the session.
    pub(super) fn check_session<'k>(
        &self,
        session: &Settings,
        mut shared: impl Iterator<Item = &'k str>,
        is_same: impl Fn(&str, &str) -> bool,
    ) -> Result<(), Refusal> {
        let differs = |key: &&str| {
            let both = self.get(key).zip(session.get(*key));
            both.is_some_and(|(own, other)| !is_same(own, other))
        };
        match shared.find(differs) {
            Some(key) => Err(Refusal::SsoConflict { profile: self.name.clone(), key: key.to_owned() }),
            None => Ok(()),
        }
    }
}

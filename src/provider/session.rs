//! Owns sessions: which kept one is usable, and obtaining a new one.

use std::rc::Rc;

use super::error::{ProviderError, Reason};
use super::frontend::Notice;
use super::renewal_lock::RenewalLock;
use super::{Attendance, Provider, RenewPolicy};
use crate::flow::{AssumeRole, CallError, Freshness, GetSessionToken, LoginUse, MfaProof, Operation, is_intolerable};
use crate::model::{
    ChainFingerprint, Credentials, ExternalSource, Externals, KeyFingerprint, Kind, MfaSerial, Profile, ProfileName,
    Role, SecretPlace, Session, SessionDuration,
};
use crate::store::{KeyringError, LongTermKeys, ProfileFacts, SaveError, Saved};
use crate::system::files::stamp::FileStamp;

/// The profiles of a chain from its base up to the one whose credentials are wanted; never empty.
pub(super) type ChainSteps<'s, 'c> = &'s [&'c Profile];

/// True if a session was made from this chain and from the key that its base has now. `ignored` as in [`ChainFingerprint::of`].
pub(crate) fn is_bound(
    session: &Session,
    steps: &[&Profile],
    keys: &LongTermKeys,
    externals: &Externals,
    ignored: Option<bool>,
) -> bool {
    session.definition == ChainFingerprint::of(steps, ignored) && session.key == key_fingerprint(steps, keys, externals)
}

fn key_fingerprint(steps: &[&Profile], keys: &LongTermKeys, externals: &Externals) -> Option<KeyFingerprint> {
    let base = steps.first()?;
    match base.long_term_section() {
        Some(section) => keys.fingerprint(section),
        None => externals.fingerprint(base),
    }
}

impl Provider<'_> {
    /// The credentials of the kept session that [`Self::kept`] finds. None if the keyring has lost them.
    pub(super) fn kept_credentials(
        &self,
        steps: ChainSteps<'_, '_>,
        least: Freshness,
    ) -> Result<Option<Credentials>, Rc<ProviderError>> {
        let Some(session) = self.kept(steps, least) else { return Ok(None) };
        self.ports.sessions.credentials(&session).map_err(|source| Rc::new(in_keyring(&session.profile, source)))
    }

    /// The kept session of the top of `steps`, if it is bound to them and at least as fresh as `least`.
    fn kept(&self, steps: ChainSteps<'_, '_>, least: Freshness) -> Option<Session> {
        let saved = self.ports.sessions.get(&target(steps).name)?;
        let session = &saved.session;
        let freshness = Freshness::of(session, (self.ports.now)());
        let is_fresh = freshness == Freshness::Fresh || freshness == least;
        let is_new = self.policy != RenewPolicy::Force || session.obtained_at >= self.started_at;
        if !(is_fresh && is_new && self.is_bound(session, steps)) {
            return None;
        }
        self.save_files(&saved, steps);
        Some(saved.session)
    }

    pub(super) fn definition(&self, steps: ChainSteps<'_, '_>) -> ChainFingerprint {
        ChainFingerprint::of(steps, self.ports.aws.ignores_endpoint_urls())
    }

    fn is_bound(&self, session: &Session, steps: ChainSteps<'_, '_>) -> bool {
        is_bound(session, steps, self.keys, self.ports.externals, self.ports.aws.ignores_endpoint_urls())
    }

    /// The files to be saved with a session. None if the environment changes the definition too: then no command must use the
    /// session by its files alone.
    fn files(&self) -> &[FileStamp] {
        if self.ports.aws.ignores_endpoint_urls().is_some() { &[] } else { &self.origin.seen }
    }

    /// What is saved of the profile with its session, for commands that then need no manifest.
    fn facts(&self, steps: ChainSteps<'_, '_>) -> Option<ProfileFacts> {
        self.origin.is_in_order.then(|| ProfileFacts::of(steps))
    }

    /// Saves the files' new stamps with a session whose definition still holds, so that the warm path works again.
    fn save_files(&self, saved: &Saved, steps: ChainSteps<'_, '_>) {
        let facts = self.facts(steps);
        if self.files().is_empty() || saved.seen == self.origin.seen && saved.facts == facts {
            return;
        }
        let renewed = Saved { session: saved.session.clone(), seen: self.origin.seen.clone(), facts };
        // Only speed is lost if that fails; and a session that another process is writing is not overwritten.
        let name = &saved.session.profile;
        if let Ok(_lock) = self.ports.sessions.try_lock(name.as_str())
            && self.ports.sessions.get(name).as_ref() == Some(saved)
        {
            drop(self.ports.sessions.put(&renewed));
        }
    }

    /// Credentials that can sign for the step above: a long-term key, or a kept session.
    pub(super) fn held(&self, steps: ChainSteps<'_, '_>) -> Result<Option<Credentials>, Rc<ProviderError>> {
        let profile = target(steps);
        if let Kind::Iam = profile.kind {
            let key = self.keys.read(&profile.name).map_err(|source| in_keyring(&profile.name, source))?;
            return Ok(key.map(Credentials::from));
        }
        if profile.external_section().is_some() {
            // A program is run when its step is due.
            let source = self.ports.externals.get(profile).and_then(|source| source.as_ref().ok());
            return Ok(source.and_then(|source| match source {
                ExternalSource::Keys(keys) => Some(keys.clone()),
                ExternalSource::Process(_) => None,
            }));
        }
        if let Some(session) = profile.login_session() {
            return Ok(match self.decide_login(session) {
                LoginUse::Use(token) => Some(token.credentials),
                _ => None,
            });
        }
        self.kept_credentials(steps, Freshness::Fresh)
    }

    /// Obtains a new session for the top of `steps`, signed by `source`.
    pub(super) async fn renew(
        &self,
        steps: ChainSteps<'_, '_>,
        source: Option<Credentials>,
    ) -> Result<Credentials, Rc<ProviderError>> {
        let profile = target(steps);
        let source = source.filter(Credentials::is_sendable);
        if profile.mfa_serial().is_some() && self.attendance == Attendance::Nobody {
            // An aging session can still sign for the role above it.
            let aging = self.kept_credentials(steps, Freshness::Aging)?;
            return Ok(aging.ok_or_else(|| self.login_needed(steps))?);
        }
        match &profile.kind {
            Kind::Sso { access, account_id, role_name } => {
                return self.sso_role(steps, access, account_id, role_name).await;
            }
            Kind::Login(session) => return self.login(steps, session).await,
            Kind::External => return self.external(profile).await,
            _ => {}
        }
        if profile.long_term_section().is_some() {
            // Checked before anybody is asked for a code.
            self.long_term_key(profile)?;
        }
        let renewed = || self.kept_credentials(steps, Freshness::Fresh).transpose();
        let _lock = match self.lock_renewal(profile.name.as_str(), renewed, || None).await? {
            RenewalLock::RenewedElsewhere(credentials) => return credentials,
            RenewalLock::Acquired(lock) => lock,
        };
        let machine = profile.role().and_then(Role::credential_source);
        let source = match machine {
            Some(machine) => Some(self.machine(profile, machine).await?),
            None => source,
        };
        let obtained = match (&profile.kind, source) {
            (Kind::IamMfa { mfa_serial, duration, .. }, _) => {
                let duration = duration.map(SessionDuration::seconds);
                self.session_token(profile, mfa_serial, duration).await?
            }
            (Kind::IamMfaRole { role, mfa_serial }, Some(source)) => {
                self.assume_role(profile, role, &source, mfa_serial.as_ref()).await?
            }
            (Kind::SsoRole(role) | Kind::Role(role), Some(source)) => {
                self.assume_role(profile, role, &source, None).await?
            }
            _ => return Err(Rc::new(self.no_source(steps))),
        };
        Ok(self.save(steps, obtained)?)
    }

    fn no_source(&self, steps: ChainSteps<'_, '_>) -> ProviderError {
        match steps.iter().rev().nth(1) {
            Some(base) if base.long_term_section().is_some() => no_key(base),
            _ => self.login_needed(steps),
        }
    }

    async fn session_token(
        &self,
        profile: &Profile,
        serial: &MfaSerial,
        duration_seconds: Option<i32>,
    ) -> Result<Credentials, ProviderError> {
        let key = self.long_term_key(profile)?;
        let call = async |mfa: MfaProof<'_>| {
            self.calling(Operation::GetSessionToken, &profile.name);
            let (region, routing) = (profile.sts_region(), profile.routing());
            let call = GetSessionToken { region, routing, key: &key, mfa, duration_seconds };
            self.ports.aws.get_session_token(call).await
        };
        self.with_code(profile, serial, call).await
    }

    async fn assume_role(
        &self,
        profile: &Profile,
        role: &Role,
        source: &Credentials,
        serial: Option<&MfaSerial>,
    ) -> Result<Credentials, ProviderError> {
        let call = async |mfa: Option<MfaProof<'_>>| {
            self.calling(Operation::AssumeRole, &profile.name);
            let (region, routing, role_session_name) =
                (profile.sts_region(), profile.routing(), &*self.role_session_name(role));
            let call = AssumeRole { region, routing, source, role, role_session_name, mfa };
            self.ports.aws.assume_role(call).await
        };
        match serial {
            Some(serial) => self.with_code(profile, serial, async |mfa: MfaProof<'_>| call(Some(mfa)).await).await,
            None => call(None).await.map_err(|call| failed(&profile.name, call)),
        }
    }

    /// As every SDK does, a default has the program's own name in it, for `CloudTrail`.
    fn role_session_name(&self, role: &Role) -> String {
        match &role.session_name {
            Some(name) => name.as_str().to_owned(),
            None => format!("awsauth-{}", (self.ports.now)().as_second()),
        }
    }

    pub(super) fn save(
        &self,
        steps: ChainSteps<'_, '_>,
        credentials: Credentials,
    ) -> Result<Credentials, ProviderError> {
        let profile = target(steps);
        let now = (self.ports.now)();
        self.check_clock(&profile.name)?;
        if let Some(expiration) = credentials.expiration
            && Freshness::within(now, expiration, now) == Freshness::Expired
        {
            return Err(ProviderError::WrongExpiration { profile: profile.name.clone(), expiration });
        }
        let session = Session {
            profile: profile.name.clone(),
            definition: self.definition(steps),
            key: key_fingerprint(steps, self.keys, self.ports.externals),
            obtained_at: now,
            expiration: credentials.expiration.unwrap_or(now),
            access_key_id: credentials.access_key_id.clone(),
            secret: SecretPlace::Here(credentials.secret()),
        };
        // A logout during the renewal is not undone: the caller gets the credentials, and nothing is saved.
        if self.was_logged_out(steps) {
            return Ok(credentials);
        }
        let saved = Saved { session, seen: self.files().to_vec(), facts: self.facts(steps) };
        match self.ports.sessions.put(&saved) {
            Ok(()) => self.notify(&Notice::Obtained { profile: &profile.name }),
            // `login` is there to save a session; a program wants credentials, saved or not.
            Err(error) if matches!(self.policy, RenewPolicy::Required | RenewPolicy::Force) => {
                return Err(match error {
                    SaveError::Disk(source) => ProviderError::Store { profile: profile.name.to_string(), source },
                    SaveError::Keyring(source) => in_keyring(&profile.name, source),
                });
            }
            Err(SaveError::Disk(error)) => self.tell_unsaved(&error),
            Err(SaveError::Keyring(error)) => {
                self.notify(&Notice::NotSaved { what: "the session", cause: error.to_string() });
            }
        }
        Ok(credentials)
    }

    /// Refuses to go on with a clock that AWS's responses contradict.
    pub(super) fn check_clock(&self, name: &ProfileName) -> Result<(), ProviderError> {
        match self.ports.aws.clock_skew().filter(|skew| is_intolerable(*skew)) {
            Some(clock_skew) => Err(ProviderError::WrongClock { profile: name.clone(), clock_skew }),
            None => Ok(()),
        }
    }

    /// True if a logout since the start of this run ended the session of the top of `steps` and its source too. A session that
    /// a person gave a code for, or whose source was signed in to anew, is wanted.
    fn was_logged_out(&self, steps: ChainSteps<'_, '_>) -> bool {
        let profile = target(steps);
        if profile.mfa_serial().is_some() || !self.ports.sessions.was_ended(&profile.name, self.started_at) {
            return false;
        }
        match (&profile.kind, steps.iter().rev().nth(1)) {
            (Kind::Sso { access, .. }, _) => self.ports.tokens.token(access).is_none(),
            (_, Some(source)) => match source.login_session() {
                Some(session) => self.ports.logins.token(session).is_none(),
                None => source.has_session() && self.ports.sessions.get(&source.name).is_none(),
            },
            (_, None) => false,
        }
    }

    /// The key that signs a call. The SDK panics at a control character in a key's id.
    fn long_term_key(&self, profile: &Profile) -> Result<Credentials, ProviderError> {
        let key = match profile.long_term_section() {
            Some(section) => self.keys.read(section).map_err(|source| in_keyring(&profile.name, source))?,
            None => None,
        };
        key.map(Credentials::from).filter(Credentials::is_sendable).ok_or_else(|| no_key(profile))
    }

    pub(super) fn login_needed(&self, steps: ChainSteps<'_, '_>) -> ProviderError {
        let profile = target(steps).name.clone();
        // Nothing is read from a state directory that others can write to; a login would not help.
        if let Err(source) = self.ports.sessions.check() {
            return ProviderError::Store { profile: profile.to_string(), source };
        }
        let is_signed_in =
            target(steps).login_session().is_some_and(|session| self.ports.logins.token(session).is_some());
        let reason = match self.ports.sessions.get(&profile) {
            None if is_signed_in => Reason::Expired,
            None => Reason::NoSession,
            Some(saved) if self.is_bound(&saved.session, steps) => Reason::Expired,
            Some(_) => Reason::Changed,
        };
        ProviderError::LoginNeeded { profile, reason }
    }

    pub(super) fn calling(&self, operation: Operation, name: &ProfileName) {
        self.notify(&Notice::Calling { operation, subject: name.as_str() });
    }
}

pub(super) fn target<'c>(steps: ChainSteps<'_, 'c>) -> &'c Profile {
    steps[steps.len() - 1]
}

fn no_key(profile: &Profile) -> ProviderError {
    let section = profile.long_term_section().unwrap_or(&profile.name).clone();
    ProviderError::NoLongTermKey { profile: profile.name.clone(), section }
}

fn in_keyring(name: &ProfileName, source: KeyringError) -> ProviderError {
    ProviderError::Keyring { profile: name.clone(), source }
}

pub(super) fn failed(name: &ProfileName, call: CallError) -> ProviderError {
    ProviderError::Call { profile: name.clone(), call: Box::new(call) }
}

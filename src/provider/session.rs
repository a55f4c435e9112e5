//! Owns sessions: which kept one serves, and getting a new one.

use std::rc::Rc;

use super::code::Codes;
use super::error::{ProviderError, Reason};
use super::notice::Notice;
use super::right::Right;
use super::{Attendance, LongTermKeys, Provider, Renewal};
use crate::flow::{AssumeRole, CallError, Freshness, GetSessionToken, Operation, is_intolerable, judge};
use crate::model::{
    ChainFingerprint, Credentials, KeyFingerprint, Kind, MfaSerial, Partition, Pattern, Profile, ProfileName, Role,
    Session, SessionDuration,
};
use crate::store::Saved;
use crate::system::stamp::FileStamp;

/// The profiles of a chain from its base up to the one whose credentials are wanted.
pub(super) type Steps<'s, 'c> = &'s [&'c Profile];

/// Whether a session was made from this chain and from the key that its base has now. `ignored` as in [`ChainFingerprint::of`].
pub(crate) fn is_bound(session: &Session, steps: &[&Profile], keys: &LongTermKeys, ignored: Option<bool>) -> bool {
    session.definition == ChainFingerprint::of(steps, ignored) && session.key == key_fingerprint(steps, keys)
}

fn key_fingerprint(steps: &[&Profile], keys: &LongTermKeys) -> Option<KeyFingerprint> {
    let section = steps.first()?.long_term_section()?;
    keys.get(section).map(|key| KeyFingerprint::of(section, key))
}

impl Provider<'_> {
    /// The kept session of the top of `steps`, if it is bound to them and at least as fresh as `least`.
    pub(crate) fn kept(&self, steps: Steps<'_, '_>, least: Freshness) -> Option<Session> {
        let target = steps.last()?;
        let saved = self.ports.sessions.get(&target.name)?;
        let session = &saved.session;
        let freshness = judge(session.obtained_at, session.expiration, (self.ports.now)());
        let serves = freshness == Freshness::Fresh || freshness == least;
        let is_new = self.renewal != Renewal::Always || session.obtained_at >= self.since;
        if !(serves && is_new && self.is_bound(session, steps)) {
            return None;
        }
        self.remember_files(&saved);
        Some(saved.session)
    }

    pub(super) fn definition(&self, steps: Steps<'_, '_>) -> ChainFingerprint {
        ChainFingerprint::of(steps, self.ports.aws.ignores_endpoint_urls())
    }

    fn is_bound(&self, session: &Session, steps: Steps<'_, '_>) -> bool {
        is_bound(session, steps, self.keys, self.ports.aws.ignores_endpoint_urls())
    }

    /// What a session is remembered to be read from: nothing where the environment had a word in it as well, so that
    /// nobody takes the session without a look at its definition.
    fn files(&self) -> &[FileStamp] {
        if self.ports.aws.ignores_endpoint_urls().is_some() { &[] } else { self.seen }
    }

    /// The definition holds, though the files were written: the next look need not parse them.
    fn remember_files(&self, saved: &Saved) {
        if self.files().is_empty() || saved.seen == self.seen {
            return;
        }
        let renewed = Saved { session: saved.session.clone(), seen: self.seen.to_vec() };
        // Only speed is lost if that fails; and a session that another process is writing is not overwritten.
        let name = &saved.session.profile;
        if let Ok(_lock) = self.ports.sessions.try_lock(name.as_str())
            && self.ports.sessions.get(name).as_ref() == Some(saved)
        {
            drop(self.ports.sessions.put(&renewed));
        }
    }

    /// What can sign for the step above: a long-term key, or a kept session.
    pub(super) fn serving(&self, steps: Steps<'_, '_>) -> Option<Credentials> {
        let top = steps.last()?;
        if let Kind::Iam = top.kind {
            return self.keys.get(&top.name).cloned().map(Credentials::from);
        }
        self.kept(steps, Freshness::Fresh).map(|session| session.credentials)
    }

    /// Gets a new session for the top of `steps` from the credentials below it.
    pub(super) async fn renew(
        &self,
        steps: Steps<'_, '_>,
        source: Option<Credentials>,
    ) -> Result<Credentials, Rc<ProviderError>> {
        let profile = steps[steps.len() - 1];
        if profile.mfa_serial().is_some() && self.attendance == Attendance::Nobody {
            // An older session still signs for what is above it.
            let aging = self.kept(steps, Freshness::Aging);
            return Ok(aging.ok_or_else(|| self.login_needed(steps))?.credentials);
        }
        if let Kind::Sso { access, account_id, role_name } = &profile.kind {
            return self.sso_role(steps, access, (account_id, role_name)).await;
        }
        if profile.long_term_section().is_some() {
            // Known before anybody is asked for a code.
            self.long_term_key(profile)?;
        }
        let theirs = || self.kept(steps, Freshness::Fresh);
        let _lock = match self.right_to(profile.name.as_str(), theirs, || None).await? {
            Right::Theirs(session) => return Ok(session.credentials),
            Right::Ours(lock) => lock,
        };
        let obtained = match (&profile.kind, source) {
            (Kind::IamMfa { mfa_serial, duration, .. }, _) => {
                let key = self.long_term_key(profile)?;
                self.session_token(profile, &key, mfa_serial, duration.map(SessionDuration::seconds)).await?
            }
            (Kind::IamMfaRole { role, mfa_serial: Some(serial) }, Some(source)) => {
                self.role_with_code(profile, role, serial, &source).await?
            }
            (Kind::IamMfaRole { role, mfa_serial: None } | Kind::SsoRole(role), Some(source)) => {
                self.plain_role(profile, role, &source).await?
            }
            _ => return Err(Rc::new(self.no_source(steps))),
        };
        Ok(self.keep(steps, obtained)?)
    }

    /// Why nothing signs for the top of `steps`.
    fn no_source(&self, steps: Steps<'_, '_>) -> ProviderError {
        match steps.iter().rev().nth(1) {
            Some(base) if base.long_term_section().is_some() => no_key(base),
            _ => self.login_needed(steps),
        }
    }

    async fn session_token(
        &self,
        profile: &Profile,
        key: &Credentials,
        serial: &MfaSerial,
        duration_seconds: Option<i32>,
    ) -> Result<Credentials, ProviderError> {
        let mut codes = Codes::new(profile, serial);
        loop {
            let mfa = codes.next(self)?;
            self.calling(Operation::GetSessionToken, &profile.name);
            let call =
                GetSessionToken { region: region(profile), routing: profile.routing(), key, mfa, duration_seconds };
            match self.ports.aws.get_session_token(call).await {
                Err(error) if codes.may_retry(self, &error) => {}
                answer => return answer.map_err(|call| failed(&profile.name, call)),
            }
        }
    }

    async fn role_with_code(
        &self,
        profile: &Profile,
        role: &Role,
        serial: &MfaSerial,
        source: &Credentials,
    ) -> Result<Credentials, ProviderError> {
        let mut codes = Codes::new(profile, serial);
        loop {
            let mfa = Some(codes.next(self)?);
            self.calling(Operation::AssumeRole, &profile.name);
            let name = self.role_session_name(role);
            let call = AssumeRole {
                region: region(profile),
                routing: profile.routing(),
                source,
                role,
                role_session_name: &name,
                mfa,
            };
            match self.ports.aws.assume_role(call).await {
                Err(error) if codes.may_retry(self, &error) => {}
                answer => return answer.map_err(|call| failed(&profile.name, call)),
            }
        }
    }

    async fn plain_role(
        &self,
        profile: &Profile,
        role: &Role,
        source: &Credentials,
    ) -> Result<Credentials, ProviderError> {
        self.calling(Operation::AssumeRole, &profile.name);
        let name = self.role_session_name(role);
        let call = AssumeRole {
            region: region(profile),
            routing: profile.routing(),
            source,
            role,
            role_session_name: &name,
            mfa: None,
        };
        self.ports.aws.assume_role(call).await.map_err(|call| failed(&profile.name, call))
    }

    /// `role_session_name`, or one that `CloudTrail` shows as awsauth's, as every SDK does with its own name.
    fn role_session_name(&self, role: &Role) -> String {
        match &role.session_name {
            Some(name) => name.as_str().to_owned(),
            None => format!("awsauth-{}", (self.ports.now)().as_second()),
        }
    }

    pub(super) fn keep(&self, steps: Steps<'_, '_>, credentials: Credentials) -> Result<Credentials, ProviderError> {
        let profile = steps[steps.len() - 1];
        let now = (self.ports.now)();
        self.check_clock(&profile.name)?;
        if let Some(expiration) = credentials.expiration
            && judge(now, expiration, now) == Freshness::Gone
        {
            return Err(ProviderError::WrongExpiration { profile: profile.name.clone(), expiration });
        }
        let session = Session {
            profile: profile.name.clone(),
            definition: self.definition(steps),
            key: key_fingerprint(steps, self.keys),
            obtained_at: now,
            expiration: credentials.expiration.unwrap_or(now),
            credentials,
        };
        // A logout meanwhile is not undone: what was renewed serves the one who asked, and nobody else.
        if self.is_orphan(steps) {
            return Ok(session.credentials);
        }
        let saved = Saved { session, seen: self.files().to_vec() };
        match self.ports.sessions.put(&saved) {
            Ok(()) => {}
            // Who logs in wants a session that stays; a program wants its credentials.
            Err(source) if matches!(self.renewal, Renewal::Strict | Renewal::Always) => {
                return Err(ProviderError::Store { profile: profile.name.to_string(), source });
            }
            Err(error) => {
                self.tell_unkept(&error);
                return Ok(saved.session.credentials);
            }
        }
        (self.ports.notify)(Notice::Obtained { profile: &profile.name });
        Ok(saved.session.credentials)
    }

    /// Refuses to go on by a clock that AWS's answers contradict.
    pub(super) fn check_clock(&self, name: &ProfileName) -> Result<(), ProviderError> {
        match self.ports.aws.clock_skew().filter(|skew| is_intolerable(*skew)) {
            Some(clock_skew) => Err(ProviderError::WrongClock { profile: name.clone(), clock_skew }),
            None => Ok(()),
        }
    }

    /// Whether the top of `steps` was ended since this run began, and what it is made from is gone as well. What a person
    /// gives a code for, or signs in anew for, is wanted.
    fn is_orphan(&self, steps: Steps<'_, '_>) -> bool {
        let profile = steps[steps.len() - 1];
        if profile.mfa_serial().is_some() || !self.ports.sessions.was_ended(&profile.name, self.since) {
            return false;
        }
        match (&profile.kind, steps.iter().rev().nth(1)) {
            (Kind::Sso { access, .. }, _) => self.ports.tokens.token(access).is_none(),
            (_, Some(source)) => source.pattern() != Pattern::Iam && self.ports.sessions.get(&source.name).is_none(),
            (_, None) => false,
        }
    }

    fn long_term_key(&self, profile: &Profile) -> Result<Credentials, ProviderError> {
        let key = profile.long_term_section().and_then(|section| self.keys.get(section));
        key.cloned().map(Credentials::from).ok_or_else(|| no_key(profile))
    }

    /// Why the top of `steps` needs a person.
    pub(super) fn login_needed(&self, steps: Steps<'_, '_>) -> ProviderError {
        let profile = steps[steps.len() - 1].name.clone();
        // A session that may be there is not looked at: that is why, and a login would not help.
        if let Err(source) = self.ports.sessions.check() {
            return ProviderError::Store { profile: profile.to_string(), source };
        }
        let reason = match self.ports.sessions.get(&profile) {
            None => Reason::NoSession,
            Some(saved) if self.is_bound(&saved.session, steps) => Reason::Expired,
            Some(_) => Reason::Changed,
        };
        ProviderError::LoginNeeded { profile, reason }
    }

    pub(super) fn calling(&self, operation: Operation, name: &ProfileName) {
        (self.ports.notify)(Notice::Calling { operation, subject: name.as_str() });
    }
}

/// The region whose STS is asked: the profile's, or one of the ARN's partition.
fn region(profile: &Profile) -> &str {
    let partition = match (profile.role(), profile.mfa_serial()) {
        (Some(role), _) => Some(role.arn.partition()),
        (None, Some(serial)) => serial.partition(),
        (None, None) => None,
    };
    let fallback = partition.unwrap_or(Partition::ALL[0]).default_region();
    profile.region.as_ref().map_or(fallback, |region| region.as_str())
}

fn no_key(profile: &Profile) -> ProviderError {
    let section = profile.long_term_section().unwrap_or(&profile.name).clone();
    ProviderError::NoLongTermKey { profile: profile.name.clone(), section }
}

pub(super) fn failed(name: &ProfileName, call: CallError) -> ProviderError {
    ProviderError::Call { profile: name.clone(), call }
}

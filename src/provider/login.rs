//! Owns console sign-ins: credentials that are kept, refreshed, or made by a person who signs in (aws-facts §13).

use std::rc::Rc;

use super::error::ProviderError;
use super::execute::CredentialResult;
use super::frontend::{CallbackOutcome, Notice};
use super::renewal_lock::RenewalLock;
use super::session::{ChainSteps, failed, target};
use super::{Attendance, Provider, RenewPolicy};
use crate::aws::new_dpop_key;
use crate::flow::{
    CALLBACK_PATH, CallError, Callback, CreateOAuth2Token, LoginUse, Operation, Pkce, SignInFlow, SignInGrant,
    SignInResponse, decide_login, pasted_query, redirect_uri, subject,
};
use crate::model::{Credentials, LoginSession, LoginToken, Profile, Region};
use crate::prompt::{Echo, NoAnswer, Question};
use crate::secret::Secret;
use crate::store::LoginCache;
use crate::system::files::disk::DiskError;
use crate::system::loopback::{self, Loopback};
use crate::system::random;
use jiff::Timestamp;

/// The page that shows a code for another machine, at the sign-in service.
const CONFIRMATION_PATH: &str = "/v1/sessions/confirmation";

/// A sign-in that a person is asked for.
struct SignIn<'a> {
    profile: &'a Profile,
    session: &'a LoginSession,
    /// The address of the sign-in service.
    endpoint: String,
    pkce: Pkce,
    dpop_key: Secret,
}

impl Provider<'_> {
    /// The kept credentials if they last, else refreshed ones, or those of a new sign-in.
    pub(super) async fn login(&self, steps: ChainSteps<'_, '_>, session: &LoginSession) -> CredentialResult {
        let is_unattended = self.attendance == Attendance::Nobody;
        match self.decide_login(session) {
            LoginUse::Use(token) => return Ok(token.credentials),
            LoginUse::Aging(token) if is_unattended => return Ok(token.credentials),
            LoginUse::Authorize if is_unattended => return Err(self.login_needed(steps).into()),
            LoginUse::Aging(_) | LoginUse::Refresh(_) | LoginUse::Authorize => {}
        }
        let renewed = || match self.decide_login(session) {
            LoginUse::Use(token) => Some(token.credentials),
            _ => None,
        };
        // The holder of the lock may be a person who looks at a page.
        let interim = || match self.decide_login(session) {
            LoginUse::Refresh(token) if is_unattended && self.lasts(&token) => Some(token.credentials),
            _ => None,
        };
        let _lock = match self.lock_renewal(&LoginCache::lock_name(session), renewed, interim).await? {
            RenewalLock::RenewedElsewhere(credentials) => return Ok(credentials),
            RenewalLock::Acquired(lock) => lock,
        };
        self.renew_login(steps, session).await
    }

    pub(super) fn decide_login(&self, session: &LoginSession) -> LoginUse {
        if self.policy == RenewPolicy::Force && !self.approved.borrow().contains(session.as_str()) {
            return LoginUse::Authorize;
        }
        decide_login(self.ports.logins.token(session), (self.ports.now)())
    }

    fn lasts(&self, token: &LoginToken) -> bool {
        token.credentials.expiration.is_some_and(|end| end > (self.ports.now)())
    }

    /// Refreshes the credentials, or has a person sign in. The renewal lock must be held.
    async fn renew_login(&self, steps: ChainSteps<'_, '_>, session: &LoginSession) -> CredentialResult {
        let is_unattended = self.attendance == Attendance::Nobody;
        let token = match self.decide_login(session) {
            LoginUse::Use(token) => return Ok(token.credentials),
            LoginUse::Aging(token) if is_unattended => return Ok(token.credentials),
            LoginUse::Aging(_) | LoginUse::Authorize => return self.sign_in_again(steps, session).await,
            LoginUse::Refresh(token) => token,
        };
        let error = match self.refresh_login(target(steps), session, &token).await {
            Ok(credentials) => return credentials.map_err(Rc::new),
            Err(error) => error,
        };
        // AWS CLI, which does not know of the lock, may have used the refresh token first.
        if let LoginUse::Use(newer) = self.decide_login(session) {
            return Ok(newer.credentials);
        }
        let is_over = error.problem.ends_sign_in();
        if is_over {
            self.ports.logins.mark_refused(session, &token);
        }
        if self.lasts(&token) && (!is_over || is_unattended) {
            return Ok(token.credentials);
        }
        if !is_over {
            return Err(failed(&target(steps).name, error).into());
        }
        if !is_unattended {
            self.notify(&Notice::SignInEnded { profile: &target(steps).name, call: &error });
        }
        self.sign_in_again(steps, session).await
    }

    async fn refresh_login(
        &self,
        profile: &Profile,
        session: &LoginSession,
        token: &LoginToken,
    ) -> Result<Result<Credentials, ProviderError>, CallError> {
        let Some(refresh_token) = &token.refresh_token else {
            return Err(CallError::unreachable(Operation::CreateOAuth2Token, "there is no refresh token"));
        };
        // A sign-in is refreshed where it was made (aws-facts §13.3).
        let region = token.region.as_ref().map_or(profile.sts_region(), Region::as_str);
        let grant = SignInGrant::RefreshToken(refresh_token);
        let response = self.create_oauth2_token(profile, region, &token.client_id, &token.dpop_key, grant).await?;
        let SignInResponse { credentials, refresh_token, .. } = response;
        let token = LoginToken { credentials, refresh_token: Some(refresh_token), ..token.clone() };
        Ok(self.keep_login(profile, token, |token| self.ports.logins.put_refreshed(session, token)))
    }

    async fn create_oauth2_token(
        &self,
        profile: &Profile,
        region: &str,
        client_id: &str,
        dpop_key: &Secret,
        grant: SignInGrant<'_>,
    ) -> Result<SignInResponse, CallError> {
        self.calling(Operation::CreateOAuth2Token, &profile.name);
        let call = CreateOAuth2Token { region, fips: profile.routing().fips, client_id, dpop_key, grant };
        self.ports.aws.create_oauth2_token(call, (self.ports.now)()).await
    }

    /// Saves a token. With a wrong clock its end is unknown: it is saved as ended, for its refresh token.
    fn keep_login(
        &self,
        profile: &Profile,
        mut token: LoginToken,
        save: impl FnOnce(&LoginToken) -> Result<(), DiskError>,
    ) -> Result<Credentials, ProviderError> {
        let clock = self.check_clock(&profile.name);
        if clock.is_err() {
            token.credentials.expiration = Some(Timestamp::UNIX_EPOCH);
        }
        match save(&token) {
            Ok(()) => self.notify(&Notice::Obtained { profile: &profile.name }),
            // `login` is there to save a session; a program wants credentials, saved or not.
            Err(source) if matches!(self.policy, RenewPolicy::Required | RenewPolicy::Force) => {
                return Err(ProviderError::Store { profile: profile.name.to_string(), source });
            }
            Err(error) => self.notify(&Notice::NotSaved { what: "the sign-in", cause: error.with_cause() }),
        }
        clock.map(|()| token.credentials)
    }

    /// Has a person sign in, once in a run: who has refused is not asked again for the next profile.
    async fn sign_in_again(&self, steps: ChainSteps<'_, '_>, session: &LoginSession) -> CredentialResult {
        if let Some(error) = self.failed_sign_ins.borrow().get(session.as_str()) {
            return Err(Rc::clone(error));
        }
        let result = self.ask_to_sign_in(steps, session).await.map_err(Rc::new);
        if let Err(error) = &result {
            self.failed_sign_ins.borrow_mut().insert(session.as_str().to_owned(), Rc::clone(error));
        }
        result
    }

    async fn ask_to_sign_in(
        &self,
        steps: ChainSteps<'_, '_>,
        session: &LoginSession,
    ) -> Result<Credentials, ProviderError> {
        let profile = target(steps);
        if self.attendance == Attendance::Nobody {
            return Err(self.login_needed(steps));
        }
        let (region, fips) = (profile.sts_region(), profile.routing().fips);
        let endpoint = self.ports.aws.sign_in_endpoint(Operation::Authorize, region, fips).await;
        let endpoint = endpoint.map_err(|call| failed(&profile.name, call))?;
        let unready = |why: &str| failed(&profile.name, CallError::unreachable(Operation::Authorize, why));
        let pkce = Pkce::with_uuid(&random::bytes().map_err(|error| unready(&error.to_string()))?);
        let dpop_key = new_dpop_key().map_err(|_| unready("no key can be made"))?;
        let sign_in = SignIn { profile, session, endpoint, pkce, dpop_key };
        let credentials = match self.preference.sign_in_flow() {
            SignInFlow::CrossDevice => self.sign_in_elsewhere(&sign_in).await?,
            SignInFlow::SameDevice => match loopback::listen(CALLBACK_PATH).await {
                Ok(loopback) => self.sign_in_here(&sign_in, loopback).await?,
                Err(error) => {
                    self.notify(&Notice::NoListener { cause: error.to_string() });
                    self.sign_in_elsewhere(&sign_in).await?
                }
            },
        };
        self.approved.borrow_mut().insert(session.as_str().to_owned());
        Ok(credentials)
    }

    /// Waits for a browser on this machine that comes back to it.
    async fn sign_in_here(&self, sign_in: &SignIn<'_>, mut loopback: Loopback) -> Result<Credentials, ProviderError> {
        let (name, subject) = (&sign_in.profile.name, sign_in.session.as_str());
        let redirect_uri = redirect_uri(loopback.address().port());
        self.show_page(sign_in, SignInFlow::SameDevice, &redirect_uri);
        let Some((callback, code)) = self.next_code(&sign_in.pkce, &mut loopback, subject).await else {
            return Err(ProviderError::CallbackTimedOut { profile: name.clone() });
        };
        let result = match code {
            Ok(code) => self.redeem_sign_in(sign_in, SignInFlow::SameDevice, &code, &redirect_uri).await,
            Err(call) => Err(failed(name, call)),
        };
        let unsaved = CallError::unreachable(Operation::CreateOAuth2Token, "the terminal says why");
        let outcome = match &result {
            Ok(_) => CallbackOutcome::Granted,
            Err(ProviderError::IdentityMismatch { expected, actual, .. }) => {
                CallbackOutcome::IdentityMismatch { expected, actual }
            }
            Err(ProviderError::Call { call, .. }) => CallbackOutcome::Refused(call),
            Err(_) => CallbackOutcome::Refused(&unsaved),
        };
        self.answer(callback, subject, &outcome).await;
        result
    }

    /// Asks for the code that the sign-in page shows in a browser on any machine.
    async fn sign_in_elsewhere(&self, sign_in: &SignIn<'_>) -> Result<Credentials, ProviderError> {
        let profile = || sign_in.profile.name.clone();
        if self.attendance != Attendance::Person {
            return Err(ProviderError::NoTerminal { profile: profile() });
        }
        let redirect_uri = format!("{}{CONFIRMATION_PATH}", sign_in.endpoint);
        self.show_page(sign_in, SignInFlow::CrossDevice, &redirect_uri);
        let question = Question {
            text: "The code that the page shows:",
            help: "it stays hidden",
            fits: |text| pasted_query(text).is_some_and(|query| !query.expose().is_empty()),
            complaint: "this is not the whole code: copy it once more",
            echo: Echo::Hidden,
            facts: &[],
        };
        loop {
            let pasted = self.ports.prompt.borrow_mut().ask_person(question).map_err(|why| match why {
                NoAnswer::Interrupted => ProviderError::Interrupted { profile: profile() },
                _ => ProviderError::NoTerminal { profile: profile() },
            })?;
            let query = pasted_query(pasted.expose());
            match query.map_or(Callback::Unreadable, |query| sign_in.pkce.read_callback(query.expose())) {
                Callback::Code(code) => {
                    return self.redeem_sign_in(sign_in, SignInFlow::CrossDevice, &code, &redirect_uri).await;
                }
                Callback::Refused(call) => return Err(failed(&profile(), call)),
                Callback::Foreign => self.notify(&Notice::ForeignCode),
                Callback::Unreadable => self.notify(&Notice::UnreadableCode),
            }
        }
    }

    fn show_page(&self, sign_in: &SignIn<'_>, flow: SignInFlow, redirect_uri: &str) {
        let url = sign_in.pkce.sign_in_url(&sign_in.endpoint, flow.client_id(), redirect_uri);
        let opened = self.ports.frontend.open(&url);
        self.notify(&Notice::SignIn { session: sign_in.session, flow, url: &url, opened });
    }

    /// Nothing is kept of a sign-in as somebody else.
    async fn redeem_sign_in(
        &self,
        sign_in: &SignIn<'_>,
        flow: SignInFlow,
        code: &Secret,
        redirect_uri: &str,
    ) -> Result<Credentials, ProviderError> {
        let SignIn { profile, session, pkce, dpop_key, .. } = sign_in;
        let region = profile.sts_region();
        let grant = SignInGrant::AuthorizationCode { code, verifier: &pkce.verifier, redirect_uri };
        let response = self.create_oauth2_token(profile, region, flow.client_id(), dpop_key, grant).await;
        let SignInResponse { credentials, token_type, refresh_token, id_token } =
            response.map_err(|call| failed(&profile.name, call))?;
        let unnamed = || CallError::unreachable(Operation::CreateOAuth2Token, "the answer does not say who signed in");
        let id_token = id_token.ok_or_else(|| failed(&profile.name, unnamed()))?;
        let actual = subject(&id_token).ok_or_else(|| failed(&profile.name, unnamed()))?;
        if actual != session.as_str() {
            let (profile, expected) = (profile.name.clone(), (*session).clone());
            return Err(ProviderError::IdentityMismatch { profile, expected, actual });
        }
        let token = LoginToken {
            credentials,
            client_id: flow.client_id().to_owned(),
            refresh_token: Some(refresh_token),
            dpop_key: dpop_key.clone(),
            region: Region::new(region).ok(),
            signed_in_at: Some((self.ports.now)()),
        };
        self.keep_login(profile, token, |token| self.ports.logins.put(session, token, &token_type, &id_token))
    }
}

//! Owns SSO: a token that is kept, refreshed or approved, and the role credentials it gives.

use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::error::{ProviderError, Reason};
use super::notice::Notice;
use super::right::Right;
use super::session::{Steps, failed};
use super::{Attendance, Provider, Renewal};
use crate::flow::{
    CallError, CreateToken, DeviceAuthorization, Freshness, GetRoleCredentials, Grant, Granted, Operation, Outcome,
    Polling, Problem, RegisterClient, StartDeviceAuthorization, TokenUse, decide, is_reusable,
};
use crate::model::{
    AccountId, ClientUse, Credentials, Profile, ProfileName, SsoAccess, SsoClient, SsoFlow, SsoRoleName, SsoToken,
};
use crate::secret::Secret;

/// Whether the kept token may be used as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust<'t> {
    /// Yes, if it has not ended.
    Kept,
    /// Not if it is this one, which AWS has just refused.
    AllBut(&'t Secret),
}

/// What an SSO token is wanted for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose<'s, 'c> {
    /// The role of the profile at the top of these steps.
    Role(Steps<'s, 'c>),
    /// Listing what is assigned, through the SSO session of this name.
    Listing(&'s ProfileName),
}

impl Purpose<'_, '_> {
    /// By what it is told.
    fn name(&self) -> &ProfileName {
        match self {
            Self::Role(steps) => &steps[steps.len() - 1].name,
            Self::Listing(name) => name,
        }
    }
}

impl Provider<'_> {
    /// The credentials of an assigned role. A token that AWS refuses is renewed once.
    pub(super) async fn sso_role(
        &self,
        steps: Steps<'_, '_>,
        access: &SsoAccess,
        assigned: (&AccountId, &SsoRoleName),
    ) -> Result<Credentials, Rc<ProviderError>> {
        let profile = steps[steps.len() - 1];
        let mut token = self.sso_token(Purpose::Role(steps), access, Trust::Kept).await?;
        let theirs = || self.kept(steps, Freshness::Fresh);
        let _lock = match self.right_to(profile.name.as_str(), theirs, || None).await? {
            Right::Theirs(session) => return Ok(session.credentials),
            Right::Ours(lock) => lock,
        };
        let answer = match self.role_credentials(profile, access, assigned, &token).await {
            Err(error) if error.problem == Problem::TokenRejected => {
                (self.ports.notify)(Notice::TokenRejected { access });
                token = self.sso_token(Purpose::Role(steps), access, Trust::AllBut(&token.access_token)).await?;
                self.role_credentials(profile, access, assigned, &token).await
            }
            answer => answer,
        };
        Ok(self.keep(steps, answer.map_err(|call| failed(&profile.name, call))?)?)
    }

    async fn role_credentials(
        &self,
        profile: &Profile,
        access: &SsoAccess,
        (account_id, role_name): (&AccountId, &SsoRoleName),
        token: &SsoToken,
    ) -> Result<Credentials, CallError> {
        let (region, dual_stack, access_token) = (access.region(), profile.routing().dual_stack, &token.access_token);
        self.pace
            .run(async || {
                self.calling(Operation::GetRoleCredentials, &profile.name);
                let call = GetRoleCredentials { region, dual_stack, access_token, account_id, role_name };
                self.ports.aws.get_role_credentials(call).await
            })
            .await
    }

    /// A token for `purpose`: the kept one if it serves, else one that is refreshed or
    /// approved. One serves the whole run; what fails once is not tried again for the next profile.
    pub(super) async fn sso_token(
        &self,
        purpose: Purpose<'_, '_>,
        access: &SsoAccess,
        trust: Trust<'_>,
    ) -> Result<SsoToken, Rc<ProviderError>> {
        if let Trust::AllBut(refused) = trust {
            self.ports.tokens.mark_refused(access, refused);
        }
        if let Some(result) = self.token_of_this_run(access, trust) {
            return result;
        }
        if let Purpose::Role(steps) = purpose {
            self.dual_stack.borrow_mut().insert(purpose.name().clone(), steps[steps.len() - 1].routing().dual_stack);
        }
        let result = self.find_token(purpose, access, trust).await;
        self.tokens.borrow_mut().insert(run_key(access), result.clone());
        result
    }

    /// Whether the profile of that name, for which a token is wanted, says that dual-stack endpoints are asked.
    pub(super) fn dual_stack(&self, name: &ProfileName) -> Option<bool> {
        self.dual_stack.borrow().get(name).copied().flatten()
    }

    /// What was found for an earlier profile, if that settles it.
    fn token_of_this_run(&self, access: &SsoAccess, trust: Trust<'_>) -> Option<Result<SsoToken, Rc<ProviderError>>> {
        let known = self.tokens.borrow().get(&run_key(access)).cloned();
        known.filter(|known| known.as_ref().map_or(true, |token| self.is_usable(token, trust)))
    }

    fn is_usable(&self, token: &SsoToken, trust: Trust<'_>) -> bool {
        token.expires_at > (self.ports.now)() && trust != Trust::AllBut(&token.access_token)
    }

    async fn find_token(
        &self,
        purpose: Purpose<'_, '_>,
        access: &SsoAccess,
        trust: Trust<'_>,
    ) -> Result<SsoToken, Rc<ProviderError>> {
        let is_alone = self.attendance == Attendance::Nobody;
        match self.decide_token(access, trust) {
            TokenUse::Use(token) => return Ok(token),
            TokenUse::Aging(token) if is_alone => return Ok(token),
            TokenUse::Authorize if is_alone => return Err(Rc::new(self.needs_login(purpose, access))),
            TokenUse::Aging(_) | TokenUse::Refresh(..) | TokenUse::Authorize => {}
        }
        let theirs = || match self.decide_token(access, trust) {
            TokenUse::Use(token) => Some(token),
            _ => None,
        };
        // Who holds the lock may be a person who looks at a page.
        let meanwhile = || match self.decide_token(access, trust) {
            TokenUse::Refresh(token, _) if is_alone && self.is_usable(&token, trust) => Some(token),
            _ => None,
        };
        let _lock = match self.right_to(&format!("sso {}", access.token_key()), theirs, meanwhile).await? {
            Right::Theirs(token) => return Ok(token),
            Right::Ours(lock) => lock,
        };
        // Another profile of this run may have held it.
        if let Some(result) = self.token_of_this_run(access, trust) {
            return result;
        }
        Ok(self.renew_token(purpose, access, trust).await?)
    }

    /// Refreshes the token, or has it approved. The right to do so must be held.
    async fn renew_token(
        &self,
        purpose: Purpose<'_, '_>,
        access: &SsoAccess,
        trust: Trust<'_>,
    ) -> Result<SsoToken, ProviderError> {
        let is_alone = self.attendance == Attendance::Nobody;
        let name = purpose.name();
        let (token, client) = match self.decide_token(access, trust) {
            TokenUse::Use(token) => return Ok(token),
            TokenUse::Aging(token) if is_alone => return Ok(token),
            TokenUse::Aging(_) | TokenUse::Authorize => return self.authorize(purpose, access).await,
            TokenUse::Refresh(token, client) => (token, client),
        };
        let error = match self.refresh(name, access, &token, &client).await {
            Ok(granted) => return self.keep_token(name, access, &client, granted),
            Err(error) => error,
        };
        // Another program, which does not know of the lock, may have used the refresh token first.
        if let TokenUse::Use(theirs) = self.decide_token(access, trust) {
            return Ok(theirs);
        }
        if let Some(refresh_token) = token.refresh_token.as_ref().filter(|_| error.problem.ends_sign_in()) {
            self.ports.tokens.mark_refused(access, refresh_token);
        }
        let is_good = trust == Trust::Kept && self.is_usable(&token, trust);
        if is_good && (error.problem.is_passing() || is_alone) {
            return Ok(token);
        }
        if error.problem.is_passing() {
            return Err(failed(name, error));
        }
        if error.is_about_client() {
            self.forget_client(access);
        }
        // Whatever AWS has against the refresh token, a person can get another one.
        self.authorize(purpose, access).await
    }

    /// Why `purpose` needs a person.
    fn needs_login(&self, purpose: Purpose<'_, '_>, access: &SsoAccess) -> ProviderError {
        match purpose {
            Purpose::Role(steps) => self.login_needed(steps),
            Purpose::Listing(name) => {
                let reason =
                    if self.ports.tokens.token(access).is_some() { Reason::Expired } else { Reason::NoSession };
                ProviderError::LoginNeeded { profile: name.clone(), reason }
            }
        }
    }

    /// What can be done with the kept token.
    pub(super) fn token_use(&self, access: &SsoAccess) -> TokenUse {
        self.decide_token(access, Trust::Kept)
    }

    fn decide_token(&self, access: &SsoAccess, trust: Trust<'_>) -> TokenUse {
        if self.renewal == Renewal::Always && !self.approved.borrow().contains(&run_key(access)) {
            return TokenUse::Authorize;
        }
        let decided = decide(self.ports.tokens.token(access), access, (self.ports.now)());
        match (decided, trust) {
            (TokenUse::Use(token) | TokenUse::Aging(token), Trust::AllBut(refused))
                if token.access_token == *refused =>
            {
                match token.client.clone() {
                    Some(client) if token.refresh_token.is_some() => TokenUse::Refresh(token, client),
                    _ => TokenUse::Authorize,
                }
            }
            (usable, _) => usable,
        }
    }

    async fn refresh(
        &self,
        name: &ProfileName,
        access: &SsoAccess,
        token: &SsoToken,
        client: &SsoClient,
    ) -> Result<Granted, CallError> {
        let Some(refresh_token) = &token.refresh_token else {
            return Err(CallError::unreachable(Operation::CreateToken, "there is no refresh token"));
        };
        self.calling(Operation::CreateToken, name);
        let call = CreateToken {
            region: access.region(),
            dual_stack: self.dual_stack(name),
            client,
            grant: Grant::RefreshToken(refresh_token),
        };
        let mut granted = self.ports.aws.create_token(call, (self.ports.now)()).await?;
        // RFC 6749 §6: an answer without a refresh token leaves the old one good.
        granted.refresh_token = granted.refresh_token.or_else(|| token.refresh_token.clone());
        Ok(granted)
    }

    /// Asks a person to approve, once in a run.
    async fn authorize(&self, purpose: Purpose<'_, '_>, access: &SsoAccess) -> Result<SsoToken, ProviderError> {
        if self.attendance == Attendance::Nobody {
            return Err(self.needs_login(purpose, access));
        }
        let name = purpose.name();
        if self.approved.borrow().contains(&run_key(access)) {
            return Err(ProviderError::ApprovedInVain { profile: name.clone() });
        }
        if self.preference.is_overruled(access) {
            (self.ports.notify)(Notice::OnlyByDevice { access });
        }
        let token = match self.preference.flow(access) {
            SsoFlow::Device => self.by_device(name, access).await?,
            SsoFlow::Pkce => self.by_page(name, access).await?,
        };
        self.approved.borrow_mut().insert(run_key(access));
        Ok(token)
    }

    /// Lets a person be asked once more in this run.
    pub(super) fn allow_approval(&self, access: &SsoAccess) {
        self.approved.borrow_mut().remove(&run_key(access));
    }

    /// Has a person compare a code on a page, and polls until they have (RFC 8628).
    pub(super) async fn by_device(&self, name: &ProfileName, access: &SsoAccess) -> Result<SsoToken, ProviderError> {
        let (client, authorization) = self.start(name, access).await.map_err(|call| failed(name, call))?;
        // Before a person approves what would be of no use.
        self.check_clock(name)?;
        let page = authorization.verification_uri_complete.as_deref().unwrap_or(&authorization.verification_uri);
        let opened = (self.ports.open)(page);
        (self.ports.notify)(Notice::Approval { access, authorization: &authorization, opened });
        let granted = self.poll(name, access, &client, &authorization).await?;
        self.keep_token(name, access, &client, granted)
    }

    /// A registered client and its device codes. A registration that AWS has forgotten is made anew.
    async fn start(
        &self,
        name: &ProfileName,
        access: &SsoAccess,
    ) -> Result<(SsoClient, DeviceAuthorization), CallError> {
        let kept = self
            .ports
            .tokens
            .client(access, ClientUse::DeviceCode)
            .filter(|client| is_reusable(client, (self.ports.now)()));
        if let Some(client) = kept {
            match self.device_codes(name, access, &client).await {
                Err(error) if error.is_about_client() => self.forget_client(access),
                answer => return answer.map(|codes| (client, codes)),
            }
        }
        let client = self.register(name, access, ClientUse::DeviceCode).await?;
        let codes = self.device_codes(name, access, &client).await?;
        Ok((client, codes))
    }

    pub(super) async fn register(
        &self,
        name: &ProfileName,
        access: &SsoAccess,
        client_use: ClientUse,
    ) -> Result<SsoClient, CallError> {
        self.calling(Operation::RegisterClient, name);
        let dual_stack = self.dual_stack(name);
        let name = match access {
            SsoAccess::Session(session) => format!("awsauth-{}", session.name),
            SsoAccess::Legacy { .. } => "awsauth".to_owned(),
        };
        let call = RegisterClient {
            region: access.region(),
            dual_stack,
            client_name: &name,
            scopes: access.scopes(),
            client_use,
            start_url: access.start_url(),
        };
        let client = self.ports.aws.register_client(call).await?;
        if let Err(error) = self.ports.tokens.put_client(access, &client, client_use) {
            (self.ports.notify)(Notice::NotKept { what: "the client registration", cause: error.with_cause() });
        }
        Ok(client)
    }

    async fn device_codes(
        &self,
        name: &ProfileName,
        access: &SsoAccess,
        client: &SsoClient,
    ) -> Result<DeviceAuthorization, CallError> {
        self.calling(Operation::StartDeviceAuthorization, name);
        let call = StartDeviceAuthorization {
            region: access.region(),
            dual_stack: self.dual_stack(name),
            client,
            start_url: access.start_url(),
        };
        self.ports.aws.start_device_authorization(call).await
    }

    async fn poll(
        &self,
        name: &ProfileName,
        access: &SsoAccess,
        client: &SsoClient,
        authorization: &DeviceAuthorization,
    ) -> Result<Granted, ProviderError> {
        // The wall clock may be set while the person looks at the page.
        let start = Instant::now();
        let mut polling = Polling::start(authorization);
        let mut wait = Duration::ZERO;
        loop {
            tokio::time::sleep(wait).await;
            let grant = Grant::DeviceCode(&authorization.device_code);
            self.calling(Operation::CreateToken, name);
            let call = CreateToken { region: access.region(), dual_stack: self.dual_stack(name), client, grant };
            let answer = self.ports.aws.create_token(call, (self.ports.now)()).await;
            match polling.next(answer, start.elapsed()) {
                Outcome::Wait(pause) => wait = pause,
                Outcome::Granted(granted) => return Ok(granted),
                Outcome::TimedOut => return Err(ProviderError::ApprovalTimedOut { profile: name.clone() }),
                Outcome::Failed(call) => return Err(failed(name, call)),
            }
        }
    }

    /// Keeps a token that was just granted. By a wrong clock nobody can tell when it ends: it is no token then, and kept only
    /// for its refresh token, which AWS may give once.
    pub(super) fn keep_token(
        &self,
        name: &ProfileName,
        access: &SsoAccess,
        client: &SsoClient,
        granted: Granted,
    ) -> Result<SsoToken, ProviderError> {
        let clock = self.check_clock(name);
        let expires_at = if clock.is_ok() { granted.expires_at } else { Timestamp::UNIX_EPOCH };
        let token = SsoToken {
            start_url: access.start_url().clone(),
            region: access.region().clone(),
            access_token: granted.access_token,
            expires_at,
            refresh_token: granted.refresh_token,
            client: Some(client.clone()),
        };
        if let Err(error) = self.ports.tokens.put_token(access, &token) {
            (self.ports.notify)(Notice::NotKept { what: "the SSO token", cause: error.with_cause() });
        }
        clock.map(|()| token)
    }

    pub(super) fn forget_client(&self, access: &SsoAccess) {
        // If it can't be removed, the next one overwrites it.
        drop(self.ports.tokens.remove_client(access));
    }
}

/// What a run remembers a token by. Two legacy profiles may have one start URL and two regions, of which only one is right.
fn run_key(access: &SsoAccess) -> String {
    format!("{} {}", access.region().as_str(), access.token_key())
}

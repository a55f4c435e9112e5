//! Owns SSO: a token that is kept, refreshed or approved, and the credentials of a role that it gives.

use std::rc::Rc;

use jiff::Timestamp;

use super::error::{ProviderError, Reason};
use super::frontend::Notice;
use super::renewal_lock::RenewalLock;
use super::session::{ChainSteps, failed, target};
use super::{Attendance, Provider, RenewPolicy};
use crate::flow::{
    CallError, CreateToken, Freshness, GetRoleCredentials, Grant, Operation, Problem, RegisterClient, TokenResponse,
    TokenUse, decide,
};
use crate::model::{
    AccountId, ClientUse, Credentials, ProfileName, SsoAccess, SsoClient, SsoFlow, SsoRoleName, SsoToken,
};
use crate::secret::Secret;

type TokenResult = Result<SsoToken, Rc<ProviderError>>;

/// A need for an SSO token.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenRequest<'r, 'c> {
    /// A profile, or an SSO session whose accounts are listed.
    pub(super) name: &'r ProfileName,
    pub(super) access: &'r SsoAccess,
    /// From the profile's settings.
    pub(super) dual_stack: Option<bool>,
    /// None for a listing.
    steps: Option<ChainSteps<'r, 'c>>,
    /// A token that AWS has just refused.
    refused: Option<&'r Secret>,
}

impl<'r, 'c> TokenRequest<'r, 'c> {
    pub(super) fn for_role(steps: ChainSteps<'r, 'c>, access: &'r SsoAccess) -> Self {
        let profile = target(steps);
        let dual_stack = profile.routing().dual_stack;
        Self { name: &profile.name, access, dual_stack, steps: Some(steps), refused: None }
    }

    pub(super) fn for_listing(name: &'r ProfileName, access: &'r SsoAccess) -> Self {
        Self { name, access, dual_stack: None, steps: None, refused: None }
    }

    pub(super) fn without(self, refused: &'r Secret) -> Self {
        Self { refused: Some(refused), ..self }
    }

    /// Tells tokens of one run apart. Two legacy profiles may have one start URL and two regions, of which only one is right.
    fn key(&self) -> String {
        format!("{} {}", self.access.region().as_str(), self.access.token_key())
    }
}

impl Provider<'_> {
    /// Renews the token once if AWS refuses it.
    pub(super) async fn sso_role(
        &self,
        steps: ChainSteps<'_, '_>,
        access: &SsoAccess,
        account_id: &AccountId,
        role_name: &SsoRoleName,
    ) -> Result<Credentials, Rc<ProviderError>> {
        let request = TokenRequest::for_role(steps, access);
        let token = self.sso_token(request).await?;
        let renewed = || self.kept_credentials(steps, Freshness::Fresh).transpose();
        let _lock = match self.lock_renewal(request.name.as_str(), renewed, || None).await? {
            RenewalLock::RenewedElsewhere(credentials) => return credentials,
            RenewalLock::Acquired(lock) => lock,
        };
        let (region, dual_stack) = (access.region(), request.dual_stack);
        let get = async |access_token: &Secret| {
            let call = async || {
                self.calling(Operation::GetRoleCredentials, request.name);
                let call = GetRoleCredentials { region, dual_stack, access_token, account_id, role_name };
                self.ports.aws.get_role_credentials(call).await
            };
            self.rate_limit.run(call).await
        };
        let answer = match get(&token.access_token).await {
            Err(error) if error.problem == Problem::TokenRejected => {
                self.notify(&Notice::TokenRejected { access });
                let newer = self.sso_token(request.without(&token.access_token)).await?;
                get(&newer.access_token).await
            }
            answer => answer,
        };
        Ok(self.save(steps, answer.map_err(|call| failed(request.name, call))?)?)
    }

    /// The kept token if it is usable, else one that is refreshed or approved. The result holds for the whole run: a failure is
    /// not repeated for the next profile.
    pub(super) async fn sso_token(&self, request: TokenRequest<'_, '_>) -> TokenResult {
        if let Some(refused) = request.refused {
            self.ports.tokens.mark_refused(request.access, refused);
        }
        if let Some(result) = self.token_of_this_run(request) {
            return result;
        }
        let result = self.find_token(request).await;
        self.tokens.borrow_mut().insert(request.key(), result.clone());
        result
    }

    fn token_of_this_run(&self, request: TokenRequest<'_, '_>) -> Option<TokenResult> {
        let known = self.tokens.borrow().get(&request.key()).cloned();
        known.filter(|known| known.as_ref().map_or(true, |token| self.is_usable(token, request)))
    }

    fn is_usable(&self, token: &SsoToken, request: TokenRequest<'_, '_>) -> bool {
        token.expires_at > (self.ports.now)() && request.refused != Some(&token.access_token)
    }

    async fn find_token(&self, request: TokenRequest<'_, '_>) -> TokenResult {
        let is_unattended = self.attendance == Attendance::Nobody;
        match self.decide_token(request) {
            TokenUse::Use(token) => return Ok(token),
            TokenUse::Aging(token) if is_unattended => return Ok(token),
            TokenUse::Authorize if is_unattended => return Err(Rc::new(self.approval_needed(request))),
            TokenUse::Aging(_) | TokenUse::Refresh(..) | TokenUse::Authorize => {}
        }
        let renewed = || match self.decide_token(request) {
            TokenUse::Use(token) => Some(token),
            _ => None,
        };
        // The holder of the lock may be a person who looks at a page.
        let interim = || match self.decide_token(request) {
            TokenUse::Refresh(token, _) if is_unattended && self.is_usable(&token, request) => Some(token),
            _ => None,
        };
        let subject = format!("sso {}", request.access.token_key());
        let _lock = match self.lock_renewal(&subject, renewed, interim).await? {
            RenewalLock::RenewedElsewhere(token) => return Ok(token),
            RenewalLock::Acquired(lock) => lock,
        };
        // Another profile of this run may have held the lock.
        if let Some(result) = self.token_of_this_run(request) {
            return result;
        }
        Ok(self.renew_token(request).await?)
    }

    /// Refreshes the token, or has it approved. The renewal lock must be held.
    async fn renew_token(&self, request: TokenRequest<'_, '_>) -> Result<SsoToken, ProviderError> {
        let is_unattended = self.attendance == Attendance::Nobody;
        let (token, client) = match self.decide_token(request) {
            TokenUse::Use(token) => return Ok(token),
            TokenUse::Aging(token) if is_unattended => return Ok(token),
            TokenUse::Aging(_) | TokenUse::Authorize => return self.authorize(request).await,
            TokenUse::Refresh(token, client) => (token, client),
        };
        let error = match self.refresh(request, &token, &client).await {
            Ok(response) => return self.save_token(request, &client, response),
            Err(error) => error,
        };
        // AWS CLI, which does not know of the lock, may have used the refresh token first.
        if let TokenUse::Use(newer) = self.decide_token(request) {
            return Ok(newer);
        }
        if let Some(refresh_token) = token.refresh_token.as_ref().filter(|_| error.problem.ends_sign_in()) {
            self.ports.tokens.mark_refused(request.access, refresh_token);
        }
        let is_usable = request.refused.is_none() && self.is_usable(&token, request);
        if is_usable && (error.problem.is_transient() || is_unattended) {
            return Ok(token);
        }
        if error.problem.is_transient() {
            return Err(failed(request.name, error));
        }
        if error.is_about_client() {
            self.forget_client(request.access);
        }
        self.authorize(request).await
    }

    fn approval_needed(&self, request: TokenRequest<'_, '_>) -> ProviderError {
        if let Some(steps) = request.steps {
            return self.login_needed(steps);
        }
        let has_token = self.ports.tokens.token(request.access).is_some();
        let reason = if has_token { Reason::Expired } else { Reason::NoSession };
        ProviderError::LoginNeeded { profile: request.name.clone(), reason }
    }

    pub(super) fn decide_token(&self, request: TokenRequest<'_, '_>) -> TokenUse {
        if self.policy == RenewPolicy::Force && !self.approved.borrow().contains(&request.key()) {
            return TokenUse::Authorize;
        }
        match decide(self.ports.tokens.token(request.access), request.access, (self.ports.now)()) {
            TokenUse::Use(token) | TokenUse::Aging(token) if request.refused == Some(&token.access_token) => {
                match token.client.clone() {
                    Some(client) if token.refresh_token.is_some() => TokenUse::Refresh(token, client),
                    _ => TokenUse::Authorize,
                }
            }
            decided => decided,
        }
    }

    async fn refresh(
        &self,
        request: TokenRequest<'_, '_>,
        token: &SsoToken,
        client: &SsoClient,
    ) -> Result<TokenResponse, CallError> {
        let Some(refresh_token) = &token.refresh_token else {
            return Err(CallError::unreachable(Operation::CreateToken, "there is no refresh token"));
        };
        let mut response = self.create_token(request, client, Grant::RefreshToken(refresh_token)).await?;
        // RFC 6749 §6: without a new refresh token in the response, the old one stays valid.
        response.refresh_token = response.refresh_token.or_else(|| token.refresh_token.clone());
        Ok(response)
    }

    pub(super) async fn create_token(
        &self,
        request: TokenRequest<'_, '_>,
        client: &SsoClient,
        grant: Grant<'_>,
    ) -> Result<TokenResponse, CallError> {
        self.calling(Operation::CreateToken, request.name);
        let call = CreateToken { region: request.access.region(), dual_stack: request.dual_stack, client, grant };
        self.ports.aws.create_token(call, (self.ports.now)()).await
    }

    /// Asks a person to approve, once in a run.
    async fn authorize(&self, request: TokenRequest<'_, '_>) -> Result<SsoToken, ProviderError> {
        if self.attendance == Attendance::Nobody {
            return Err(self.approval_needed(request));
        }
        if self.approved.borrow().contains(&request.key()) {
            return Err(ProviderError::ApprovedInVain { profile: request.name.clone() });
        }
        if self.preference.is_overruled(request.access) {
            self.notify(&Notice::DeviceFlowOnly { access: request.access });
        }
        let token = match self.preference.flow(request.access) {
            SsoFlow::Device => self.authorize_device(request).await?,
            SsoFlow::Pkce => self.authorize_pkce(request).await?,
        };
        self.approved.borrow_mut().insert(request.key());
        Ok(token)
    }

    /// Lets a person be asked once more in this run.
    pub(super) fn allow_approval(&self, request: TokenRequest<'_, '_>) {
        self.approved.borrow_mut().remove(&request.key());
    }

    pub(super) async fn register(
        &self,
        request: TokenRequest<'_, '_>,
        client_use: ClientUse,
    ) -> Result<SsoClient, CallError> {
        self.calling(Operation::RegisterClient, request.name);
        let access = request.access;
        // AWS shows this name on the approval page.
        let client_name = match access {
            SsoAccess::Session(session) => &*format!("awsauth-{}", session.name),
            SsoAccess::Legacy { .. } => "awsauth",
        };
        let call = RegisterClient {
            region: access.region(),
            dual_stack: request.dual_stack,
            client_name,
            scopes: access.scopes(),
            client_use,
            start_url: access.start_url(),
        };
        let client = self.ports.aws.register_client(call).await?;
        if let Err(error) = self.ports.tokens.put_client(access, &client, client_use) {
            self.notify(&Notice::NotSaved { what: "the client registration", cause: error.with_cause() });
        }
        Ok(client)
    }

    /// Saves a new token. With a wrong clock its end is unknown: it is saved as ended, for its refresh token, which AWS may
    /// give once.
    pub(super) fn save_token(
        &self,
        request: TokenRequest<'_, '_>,
        client: &SsoClient,
        response: TokenResponse,
    ) -> Result<SsoToken, ProviderError> {
        let access = request.access;
        let clock = self.check_clock(request.name);
        let expires_at = if clock.is_ok() { response.expires_at } else { Timestamp::UNIX_EPOCH };
        let token = SsoToken {
            start_url: access.start_url().clone(),
            region: access.region().clone(),
            access_token: response.access_token,
            expires_at,
            refresh_token: response.refresh_token,
            client: Some(client.clone()),
        };
        if let Err(error) = self.ports.tokens.put_token(access, &token) {
            self.notify(&Notice::NotSaved { what: "the SSO token", cause: error.with_cause() });
        }
        clock.map(|()| token)
    }

    pub(super) fn forget_client(&self, access: &SsoAccess) {
        // A client that can't be removed is overwritten by the next registration.
        drop(self.ports.tokens.remove_client(access));
    }
}

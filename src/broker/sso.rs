//! Owns SSO: a token that is kept, refreshed or approved, and the role credentials it gives.

use std::time::Duration;

use super::error::BrokerError;
use super::notice::Notice;
use super::session::{Steps, failed};
use super::{Attendance, Broker, Renewal};
use crate::login::{
    CallError, CreateToken, DeviceAuthorization, Freshness, GetRoleCredentials, Grant, Granted, Operation, Outcome,
    Polling, Problem, RegisterClient, StartDeviceAuthorization, TokenUse, decide, is_reusable,
};
use crate::model::{AccountId, Credentials, Profile, SsoAccess, SsoClient, SsoRoleName, SsoToken};
use crate::secret::Secret;

/// Whether the kept token may be used as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust<'t> {
    /// Yes, if it has not ended.
    Kept,
    /// Not if it is this one, which AWS has just refused.
    AllBut(&'t Secret),
}

impl Broker<'_> {
    /// The credentials of an assigned role. A token that AWS refuses is renewed once.
    pub(super) async fn sso_role(
        &mut self,
        steps: Steps<'_, '_>,
        wanted: Steps<'_, '_>,
        access: &SsoAccess,
        (account_id, role_name): (&AccountId, &SsoRoleName),
    ) -> Result<Credentials, BrokerError> {
        let profile = steps[steps.len() - 1];
        let mut token = self.sso_token(wanted, profile, access, Trust::Kept).await?;
        let _lock = self.lock(profile.name.as_str()).await?;
        if let Some(theirs) = self.kept(steps, Freshness::Fresh) {
            return Ok(theirs.credentials);
        }
        let mut is_renewed = false;
        loop {
            self.calling(Operation::GetRoleCredentials, profile);
            let call = GetRoleCredentials {
                region: access.region(),
                access_token: &token.access_token,
                account_id,
                role_name,
            };
            match self.ports.aws.get_role_credentials(call).await {
                Err(error) if error.problem == Problem::TokenRejected && !is_renewed => {
                    (self.ports.notify)(Notice::TokenRejected { access });
                    is_renewed = true;
                    let refused = token.access_token.clone();
                    token = self.sso_token(wanted, profile, access, Trust::AllBut(&refused)).await?;
                }
                answer => return self.keep(steps, answer.map_err(|call| failed(profile, call))?),
            }
        }
    }

    async fn sso_token(
        &mut self,
        wanted: Steps<'_, '_>,
        profile: &Profile,
        access: &SsoAccess,
        trust: Trust<'_>,
    ) -> Result<SsoToken, BrokerError> {
        let is_alone = self.attendance == Attendance::Nobody;
        match self.decide_token(access, trust) {
            TokenUse::Use(token) => return Ok(token),
            TokenUse::Aging(token) if is_alone => return Ok(token),
            TokenUse::Authorize if is_alone => return Err(self.login_needed(wanted)),
            TokenUse::Aging(_) | TokenUse::Refresh(..) | TokenUse::Authorize => {}
        }
        let _lock = self.lock(&format!("sso {}", access.token_key())).await?;
        // Another process may have done it while this one waited.
        match self.decide_token(access, trust) {
            TokenUse::Use(token) => Ok(token),
            TokenUse::Refresh(token, client) => {
                let error = match self.refresh(profile, access, &token, &client).await {
                    Ok(token) => return Ok(token),
                    Err(error) => error,
                };
                let is_good = trust == Trust::Kept && token.expires_at > (self.ports.now)();
                let is_passing =
                    matches!(error.problem, Problem::Unreachable | Problem::Throttled | Problem::ServerFault);
                if is_good && (is_passing || is_alone) {
                    return Ok(token);
                }
                // Whatever AWS has against the refresh token, a person can get another one.
                if is_passing { Err(failed(profile, error)) } else { self.authorize(wanted, profile, access).await }
            }
            TokenUse::Aging(token) if is_alone => Ok(token),
            TokenUse::Aging(_) | TokenUse::Authorize => self.authorize(wanted, profile, access).await,
        }
    }

    fn decide_token(&self, access: &SsoAccess, trust: Trust<'_>) -> TokenUse {
        if self.renewal == Renewal::Always && !self.approved.contains(access.token_key()) {
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
        profile: &Profile,
        access: &SsoAccess,
        token: &SsoToken,
        client: &SsoClient,
    ) -> Result<SsoToken, CallError> {
        let Some(refresh_token) = &token.refresh_token else {
            return Err(CallError::unreachable(Operation::CreateToken, "there is no refresh token"));
        };
        self.calling(Operation::CreateToken, profile);
        let call = CreateToken { region: access.region(), client, grant: Grant::RefreshToken(refresh_token) };
        let mut granted = self.ports.aws.create_token(call, (self.ports.now)()).await?;
        // RFC 6749 §6: an answer without a refresh token leaves the old one good.
        granted.refresh_token = granted.refresh_token.or_else(|| token.refresh_token.clone());
        Ok(self.keep_token(access, client, granted))
    }

    /// Has a person approve on a page, and polls until they have.
    async fn authorize(
        &mut self,
        wanted: Steps<'_, '_>,
        profile: &Profile,
        access: &SsoAccess,
    ) -> Result<SsoToken, BrokerError> {
        if self.attendance == Attendance::Nobody {
            return Err(self.login_needed(wanted));
        }
        let (client, authorization) = self.start(profile, access).await.map_err(|call| failed(profile, call))?;
        let page = authorization.verification_uri_complete.as_deref().unwrap_or(&authorization.verification_uri);
        let opened = (self.ports.open)(page);
        (self.ports.notify)(Notice::Approval { access, authorization: &authorization, opened });
        let granted = self.poll(profile, access, &client, &authorization).await?;
        self.approved.insert(access.token_key().to_owned());
        Ok(self.keep_token(access, &client, granted))
    }

    /// A registered client and its device codes. A registration that AWS has forgotten is made anew.
    async fn start(
        &self,
        profile: &Profile,
        access: &SsoAccess,
    ) -> Result<(SsoClient, DeviceAuthorization), CallError> {
        let kept = self.ports.tokens.client(access).filter(|client| is_reusable(client, (self.ports.now)()));
        if let Some(client) = kept {
            match self.device_codes(profile, access, &client).await {
                Err(error) if error.problem == Problem::GrantRejected => {
                    // If it can't be removed, the new one overwrites it.
                    drop(self.ports.tokens.remove_client(access));
                }
                answer => return answer.map(|codes| (client, codes)),
            }
        }
        let client = self.register(profile, access).await?;
        let codes = self.device_codes(profile, access, &client).await?;
        Ok((client, codes))
    }

    async fn register(&self, profile: &Profile, access: &SsoAccess) -> Result<SsoClient, CallError> {
        self.calling(Operation::RegisterClient, profile);
        let name = match access {
            SsoAccess::Session(session) => format!("awsauth-{}", session.name),
            SsoAccess::Legacy { .. } => "awsauth".to_owned(),
        };
        let call = RegisterClient { region: access.region(), client_name: &name, scopes: access.scopes() };
        let client = self.ports.aws.register_client(call).await?;
        if let Err(error) = self.ports.tokens.put_client(access, &client) {
            (self.ports.notify)(Notice::NotKept { what: "the client registration", cause: error.to_string() });
        }
        Ok(client)
    }

    async fn device_codes(
        &self,
        profile: &Profile,
        access: &SsoAccess,
        client: &SsoClient,
    ) -> Result<DeviceAuthorization, CallError> {
        self.calling(Operation::StartDeviceAuthorization, profile);
        let call = StartDeviceAuthorization { region: access.region(), client, start_url: access.start_url() };
        self.ports.aws.start_device_authorization(call).await
    }

    async fn poll(
        &self,
        profile: &Profile,
        access: &SsoAccess,
        client: &SsoClient,
        authorization: &DeviceAuthorization,
    ) -> Result<Granted, BrokerError> {
        let mut polling = Polling::start(authorization, (self.ports.now)());
        let mut wait = Duration::ZERO;
        loop {
            tokio::time::sleep(wait).await;
            let grant = Grant::DeviceCode(&authorization.device_code);
            self.calling(Operation::CreateToken, profile);
            let call = CreateToken { region: access.region(), client, grant };
            let answer = self.ports.aws.create_token(call, (self.ports.now)()).await;
            match polling.next(answer, (self.ports.now)()) {
                Outcome::Wait(pause) => wait = pause,
                Outcome::Granted(granted) => return Ok(granted),
                Outcome::TimedOut => return Err(BrokerError::ApprovalTimedOut { profile: profile.name.clone() }),
                Outcome::Failed(call) => return Err(failed(profile, call)),
            }
        }
    }

    fn keep_token(&self, access: &SsoAccess, client: &SsoClient, granted: Granted) -> SsoToken {
        let token = SsoToken {
            start_url: access.start_url().clone(),
            region: access.region().clone(),
            access_token: granted.access_token,
            expires_at: granted.expires_at,
            refresh_token: granted.refresh_token,
            client: Some(client.clone()),
        };
        if let Err(error) = self.ports.tokens.put_token(access, &token) {
            (self.ports.notify)(Notice::NotKept { what: "the SSO token", cause: error.to_string() });
        }
        token
    }
}

//! Owns the device authorization grant (RFC 8628): the person compares a code on any machine, awsauth polls.

use std::time::Duration;

use tokio::time::Instant;

use super::Provider;
use super::error::ProviderError;
use super::frontend::Notice;
use super::session::failed;
use super::sso::TokenRequest;
use crate::flow::{
    CallError, DeviceAuthorization, Grant, Operation, PollResult, Polling, StartDeviceAuthorization, TokenResponse,
    is_reusable,
};
use crate::model::{ClientUse, SsoClient, SsoToken};

impl Provider<'_> {
    /// Shows the person a code to compare, and polls until they have approved it.
    pub(super) async fn authorize_device(&self, request: TokenRequest<'_, '_>) -> Result<SsoToken, ProviderError> {
        let (client, authorization) = self.start_device(request).await.map_err(|call| failed(request.name, call))?;
        // Before a person approves what would be of no use.
        self.check_clock(request.name)?;
        let url = authorization.verification_uri_complete.as_deref().unwrap_or(&authorization.verification_uri);
        let opened = self.ports.frontend.open(url);
        self.notify(&Notice::DeviceApproval { access: request.access, authorization: &authorization, opened });
        let response = self.poll(request, &client, &authorization).await?;
        self.save_token(request, &client, response)
    }

    /// Registers a client anew if AWS has forgotten the kept one.
    async fn start_device(&self, request: TokenRequest<'_, '_>) -> Result<(SsoClient, DeviceAuthorization), CallError> {
        let kept = self.ports.tokens.client(request.access, ClientUse::DeviceCode);
        if let Some(client) = kept.filter(|client| is_reusable(client, (self.ports.now)())) {
            match self.device_code(request, &client).await {
                Err(error) if error.is_about_client() => self.forget_client(request.access),
                answer => return answer.map(|authorization| (client, authorization)),
            }
        }
        let client = self.register(request, ClientUse::DeviceCode).await?;
        let authorization = self.device_code(request, &client).await?;
        Ok((client, authorization))
    }

    async fn device_code(
        &self,
        request: TokenRequest<'_, '_>,
        client: &SsoClient,
    ) -> Result<DeviceAuthorization, CallError> {
        self.calling(Operation::StartDeviceAuthorization, request.name);
        let (region, start_url) = (request.access.region(), request.access.start_url());
        let call = StartDeviceAuthorization { region, dual_stack: request.dual_stack, client, start_url };
        self.ports.aws.start_device_authorization(call).await
    }

    async fn poll(
        &self,
        request: TokenRequest<'_, '_>,
        client: &SsoClient,
        authorization: &DeviceAuthorization,
    ) -> Result<TokenResponse, ProviderError> {
        // Monotonic: the wall clock may be set while the person looks at the page.
        let start = Instant::now();
        let mut polling = Polling::start(authorization);
        let mut wait = Duration::ZERO;
        loop {
            tokio::time::sleep(wait).await;
            let answer = self.create_token(request, client, Grant::DeviceCode(&authorization.device_code)).await;
            match polling.next(answer, start.elapsed()) {
                PollResult::Wait(pause) => wait = pause,
                PollResult::Granted(response) => return Ok(response),
                PollResult::TimedOut => {
                    return Err(ProviderError::ApprovalTimedOut { profile: request.name.clone() });
                }
                PollResult::Failed(call) => return Err(failed(request.name, call)),
            }
        }
    }
}

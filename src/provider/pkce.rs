//! Owns the authorization code grant with PKCE: a browser on this machine, redirected to a listener here (RFC 7636, RFC 8252).

use std::io;

use tokio::time::{Instant, timeout_at};

use super::error::ProviderError;
use super::frontend::{CallbackOutcome, Notice};
use super::session::failed;
use super::sso::TokenRequest;
use super::{Provider, RenewPolicy};
use crate::flow::{CALLBACK_PATH, CallError, Callback, Grant, Operation, Pkce, Problem, is_reusable, redirect_uri};
use crate::model::{ClientUse, SsoClient, SsoToken};
use crate::prompt::NoAnswer;
use crate::secret::Secret;
use crate::system::loopback::{self, BrowserRequest, Loopback};
use crate::system::random;

/// One authorization request.
struct Authorization<'a> {
    request: TokenRequest<'a, 'a>,
    client: &'a SsoClient,
    pkce: &'a Pkce,
    redirect_uri: &'a str,
}

impl Provider<'_> {
    /// Has a person approve in a browser, and waits for its callback. Goes on with a device code if no listener can be opened,
    /// or if the callback does not come in time and the person agrees.
    pub(super) async fn authorize_pkce(&self, request: TokenRequest<'_, '_>) -> Result<SsoToken, ProviderError> {
        let (loopback, pkce) = match listen().await {
            Ok(ready) => ready,
            Err(error) => {
                self.notify(&Notice::NoListener { cause: error.to_string() });
                return self.authorize_device(request).await;
            }
        };
        let client = self.pkce_client(request).await.map_err(|call| failed(request.name, call))?;
        self.check_clock(request.name)?;
        let redirect_uri = redirect_uri(loopback.address().port());
        let authorization = Authorization { request, client: &client, pkce: &pkce, redirect_uri: &redirect_uri };
        match self.await_callback(&authorization, loopback).await? {
            Some(token) => Ok(token),
            None if self.agrees_to_device(request)? => self.authorize_device(request).await,
            None => Err(ProviderError::CallbackTimedOut { profile: request.name.clone() }),
        }
    }

    /// The kept client is not used with `Force`: if AWS has forgotten it, only the browser's page says so.
    async fn pkce_client(&self, request: TokenRequest<'_, '_>) -> Result<SsoClient, CallError> {
        let client_use = ClientUse::AuthorizationCode;
        let kept = self.ports.tokens.client(request.access, client_use);
        let kept = kept.filter(|client| is_reusable(client, (self.ports.now)()) && self.policy != RenewPolicy::Force);
        match kept {
            Some(client) => Ok(client),
            None => self.register(request, client_use).await,
        }
    }

    /// Opens the page and answers callbacks until one decides. None if none does in time.
    async fn await_callback(
        &self,
        authorization: &Authorization<'_>,
        mut loopback: Loopback,
    ) -> Result<Option<SsoToken>, ProviderError> {
        let Authorization { request, client, pkce, redirect_uri } = *authorization;
        let access = request.access;
        let endpoint = self.ports.aws.oidc_endpoint(access.region(), request.dual_stack).await;
        let endpoint = endpoint.map_err(|call| failed(request.name, call))?;
        let url = pkce.authorize_url(&endpoint, &client.client_id, redirect_uri, access.scopes());
        let opened = self.ports.frontend.open(&url);
        self.notify(&Notice::BrowserApproval { access, url: &url, opened });
        match self.next_code(pkce, &mut loopback, access.token_key()).await {
            Some((callback, Ok(code))) => self.redeem(authorization, &code, callback).await.map(Some),
            Some((callback, Err(call))) => Err(self.refuse(callback, request, call).await),
            None => {
                // AWS may have forgotten the client and said so on the page.
                self.forget_client(access);
                Ok(None)
            }
        }
    }

    /// Answers callbacks until one has a code or AWS's refusal, and returns it. None if none has in time.
    pub(super) async fn next_code(
        &self,
        pkce: &Pkce,
        loopback: &mut Loopback,
        subject: &str,
    ) -> Option<(BrowserRequest, Result<Secret, CallError>)> {
        let deadline = Instant::now() + self.ports.callback_timeout;
        loop {
            let callback = timeout_at(deadline, loopback.next_request()).await.ok()?;
            match pkce.read_callback(callback.resource.expose()) {
                Callback::Foreign => self.answer(callback, subject, &CallbackOutcome::Foreign).await,
                Callback::Unreadable => self.answer(callback, subject, &CallbackOutcome::Unreadable).await,
                Callback::Refused(call) => return Some((callback, Err(call))),
                Callback::Code(code) => return Some((callback, Ok(code))),
            }
        }
    }

    async fn redeem(
        &self,
        authorization: &Authorization<'_>,
        code: &Secret,
        callback: BrowserRequest,
    ) -> Result<SsoToken, ProviderError> {
        let Authorization { request, client, pkce, redirect_uri } = *authorization;
        let grant = Grant::AuthorizationCode { code, verifier: &pkce.verifier, redirect_uri };
        let response = match self.create_token(request, client, grant).await {
            Ok(response) => response,
            Err(call) => return Err(self.refuse(callback, request, call).await),
        };
        // Saved before the page is sent, which may be slow: what the page says must be true.
        let token = self.save_token(request, client, response);
        let wrong_clock = CallError::unreachable(Operation::CreateToken, "this machine's clock is wrong");
        let outcome = if token.is_ok() { CallbackOutcome::Granted } else { CallbackOutcome::Refused(&wrong_clock) };
        self.answer(callback, request.access.token_key(), &outcome).await;
        token
    }

    /// Shows AWS's refusal in the browser, and returns it as an error.
    async fn refuse(&self, callback: BrowserRequest, request: TokenRequest<'_, '_>, call: CallError) -> ProviderError {
        if call.problem == Problem::GrantRejected {
            self.forget_client(request.access);
        }
        self.answer(callback, request.access.token_key(), &CallbackOutcome::Refused(&call)).await;
        failed(request.name, call)
    }

    pub(super) async fn answer(&self, callback: BrowserRequest, subject: &str, outcome: &CallbackOutcome<'_>) {
        let page = self.ports.frontend.callback_page(outcome, subject);
        // The login does not depend on the browser taking the page.
        drop(loopback::answer(callback, &page).await);
    }

    fn agrees_to_device(&self, request: TokenRequest<'_, '_>) -> Result<bool, ProviderError> {
        let minutes = self.ports.callback_timeout.as_secs() / 60;
        let question = format!("The browser has not come back in {minutes} minutes. Approve with a code instead?");
        match self.ports.prompt.borrow_mut().agree(&question) {
            Ok(agrees) => Ok(agrees),
            Err(NoAnswer::Interrupted) => Err(ProviderError::Interrupted { profile: request.name.clone() }),
            Err(_) => Ok(false),
        }
    }
}

async fn listen() -> io::Result<(Loopback, Pkce)> {
    let pkce = Pkce::new(&random::bytes()?);
    Ok((loopback::listen(CALLBACK_PATH).await?, pkce))
}

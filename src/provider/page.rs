//! Owns the approval on a page of the browser on this machine, which comes back to a listener here (RFC 7636, RFC 8252).

use std::io;

use tokio::time::{Instant, timeout_at};

use super::error::ProviderError;
use super::notice::{Landing, Notice};
use super::session::failed;
use super::{Provider, Renewal};
use crate::flow::{
    CALLBACK_PATH, CallError, Callback, CreateToken, Grant, Granted, Operation, Pkce, Problem, is_reusable,
    redirect_uri,
};
use crate::model::{ClientUse, ProfileName, SsoAccess, SsoClient, SsoToken};
use crate::prompt::NoAnswer;
use crate::secret::Secret;
use crate::system::loopback::{BrowserRequest, Loopback};
use crate::system::random;

/// What one login on a page is made of.
struct Opening<'a> {
    name: &'a ProfileName,
    access: &'a SsoAccess,
    client: &'a SsoClient,
    pkce: &'a Pkce,
    redirect_uri: &'a str,
}

impl Provider<'_> {
    /// Has a person approve on a page, and waits until the browser comes back. Where nothing can be listened on, or nobody
    /// comes back in time, the way over a code is gone instead; the latter only if the person wants it.
    pub(super) async fn by_page(&self, name: &ProfileName, access: &SsoAccess) -> Result<SsoToken, ProviderError> {
        let (loopback, pkce) = match listen().await {
            Ok(ready) => ready,
            Err(error) => {
                (self.ports.notify)(Notice::NoListener { cause: error.to_string() });
                return self.by_device(name, access).await;
            }
        };
        let client = self.page_client(name, access).await.map_err(|call| failed(name, call))?;
        self.check_clock(name)?;
        let redirect_uri = redirect_uri(loopback.port());
        let opening = Opening { name, access, client: &client, pkce: &pkce, redirect_uri: &redirect_uri };
        match self.open_page(&opening, loopback).await? {
            Some(token) => Ok(token),
            None if self.is_code_wanted(name)? => self.by_device(name, access).await,
            None => Err(ProviderError::PageTimedOut { profile: name.clone() }),
        }
    }

    /// A client that is registered for codes. A kept one is not used with [`Renewal::Always`]: only the person sees that AWS
    /// has forgotten it, on the page.
    async fn page_client(&self, name: &ProfileName, access: &SsoAccess) -> Result<SsoClient, CallError> {
        let client_use = ClientUse::AuthorizationCode;
        let kept = self.ports.tokens.client(access, client_use);
        let kept = kept.filter(|client| is_reusable(client, (self.ports.now)()) && self.renewal != Renewal::Always);
        match kept {
            Some(client) => Ok(client),
            None => self.register(name, access, client_use).await,
        }
    }

    /// Opens the page and answers the browser; none if it did not come back in time.
    async fn open_page(
        &self,
        opening: &Opening<'_>,
        mut loopback: Loopback,
    ) -> Result<Option<SsoToken>, ProviderError> {
        let Opening { name, access, client, pkce, redirect_uri } = *opening;
        let endpoint = self
            .ports
            .aws
            .oidc_endpoint(access.region(), self.dual_stack(name))
            .await
            .map_err(|call| failed(name, call))?;
        let page = pkce.authorize_url(&endpoint, &client.client_id, redirect_uri, access.scopes());
        let opened = (self.ports.open)(&page);
        (self.ports.notify)(Notice::Page { access, page: &page, opened });
        let deadline = Instant::now() + self.ports.patience;
        loop {
            let Ok(request) = timeout_at(deadline, loopback.next_request()).await else {
                // It may be that AWS has forgotten the client and said so on the page.
                self.forget_client(access);
                return Ok(None);
            };
            match pkce.read_callback(request.query.expose()) {
                Callback::Foreign => self.answer(request, access, &Landing::Foreign).await,
                Callback::Unreadable => self.answer(request, access, &Landing::Unreadable).await,
                Callback::Refused(call) => return self.refuse(request, opening, call).await,
                Callback::Code(code) => match self.redeem(opening, &code).await {
                    Ok(granted) => {
                        // First: what the page says must be true even if the browser is slow to take it.
                        let kept = self.keep_token(name, access, client, granted);
                        let wrong = CallError::unreachable(Operation::CreateToken, "this machine's clock is wrong");
                        let landing = if kept.is_ok() { Landing::Granted } else { Landing::Refused(&wrong) };
                        self.answer(request, access, &landing).await;
                        return kept.map(Some);
                    }
                    Err(call) => return self.refuse(request, opening, call).await,
                },
            }
        }
    }

    async fn redeem(&self, opening: &Opening<'_>, code: &Secret) -> Result<Granted, CallError> {
        let Opening { name, access, client, pkce, redirect_uri } = *opening;
        let grant = Grant::AuthorizationCode { code, verifier: &pkce.verifier, redirect_uri };
        self.calling(Operation::CreateToken, name);
        let call = CreateToken { region: access.region(), dual_stack: self.dual_stack(name), client, grant };
        self.ports.aws.create_token(call, (self.ports.now)()).await
    }

    /// Ends a login with what AWS has against it, on the page too.
    async fn refuse<T>(
        &self,
        request: BrowserRequest,
        opening: &Opening<'_>,
        call: CallError,
    ) -> Result<T, ProviderError> {
        if call.problem == Problem::GrantRejected {
            self.forget_client(opening.access);
        }
        self.answer(request, opening.access, &Landing::Refused(&call)).await;
        Err(failed(opening.name, call))
    }

    async fn answer(&self, request: BrowserRequest, access: &SsoAccess, landing: &Landing<'_>) {
        let page = (self.ports.page)(landing, access);
        // A browser that has gone away has seen enough; the login goes on without it.
        drop(request.answer(&page).await);
    }

    /// Whether the person, if there is one at the terminal, wants a code instead.
    fn is_code_wanted(&self, name: &ProfileName) -> Result<bool, ProviderError> {
        let minutes = self.ports.patience.as_secs() / 60;
        let question = format!("The browser has not come back in {minutes} minutes. Approve with a code instead?");
        match self.ports.prompt.borrow_mut().agree(&question) {
            Ok(is_wanted) => Ok(is_wanted),
            Err(NoAnswer::Interrupted) => Err(ProviderError::Interrupted { profile: name.clone() }),
            Err(_) => Ok(false),
        }
    }
}

/// A listener, and secrets for one login.
async fn listen() -> io::Result<(Loopback, Pkce)> {
    let pkce = Pkce::new(&random::bytes()?);
    Ok((Loopback::listen(CALLBACK_PATH).await?, pkce))
}

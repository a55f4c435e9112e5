//! Owns the listing of the accounts and roles that are assigned to a person: the roles of all accounts in parallel, at the
//! portal's quota. Must not know where the result is written.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};

use super::Provider;
use super::error::ProviderError;
use super::execute::PARALLEL;
use super::frontend::Notice;
use super::session::failed;
use super::sso::TokenRequest;
use crate::flow::{AccountItem, CallError, ListAccountRoles, ListAccounts, ListPage, Operation, Paging, Problem};
use crate::model::{AccountId, ListedAccount, ProfileName, SsoAccess, SsoRoleName, SsoSession, SsoToken};
use crate::secret::Secret;

#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// In AWS's order.
    pub(crate) accounts: Vec<ListedAccount>,
    /// Accounts that the person lost access to during the listing.
    pub(crate) access_lost: Vec<ListedAccount>,
    pub(crate) invalid: Vec<InvalidItem>,
    /// The number of requests that were sent.
    pub(crate) requests: usize,
}

/// An item that AWS listed and that can't be a number of an account or a name of a role. Its text may be anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InvalidItem {
    Account { id: String, name: String },
    Role { account: AccountId, name: String },
}

/// One listing with one token.
struct Query<'s> {
    session: &'s SsoSession,
    name: &'s ProfileName,
    access_token: &'s Secret,
    requests: &'s Cell<usize>,
}

impl Provider<'_> {
    /// Signs in to an SSO session alone, unless a usable token is kept.
    pub(crate) async fn sign_in(&self, session: &Arc<SsoSession>) -> Result<SsoToken, Rc<ProviderError>> {
        let (name, access) = (ProfileName::from(&session.name), SsoAccess::Session(Arc::clone(session)));
        self.sso_token(TokenRequest::for_listing(&name, &access)).await
    }

    /// Lists the accounts and roles of the person who signs in to `session`. If AWS refuses the token, it is renewed once and
    /// the listing starts over: another person, with other roles, may approve the next token.
    pub(crate) async fn list(&self, session: &Arc<SsoSession>) -> Result<Listing, Rc<ProviderError>> {
        let (name, access) = (ProfileName::from(&session.name), SsoAccess::Session(Arc::clone(session)));
        let (request, requests) = (TokenRequest::for_listing(&name, &access), Cell::new(0));
        let token = self.sso_token(request).await?;
        let query = Query { session, name: &name, access_token: &token.access_token, requests: &requests };
        let error = match self.list_with(&query).await {
            Err(error) if problem(&error) == Some(Problem::TokenRejected) => error,
            answer => return answer,
        };
        self.notify(&Notice::TokenRejected { access: &access });
        if matches!(&*error, ProviderError::Call { call, .. } if call.operation == Operation::ListAccountRoles) {
            // The token was valid for the accounts, so its approval was not in vain, and another one may be asked for.
            self.allow_approval(request);
        }
        let newer = self.sso_token(request.without(&token.access_token)).await?;
        self.list_with(&Query { access_token: &newer.access_token, ..query }).await
    }

    /// An error if the portal refuses the roles of every account: then the cause is not the assignment.
    async fn list_with(&self, query: &Query<'_>) -> Result<Listing, Rc<ProviderError>> {
        let (mut listing, mut refusal) = (Listing::default(), None);
        let accounts = listing.check(self.accounts(query).await?);
        let total = accounts.len();
        self.notify(&Notice::Listed { done: 0, total });
        let with_roles = async |(id, name)| (self.roles(query, &id).await, id, name);
        let mut answers = stream::iter(accounts).map(with_roles).buffered(PARALLEL);
        while let Some((roles, id, name)) = answers.next().await {
            match roles {
                Ok(names) => {
                    let roles = listing.check_roles(&id, names);
                    listing.accounts.push(ListedAccount::new(id, name, roles));
                }
                Err(error) if matches!(problem(&error), Some(Problem::NotFound | Problem::NotAssigned)) => {
                    listing.access_lost.push(ListedAccount::new(id, name, Vec::new()));
                    refusal = Some(error);
                }
                Err(error) => return Err(error),
            }
            self.notify(&Notice::Listed { done: listing.accounts.len() + listing.access_lost.len(), total });
        }
        listing.requests = query.requests.get();
        refusal.filter(|_| listing.accounts.is_empty()).map_or(Ok(listing), Err)
    }

    async fn accounts(&self, query: &Query<'_>) -> Result<Vec<AccountItem>, Rc<ProviderError>> {
        let (region, access_token) = (&query.session.region, query.access_token);
        self.pages(query, Operation::ListAccounts, async |next_token| {
            self.ports.aws.list_accounts(ListAccounts { region, access_token, next_token }).await
        })
        .await
    }

    async fn roles(&self, query: &Query<'_>, account_id: &AccountId) -> Result<Vec<String>, Rc<ProviderError>> {
        let (region, access_token) = (&query.session.region, query.access_token);
        self.pages(query, Operation::ListAccountRoles, async |next_token| {
            let call = ListAccountRoles { region, access_token, account_id, next_token };
            self.ports.aws.list_account_roles(call).await
        })
        .await
    }

    async fn pages<T>(
        &self,
        query: &Query<'_>,
        operation: Operation,
        call: impl AsyncFn(Option<&str>) -> Result<ListPage<T>, CallError>,
    ) -> Result<Vec<T>, Rc<ProviderError>> {
        let (mut paging, mut items, mut next) = (Paging::default(), Vec::new(), None::<String>);
        loop {
            let page = self
                .rate_limit
                .run(async || {
                    self.calling(operation, query.name);
                    query.requests.set(query.requests.get() + 1);
                    call(next.as_deref()).await
                })
                .await
                .map_err(|call| failed(query.name, call))?;
            items.extend(page.items);
            next = paging
                .next(page.next_token)
                .map_err(|source| Rc::new(ProviderError::Endless { profile: query.name.clone(), operation, source }))?;
            if next.is_none() {
                return Ok(items);
            }
        }
    }
}

impl Listing {
    /// Returns the valid accounts, each once, with their names.
    fn check(&mut self, items: Vec<AccountItem>) -> Vec<(AccountId, String)> {
        let mut seen = HashSet::new();
        let mut accounts = Vec::with_capacity(items.len());
        for AccountItem { id, name } in items {
            match AccountId::new(&id) {
                Ok(account) if seen.insert(id.clone()) => accounts.push((account, name)),
                Ok(_) => {}
                Err(_) => self.invalid.push(InvalidItem::Account { id, name }),
            }
        }
        accounts
    }

    fn check_roles(&mut self, account: &AccountId, names: Vec<String>) -> Vec<SsoRoleName> {
        let mut roles = Vec::with_capacity(names.len());
        for name in names {
            match SsoRoleName::new(&name) {
                Ok(role) => roles.push(role),
                Err(_) => self.invalid.push(InvalidItem::Role { account: account.clone(), name }),
            }
        }
        roles
    }
}

fn problem(error: &ProviderError) -> Option<Problem> {
    match error {
        ProviderError::Call { call, .. } => Some(call.problem),
        _ => None,
    }
}

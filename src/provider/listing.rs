//! Owns finding out which accounts and roles are assigned to a person: all accounts' roles side by side, at
//! the portal's quota. Must not know where that is written.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};

use super::Provider;
use super::error::ProviderError;
use super::notice::Notice;
use super::session::failed;
use super::sso::{Purpose, Trust};
use super::work::AT_ONCE;
use crate::flow::{AccountItem, CallError, ListAccountRoles, ListAccounts, ListPage, Operation, Paging, Problem};
use crate::model::{AccountId, ListedAccount, ProfileName, SsoAccess, SsoRoleName, SsoSession, SsoToken};

/// What is assigned to a person.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The accounts, in the order in which AWS lists them.
    pub(crate) accounts: Vec<ListedAccount>,
    /// Accounts that were taken from the person while they were listed.
    pub(crate) vanished: Vec<ListedAccount>,
    /// What AWS listed and could never have made.
    pub(crate) odd: Vec<Odd>,
    /// How many requests were sent.
    pub(crate) requests: usize,
}

/// Something that was listed, and is not what it should be; its text may be anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Odd {
    /// The number of an account of that name.
    Account {
        /// The number.
        id: String,
        /// The account's name.
        name: String,
    },
    /// The name of a role.
    Role {
        /// The account's number.
        account: AccountId,
        /// The role's name.
        name: String,
    },
}

/// One listing: through which session, with which token, and how often AWS was asked.
struct Asking<'s> {
    session: &'s SsoSession,
    name: &'s ProfileName,
    token: &'s SsoToken,
    requests: &'s Cell<usize>,
}

impl Provider<'_> {
    /// Signs in to an SSO session and to nothing else. A token that is kept serves.
    pub(crate) async fn sign_in(&self, session: &Arc<SsoSession>) -> Result<(), Rc<ProviderError>> {
        let name = ProfileName::from(&session.name);
        let access = SsoAccess::Session(Arc::clone(session));
        self.sso_token(Purpose::Listing(&name), &access, Trust::Kept).await.map(drop)
    }

    /// Fetches what is assigned to the person who signs in to `session`. A token that AWS refuses is renewed once, and
    /// nothing that came before it is used: whoever approves the next one may be another person, with other roles.
    pub(crate) async fn list(&self, session: &Arc<SsoSession>) -> Result<Listing, Rc<ProviderError>> {
        let (access, name) = (SsoAccess::Session(Arc::clone(session)), ProfileName::from(&session.name));
        let (purpose, requests) = (Purpose::Listing(&name), Cell::new(0));
        let token = self.sso_token(purpose, &access, Trust::Kept).await?;
        let asking = Asking { session, name: &name, token: &token, requests: &requests };
        let error = match self.list_with(&asking).await {
            Err(error) if problem(&error) == Some(Problem::TokenRejected) => error,
            answer => return answer,
        };
        (self.ports.notify)(Notice::TokenRejected { access: &access });
        if matches!(&*error, ProviderError::Call { call, .. } if call.operation == Operation::ListAccountRoles) {
            // The token was good for the accounts: whoever approved it in this run did not do so in vain, and may do so again.
            self.allow_approval(&access);
        }
        let token = self.sso_token(purpose, &access, Trust::AllBut(&token.access_token)).await?;
        self.list_with(&Asking { token: &token, ..asking }).await
    }

    /// Fetches the accounts, then their roles. It is an error if the portal refuses the roles of every account: then it
    /// refuses something else.
    async fn list_with(&self, asking: &Asking<'_>) -> Result<Listing, Rc<ProviderError>> {
        let (mut listing, mut refusal) = (Listing::default(), None);
        let accounts = listing.check(self.accounts(asking).await?);
        let total = accounts.len();
        (self.ports.notify)(Notice::Listed { done: 0, total });
        let with_roles = async |(id, name)| (self.roles(asking, &id).await, id, name);
        let mut answers = stream::iter(accounts).map(with_roles).buffered(AT_ONCE);
        while let Some((roles, id, name)) = answers.next().await {
            match roles {
                Ok(names) => {
                    let roles = listing.check_roles(&id, &names);
                    listing.accounts.push(ListedAccount::new(id, name, roles));
                }
                Err(error) if is_gone(&error) => {
                    listing.vanished.push(ListedAccount::new(id, name, Vec::new()));
                    refusal = Some(error);
                }
                Err(error) => return Err(error),
            }
            (self.ports.notify)(Notice::Listed { done: listing.accounts.len() + listing.vanished.len(), total });
        }
        listing.requests = asking.requests.get();
        refusal.filter(|_| listing.accounts.is_empty()).map_or(Ok(listing), Err)
    }

    async fn accounts(&self, asking: &Asking<'_>) -> Result<Vec<AccountItem>, Rc<ProviderError>> {
        let (region, access_token) = (&asking.session.region, &asking.token.access_token);
        self.pages(asking, Operation::ListAccounts, async |next_token| {
            self.ports.aws.list_accounts(ListAccounts { region, access_token, next_token }).await
        })
        .await
    }

    /// The names of an account's roles.
    async fn roles(&self, asking: &Asking<'_>, account_id: &AccountId) -> Result<Vec<String>, Rc<ProviderError>> {
        let (region, access_token) = (&asking.session.region, &asking.token.access_token);
        self.pages(asking, Operation::ListAccountRoles, async |next_token| {
            let call = ListAccountRoles { region, access_token, account_id, next_token };
            self.ports.aws.list_account_roles(call).await
        })
        .await
    }

    /// All pages of a list, one after another.
    async fn pages<T>(
        &self,
        asking: &Asking<'_>,
        operation: Operation,
        call: impl AsyncFn(Option<&str>) -> Result<ListPage<T>, CallError>,
    ) -> Result<Vec<T>, Rc<ProviderError>> {
        let (mut paging, mut items, mut next) = (Paging::default(), Vec::new(), None::<String>);
        loop {
            let page = self
                .pace
                .run(async || {
                    self.calling(operation, asking.name);
                    asking.requests.set(asking.requests.get() + 1);
                    call(next.as_deref()).await
                })
                .await
                .map_err(|call| failed(asking.name, call))?;
            items.extend(page.items);
            next = paging.next(page.next_token).map_err(|source| {
                Rc::new(ProviderError::Endless { profile: asking.name.clone(), operation, source })
            })?;
            if next.is_none() {
                return Ok(items);
            }
        }
    }
}

impl Listing {
    /// The accounts that have the number of one, each once, with their names.
    fn check(&mut self, items: Vec<AccountItem>) -> Vec<(AccountId, String)> {
        let mut seen = HashSet::new();
        let mut accounts = Vec::with_capacity(items.len());
        for AccountItem { id, name } in items {
            match AccountId::new(&id) {
                Ok(checked) => {
                    if seen.insert(id) {
                        accounts.push((checked, name));
                    }
                }
                Err(_) => self.odd.push(Odd::Account { id, name }),
            }
        }
        accounts
    }

    /// The roles that have the name of one.
    fn check_roles(&mut self, account: &AccountId, names: &[String]) -> Vec<SsoRoleName> {
        let mut roles = Vec::with_capacity(names.len());
        for name in names {
            match SsoRoleName::new(name) {
                Ok(role) => roles.push(role),
                Err(_) => self.odd.push(Odd::Role { account: account.clone(), name: name.clone() }),
            }
        }
        roles
    }
}

/// Why AWS refused, if it was AWS.
fn problem(error: &ProviderError) -> Option<Problem> {
    match error {
        ProviderError::Call { call, .. } => Some(call.problem),
        _ => None,
    }
}

/// True if the portal knows the account no more, or has taken it from the person.
fn is_gone(error: &ProviderError) -> bool {
    matches!(problem(error), Some(Problem::NotFound | Problem::NotAssigned))
}

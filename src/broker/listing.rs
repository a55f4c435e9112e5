//! Owns finding out which accounts and roles are assigned to a person: all accounts' roles side by side, as fast as the
//! portal lets. Must not know where that is written.

use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::Broker;
use super::error::BrokerError;
use super::notice::Notice;
use super::session::failed;
use super::sso::{Purpose, Trust};
use crate::login::{AccountItem, CallError, ListAccountRoles, ListAccounts, ListPage, Operation, Paging, Problem};
use crate::model::{
    AccountId, Learnt, LearntRoles, ListedAccount, ProfileName, SsoAccess, SsoRoleName, SsoSession, SsoToken,
};

/// How many calls are under way at once.
const AT_ONCE: usize = 24;
/// How often what a busy portal did not answer in many tries is tried as often again: a person has waited long, and others
/// of the organisation may be busy with the same.
const ROUNDS: u32 = 3;

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
    /// How many accounts were known from an earlier run.
    pub(crate) kept: usize,
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

/// One listing: through which session, and how often AWS was asked.
struct Asking<'s> {
    access: &'s SsoAccess,
    name: &'s ProfileName,
    requests: Cell<usize>,
    /// Whether the token that is used now has served.
    has_served: Cell<bool>,
}

/// What came of one account.
type Roles = Result<Vec<String>, Rc<BrokerError>>;

impl Broker<'_> {
    /// Signs in to an SSO session and to nothing else. A token that is kept serves.
    pub(crate) async fn sign_in(&self, session: &Arc<SsoSession>) -> Result<(), Rc<BrokerError>> {
        let name = ProfileName::from(&session.name);
        let access = SsoAccess::Session(Arc::clone(session));
        self.sso_token(Purpose::Listing(&name), &access, Trust::Kept).await.map(drop)
    }

    /// What is assigned to the person who signs in to `session`. Each account's roles are put into `learnt` as soon as they
    /// are known, so that they are not asked for again if this ends early. What `recall` gives for the sign-in is not asked
    /// for: another one may be another person's.
    pub(crate) async fn list(
        &self,
        session: &Arc<SsoSession>,
        learnt: &RefCell<Learnt>,
        recall: impl Fn(String) -> Learnt,
    ) -> Result<Listing, Rc<BrokerError>> {
        let (access, name) = (SsoAccess::Session(Arc::clone(session)), ProfileName::from(&session.name));
        let asking = Asking { access: &access, name: &name, requests: Cell::new(0), has_served: Cell::new(false) };
        self.sso_token(Purpose::Listing(&name), &access, Trust::Kept).await?;
        // Not before: a person may have taken minutes to approve.
        self.pace.may_climb();
        loop {
            let mut listing = Listing::default();
            let accounts = listing.check(self.accounts(&asking).await?);
            // Not before: the token that was kept may have been refused.
            let token = self.token_in_use(&access);
            let sign_in = token.as_ref().map(|token| self.ports.tokens.origin(&access, token));
            learnt.replace(sign_in.clone().map(&recall).unwrap_or_default());
            let is_missing = |place: &usize| !learnt.borrow().contains_key(accounts[*place].0.as_str());
            let missing: Vec<usize> = (0..accounts.len()).filter(is_missing).collect();
            listing.kept = accounts.len() - missing.len();
            (self.ports.notify)(Notice::Listing { kept: listing.kept, total: accounts.len() });
            let vanished = self.all_roles(&asking, &accounts, missing, learnt).await?;
            let last = self.token_in_use(&access);
            // Whoever has approved meanwhile may be another person, whose accounts and roles are others.
            if last == token || last.map(|last| self.ports.tokens.origin(&access, &last)) == sign_in {
                listing.requests = asking.requests.get();
                listing.take(accounts, &vanished, &learnt.borrow());
                return Ok(listing);
            }
        }
    }

    /// Asks for the roles of the accounts at the places `missing`; gives those of accounts that vanished meanwhile. It is an
    /// error if all of them have: then the portal refuses something else.
    async fn all_roles(
        &self,
        asking: &Asking<'_>,
        accounts: &[(AccountId, String)],
        missing: Vec<usize>,
        learnt: &RefCell<Learnt>,
    ) -> Result<HashSet<usize>, Rc<BrokerError>> {
        let (total, mut done, mut vanished) = (accounts.len(), accounts.len() - missing.len(), HashSet::new());
        let mut ready = VecDeque::from(missing);
        let (mut running, mut refusal) = (FuturesUnordered::new(), None);
        loop {
            while running.len() < AT_ONCE
                && let Some(place) = ready.pop_front()
            {
                running.push(async move { (place, done, self.roles(asking, &accounts[place].0).await) });
            }
            let Some((place, done_before, roles)) = running.next().await else {
                return refusal.filter(|_| vanished.len() == total).map_or(Ok(vanished), Err);
            };
            match roles {
                Ok(names) => {
                    let roles = LearntRoles { names, at: (self.ports.now)() };
                    learnt.borrow_mut().insert(accounts[place].0.as_str().to_owned(), roles);
                }
                Err(error) if is_gone(&error) => {
                    vanished.insert(place);
                    refusal.get_or_insert(error);
                }
                // As long as others are served, its turn comes.
                Err(error) if is_throttled(&error) && done > done_before => {
                    ready.push_back(place);
                    continue;
                }
                Err(error) => return Err(error),
            }
            done += 1;
            (self.ports.notify)(Notice::Listed { done, total });
        }
    }

    async fn accounts(&self, asking: &Asking<'_>) -> Result<Vec<AccountItem>, Rc<BrokerError>> {
        let (region, operation) = (asking.access.region(), Operation::ListAccounts);
        self.pages(asking, operation, async |token, next_token| {
            let call = ListAccounts { region, access_token: &token.access_token, next_token };
            self.ports.aws.list_accounts(call).await
        })
        .await
    }

    /// The names of an account's roles.
    async fn roles(&self, asking: &Asking<'_>, account_id: &AccountId) -> Roles {
        let (region, operation) = (asking.access.region(), Operation::ListAccountRoles);
        self.pages(asking, operation, async |token, next_token| {
            let call = ListAccountRoles { region, access_token: &token.access_token, account_id, next_token };
            self.ports.aws.list_account_roles(call).await
        })
        .await
    }

    /// All pages of a list, one after another.
    async fn pages<T>(
        &self,
        asking: &Asking<'_>,
        operation: Operation,
        call: impl AsyncFn(&SsoToken, Option<&str>) -> Result<ListPage<T>, CallError>,
    ) -> Result<Vec<T>, Rc<BrokerError>> {
        let (mut paging, mut items, mut next) = (Paging::default(), Vec::new(), None::<String>);
        loop {
            let page = self
                .with_token(asking, async |token| {
                    self.calling(operation, asking.name);
                    asking.requests.set(asking.requests.get() + 1);
                    call(token, next.as_deref()).await
                })
                .await?;
            items.extend(page.items);
            next = paging
                .next(page.next_token)
                .map_err(|source| Rc::new(BrokerError::Endless { profile: asking.name.clone(), operation, source }))?;
            if next.is_none() {
                return Ok(items);
            }
        }
    }

    /// Makes a call of the portal in its turn. A token that AWS refuses is renewed once, for all calls that are under way.
    async fn with_token<T>(
        &self,
        Asking { access, name, has_served, .. }: &Asking<'_>,
        call: impl AsyncFn(&SsoToken) -> Result<T, CallError>,
    ) -> Result<T, Rc<BrokerError>> {
        let purpose = Purpose::Listing(name);
        let token = self.sso_token(purpose, access, Trust::Kept).await?;
        let answer = match self.in_rounds(async || call(&token).await).await {
            Err(error) if error.problem == Problem::TokenRejected => {
                (self.ports.notify)(Notice::TokenRejected { access });
                if has_served.replace(false) {
                    // It was good: whoever approved it in this run did not do so in vain, and may do so again.
                    self.allow_approval(access);
                }
                let token = self.sso_token(purpose, access, Trust::AllBut(&token.access_token)).await?;
                self.in_rounds(async || call(&token).await).await
            }
            answer => answer,
        };
        has_served.set(has_served.get() || answer.is_ok());
        Ok(answer.map_err(|call| failed(name, call))?)
    }

    /// Makes a call in its turn, and again as long as that makes sense.
    async fn in_rounds<T>(&self, call: impl AsyncFn() -> Result<T, CallError>) -> Result<T, CallError> {
        let mut round = 1;
        loop {
            match self.pace.run(&call).await {
                Err(error) if error.problem == Problem::Throttled && round < ROUNDS => round += 1,
                answer => return answer,
            }
        }
    }
}

impl Listing {
    /// Takes the accounts with the roles that are known of them; those at the places `vanished` have none.
    fn take(&mut self, accounts: Vec<(AccountId, String)>, vanished: &HashSet<usize>, learnt: &Learnt) {
        for (place, (id, name)) in accounts.into_iter().enumerate() {
            if vanished.contains(&place) {
                self.vanished.push(ListedAccount::new(id, name, Vec::new()));
            } else if let Some(roles) = learnt.get(id.as_str()) {
                let roles = self.check_roles(&id, &roles.names);
                self.accounts.push(ListedAccount::new(id, name, roles));
            }
        }
    }

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

fn is_throttled(error: &BrokerError) -> bool {
    matches!(error, BrokerError::Call { call, .. } if call.problem == Problem::Throttled)
}

/// Whether the portal knows the account no more, or has taken it from the person.
fn is_gone(error: &BrokerError) -> bool {
    matches!(error, BrokerError::Call { call, .. } if matches!(call.problem, Problem::NotFound | Problem::NotAssigned))
}

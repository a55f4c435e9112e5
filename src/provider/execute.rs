//! Owns the order of steps: first those that need a person, one after another; then all others in parallel, each as soon as
//! its source is there.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::error::ProviderError;
use super::frontend::Notice;
use super::session::target;
use super::sso::TokenRequest;
use super::{Provider, RenewPolicy};
use crate::flow::{Freshness, LoginUse, Requirements, Step, Steps, TokenUse};
use crate::model::{Chain, Credentials, LoginSession, Profile};

/// Calls in parallel.
pub(super) const PARALLEL: usize = 24;

/// Several profiles share an error if it is their source's.
pub(crate) type CredentialResult = Result<Credentials, Rc<ProviderError>>;

/// The steps that remain for some chains.
pub(crate) struct LoginPlan<'c> {
    chains: &'c [Chain<'c>],
    steps: Steps<'c>,
    /// Credentials that need no step, by profile.
    held: HashMap<&'c str, Credentials>,
    pub(crate) requirements: Requirements<'c>,
}

impl LoginPlan<'_> {
    pub(crate) fn is_done(&self) -> bool {
        self.steps.list.is_empty()
    }

    pub(crate) fn first_target(&self) -> &str {
        self.chains.first().map_or("", |chain| chain.target().name.as_str())
    }
}

impl Provider<'_> {
    /// Reads each kept session on the chains at most once; calls nothing. Fails if the keyring does, before anybody is asked
    /// for a code.
    pub(crate) fn plan<'c>(&self, chains: &'c [Chain<'c>]) -> Result<LoginPlan<'c>, Rc<ProviderError>> {
        let held = RefCell::new(HashMap::new());
        let failure = RefCell::new(None);
        let steps = Steps::of(chains, |profiles| match self.held(profiles) {
            Ok(Some(credentials)) => {
                held.borrow_mut().insert(target(profiles).name.as_str(), credentials);
                true
            }
            Ok(None) => false,
            Err(error) => {
                failure.borrow_mut().get_or_insert(error);
                false
            }
        });
        if let Some(error) = failure.into_inner() {
            return Err(error);
        }
        // A missing long-term key is reported when its step runs: no code is asked for.
        let has_key = |step: &Step<'_>| match step.profiles[0].long_term_section() {
            Some(section) => self.keys.contains(section),
            None => matches!(self.ports.externals.get(step.profiles[0]), Some(Ok(_))),
        };
        let sign_ins = steps.sign_ins();
        let needs_approval = sign_ins.iter().filter(|(step, access)| {
            let token = self.decide_token(TokenRequest::for_role(&step.profiles, access));
            !matches!(token, TokenUse::Use(_) | TokenUse::Refresh(..))
        });
        let approvals = needs_approval.map(|(_, access)| *access).collect();
        let needs_sign_in =
            |session: &LoginSession| !matches!(self.decide_login(session), LoginUse::Use(_) | LoginUse::Refresh(_));
        let requirements =
            Requirements { logins: steps.logins(needs_sign_in), ..Requirements::of(&steps, has_key, approvals) };
        Ok(LoginPlan { chains, steps, held: held.into_inner(), requirements })
    }

    /// Returns a result for each chain, in their order. When a person interrupts, all that remains ends with that; after
    /// `limit`, with [`ProviderError::OutOfTime`].
    pub(crate) async fn execute(&self, plan: &LoginPlan<'_>, limit: Option<Duration>) -> Vec<CredentialResult> {
        let list = &plan.steps.list;
        let mut done: Vec<Option<CredentialResult>> = vec![None; list.len()];
        // Boxed: the nested future's type exceeds the compiler's recursion limit.
        let all = Box::pin(async {
            self.run_attended(plan, &mut done).await?;
            self.run_parallel(plan, &mut done).await
        });
        let ended = match limit {
            None => Ok(all.await),
            Some(limit) => tokio::time::timeout(limit, all).await,
        };
        for (step, result) in list.iter().zip(&mut done).filter(|(_, result)| result.is_none()) {
            *result = match &ended {
                Ok(Err(interrupt)) => Some(Err(Rc::clone(interrupt))),
                Ok(Ok(())) => None,
                Err(_) => Some(Err(Rc::new(ProviderError::OutOfTime { profile: step.target().name.clone() }))),
            };
        }
        self.results(plan, &done)
    }

    /// The results of a plan that is done without a step.
    pub(crate) fn results_of_done(&self, plan: &LoginPlan<'_>) -> Vec<CredentialResult> {
        self.results(plan, &[])
    }

    fn results(&self, plan: &LoginPlan<'_>, done: &[Option<CredentialResult>]) -> Vec<CredentialResult> {
        let ends = plan.chains.iter().zip(&plan.steps.ends);
        ends.map(|(chain, end)| self.result(chain, end.and_then(|end| done[end].clone()), plan)).collect()
    }

    /// Runs the steps that ask for an MFA code or a console sign-in, then obtains all SSO tokens. An error is the person's interrupt.
    async fn run_attended(
        &self,
        plan: &LoginPlan<'_>,
        done: &mut [Option<CredentialResult>],
    ) -> Result<(), Rc<ProviderError>> {
        let list = &plan.steps.list;
        let may_ask = |profile: &Profile| profile.mfa_serial().is_some() || profile.login_session().is_some();
        for index in (0..list.len()).filter(|index| may_ask(list[*index].target())) {
            if let Some(source) = list[index].source.filter(|source| done[*source].is_none()) {
                // A program of the person's own gives the key that the code goes with.
                done[source] = Some(self.step(plan, source, None).await);
            }
            let source = list[index].source.and_then(|source| done[source].clone());
            let result = self.step(plan, index, source).await;
            stop_on_interrupt(&result)?;
            done[index] = Some(result);
        }
        for (step, access) in plan.steps.sign_ins() {
            // The result is kept for every step that needs the token.
            stop_on_interrupt(&self.sso_token(TokenRequest::for_role(&step.profiles, access)).await)?;
        }
        Ok(())
    }

    /// An error is the person's interrupt.
    async fn run_parallel(
        &self,
        plan: &LoginPlan<'_>,
        done: &mut [Option<CredentialResult>],
    ) -> Result<(), Rc<ProviderError>> {
        let list = &plan.steps.list;
        let mut ready = VecDeque::new();
        let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); list.len()];
        for index in (0..list.len()).filter(|index| done[*index].is_none()) {
            match list[index].source.filter(|source| done[*source].is_none()) {
                Some(source) => dependents[source].push(index),
                None => ready.push_back(index),
            }
        }
        let mut count = done.iter().flatten().filter(|result| result.is_ok()).count();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < PARALLEL
                && let Some(index) = ready.pop_front()
            {
                let source = list[index].source.and_then(|source| done[source].clone());
                running.push(async move { (index, self.step(plan, index, source).await) });
            }
            let Some((index, result)) = running.next().await else { return Ok(()) };
            stop_on_interrupt(&result)?;
            let is_new = result.is_ok();
            count += usize::from(is_new);
            done[index] = Some(result);
            ready.append(&mut std::mem::take(&mut dependents[index]).into());
            if is_new {
                self.notify(&Notice::Progress { done: count, total: list.len() });
            }
        }
    }

    /// `source` is the result of the step below, if there is one.
    async fn step(&self, plan: &LoginPlan<'_>, index: usize, source: Option<CredentialResult>) -> CredentialResult {
        let profiles = &plan.steps.list[index].profiles;
        let below = || profiles.iter().rev().nth(1).and_then(|below| plan.held.get(below.name.as_str())).cloned();
        let source = match source {
            Some(Ok(credentials)) => Some(credentials),
            Some(Err(error)) => Some(self.fallback(&profiles[..profiles.len() - 1], &error).ok_or(error)?),
            None => below(),
        };
        let renewed = self.renew(profiles, source).await;
        if let Err(error) = &renewed
            && matches!(&**error, ProviderError::Call { call, .. } if call.is_denial())
        {
            self.ports.sessions.mark_refused(&target(profiles).name, &self.definition(profiles));
        }
        renewed
    }

    /// The kept session that is used where a renewal has failed. None after a [`ProviderError::WrongClock`], since its end is
    /// unknown then.
    fn fallback(&self, profiles: &[&Profile], error: &ProviderError) -> Option<Credentials> {
        let is_allowed = matches!(self.policy, RenewPolicy::BestEffort | RenewPolicy::TargetOnly);
        if !is_allowed || error.is_interrupt() || matches!(error, ProviderError::WrongClock { .. }) {
            return None;
        }
        self.kept_credentials(profiles, Freshness::Aging).ok().flatten()
    }

    fn result(&self, chain: &Chain<'_>, last: Option<CredentialResult>, plan: &LoginPlan<'_>) -> CredentialResult {
        let profiles = chain.profiles();
        let login_needed = || Rc::new(self.login_needed(profiles));
        let last = last.or_else(|| plan.held.get(chain.target().name.as_str()).cloned().map(Ok));
        let error = match last {
            Some(Ok(credentials)) => {
                // It may have ended while a person was asked for another profile's code.
                let is_valid = credentials.expiration.is_none_or(|end| end > (self.ports.now)());
                return if is_valid { Ok(credentials) } else { Err(login_needed()) };
            }
            Some(Err(error)) => error,
            None => return Err(login_needed()),
        };
        let fallback = if self.policy == RenewPolicy::TargetOnly { None } else { self.fallback(profiles, &error) };
        match fallback {
            Some(credentials) => Ok(credentials),
            // Names the profile that was asked for, not its source.
            None if matches!(*error, ProviderError::LoginNeeded { .. }) => Err(login_needed()),
            None => Err(error),
        }
    }
}

fn stop_on_interrupt<T>(result: &Result<T, Rc<ProviderError>>) -> Result<(), Rc<ProviderError>> {
    match result {
        Err(error) if error.is_interrupt() => Err(Rc::clone(error)),
        _ => Ok(()),
    }
}

//! Owns the order in which steps are carried out: first those that need a person, one after another; then all others
//! side by side, each when its source is there.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};

use super::error::ProviderError;
use super::notice::Notice;
use super::sso::{Purpose, Trust};
use super::{Provider, Renewal};
use crate::flow::{Freshness, Needs, Steps, TokenUse};
use crate::model::{Chain, Credentials, Kind, Profile, SsoAccess};

/// How many calls are under way at once.
pub(super) const AT_ONCE: usize = 24;
/// What came of a step or chain; what fails for one fails for all that stand on it.
pub(crate) type Outcome = Result<Credentials, Rc<ProviderError>>;

/// What there is to do for some chains.
pub(crate) struct Work<'c> {
    chains: &'c [Chain<'c>],
    steps: Steps<'c>,
    /// What is held already, by profile.
    held: HashMap<&'c str, Credentials>,
}

impl Work<'_> {
    /// Whether everything is held, so that nothing is to be called.
    pub(crate) fn is_done(&self) -> bool {
        self.steps.list.is_empty()
    }
}

impl Provider<'_> {
    /// What there is to do for `chains`. Reads what is kept, calls nothing.
    pub(crate) fn plan<'c>(&self, chains: &'c [Chain<'c>]) -> Work<'c> {
        let held = RefCell::new(HashMap::new());
        let steps = Steps::of(chains, |profiles| match (self.serving(profiles), profiles.last()) {
            (Some(credentials), Some(top)) => {
                held.borrow_mut().insert(top.name.as_str(), credentials);
                true
            }
            _ => false,
        });
        Work { chains, steps, held: held.into_inner() }
    }

    /// What that will ask of a person.
    pub(crate) fn needs<'c>(&self, work: &Work<'c>) -> Needs<'c> {
        // Without a long-term key there is nothing to use a code with, which is said when it comes to that.
        let has_key = |profile: &Profile| {
            let step = work.steps.list.iter().find(|step| step.target().name == profile.name);
            let section = step.and_then(|step| step.profiles[0].long_term_section());
            section.is_some_and(|section| self.keys.contains_key(section))
        };
        Needs::of(&work.steps, has_key, |access| {
            matches!(self.token_use(access), TokenUse::Use(_) | TokenUse::Refresh(..))
        })
    }

    /// Carries it out; gives what came of each chain, in their order.
    ///
    /// With [`Renewal::Lenient`], where a renewal fails, or would need a person who is not there, a kept session with a
    /// minute or more left still serves. When a person interrupts, everything that is left ends with that; so it does after
    /// `limit`, which whoever waits for the result knows: the portal's quota lets many profiles take minutes.
    pub(crate) async fn carry_out(&self, work: &Work<'_>, limit: Option<Duration>) -> Vec<Outcome> {
        let list = &work.steps.list;
        let mut done: Vec<Option<Outcome>> = vec![None; list.len()];
        // On the heap, since its type is too deep for the compiler inside another one.
        let all = Box::pin(async {
            self.ask(work, &mut done).await?;
            self.run_all(work, &mut done).await
        });
        let ended = match limit {
            None => Ok(all.await),
            Some(limit) => tokio::time::timeout(limit, all).await,
        };
        for (step, outcome) in list.iter().zip(&mut done).filter(|(_, outcome)| outcome.is_none()) {
            *outcome = match &ended {
                Ok(Err(interrupt)) => Some(Err(Rc::clone(interrupt))),
                Ok(Ok(())) => None,
                Err(_) => Some(Err(Rc::new(ProviderError::OutOfTime { profile: step.target().name.clone() }))),
            };
        }
        self.ends(work, &done)
    }

    /// What there is where nothing is left to do.
    pub(crate) fn held(&self, work: &Work<'_>) -> Vec<Outcome> {
        self.ends(work, &[])
    }

    fn ends(&self, work: &Work<'_>, done: &[Option<Outcome>]) -> Vec<Outcome> {
        let ends = work.chains.iter().zip(&work.steps.ends);
        ends.map(|(chain, end)| self.end(chain, end.and_then(|end| done[end].clone()), work)).collect()
    }

    /// Does what a person has a part in: what waits for a code, and the tokens. An error is the person's wish to stop.
    async fn ask(&self, work: &Work<'_>, done: &mut [Option<Outcome>]) -> Result<(), Rc<ProviderError>> {
        let list = &work.steps.list;
        for place in (0..list.len()).filter(|place| list[*place].target().mfa_serial().is_some()) {
            let source = list[place].source.and_then(|source| done[source].clone());
            let outcome = self.step(work, place, source).await;
            heed_interrupt(&outcome)?;
            done[place] = Some(outcome);
        }
        let mut seen: Vec<&SsoAccess> = Vec::new();
        for step in list {
            if let Kind::Sso { access, .. } = &step.target().kind
                && !seen.iter().any(|other| other.is_one_sign_in_with(access))
            {
                seen.push(access);
                // How it goes is remembered, for every step that needs the token.
                heed_interrupt(&self.sso_token(Purpose::Role(&step.profiles), access, Trust::Kept).await)?;
            }
        }
        Ok(())
    }

    /// Does everything that is left, side by side. An error is the person's wish to stop.
    async fn run_all(&self, work: &Work<'_>, done: &mut [Option<Outcome>]) -> Result<(), Rc<ProviderError>> {
        let list = &work.steps.list;
        let mut ready = VecDeque::new();
        let mut above: Vec<Vec<usize>> = vec![Vec::new(); list.len()];
        for place in (0..list.len()).filter(|place| done[*place].is_none()) {
            match list[place].source.filter(|source| done[*source].is_none()) {
                Some(source) => above[source].push(place),
                None => ready.push_back(place),
            }
        }
        let mut count = done.iter().flatten().filter(|outcome| outcome.is_ok()).count();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < AT_ONCE
                && let Some(place) = ready.pop_front()
            {
                let source = list[place].source.and_then(|source| done[source].clone());
                running.push(async move { (place, self.step(work, place, source).await) });
            }
            let Some((place, outcome)) = running.next().await else { return Ok(()) };
            heed_interrupt(&outcome)?;
            let is_new = outcome.is_ok();
            count += usize::from(is_new);
            done[place] = Some(outcome);
            ready.extend(above[place].drain(..));
            if is_new {
                (self.ports.notify)(Notice::Progress { done: count, total: list.len() });
            }
        }
    }

    /// Carries out one step. `source` is what came of the step that it stands on, if there is one.
    async fn step(&self, work: &Work<'_>, place: usize, source: Option<Outcome>) -> Outcome {
        let profiles = &work.steps.list[place].profiles;
        let below = || profiles.iter().rev().nth(1).and_then(|below| work.held.get(below.name.as_str())).cloned();
        let source = match source {
            Some(Ok(credentials)) => Some(credentials),
            Some(Err(error)) => Some(self.in_its_stead(&profiles[..profiles.len() - 1], &error).ok_or(error)?),
            None => below(),
        };
        let renewed = self.renew(profiles, source).await;
        if let (Err(error), Some(target)) = (&renewed, profiles.last())
            && matches!(&**error, ProviderError::Call { call, .. } if call.is_denial())
        {
            self.ports.sessions.mark_refused(&target.name, &self.definition(profiles));
        }
        renewed
    }

    /// What still serves where a renewal has failed: the kept session, in its last quarter of an hour.
    fn in_its_stead(&self, profiles: &[&Profile], error: &ProviderError) -> Option<Credentials> {
        // By a wrong clock, nobody can tell whether a kept session has ended.
        let is_over = error.is_interrupt() || matches!(error, ProviderError::WrongClock { .. });
        let is_fine = matches!(self.renewal, Renewal::Lenient | Renewal::StrictAtTop) && !is_over;
        let session = is_fine.then(|| self.kept(profiles, Freshness::Aging)).flatten()?;
        Some(session.credentials)
    }

    /// What a chain comes to, by what came of its last step.
    fn end(&self, chain: &Chain<'_>, outcome: Option<Outcome>, work: &Work<'_>) -> Outcome {
        let profiles = chain.profiles();
        // A person may have taken long over what was asked for meanwhile.
        let now = (self.ports.now)();
        let lasts = |credentials: &Credentials| credentials.expiration.is_none_or(|end| end > now);
        let held = || work.held.get(chain.target().name.as_str()).filter(|credentials| lasts(credentials)).cloned();
        let error = match outcome {
            Some(Err(error)) => error,
            Some(Ok(credentials)) if lasts(&credentials) => return Ok(credentials),
            Some(Ok(_)) => return Err(Rc::new(self.login_needed(profiles))),
            None => return held().ok_or_else(|| Rc::new(self.login_needed(profiles))),
        };
        let is_said = self.renewal == Renewal::StrictAtTop;
        match (!is_said).then(|| self.in_its_stead(profiles, &error)).flatten() {
            Some(credentials) => Ok(credentials),
            // The person knows the profile that was asked for, not the one below it that they have to log in to.
            None if matches!(*error, ProviderError::LoginNeeded { .. }) => Err(Rc::new(self.login_needed(profiles))),
            None => Err(error),
        }
    }
}

/// The person's wish to stop, if `outcome` is that.
fn heed_interrupt<T>(outcome: &Result<T, Rc<ProviderError>>) -> Result<(), Rc<ProviderError>> {
    match outcome {
        Err(error) if error.is_interrupt() => Err(Rc::clone(error)),
        _ => Ok(()),
    }
}

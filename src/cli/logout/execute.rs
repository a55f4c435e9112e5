//! Owns ending sessions: at AWS, in AWS CLI's caches, in the credentials file and in the state directory. Must not choose
//! which ones, or print what was ended.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::apply::{Applied, Keep, change};
use crate::aws::Aws;
use crate::cli::app::App;
use crate::cli::apply::prune;
use crate::cli::env_config::{ca_bundle, endpoints, proxies};
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::service::run as run_async;
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::flow::{CallError, CreateToken, Grant, Operation, Problem, TransportError};
use crate::model::{Kind, Profile, ProfileName, SsoAccess};
use crate::plan;
use crate::store::{RoleCache, Sessions, SignIn, SsoCache, SsoRole, sweep_leftovers};
use crate::system::clock;
use crate::system::disk::DiskError;
use crate::system::lock::{Lock, LockError};
use crate::system::snapshot::sweep_beside;
use crate::system::wait::Deadline;

/// How long AWS may take to hear of it, however many sign-ins end.
const AT_AWS: Duration = Duration::from_secs(5);
/// How long renewals of other processes are waited for, all together.
const FOR_OTHERS: Duration = Duration::from_secs(10);
/// How long they are waited for without a word.
const IN_SILENCE: Duration = Duration::from_secs(1);

/// Where sessions are.
pub(crate) struct Ending {
    out: Out,
    aws: Aws,
    /// Sessions in the state directory.
    pub(crate) sessions: Sessions,
    /// SSO tokens.
    pub(crate) tokens: SsoCache,
    roles: RoleCache,
    credentials_file: PathBuf,
    state_dir: PathBuf,
    patience: Patience,
}

/// How long others are waited for, which begins with the first wait: a person may take their time before it.
struct Patience {
    whole: Duration,
    end: OnceCell<Deadline>,
}

impl Patience {
    fn new(whole: Duration) -> Self {
        Self { whole, end: OnceCell::new() }
    }

    fn left(&self) -> Duration {
        self.end.get_or_init(|| Deadline::after(self.whole)).left()
    }
}

/// A sign-in that ends, under the name that the person knows.
pub(crate) struct Named {
    /// An SSO session's name, or a start URL.
    pub(crate) name: String,
    /// The sign-in.
    pub(crate) sign_in: SignIn,
}

impl Named {
    fn newest(self) -> Self {
        match self.sign_in.reread() {
            Some(sign_in) => Self { sign_in, ..self },
            None => self,
        }
    }
}

/// A sign-in that has ended.
pub(crate) struct SignedOut {
    /// Its name.
    pub(crate) name: String,
    /// Why AWS does not know.
    pub(crate) untold: Option<CallError>,
}

/// The end of one profile's session.
pub(crate) struct Ended {
    /// The profile.
    pub(crate) name: ProfileName,
    /// Until when AWS goes on to accept its credentials.
    pub(crate) lives_until: Option<Timestamp>,
}

impl Ending {
    /// Finds the places; needs no manifest.
    pub(crate) fn new(app: App<'_>) -> Result<Self, Failure> {
        let App { host, paths, out } = app;
        let state_dir = paths.state()?;
        Ok(Self {
            out,
            aws: Aws::new(endpoints(host)?, ca_bundle(host)?, proxies(host), clock::now),
            sessions: Sessions::new(&state_dir),
            tokens: SsoCache::new(Paths::aws_cache("sso")?, &state_dir),
            roles: RoleCache::new(Paths::aws_cache("cli")?),
            credentials_file: paths.credentials()?,
            state_dir,
            patience: Patience::new(FOR_OTHERS),
        })
    }

    /// Removes what killed runs left half-written, wherever there may be tokens in it.
    pub(crate) fn sweep(&self) -> Result<(), Failure> {
        let caches = [Paths::aws_cache("sso")?, Paths::aws_cache("cli")?];
        sweep_leftovers(&self.state_dir, &caches);
        sweep_beside(&self.credentials_file);
        Ok(())
    }

    /// Ends sign-ins at AWS and here. What AWS can't be told ends here all the same; a person who interrupts ends the
    /// telling alone.
    pub(crate) fn sign_out(&self, all: Vec<Named>, failures: &mut Vec<Failure>) -> Vec<SignedOut> {
        if all.is_empty() {
            return Vec::new();
        }
        // No renewal in between puts a new token in the place of the one that ends.
        let locks: Vec<Option<Lock>> = all.iter().map(|named| self.lock(&format!("sso {}", named.name))).collect();
        // One that was renewed meanwhile is the one that ends.
        let all: Vec<Named> = all.into_iter().map(Named::newest).collect();
        let told = run_async(join_all(all.iter().map(|named| within(AT_AWS, self.tell_aws(&named.sign_in)))));
        let told = told.unwrap_or_else(|failure| {
            failures.insert(0, failure);
            all.iter().map(|_| Err(interrupted())).collect()
        });
        let mut ended = Vec::new();
        for (Named { name, sign_in }, told) in all.into_iter().zip(told) {
            note(failures, self.tokens.remove(&sign_in));
            if sign_in.reread().is_none() {
                ended.push(SignedOut { name, untold: told.err() });
            }
        }
        drop(locks);
        ended
    }

    /// Tells AWS that a sign-in is over. Its access token may have ended long before it: then its refresh token gives one
    /// more, to end it with.
    async fn tell_aws(&self, sign_in: &SignIn) -> Result<(), CallError> {
        let Some(region) = &sign_in.region else {
            return Err(CallError::unreachable(
                Operation::Logout,
                "the token's file does not say in which region it is",
            ));
        };
        let ended = self.aws.logout(region, &sign_in.access_token).await;
        let (Err(error), Some((refresh_token, client))) = (&ended, &sign_in.refresh) else {
            return ended.or_else(unless_over);
        };
        if error.problem != Problem::TokenRejected {
            return ended;
        }
        let call = CreateToken { region, dual_stack: None, client, grant: Grant::RefreshToken(refresh_token) };
        match self.aws.create_token(call, clock::now()).await {
            Ok(granted) => self.aws.logout(region, &granted.access_token).await.or_else(unless_over),
            Err(error) => unless_over(error),
        }
    }

    /// Ends the sessions of profiles here: in the state directory, and AWS CLI's copies of them. Each level is made from
    /// those before it.
    pub(crate) fn end_sessions(&self, levels: &[Vec<ProfileName>], failures: &mut Vec<Failure>) -> Vec<Ended> {
        let (mut ended, mut unmarked) = (Vec::new(), None);
        for level in levels.iter().filter(|level| !level.is_empty()) {
            // Before any is looked at, and after what they are made from is gone: who has that in memory began before.
            let marked = self.sessions.mark_ended(level, clock::now());
            unmarked = unmarked.or(marked.err());
            let there = level.iter().filter(|name| self.sessions.exists_or_is_renewed(name));
            ended.extend(there.filter_map(|name| self.end_session(name, failures)));
        }
        if let Some(error) = unmarked {
            self.out.warn(&format!("renewals that are under way may undo this: {}", error.with_cause()));
        }
        ended
    }

    fn end_session(&self, name: &ProfileName, failures: &mut Vec<Failure>) -> Option<Ended> {
        let _lock = self.lock(name.as_str());
        let now = clock::now();
        let expiration = self.sessions.get(name).map(|saved| saved.session.expiration);
        let was_there = take(failures, prune::end(&self.sessions, name));
        let lives_until = expiration.filter(|end| *end > now);
        was_there.then(|| Ended { name: name.clone(), lives_until })
    }

    /// Takes the sessions of those profiles that `ends` out of the credentials file, in one go. `kept` are the access keys
    /// of sessions as they were kept. Returns whose there were.
    pub(crate) fn end_sections(
        &self,
        ends: impl Fn(&str) -> bool,
        kept: impl Fn(&str) -> Option<String>,
        failures: &mut Vec<Failure>,
    ) -> BTreeSet<String> {
        let mut ended = BTreeSet::new();
        let written = change(&self.credentials_file, &self.state_dir, Keep::Nothing, |bytes| {
            let plan = plan::remove_sessions(bytes, &ends, &kept)?;
            ended = plan.changes.iter().map(|(id, _)| id.name().to_owned()).collect();
            Ok(plan)
        });
        match written {
            Ok(Applied::Unchanged) => {}
            Ok(Applied::Durable | Applied::NotFlushed) => {
                self.out.detail(&format!("wrote {}", self.credentials_file.display()));
            }
            Err(error) => {
                failures.push(explain::apply(&error));
                ended.clear();
            }
        }
        ended
    }

    /// Removes AWS CLI's own credentials of the roles that were got through the sign-ins that end. Returns how many there
    /// were.
    pub(crate) fn forget_roles_of_aws_cli<'p>(
        &self,
        profiles: impl Iterator<Item = &'p Profile>,
        failures: &mut Vec<Failure>,
    ) -> usize {
        let mut count = 0;
        for profile in profiles {
            let Kind::Sso { access, account_id, role_name } = &profile.kind else { continue };
            let (session_name, start_url) = match access {
                SsoAccess::Session(session) => (Some(session.name.as_str()), None),
                SsoAccess::Legacy { start_url, .. } => (None, Some(start_url.as_str())),
            };
            let (account_id, role_name) = (account_id.as_str(), role_name.as_str());
            let role = SsoRole { account_id, role_name, session_name, start_url };
            count += usize::from(note(failures, self.roles.remove_sso_role(&role)));
        }
        count
    }

    /// The same for all roles, whoever's they are.
    pub(crate) fn forget_all_roles_of_aws_cli(&self, failures: &mut Vec<Failure>) -> usize {
        let (count, error) = self.roles.remove_sso_roles();
        failures.extend(error.map(|error| unavailable(&error)));
        count
    }

    /// Waits for another process that renews the same, as long as there is patience left. Who goes on for longer, such as
    /// a person who is asked for a code, is not waited for.
    fn lock(&self, what: &str) -> Option<Lock> {
        match self.sessions.lock(what, IN_SILENCE.min(self.patience.left())) {
            Err(LockError::Held { .. }) if !self.patience.left().is_zero() => {
                self.out.say(&format!("{what}: waiting for another awsauth that is renewing it…"));
            }
            taken => return self.taken(what, taken),
        }
        self.taken(what, self.sessions.lock(what, self.patience.left()))
    }

    fn taken(&self, what: &str, taken: Result<Lock, LockError>) -> Option<Lock> {
        let why = match taken {
            Ok(lock) => return Some(lock),
            Err(LockError::Held { holder, .. }) => {
                let holder = holder.map(|pid| format!(" (process {pid})")).unwrap_or_default();
                format!("another awsauth{holder} is logging in to it right now; what that one gets stays")
            }
            Err(LockError::Disk(error)) => error.with_cause(),
        };
        self.out.warn(&format!("{what}: {why}"));
        None
    }
}

/// What AWS does not know any more is over.
fn unless_over(error: CallError) -> Result<(), CallError> {
    if error.problem.is_passing() || error.operation == Operation::Logout && error.problem != Problem::TokenRejected {
        Err(error)
    } else {
        Ok(())
    }
}

async fn within(limit: Duration, call: impl Future<Output = Result<(), CallError>>) -> Result<(), CallError> {
    let late = |_| {
        let words = format!("AWS did not answer within {} s", limit.as_secs());
        Err(CallError::unreachable(Operation::Logout, words).caused_by(TransportError::TimedOut))
    };
    tokio::time::timeout(limit, call).await.unwrap_or_else(late)
}

fn interrupted() -> CallError {
    CallError::unreachable(Operation::Logout, "interrupted")
}

fn unavailable(error: &DiskError) -> Failure {
    match error {
        DiskError::Exposed { .. } => explain::disk(error),
        _ => Failure::of(Exit::Unavailable, error),
    }
}

/// The result, or what stands for none: one thing that does not go is no reason to leave the others.
pub(crate) fn take<T: Default>(failures: &mut Vec<Failure>, result: Result<T, Failure>) -> T {
    result.unwrap_or_else(|failure| {
        failures.push(failure);
        T::default()
    })
}

/// The same for what the disk says.
pub(crate) fn note<T: Default>(failures: &mut Vec<Failure>, result: Result<T, DiskError>) -> T {
    take(failures, result.map_err(|error| unavailable(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_begins_with_the_first_wait_and_is_for_all_of_them() {
        let patience = Patience::new(Duration::from_mins(1));
        assert!(patience.end.get().is_none(), "a list may be looked at before");
        let first = patience.left();
        assert!(first <= Duration::from_mins(1) && patience.end.get().is_some());
        assert!(patience.left() <= first);
    }

    #[test]
    fn an_aws_that_never_answers_is_waited_for_five_seconds() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let start = tokio::time::Instant::now();
            let error = within(AT_AWS, std::future::pending()).await.unwrap_err();
            assert_eq!(error.to_string(), "Logout failed: AWS did not answer within 5 s");
            assert_eq!(start.elapsed(), AT_AWS);
        });
    }
}

//! Owns ending sessions: at AWS, in the state directory, and their copies. Must not choose them.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;

use crate::aws::Aws;
use crate::cli::app::App;
use crate::cli::apply::prune;
use crate::cli::environment::aws;
use crate::cli::login::runtime::run;
use crate::cli::login::shared_copies::SharedCopies;
use crate::cli::logout::report::{LogoutReport, SignedOut};
use crate::cli::logout::select::{NamedSignIn, Selection};
use crate::cli::paths::Paths;
use crate::cli::ui::failure::Failure;
use crate::cli::ui::out::Out;
use crate::flow::{CallError, CreateToken, Grant, Operation, Problem, TransportError};
use crate::model::{LoginSession, ProfileName, SecretStore};
use crate::store::{LoginCache, Sessions, SignIn, SsoCache, sweep_leftovers};
use crate::system::clock;
use crate::system::files::lock::{Lock, LockError};
use crate::system::wait::Deadline;

/// How long AWS may take, however many sign-ins end.
const AWS_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait for renewals of other processes, all together.
const RENEWALS_TIMEOUT: Duration = Duration::from_secs(10);
/// The person is told of a longer wait.
const TELL_AFTER: Duration = Duration::from_secs(1);

pub(crate) struct Logout {
    out: Out,
    aws: Aws,
    pub(crate) sessions: Sessions,
    pub(crate) tokens: SsoCache,
    pub(crate) logins: LoginCache,
    copies: SharedCopies,
    state_dir: PathBuf,
    patience: Patience,
}

/// Begins with the first wait: a person may take their time before it.
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

impl Logout {
    /// Needs no manifest.
    pub(crate) fn new(app: App<'_>) -> Result<Self, Failure> {
        let state_dir = app.paths.state()?;
        Ok(Self {
            out: app.out,
            aws: aws(app.host)?,
            sessions: Sessions::new(&state_dir, app.keyring(), SecretStore::default()),
            tokens: SsoCache::new(Paths::aws_cache("sso")?, &state_dir),
            logins: LoginCache::new(app.paths.login_cache()?, &state_dir),
            copies: SharedCopies::new(app)?,
            state_dir,
            patience: Patience::new(RENEWALS_TIMEOUT),
        })
    }

    /// Ends everything in `selection`. A failure does not stop the rest.
    pub(crate) fn execute(&self, mut selection: Selection<'_>, report: &mut LogoutReport) {
        self.sign_out(std::mem::take(&mut selection.sign_ins), report);
        self.end_logins(&selection.logins, report);
        self.end_sessions(&selection.levels, report);
        let removed = self.copies.remove_sections(|name| selection.has(name));
        let removed = report.take(removed);
        report.profiles.extend(removed);
        if selection.is_all {
            let swept = self.sweep();
            report.take(swept);
        }
        if selection.is_all && selection.foreign.is_empty() {
            let (count, error) = self.copies.roles.remove_sso_roles();
            report.sso_roles = count;
            report.take_disk(error.map_or(Ok(()), Err));
        } else {
            for profile in &selection.profiles {
                let was_there = report.take_disk(self.copies.remove_sso_role(profile));
                report.sso_roles += usize::from(was_there);
            }
        }
        report.foreign = selection.foreign;
    }

    /// Removes temporary files of killed runs, which may hold tokens.
    fn sweep(&self) -> Result<(), Failure> {
        sweep_leftovers(&self.sessions, &self.state_dir, &[Paths::aws_cache("sso")?, Paths::aws_cache("cli")?]);
        self.logins.sweep();
        self.copies.sweep_credentials();
        Ok(())
    }

    /// Ends sign-ins at AWS and here. Without a network, or after Ctrl-C, they end here alone.
    fn sign_out(&self, all: Vec<NamedSignIn>, report: &mut LogoutReport) {
        if all.is_empty() {
            return;
        }
        // A renewal must not save a new token in the place of the one that ends.
        let locks: Vec<Option<Lock>> = all.iter().map(|named| self.lock(&format!("sso {}", named.name))).collect();
        // Read again: a token that was renewed meanwhile is the one that ends.
        let newest = |NamedSignIn { name, sign_in }| NamedSignIn { name, sign_in: sign_in.reread().unwrap_or(sign_in) };
        let all: Vec<NamedSignIn> = all.into_iter().map(newest).collect();
        let told = run(join_all(all.iter().map(|named| within(AWS_TIMEOUT, self.tell_aws(&named.sign_in)))));
        let told = told.unwrap_or_else(|failure| {
            report.failures.insert(0, failure);
            all.iter().map(|_| Err(CallError::unreachable(Operation::Logout, "interrupted"))).collect()
        });
        for (NamedSignIn { name, sign_in }, told) in all.into_iter().zip(told) {
            report.take_disk(self.tokens.remove(&sign_in));
            if sign_in.reread().is_none() {
                report.signed_out.push(SignedOut { name, untold: told.err() });
            }
        }
        drop(locks);
    }

    /// The access token may have ended long before the sign-in: then the refresh token gives one more, to end it with.
    async fn tell_aws(&self, sign_in: &SignIn) -> Result<(), CallError> {
        let Some(region) = &sign_in.region else {
            let words = "the token's file does not say in which region it is";
            return Err(CallError::unreachable(Operation::Logout, words));
        };
        let ended = self.aws.logout(region, &sign_in.access_token).await;
        let (Err(error), Some((refresh_token, client))) = (&ended, &sign_in.refresh) else {
            return ended.or_else(unless_ended);
        };
        if error.problem != Problem::TokenRejected {
            return ended;
        }
        let call = CreateToken { region, dual_stack: None, client, grant: Grant::RefreshToken(refresh_token) };
        match self.aws.create_token(call, clock::now()).await {
            Ok(response) => self.aws.logout(region, &response.access_token).await.or_else(unless_ended),
            Err(error) => unless_ended(error),
        }
    }

    /// As `aws logout` does, removes the files alone: there is no call that a sign-in may end itself with (aws-facts §13.3).
    fn end_logins(&self, logins: &[(String, LoginSession)], report: &mut LogoutReport) {
        for (name, session) in logins {
            // A renewal must not save new tokens in the place of those that end.
            let _lock = self.lock(&LoginCache::lock_name(session));
            let end = self.logins.token(session).and_then(|token| token.credentials.expiration);
            if report.take_disk(self.logins.remove(session)) {
                report.profiles.insert(name.clone());
                report.still_valid.extend(end.filter(|end| *end > clock::now()).map(|end| (name.clone(), end)));
            }
        }
    }

    fn end_sessions(&self, levels: &[Vec<ProfileName>], report: &mut LogoutReport) {
        let mut unmarked = None;
        for level in levels.iter().filter(|level| !level.is_empty()) {
            // Marked before any session is read, and after its source is gone: a renewal that has the source in memory began
            // before the mark.
            let marked = self.sessions.mark_ended(level, clock::now());
            unmarked = unmarked.or(marked.err());
            for name in level.iter().filter(|name| self.sessions.exists_or_is_renewed(name)) {
                self.end_session(name, report);
            }
        }
        if let Some(error) = unmarked {
            self.out.warn(&format!("renewals that are under way may undo this: {}", error.with_cause()));
        }
    }

    fn end_session(&self, name: &ProfileName, report: &mut LogoutReport) {
        let _lock = self.lock(name.as_str());
        let now = clock::now();
        let expiration = self.sessions.get(name).map(|saved| saved.session.expiration);
        if report.take(prune::end(&self.sessions, name)) {
            report.profiles.insert(name.to_string());
            let still_valid = expiration.filter(|end| *end > now);
            report.still_valid.extend(still_valid.map(|end| (name.to_string(), end)));
        }
    }

    /// Waits for another process that renews `subject`, as long as there is patience left. A login that goes on for longer,
    /// such as one that asks for a code, is not waited for.
    fn lock(&self, subject: &str) -> Option<Lock> {
        let mut taken = self.sessions.lock(subject, TELL_AFTER.min(self.patience.left()));
        if matches!(taken, Err(LockError::Held { .. })) && !self.patience.left().is_zero() {
            self.out.say(&format!("{subject}: waiting for another awsauth that is renewing it…"));
            taken = self.sessions.lock(subject, self.patience.left());
        }
        let why = match taken {
            Ok(lock) => return Some(lock),
            Err(LockError::Held { holder, .. }) => {
                let holder = holder.map(|pid| format!(" (process {pid})")).unwrap_or_default();
                format!("another awsauth{holder} is logging in to it right now; the session that it gets stays")
            }
            Err(LockError::Disk(error)) => error.with_cause(),
        };
        self.out.warn(&format!("{subject}: {why}"));
        None
    }
}

/// A sign-in that AWS does not know any more has ended.
fn unless_ended(error: CallError) -> Result<(), CallError> {
    if error.problem.is_transient() || error.operation == Operation::Logout && error.problem != Problem::TokenRejected {
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
            let error = within(AWS_TIMEOUT, std::future::pending()).await.unwrap_err();
            assert_eq!(error.to_string(), "Logout failed: AWS did not answer within 5 s");
            assert_eq!(start.elapsed(), AWS_TIMEOUT);
        });
    }
}

//! Owns the right to renew something: one process calls AWS, the others wait and take its result.

use std::time::Duration;

use super::error::ProviderError;
use super::notice::Notice;
use super::{Attendance, Provider};
use crate::system::lock::{Lock, LockError, this_process};

/// How long between the first two looks.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
/// How long between two looks at most: hundreds may be waiting.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
/// How long a person waits before they are told why.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// How long a program waits for one profile's credentials that nobody sits at: Go's SDK gives up after a minute
/// (aws-facts §7), and what is kept may still serve.
pub(crate) const UNATTENDED: Duration = Duration::from_secs(25);

/// Who renews.
pub(super) enum Right<T> {
    /// This process, as long as it holds this. Others as well where there are no locks.
    Ours(Option<Lock>),
    /// Another one has done it.
    Theirs(T),
}

impl Provider<'_> {
    /// Waits for the right to renew `what`, or until `theirs` finds that another process has, or, while that is at it,
    /// `meanwhile` finds something that serves. The system frees the lock of a process that dies; one that is stopped keeps
    /// it, and where nobody sees what is waited for, that ends.
    pub(super) async fn right_to<T>(
        &self,
        what: &str,
        theirs: impl Fn() -> Option<T>,
        meanwhile: impl Fn() -> Option<T>,
    ) -> Result<Right<T>, ProviderError> {
        let mut pause = FIRST_PAUSE;
        let mut waited = Duration::ZERO;
        loop {
            let holder = match self.ports.sessions.try_lock(what) {
                // Looked for under the lock as well: it may have been put there just before.
                Ok(lock) => return Ok(theirs().map_or(Right::Ours(Some(lock)), Right::Theirs)),
                Err(LockError::Held { path, holder, .. }) if waited >= UNATTENDED && self.is_unseen(holder) => {
                    let source = LockError::Held { path, holder, seconds: UNATTENDED.as_secs() };
                    return Err(ProviderError::Lock { profile: what.to_owned(), source });
                }
                Err(LockError::Held { holder, .. }) => holder,
                // Two that renew at once cost a call more: nobody has to go without for that.
                Err(LockError::Disk(error)) => {
                    self.tell_unkept(&error);
                    return Ok(theirs().map_or(Right::Ours(None), Right::Theirs));
                }
            };
            if let Some(result) = theirs().or_else(&meanwhile) {
                return Ok(Right::Theirs(result));
            }
            let is_told = waited > WORTH_TELLING;
            tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            waited += pause;
            pause = (pause * 2).min(LONGEST_PAUSE);
            // What this very process is at for another profile is no news.
            let is_news = self.attendance != Attendance::Nobody && holder != Some(this_process());
            if waited > WORTH_TELLING && !is_told && is_news {
                (self.ports.notify)(Notice::Waiting { subject: what, holder });
            }
        }
    }

    /// Whether nobody sees that `holder` is waited for. It may be this very process, where a person approves elsewhere what
    /// another profile needs.
    fn is_unseen(&self, holder: Option<u32>) -> bool {
        match self.attendance {
            Attendance::Person => false,
            Attendance::Elsewhere => holder.is_some_and(|holder| holder != this_process()),
            Attendance::Nobody => true,
        }
    }
}

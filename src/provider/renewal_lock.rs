//! Owns the lock for a renewal: one process calls AWS, the others wait and take its result. Without it, hundreds of SDKs
//! that start at once would each spend the refresh token or an MFA code.

use std::time::Duration;

use super::error::ProviderError;
use super::frontend::Notice;
use super::{Attendance, Provider};
use crate::system::files::lock::{Lock, LockError, this_process};

const FIRST_PAUSE: Duration = Duration::from_millis(5);
/// Not shorter, since hundreds may be waiting.
const MAX_PAUSE: Duration = Duration::from_millis(50);
/// A person who waits for longer is told why.
pub(super) const TELL_AFTER: Duration = Duration::from_secs(1);

/// How long a program waits for one profile's credentials without a person: Go's SDK gives up after a minute (aws-facts §7),
/// and a kept session may still be usable.
pub(crate) const UNATTENDED: Duration = Duration::from_secs(25);

pub(super) enum RenewalLock<T> {
    /// This process renews while it holds the lock. There is none on a file system without locks: two renewals at once cost a
    /// call, and nobody has to go without credentials for that.
    Acquired(Option<Lock>),
    RenewedElsewhere(T),
}

impl Provider<'_> {
    /// Waits for the lock of `subject`, or until `renewed` returns the result of another process, or `interim` something that
    /// is usable while that process goes on. The system frees the lock of a process that dies; one that is stopped keeps it,
    /// so a wait that no person sees has an end.
    pub(super) async fn lock_renewal<T>(
        &self,
        subject: &str,
        renewed: impl Fn() -> Option<T>,
        interim: impl Fn() -> Option<T>,
    ) -> Result<RenewalLock<T>, ProviderError> {
        let mut pause = FIRST_PAUSE;
        let mut waited = Duration::ZERO;
        loop {
            let holder = match self.ports.sessions.try_lock(subject) {
                // Checked under the lock too: the other process may have finished just before.
                Ok(lock) => {
                    return Ok(renewed().map_or(RenewalLock::Acquired(Some(lock)), RenewalLock::RenewedElsewhere));
                }
                Err(LockError::Held { path, holder, .. }) if waited >= UNATTENDED && self.is_unseen(holder) => {
                    let source = LockError::Held { path, holder, seconds: UNATTENDED.as_secs() };
                    return Err(ProviderError::Lock { profile: subject.to_owned(), source });
                }
                Err(LockError::Held { holder, .. }) => holder,
                Err(LockError::Disk(error)) => {
                    self.tell_unsaved(&error);
                    return Ok(renewed().map_or(RenewalLock::Acquired(None), RenewalLock::RenewedElsewhere));
                }
            };
            if let Some(result) = renewed().or_else(&interim) {
                return Ok(RenewalLock::RenewedElsewhere(result));
            }
            let is_told = waited > TELL_AFTER;
            tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            waited += pause;
            pause = (pause * 2).min(MAX_PAUSE);
            // A renewal by this process for another profile is no news.
            let is_news = self.attendance != Attendance::Nobody && holder != Some(this_process());
            if waited > TELL_AFTER && !is_told && is_news {
                self.notify(&Notice::Waiting { subject, holder });
            }
        }
    }

    /// True if no person sees the wait for `holder`. That may be this process, whose approval another profile waits for.
    fn is_unseen(&self, holder: Option<u32>) -> bool {
        match self.attendance {
            Attendance::Person => false,
            Attendance::Elsewhere => holder.is_some_and(|holder| holder != this_process()),
            Attendance::Nobody => true,
        }
    }
}

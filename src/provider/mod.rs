//! Owns obtaining credentials for chains: uses sessions that are kept, calls AWS for the remaining steps, and saves the
//! results; one renewal across processes. Must not parse configuration.

mod code;
mod device;
mod error;
mod execute;
mod external;
mod frontend;
mod listing;
mod login;
mod pkce;
mod rate_limit;
mod renewal_lock;
mod session;
mod sso;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;

use crate::aws::Aws;
use crate::flow::Preference;
use crate::model::{Externals, MfaSerial, SsoToken};
use crate::prompt::Prompt;
use crate::secret::Secret;
use crate::store::{LoginCache, LongTermKeys, Sessions, SsoCache};
use crate::system::files::disk::DiskError;
use crate::system::files::stamp::FileStamp;

pub(crate) use code::MFA_PROCESS_VARIABLE;
pub(crate) use error::{CodeOrder, ProviderError, Reason};
pub(crate) use execute::{CredentialResult, LoginPlan};
pub(crate) use external::{CODE_VARIABLE, EXTERNAL_VARIABLE};
pub(crate) use frontend::{CallbackOutcome, Frontend, Notice};
pub(crate) use listing::{InvalidItem, Listing};
pub(crate) use renewal_lock::UNATTENDED;
pub(crate) use session::is_bound;

/// The person that can be asked for a code or an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attendance {
    Person,
    /// Nobody at this terminal, but a login can be approved on another machine.
    Elsewhere,
    /// A step that needs a person is a [`ProviderError::LoginNeeded`].
    Nobody,
}

/// When a session is renewed, and what happens if that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RenewPolicy {
    /// Before it ends. On failure the old session is used while it lasts.
    BestEffort,
    /// Before it ends. A failure is an error.
    Required,
    /// As `Required` for the profiles that were asked for, as `BestEffort` for their sources.
    TargetOnly,
    /// Once in this run, even if the old session is fresh.
    Force,
}

/// What the chains were read from.
#[derive(Debug, Default)]
pub(crate) struct Origin {
    pub(crate) seen: Vec<FileStamp>,
    /// False if errors were found, of which every command warns.
    pub(crate) is_in_order: bool,
}

/// The adapters to the outside.
pub(crate) struct Ports<'a> {
    pub(crate) aws: &'a Aws,
    pub(crate) sessions: &'a Sessions,
    pub(crate) tokens: &'a SsoCache,
    pub(crate) logins: &'a LoginCache,
    /// What gives credentials without a login.
    pub(crate) externals: &'a Externals,
    pub(crate) prompt: RefCell<Box<dyn Prompt + 'a>>,
    pub(crate) frontend: Box<dyn Frontend + 'a>,
    /// How long to wait for the browser's callback.
    pub(crate) callback_timeout: Duration,
    pub(crate) now: fn() -> Timestamp,
}

/// Obtains credentials for chains. All of it happens on one thread, and no borrow of a cell outlives a call.
pub(crate) struct Provider<'a> {
    ports: Ports<'a>,
    keys: &'a LongTermKeys,
    origin: Origin,
    attendance: Attendance,
    policy: RenewPolicy,
    preference: Preference,
    /// With `Force`, a session that was obtained after this is not renewed again.
    started_at: Timestamp,
    /// The SSO tokens and console sign-ins that a person approved in this run: none is asked for twice.
    approved: RefCell<HashSet<String>>,
    /// The results for SSO tokens in this run, so that a failure is not repeated for each profile.
    tokens: RefCell<HashMap<String, Result<SsoToken, Rc<ProviderError>>>>,
    /// The console sign-ins that failed in this run.
    failed_sign_ins: RefCell<HashMap<String, Rc<ProviderError>>>,
    /// The MFA codes that were sent in this run: AWS accepts none twice.
    used_codes: RefCell<Vec<(MfaSerial, Secret)>>,
    has_told_unsaved: Cell<bool>,
    rate_limit: rate_limit::RateLimit,
}

impl<'a> Provider<'a> {
    pub(crate) fn new(
        ports: Ports<'a>,
        keys: &'a LongTermKeys,
        origin: Origin,
        attendance: Attendance,
        policy: RenewPolicy,
        preference: Preference,
    ) -> Self {
        let started_at = (ports.now)();
        Self {
            ports,
            keys,
            origin,
            attendance,
            policy,
            preference,
            started_at,
            approved: RefCell::default(),
            tokens: RefCell::default(),
            failed_sign_ins: RefCell::default(),
            used_codes: RefCell::default(),
            has_told_unsaved: Cell::new(false),
            rate_limit: rate_limit::RateLimit::default(),
        }
    }

    /// Until then, nobody is asked.
    pub(crate) fn with_prompt(mut self, prompt: Box<dyn Prompt + 'a>) -> Self {
        self.ports.prompt = RefCell::new(prompt);
        self
    }

    fn notify(&self, notice: &Notice<'_>) {
        self.ports.frontend.notify(notice);
    }

    /// Tells once in a run that the state directory can't be used.
    fn tell_unsaved(&self, error: &DiskError) {
        if !self.has_told_unsaved.replace(true) {
            self.notify(&Notice::NoState { cause: error.with_cause() });
        }
    }
}

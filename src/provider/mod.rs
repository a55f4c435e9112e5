//! Owns carrying out a login: uses what is kept, calls AWS for the steps that are left, keeps the result; one renewal
//! across processes. Must not parse configuration.

mod code;
mod error;
mod listing;
mod notice;
mod pace;
mod page;
mod right;
mod session;
mod sso;
#[cfg(test)]
mod tests;
mod work;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;

use crate::aws::Aws;
use crate::flow::Preference;
use crate::model::{LongTermKey, MfaSerial, ProfileName, SsoAccess, SsoToken};
use crate::prompt::Prompt;
use crate::secret::Secret;
use crate::store::{Sessions, SsoCache};
use crate::system::disk::DiskError;
use crate::system::loopback::Page;
use crate::system::stamp::FileStamp;

pub(crate) use code::MFA_PROCESS_VARIABLE;
pub(crate) use error::{CodeOrder, ProviderError, Reason};
pub(crate) use listing::{Listing, Odd};
pub(crate) use notice::{Landing, Notice};
pub(crate) use right::UNATTENDED;
pub(crate) use session::is_bound;
pub(crate) use work::Outcome;

/// Whether a person can be asked for a code or an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attendance {
    /// Yes.
    Person,
    /// Yes, but nobody sits at this terminal: a login is approved on another machine, and what is waited for is not seen.
    Elsewhere,
    /// No: what needs one is a [`ProviderError::LoginNeeded`].
    Nobody,
}

/// When a session is obtained anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// When the old one is about to end; where that fails, it serves as long as it can.
    Lenient,
    /// When the old one is about to end; where that fails, it is said.
    Strict,
    /// The same; but what the profile stands on may serve as long as it can.
    StrictAtTop,
    /// Once in this run, whatever is kept.
    Always,
}

/// The outside that a login needs.
pub(crate) struct Ports<'a> {
    /// The calls.
    pub(crate) aws: &'a Aws,
    /// Sessions in the state directory.
    pub(crate) sessions: &'a Sessions,
    /// SSO tokens and registrations.
    pub(crate) tokens: &'a SsoCache,
    /// The person.
    pub(crate) prompt: RefCell<Box<dyn Prompt + 'a>>,
    /// Takes what the person may want to know.
    pub(crate) notify: &'a dyn Fn(Notice<'_>),
    /// Opens a page in the browser; false if none was opened.
    pub(crate) open: &'a dyn Fn(&str) -> bool,
    /// Words the page that a browser sees when it comes back.
    pub(crate) page: &'a dyn Fn(&Landing<'_>, &SsoAccess) -> Page,
    /// How long a browser may take to come back.
    pub(crate) patience: Duration,
    /// The clock.
    pub(crate) now: fn() -> Timestamp,
}

/// The long-term keys of the credentials file, by section.
pub(crate) type LongTermKeys = HashMap<ProfileName, LongTermKey>;

/// Obtains credentials for chains. All of it happens on one thread, and no borrow of a cell outlives a call.
pub(crate) struct Provider<'a> {
    ports: Ports<'a>,
    keys: &'a LongTermKeys,
    seen: &'a [FileStamp],
    attendance: Attendance,
    renewal: Renewal,
    /// How SSO logins are approved.
    preference: Preference,
    /// When this run began: what was obtained later is never obtained again.
    since: Timestamp,
    /// The SSO tokens that a person approved in this run, by their key: none is asked for twice.
    approved: RefCell<HashSet<String>>,
    /// The SSO tokens that this run has, by their key, or why they could not be had.
    tokens: RefCell<HashMap<String, Result<SsoToken, Rc<ProviderError>>>>,
    /// What the profiles for which tokens are wanted say of dual-stack endpoints.
    dual_stack: RefCell<HashMap<ProfileName, Option<bool>>>,
    /// The codes that were sent in this run, with their devices: none is sent twice.
    used: RefCell<Vec<(MfaSerial, Secret)>>,
    /// Whether the person was told that sessions are not kept.
    is_unkept_told: Cell<bool>,
    /// How fast the portal is asked.
    pace: pace::Pace,
}

impl<'a> Provider<'a> {
    /// A provider for one run. `seen` are the files that the chains were read from.
    pub(crate) fn new(
        ports: Ports<'a>,
        keys: &'a LongTermKeys,
        seen: &'a [FileStamp],
        attendance: Attendance,
        renewal: Renewal,
        preference: Preference,
    ) -> Self {
        let since = (ports.now)();
        Self {
            ports,
            keys,
            seen,
            attendance,
            renewal,
            preference,
            since,
            approved: RefCell::default(),
            tokens: RefCell::default(),
            dual_stack: RefCell::default(),
            used: RefCell::default(),
            is_unkept_told: Cell::new(false),
            pace: pace::Pace::default(),
        }
    }

    /// Tells once in a run that the state directory can't be used.
    fn tell_unkept(&self, error: &DiskError) {
        if !self.is_unkept_told.replace(true) {
            (self.ports.notify)(Notice::NoState { cause: error.with_cause() });
        }
    }
}

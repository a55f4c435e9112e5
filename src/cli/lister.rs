//! Owns asking a portal for what is assigned to the person, on behalf of `discover`: the ports for it, and what was learnt
//! when it ends early.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::announce::count;
use super::desk::{Browser, PATIENCE, open_page, run};
use super::explain;
use super::failure::Failure;
use super::landing;
use super::out::Out;
use super::places::Places;
use super::progress::Progress;
use super::surroundings::{ca_bundle, endpoints, machine, proxies};
use crate::aws::Aws;
use crate::broker::{Attendance, Broker, BrokerError, Listing, LongTermKeys, Notice, Ports, Renewal};
use crate::login::Preference;
use crate::model::{Learnt, SsoAccess, SsoFlow, SsoSession};
use crate::prompt::{Nobody, Prompt, Terminal};
use crate::store::{Listings, Sessions, SsoCache};
use crate::system::clock;
use crate::system::disk::DiskError;
use crate::system::host::Host;

/// How long what is learnt is in memory alone.
const BETWEEN: SignedDuration = SignedDuration::from_secs(2);

/// How a sign-in goes, should one be needed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignIn {
    /// Whether a person can approve it.
    pub(crate) attendance: Attendance,
    /// Whether a page may be opened.
    pub(crate) browser: Browser,
    /// How it is approved, if that was said.
    pub(crate) flow: Option<SsoFlow>,
    /// How it is approved, if the person's own file says so.
    pub(crate) setting: Option<SsoFlow>,
}

/// Whether what an earlier run learnt is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// If it is not old.
    Used,
    /// No: everything is asked for afresh.
    Unused,
}

/// One listing of what a session gives.
pub(crate) struct Lister<'a> {
    host: &'a Host,
    out: Out,
    session: Arc<SsoSession>,
    aws: Aws,
    sessions: Sessions,
    tokens: SsoCache,
    listings: Listings,
    learnt: RefCell<Learnt>,
    memory: Memory,
    /// By which sign-in it is learnt; none before that is known.
    sign_in: RefCell<Option<String>>,
    /// When it was put away last.
    put_at: Cell<Option<Timestamp>>,
}

impl<'a> Lister<'a> {
    /// A listing that goes on where one that ended early left off.
    pub(crate) fn new(
        session: Arc<SsoSession>,
        memory: Memory,
        host: &'a Host,
        places: Places<'_>,
        out: Out,
    ) -> Result<Self, Failure> {
        let state_dir = places.state()?;
        Ok(Self {
            host,
            out,
            aws: Aws::new(endpoints(host)?, ca_bundle(host)?, proxies(host), clock::now),
            sessions: Sessions::new(&state_dir),
            tokens: SsoCache::new(Places::aws_cache("sso")?, &state_dir),
            listings: Listings::new(&state_dir),
            learnt: RefCell::default(),
            memory,
            sign_in: RefCell::default(),
            put_at: Cell::default(),
            session,
        })
    }

    /// Asks. What was learnt is kept if that ends early.
    pub(crate) fn list(&self, sign_in: SignIn) -> Result<Listing, Failure> {
        let failure = match self.ask(sign_in) {
            Ok(Ok(listing)) => {
                // A person who is asked may end this in any way.
                drop(self.put());
                return Ok(listing);
            }
            Ok(Err(error)) => explain::of_session(&error, &SsoAccess::Session(Arc::clone(&self.session)), "discover"),
            Err(failure) => failure,
        };
        self.keep();
        Err(failure)
    }

    /// Asks; the outer error is the person's Ctrl-C.
    fn ask(&self, sign_in: SignIn) -> Result<Result<Listing, Rc<BrokerError>>, Failure> {
        let progress = Progress::new(self.out, self.host.stderr_is_terminal);
        let notify = |notice: Notice<'_>| {
            if matches!(notice, Notice::Listed { .. }) {
                self.put_now_and_then();
            }
            progress.tell(&notice);
        };
        let may_open = sign_in.browser == Browser::Auto;
        let machine = machine(self.host);
        let open = |page: &str| may_open && machine.shows_browser() && open_page(page, self.host, self.out);
        let prompt: Box<dyn Prompt> = if self.host.is_interactive() { Box::new(Terminal) } else { Box::new(Nobody) };
        let ports = Ports {
            aws: &self.aws,
            sessions: &self.sessions,
            tokens: &self.tokens,
            prompt: RefCell::new(prompt),
            notify: &notify,
            open: &open,
            page: &landing::page,
            patience: PATIENCE,
            now: clock::now,
        };
        let preference = Preference { given: sign_in.flow, setting: sign_in.setting, may_open, machine };
        let keys = LongTermKeys::new();
        let broker = Broker::new(ports, &keys, &[], sign_in.attendance, Renewal::Strict, preference);
        // On the heap, since its type is too deep for the compiler inside another one.
        run(Box::pin(broker.list(&self.session, &self.learnt, |sign_in| self.recall(sign_in))))
    }

    /// What an earlier run of that sign-in has learnt.
    fn recall(&self, sign_in: String) -> Learnt {
        let learnt = match self.memory {
            Memory::Used => self.listings.get(&self.session, &sign_in, clock::now()),
            Memory::Unused => Learnt::new(),
        };
        self.sign_in.replace(Some(sign_in));
        learnt
    }

    fn put(&self) -> Result<(), DiskError> {
        let (learnt, sign_in, now) = (self.learnt.borrow(), self.sign_in.borrow(), clock::now());
        self.put_at.set(Some(now));
        match &*sign_in {
            Some(sign_in) if !learnt.is_empty() => self.listings.put(&self.session, sign_in, &learnt, now),
            _ => Ok(()),
        }
    }

    /// Puts away what is learnt, at first and then every few seconds: not every end of a process can be heard of.
    fn put_now_and_then(&self) {
        let is_early = |at: Timestamp| clock::now().duration_since(at).abs() < BETWEEN;
        if !self.put_at.get().is_some_and(is_early) {
            // If it can't be written, that is told at the end.
            drop(self.put());
        }
    }

    /// Keeps what was learnt for the next run, if that is anything.
    pub(crate) fn keep(&self) {
        let number = self.learnt.borrow().len();
        if number == 0 {
            return;
        }
        match self.put() {
            Ok(()) => {
                let command = match self.memory {
                    Memory::Used => "the same command",
                    Memory::Unused => "the same command without `--fresh`",
                };
                let accounts = count(number, "account");
                self.out
                    .say(&format!("what was learnt of {accounts} is kept for an hour: {command} goes on from there"));
            }
            Err(error) => self.out.warn(&format!("what was learnt so far could not be kept: {error}")),
        }
    }

    /// Forgets what was kept: it has been used.
    pub(crate) fn forget(&self) {
        if let Err(error) = self.listings.remove(&self.session) {
            self.out.warn(&error.to_string());
        }
    }
}

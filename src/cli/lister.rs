//! Owns asking a portal for what is assigned to the person, on behalf of `discover`: the ports for it, and what was learnt
//! when it ends early.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::announce::count;
use super::desk::{Browser, PATIENCE, open_page, run};
use super::explain;
use super::failure::Failure;
use super::landing;
use super::out::Out;
use super::places::Places;
use super::progress::Progress;
use super::surroundings::{ca_bundle, endpoints, machine};
use crate::aws::Aws;
use crate::broker::{Attendance, Broker, BrokerError, Listing, LongTermKeys, Notice, Ports, Renewal};
use crate::login::Preference;
use crate::model::{Learnt, SsoAccess, SsoFlow, SsoSession};
use crate::prompt::{Nobody, Prompt, Terminal};
use crate::store::{Listings, Sessions, SsoCache};
use crate::system::clock;
use crate::system::host::Host;

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
}

impl<'a> Lister<'a> {
    /// A listing that goes on where one that ended early left off.
    pub(crate) fn new(session: Arc<SsoSession>, host: &'a Host, places: Places<'_>, out: Out) -> Result<Self, Failure> {
        let state_dir = places.state()?;
        let listings = Listings::new(&state_dir);
        Ok(Self {
            host,
            out,
            aws: Aws::new(endpoints(host)?, ca_bundle(host), clock::now),
            sessions: Sessions::new(&state_dir),
            tokens: SsoCache::new(Places::aws_cache("sso")?, &state_dir),
            learnt: RefCell::new(listings.get(&session, clock::now())),
            listings,
            session,
        })
    }

    /// Asks. What was learnt is kept if that ends early.
    pub(crate) fn list(&self, sign_in: SignIn) -> Result<Listing, Failure> {
        let failure = match self.ask(sign_in) {
            Ok(Ok(listing)) => return Ok(listing),
            Ok(Err(error)) => explain::listing(&error, &SsoAccess::Session(Arc::clone(&self.session))),
            Err(failure) => failure,
        };
        self.keep();
        Err(failure)
    }

    /// Asks; the outer error is the person's Ctrl-C.
    fn ask(&self, sign_in: SignIn) -> Result<Result<Listing, Rc<BrokerError>>, Failure> {
        let progress = Progress::new(self.out, self.host.stderr_is_terminal);
        let notify = |notice: Notice<'_>| progress.tell(&notice);
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
        run(Box::pin(broker.list(&self.session, &self.learnt)))
    }

    /// Keeps what was learnt for the next run, if that is anything.
    pub(crate) fn keep(&self) {
        let learnt = self.learnt.borrow();
        if learnt.is_empty() {
            return;
        }
        match self.listings.put(&self.session, &learnt) {
            Ok(()) => self.out.say(&format!(
                "what was learnt of {} is kept for an hour: the same command goes on from there",
                count(learnt.len(), "account")
            )),
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

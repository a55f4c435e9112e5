//! SSO's state: registered clients, device authorizations, authorization codes, logins and their tokens. No HTTP, no JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::authorize::Asked;
use super::people::SsoInstance;

/// How the person meets a device authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Approval {
    /// Approved before the first poll.
    Immediately,
    /// Approved when this many polls have been answered with "pending".
    AfterPolls(u32),
    /// Approved when the verification page is opened with the user code.
    OnVisit,
    /// Denied before the first poll.
    Deny,
    /// Waits for [`World::approve`](super::World::approve) or [`World::refuse`](super::World::refuse).
    Never,
}

/// How the person meets the page for authorization codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// The page approves by itself and sends the browser back.
    Immediately,
    /// The page has two links, one to allow and one to deny.
    Ask,
    /// The page denies by itself.
    Deny,
    /// The page sends the browser back with a failure of its own, without a description.
    Error,
}

/// What the person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Not yet anything.
    Waiting,
    /// Yes.
    Approved,
    /// No.
    Denied,
}

/// A registered client.
pub(crate) struct Client {
    /// Its secret.
    pub(crate) secret: String,
    /// The end of the registration.
    pub(crate) expires: Timestamp,
    /// The scopes asked for.
    pub(crate) scopes: Vec<String>,
    /// The grant types it may use.
    pub(crate) grants: Vec<String>,
    /// Where a browser may be sent back to.
    pub(crate) redirects: Vec<String>,
    /// The start URL that it named as its issuer.
    pub(crate) issuer: Option<String>,
}

/// An authorization code.
pub(crate) struct Code {
    /// The client that it was given to.
    pub(crate) client_id: String,
    /// Where the browser was sent with it.
    pub(crate) redirect_uri: String,
    /// The S256 challenge.
    pub(crate) challenge: String,
    /// What the person allowed.
    pub(crate) scopes: Vec<String>,
    /// Its end.
    pub(crate) expires: Timestamp,
    /// Index of the login that it was used for.
    pub(crate) login: Option<usize>,
}

/// A device authorization.
pub(crate) struct DeviceRequest {
    /// The client that started it.
    pub(crate) client_id: String,
    /// Where the person signs in.
    pub(crate) start_url: String,
    /// What the person compares.
    pub(crate) user_code: String,
    /// The end of both codes.
    pub(crate) expires: Timestamp,
    /// How the person meets it.
    pub(crate) approval: Approval,
    /// What the person decided so far.
    pub(crate) decision: Decision,
    /// Polls answered with "pending".
    pub(crate) pending_polls: u32,
    /// When the client last polled, on the machine's clock.
    pub(crate) last_poll: Option<Timestamp>,
    /// Whether a token has been given for it.
    pub(crate) spent: bool,
}

/// A person signed in to an instance; it outlives its access tokens.
pub(crate) struct Login {
    /// The instance.
    pub(crate) start_url: String,
    /// Whether it was ended by `Logout` or by an administrator.
    pub(crate) ended: bool,
}

/// An access token.
pub(crate) struct AccessToken {
    /// Index of the login.
    pub(crate) login: usize,
    /// Its end.
    pub(crate) expires: Timestamp,
}

/// A refresh token that has not been used.
pub(crate) struct RefreshToken {
    /// Index of the login.
    pub(crate) login: usize,
    /// The client that it was given to.
    pub(crate) client_id: String,
}

/// All of SSO.
pub(crate) struct Sso {
    /// Instances.
    pub(crate) instances: Vec<Arc<SsoInstance>>,
    /// Accounts that are listed still, and gone.
    pub(crate) closed: BTreeSet<String>,
    /// Clients by id.
    pub(crate) clients: BTreeMap<String, Client>,
    /// Device authorizations by device code.
    pub(crate) requests: BTreeMap<String, DeviceRequest>,
    /// Authorization codes, used ones too.
    pub(crate) codes: BTreeMap<String, Code>,
    /// Pages for authorization codes that wait for an answer.
    pub(crate) pages: BTreeMap<String, Asked>,
    /// Logins; tokens refer to them by index.
    pub(crate) logins: Vec<Login>,
    /// Access tokens.
    pub(crate) access: BTreeMap<String, AccessToken>,
    /// Refresh tokens.
    pub(crate) refresh: BTreeMap<String, RefreshToken>,
    /// How the person meets authorizations that start from now on.
    pub(crate) approval: Approval,
    /// How the person meets pages for authorization codes that are opened from now on.
    pub(crate) consent: Consent,
    /// Lifetime of authorization codes in seconds.
    pub(crate) code_lifetime: i64,
    /// Polling interval in seconds.
    pub(crate) interval: i64,
    /// Lifetime of device codes in seconds.
    pub(crate) device_lifetime: i64,
    /// Lifetime of access tokens in seconds.
    pub(crate) token_lifetime: i64,
    /// Lifetime of registrations in seconds.
    pub(crate) registration_lifetime: i64,
}

impl Sso {
    /// No instance yet; quick polls.
    pub(crate) fn new() -> Self {
        Self {
            instances: Vec::new(),
            closed: BTreeSet::new(),
            clients: BTreeMap::new(),
            requests: BTreeMap::new(),
            codes: BTreeMap::new(),
            pages: BTreeMap::new(),
            logins: Vec::new(),
            access: BTreeMap::new(),
            refresh: BTreeMap::new(),
            approval: Approval::Immediately,
            consent: Consent::Immediately,
            code_lifetime: 300,
            interval: 1,
            device_lifetime: 600,
            token_lifetime: 3600,
            registration_lifetime: 90 * 24 * 3600,
        }
    }

    /// Settles a waiting user code; `false` when there is none.
    pub(crate) fn decide(&mut self, user_code: &str, decision: Decision) -> bool {
        let mut waiting = self.requests.values_mut().filter(|request| request.decision == Decision::Waiting);
        let found = waiting.find(|request| request.user_code == user_code);
        found.map(|request| request.decision = decision).is_some()
    }

    /// User codes that wait, oldest first.
    pub(crate) fn waiting(&self) -> Vec<String> {
        let mut waiting: Vec<_> =
            self.requests.values().filter(|request| request.decision == Decision::Waiting).collect();
        waiting.sort_by_key(|request| request.expires);
        waiting.iter().map(|request| request.user_code.clone()).collect()
    }

    /// The person opens the verification page; whether the code waits or has been approved.
    pub(crate) fn visit(&mut self, user_code: &str) -> bool {
        let Some(request) = self.requests.values_mut().find(|request| request.user_code == user_code) else {
            return false;
        };
        if request.decision == Decision::Waiting && request.approval == Approval::OnVisit {
            request.decision = Decision::Approved;
        }
        request.decision != Decision::Denied
    }

    /// The instance behind a valid access token, with the login's index.
    pub(crate) fn signed_in(&self, token: &str, now: Timestamp) -> Option<(usize, &Arc<SsoInstance>)> {
        let access = self.access.get(token).filter(|access| access.expires > now)?;
        let login = self.logins.get(access.login).filter(|login| !login.ended)?;
        let instance = self.instances.iter().find(|instance| instance.start_url == login.start_url)?;
        Some((access.login, instance))
    }

    /// Ends every login.
    pub(crate) fn end_all(&mut self) {
        for login in &mut self.logins {
            login.ended = true;
        }
    }
}

//! Everything that changes while the fake runs, behind one lock. Rules live with the services, not here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::fault::Faults;
use super::federation::SigninToken;
use super::ids::Ids;
use super::mfa::Device;
use super::people::{LongTermKey, Role, User};
use super::record::Recorded;
use super::signin::SignIn;
use super::sso::Sso;

/// Who a set of credentials stands for.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// The account.
    pub(crate) account: String,
    /// What `GetCallerIdentity` says: a user's or an assumed role's ARN.
    pub(crate) arn: String,
    /// What trust policies name: the user's ARN or the role's.
    pub(crate) principal: String,
    /// `AIDA…`, or `AROA…:session-name`.
    pub(crate) user_id: String,
}

/// How credentials came to be; decides what they may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A user's own key.
    LongTerm,
    /// Made by `GetSessionToken`.
    UserSession {
        /// Whether a code was given.
        mfa: bool,
    },
    /// Made by `AssumeRole` or the SSO portal.
    RoleSession,
    /// Made by `GetFederationToken`.
    FederatedUser,
}

/// Temporary credentials that have been handed out.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// `ASIA…`.
    pub(crate) key_id: String,
    /// The secret.
    pub(crate) secret: String,
    /// The session token.
    pub(crate) token: String,
    /// Whose they are.
    pub(crate) identity: Identity,
    /// What made them.
    pub(crate) kind: Kind,
    /// The end, on the server's clock.
    pub(crate) expires: Timestamp,
    /// The long-term key that made a user's session, which dies with it.
    pub(crate) key: Option<String>,
    /// The longest console session that can be asked for, in seconds; none if its length can't be chosen.
    pub(crate) longest_console: Option<i64>,
}

/// The whole mutable state.
pub(crate) struct State {
    /// IAM users.
    pub(crate) users: Vec<User>,
    /// Roles.
    pub(crate) roles: Vec<Role>,
    /// Pairs of principal and role that an explicit deny separates.
    pub(crate) denied: BTreeSet<(String, String)>,
    /// MFA devices by serial.
    pub(crate) devices: BTreeMap<String, Device>,
    /// Temporary credentials by key id.
    pub(crate) sessions: BTreeMap<String, Session>,
    /// SSO.
    pub(crate) sso: Sso,
    /// Console sign-ins.
    pub(crate) signin: SignIn,
    /// Tokens that sign a browser in to the console.
    pub(crate) signin_tokens: BTreeMap<String, SigninToken>,
    /// What goes wrong next.
    pub(crate) faults: Faults,
    /// Requests in the order of arrival.
    pub(crate) records: Vec<Recorded>,
    /// Ids of requests handed out so far.
    pub(crate) arrived: u64,
    /// Identifiers and secrets.
    pub(crate) ids: Ids,
    /// Where the server listens.
    pub(crate) base_url: String,
    /// Whether the server is stopping.
    pub(crate) stopped: bool,
    /// How often hanging requests have been released.
    pub(crate) releases: u64,
    /// Seconds by which the server's clock is ahead.
    pub(crate) clock_offset: i64,
    /// Lifetime of sessions in place of the requested one, in seconds.
    pub(crate) session_lifetime: Option<i64>,
    /// How many calls signed by a key that was made meanwhile are refused.
    pub(crate) refusals_of_new_keys: u32,
}

impl State {
    /// An empty world.
    pub(crate) fn new() -> Self {
        Self {
            users: Vec::new(),
            roles: Vec::new(),
            denied: BTreeSet::new(),
            devices: BTreeMap::new(),
            sessions: BTreeMap::new(),
            sso: Sso::new(),
            signin: SignIn::new(),
            signin_tokens: BTreeMap::new(),
            faults: Faults::default(),
            records: Vec::new(),
            arrived: 0,
            ids: Ids::random(),
            base_url: String::new(),
            stopped: false,
            releases: 0,
            clock_offset: 0,
            session_lifetime: None,
            refusals_of_new_keys: 0,
        }
    }

    /// The server's time.
    pub(crate) fn now(&self) -> Timestamp {
        machine_time() + jiff::SignedDuration::from_secs(self.clock_offset)
    }

    /// The server's time some seconds from now.
    pub(crate) fn after(&self, seconds: i64) -> Timestamp {
        self.now() + jiff::SignedDuration::from_secs(seconds)
    }

    /// The server's time as an HTTP `Date`.
    pub(crate) fn http_date(&self) -> String {
        self.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// How many requests of one operation have arrived.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.records.iter().filter(|record| record.operation == operation).count()
    }

    /// The user of an active long-term key, and the key.
    pub(crate) fn long_term(&self, key_id: &str) -> Option<(&User, &LongTermKey)> {
        self.users.iter().find_map(|user| {
            let key = user.keys.iter().find(|key| key.id == key_id && key.active)?;
            Some((user, key))
        })
    }

    /// Notes a call that was signed by a long-term key.
    pub(crate) fn note_use(&mut self, key_id: &str, service: &str, region: &str) {
        let now = self.now();
        let keys = self.users.iter_mut().flat_map(|user| &mut user.keys);
        for key in keys.filter(|key| key.id == key_id) {
            key.last_used = Some((now, service.to_owned(), region.to_owned()));
        }
    }

    /// Hands out temporary credentials for `seconds`, or for what `session_lifetime` says.
    pub(crate) fn issue_session(&mut self, identity: Identity, kind: Kind, seconds: i64) -> Session {
        let lifetime = self.session_lifetime.unwrap_or(seconds);
        let session = Session {
            key_id: self.ids.session_key_id(),
            secret: self.ids.secret_key(),
            token: self.ids.session_token(),
            identity,
            kind,
            expires: self.after(lifetime),
            key: None,
            longest_console: None,
        };
        self.sessions.insert(session.key_id.clone(), session.clone());
        session
    }
}

/// The machine's clock, which polls are measured by and which the server's time is offset from.
#[expect(clippy::disallowed_methods, reason = "a server has a clock of its own; the ban is for the program under test")]
pub(crate) fn machine_time() -> Timestamp {
    Timestamp::now()
}

/// The identity of an assumed role.
pub(crate) fn assumed_role(role_arn: &str, session_name: &str) -> Identity {
    let account = role_arn.split(':').nth(4).unwrap_or_default();
    let name = role_arn.rsplit('/').next().unwrap_or_default();
    Identity {
        account: account.to_owned(),
        arn: format!("arn:aws:sts::{account}:assumed-role/{name}/{session_name}"),
        principal: role_arn.to_owned(),
        user_id: format!("{}:{session_name}", super::ids::entity_id("AROA", role_arn)),
    }
}

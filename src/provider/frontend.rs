//! Owns what a login tells the person, as values; `cli` words them.

use crate::flow::{CallError, ClockSkew, DeviceAuthorization, Operation, SignInFlow};
use crate::model::{LoginSession, MfaSerial, ProfileName, SsoAccess};
use crate::system::loopback::Page;

/// The person's side of a login.
pub(crate) trait Frontend {
    fn notify(&self, notice: &Notice<'_>);

    /// Opens a page in the browser. Returns false if no browser was started.
    fn open(&self, url: &str) -> bool;

    /// Renders the page that the browser shows after its callback. `subject` is what the person logs in to.
    fn callback_page(&self, outcome: &CallbackOutcome<'_>, subject: &str) -> Page;
}

#[derive(Debug)]
pub(crate) enum Notice<'a> {
    /// `subject` is a profile or an SSO session.
    Calling {
        operation: Operation,
        subject: &'a str,
    },
    /// The person's own `credential_process` takes its time: it may want a key to be touched.
    Running {
        profile: &'a ProfileName,
        program: &'a str,
    },
    /// Another process is renewing `subject`; `holder` is its id, if known.
    Waiting {
        subject: &'a str,
        holder: Option<u32>,
    },
    /// AWS refused an MFA code, or would as a used one. Another one is asked for.
    CodeRefused {
        serial: &'a MfaSerial,
        clock_skew: Option<ClockSkew>,
    },
    /// The person is to approve a device code; `opened` if a browser shows the page.
    DeviceApproval {
        access: &'a SsoAccess,
        authorization: &'a DeviceAuthorization,
        opened: bool,
    },
    /// The person is to approve in a browser on this machine.
    BrowserApproval {
        access: &'a SsoAccess,
        url: &'a str,
        opened: bool,
    },
    /// The person is to sign in to the console; `opened` if a browser shows the page.
    SignIn {
        session: &'a LoginSession,
        flow: SignInFlow,
        url: &'a str,
        opened: bool,
    },
    /// The pasted code is of another sign-in page. It is asked for again.
    ForeignCode,
    /// The pasted text is no code of a sign-in page. It is asked for again.
    UnreadableCode,
    /// AWS refuses to renew a console sign-in, so a new one is needed.
    SignInEnded {
        profile: &'a ProfileName,
        call: &'a CallError,
    },
    /// `--flow pkce` was given for a portal without an SSO session.
    DeviceFlowOnly {
        access: &'a SsoAccess,
    },
    /// No loopback listener could be opened; the device flow is used instead.
    NoListener {
        cause: String,
    },
    /// AWS rejects the kept SSO token.
    TokenRejected {
        access: &'a SsoAccess,
    },
    Obtained {
        profile: &'a ProfileName,
    },
    /// Counts sessions.
    Progress {
        done: usize,
        total: usize,
    },
    /// Counts accounts whose roles are known.
    Listed {
        done: usize,
        total: usize,
    },
    /// The state directory can't be used: sessions are not saved, and several processes may renew one at once.
    NoState {
        cause: String,
    },
    /// A cache could not be written.
    NotSaved {
        what: &'static str,
        cause: String,
    },
}

/// The result of one callback of the browser.
#[derive(Debug)]
pub(crate) enum CallbackOutcome<'a> {
    Granted,
    /// By AWS, on its page or when the code was redeemed.
    Refused(&'a CallError),
    /// Somebody else than the profile's `login_session` signed in.
    IdentityMismatch {
        expected: &'a LoginSession,
        actual: &'a str,
    },
    /// It belongs to another login.
    Foreign,
    /// It has neither a code nor an error.
    Unreadable,
}

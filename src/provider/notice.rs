//! Owns what happens on the way, as values; `cli` words them.

use crate::flow::{CallError, ClockSkew, DeviceAuthorization, Operation};
use crate::model::{MfaSerial, ProfileName, SsoAccess};

/// Something that the person may want to know.
#[derive(Debug)]
pub(crate) enum Notice<'a> {
    /// A call is being made for a profile or SSO session.
    Calling {
        /// The call.
        operation: Operation,
        /// For what.
        subject: &'a str,
    },
    /// Another process is busy with the same; it is waited for.
    Waiting {
        /// With what.
        subject: &'a str,
        /// The process, if it said so.
        holder: Option<u32>,
    },
    /// AWS did not take a code, or would not, since it was sent before; another one is asked for.
    CodeRefused {
        /// The device.
        serial: &'a MfaSerial,
        /// How far this machine's clock is from AWS's, if that is known.
        clock_skew: Option<ClockSkew>,
    },
    /// A page waits for the person's approval.
    Approval {
        /// What is approved.
        access: &'a SsoAccess,
        /// Where, and with which code.
        authorization: &'a DeviceAuthorization,
        /// Whether a browser was opened there.
        opened: bool,
    },
    /// A page of the browser on this machine waits for the person's approval.
    Page {
        /// What is approved.
        access: &'a SsoAccess,
        /// Its whole address.
        page: &'a str,
        /// Whether a browser was opened there.
        opened: bool,
    },
    /// The person asked for a page, which this portal has only with a session.
    OnlyByDevice {
        /// The portal.
        access: &'a SsoAccess,
    },
    /// Nothing on this machine can be listened on; a code is used instead of a page.
    NoListener {
        /// Why not.
        cause: String,
    },
    /// AWS does not take the kept token any more.
    TokenRejected {
        /// Whose.
        access: &'a SsoAccess,
    },
    /// A profile has a new session.
    Obtained {
        /// The profile.
        profile: &'a ProfileName,
    },
    /// One more session is there.
    Progress {
        /// How many are.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// The accounts are known, or the roles of one more.
    Listed {
        /// How many accounts' roles are known.
        done: usize,
        /// How many accounts there are.
        total: usize,
    },
    /// The state directory can't be used: new sessions are not kept, or renewed by several processes at once.
    NoState {
        /// Why not.
        cause: String,
    },
    /// Something that is only convenient could not be written.
    NotKept {
        /// What.
        what: &'static str,
        /// Why not.
        cause: String,
    },
}

/// What a browser is told that came back from the page.
#[derive(Debug)]
pub(crate) enum Landing<'a> {
    /// There is a token.
    Granted,
    /// AWS said no, on its page or to the code.
    Refused(&'a CallError),
    /// It belongs to another login.
    Foreign,
    /// It says neither yes nor no.
    Unreadable,
}

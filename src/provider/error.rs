//! Owns why a login ended without credentials: facts, no advice.

use jiff::Timestamp;
use thiserror::Error;

use crate::flow::{CallError, ClockSkew, Endless, Operation};
use crate::model::{MfaSerial, ProfileName};
use crate::prompt::NoAnswer;
use crate::system::disk::DiskError;
use crate::system::lock::LockError;

/// What is missing when a person is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// There is no session.
    NoSession,
    /// There was one, and it has ended.
    Expired,
    /// There is one, made from another definition or key.
    Changed,
}

/// Which of a device's codes is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeOrder {
    /// The first one in this run.
    First,
    /// Another one: what was given is used up.
    Another,
}

impl ProviderError {
    /// Whether the person wants to stop.
    pub(crate) fn is_interrupt(&self) -> bool {
        matches!(self, Self::NoCode { source: NoAnswer::Interrupted, .. } | Self::Interrupted { .. })
    }

    /// Whether `other` says the same of another profile, so that it need not be told twice.
    pub(crate) fn has_same_cause(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Call { call, .. }, Self::Call { call: other, .. }) => call.has_same_cause(other),
            // Which file could not be written makes no difference for what is to be done.
            (Self::Store { source: error, .. }, Self::Store { source: other, .. }) => error.has_same_cause(other),
            (Self::OutOfTime { .. }, Self::OutOfTime { .. })
            | (Self::Lock { .. }, Self::Lock { .. })
            | (Self::WrongClock { .. }, Self::WrongClock { .. })
            | (Self::Interrupted { .. }, Self::Interrupted { .. }) => true,
            _ => false,
        }
    }
}

/// Why there are no credentials.
#[derive(Debug, Error)]
pub(crate) enum ProviderError {
    /// Only a person can go on, and none is there.
    #[error("{profile}: {}", match .reason { Reason::NoSession => "not logged in", Reason::Expired => "session expired", Reason::Changed => "the session was made from an older definition" })]
    LoginNeeded {
        /// The profile that was asked for.
        profile: ProfileName,
        /// What is missing.
        reason: Reason,
    },
    /// The credentials file has no long-term key where the profile's should be.
    #[error("{profile}: there is no long-term key in [{section}] of the credentials file")]
    NoLongTermKey {
        /// The profile.
        profile: ProfileName,
        /// The section.
        section: ProfileName,
    },
    /// No code was had.
    #[error("{profile}: no MFA code for {}", serial.as_str())]
    NoCode {
        /// The profile.
        profile: ProfileName,
        /// The device.
        serial: MfaSerial,
        /// Whether another code of the device was sent in this run before.
        order: CodeOrder,
        /// Why.
        source: NoAnswer,
    },
    /// Something that is not a code was given as one.
    #[error("{profile}: an MFA code is six digits")]
    MalformedCode {
        /// The profile.
        profile: ProfileName,
    },
    /// A code that this run has sent already.
    #[error("{profile}: this MFA code was used before, and a code is good for one call")]
    UsedCode {
        /// The profile.
        profile: ProfileName,
        /// How far this machine's clock is from AWS's, if that is known.
        clock_skew: Option<ClockSkew>,
    },
    /// The person's time to approve ran out.
    #[error("{profile}: nobody approved the login in time")]
    ApprovalTimedOut {
        /// The profile.
        profile: ProfileName,
    },
    /// The browser did not come back in time.
    #[error("{profile}: nobody came back from the approval page in time")]
    PageTimedOut {
        /// The profile.
        profile: ProfileName,
    },
    /// The person pressed Ctrl-C at a question.
    #[error("{profile}: interrupted")]
    Interrupted {
        /// The profile.
        profile: ProfileName,
    },
    /// The time was over in which a program wants to have its answer.
    #[error("{profile}: the session was not renewed in time: AWS, or another awsauth that renews it, takes too long")]
    OutOfTime {
        /// The profile.
        profile: ProfileName,
    },
    /// AWS does not take the token that a person approved in this run.
    #[error("{profile}: AWS refuses the token of the login that was just approved")]
    ApprovedInVain {
        /// The profile.
        profile: ProfileName,
    },
    /// This machine's clock is so wrong that no credentials would be of any use.
    #[error("{profile}: this machine's clock is wrong")]
    WrongClock {
        /// The profile.
        profile: ProfileName,
        /// How far it is from AWS's.
        clock_skew: ClockSkew,
    },
    /// Credentials that have ended, or end when none of AWS's do.
    #[error("{profile}: AWS gave credentials that end on {expiration}, which can't be right")]
    WrongExpiration {
        /// The profile.
        profile: ProfileName,
        /// Their end.
        expiration: Timestamp,
    },
    /// AWS did not do what was asked.
    #[error("{profile}: {call}")]
    Call {
        /// The profile.
        profile: ProfileName,
        /// What AWS said.
        call: CallError,
    },
    /// AWS's list has no end.
    #[error("{profile}: {operation} never ends: {source}")]
    Endless {
        /// The SSO session.
        profile: ProfileName,
        /// The call.
        operation: Operation,
        /// Why not.
        source: Endless,
    },
    /// Where sessions are kept can't be used.
    #[error("{profile}: no session can be kept")]
    Store {
        /// The profile or SSO session.
        profile: String,
        /// What the system said.
        source: DiskError,
    },
    /// Another process does not get done with its renewal; it may be stopped.
    #[error("{profile}: another awsauth is renewing this session")]
    Lock {
        /// The profile or SSO session.
        profile: String,
        /// Who it is.
        source: LockError,
    },
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn what_says_the_same_of_two_profiles_is_alike() {
        let name = |name: &str| ProfileName::new(name).unwrap();
        let late = |profile: &str| ProviderError::OutOfTime { profile: name(profile) };
        let full = |profile: &str, kind: io::ErrorKind| {
            let source = DiskError::Io { doing: "write", path: PathBuf::from(profile), source: kind.into() };
            ProviderError::Store { profile: profile.to_owned(), source }
        };
        let (no_room, no_right) = (io::ErrorKind::StorageFull, io::ErrorKind::PermissionDenied);
        assert!(late("one").has_same_cause(&late("other")));
        assert!(full("one", no_room).has_same_cause(&full("other", no_room)));
        assert!(!full("one", no_room).has_same_cause(&full("other", no_right)));
        assert!(!late("one").has_same_cause(&full("one", no_room)));
        let needed = |profile: &str| ProviderError::LoginNeeded { profile: name(profile), reason: Reason::Expired };
        assert!(!needed("one").has_same_cause(&needed("other")), "each names its own command");
    }
}

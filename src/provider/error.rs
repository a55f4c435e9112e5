//! Owns the errors of obtaining credentials: facts, no advice.

use jiff::Timestamp;
use thiserror::Error;

use crate::flow::{CallError, ClockSkew, Endless, Operation, ProcessOutputError};
use crate::model::{CredentialSource, ExternalError, LoginSession, MfaSerial, ProfileName};
use crate::prompt::NoAnswer;
use crate::store::KeyringError;
use crate::system::files::disk::DiskError;
use crate::system::files::lock::LockError;
use crate::system::programs::output::OutputError;

/// The state that makes a login necessary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    NoSession,
    Expired,
    /// The session was made from another definition or key.
    Changed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeOrder {
    First,
    /// After a code that is used up.
    Another,
}

impl ProviderError {
    pub(crate) fn is_interrupt(&self) -> bool {
        matches!(
            self,
            Self::NoCode { source: NoAnswer::Interrupted, .. }
                | Self::Interrupted { .. }
                | Self::Keyring { source: KeyringError::Interrupted, .. }
        )
    }

    /// True if one report does for both.
    pub(crate) fn has_same_cause(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Call { call, .. }, Self::Call { call: other, .. }) => call.has_same_cause(other),
            // The advice is the same for every file.
            (Self::Store { source: error, .. }, Self::Store { source: other, .. }) => error.has_same_cause(other),
            (Self::Keyring { source, .. }, Self::Keyring { source: other, .. }) => source == other,
            (Self::OutOfTime { .. }, Self::OutOfTime { .. })
            | (Self::Lock { .. }, Self::Lock { .. })
            | (Self::WrongClock { .. }, Self::WrongClock { .. })
            | (Self::Interrupted { .. }, Self::Interrupted { .. }) => true,
            _ => false,
        }
    }
}

#[derive(Debug, Error)]
pub(crate) enum ProviderError {
    #[error("{profile}: {}", match .reason { Reason::NoSession => "not logged in", Reason::Expired => "session expired", Reason::Changed => "the session was made from an older definition" })]
    LoginNeeded { profile: ProfileName, reason: Reason },
    #[error("{profile}: no long-term key is stored for [{section}]")]
    NoLongTermKey { profile: ProfileName, section: ProfileName },
    /// Something else gives the profile's credentials, and has none.
    #[error("{profile}: {why}")]
    External { profile: ProfileName, why: ExternalError },
    #[error("{profile}: its `credential_process` failed: {why}")]
    Process { profile: ProfileName, why: OutputError },
    #[error("{profile}: its `credential_process` failed: `{program}` {why}")]
    ProcessOutput { profile: ProfileName, program: String, why: ProcessOutputError },
    #[error("{profile}: `{}` gives no credentials: {why}", place.as_str())]
    Machine { profile: ProfileName, place: CredentialSource, why: String },
    #[error("{profile}: no MFA code for {}", serial.as_str())]
    NoCode { profile: ProfileName, serial: Box<MfaSerial>, order: CodeOrder, source: NoAnswer },
    #[error("{profile}: an MFA code is six digits")]
    MalformedCode { profile: ProfileName },
    #[error("{profile}: this MFA code was used before, and a code is good for one call")]
    UsedCode { profile: ProfileName, clock_skew: Option<ClockSkew> },
    #[error("{profile}: nobody approved the login in time")]
    ApprovalTimedOut { profile: ProfileName },
    #[error("{profile}: nobody came back from the approval page in time")]
    CallbackTimedOut { profile: ProfileName },
    #[error("{profile}: there is no terminal to paste the sign-in page's code at")]
    NoTerminal { profile: ProfileName },
    /// The person signed in as somebody else than the profile says.
    #[error("{profile}: you signed in as {actual}, and `login_session` is {}", expected.as_str())]
    IdentityMismatch { profile: ProfileName, expected: LoginSession, actual: String },
    /// By Ctrl-C at a prompt.
    #[error("{profile}: interrupted")]
    Interrupted { profile: ProfileName },
    /// An unattended run took longer than [`super::UNATTENDED`].
    #[error("{profile}: the session was not renewed in time: AWS, or another awsauth that renews it, takes too long")]
    OutOfTime { profile: ProfileName },
    #[error("{profile}: AWS refuses the token of the login that was just approved")]
    ApprovedInVain { profile: ProfileName },
    #[error("{profile}: this machine's clock is wrong")]
    WrongClock { profile: ProfileName, clock_skew: ClockSkew },
    /// Already ended, or later than AWS's longest session.
    #[error("{profile}: AWS gave credentials that end on {expiration}, which can't be right")]
    WrongExpiration { profile: ProfileName, expiration: Timestamp },
    #[error("{profile}: {call}")]
    Call { profile: ProfileName, call: Box<CallError> },
    #[error("{profile}: {operation} never ends: {source}")]
    Endless { profile: ProfileName, operation: Operation, source: Endless },
    #[error("{profile}: the session can't be saved")]
    Store { profile: String, source: DiskError },
    #[error("{profile}: its key or session is in the system's keyring")]
    Keyring { profile: ProfileName, source: KeyringError },
    /// Another process holds the renewal lock for too long; it may be stopped.
    #[error("{profile}: another awsauth is renewing this session")]
    Lock { profile: String, source: LockError },
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

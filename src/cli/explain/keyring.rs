//! Owns the hints for a keyring that does not give what it should.

use std::error::Error;

use crate::cli::exit::Exit;
use crate::cli::ui::failure::Failure;
use crate::store::KeyringError;

/// The failure with the message of `error`, whose cause is `keyring`.
pub(crate) fn failure(error: &dyn Error, keyring: &KeyringError) -> Failure {
    const TO_FILES: &str = "to keep secrets in files: `awsauth store move --to file`, while the keyring works";
    // There is nothing to move.
    const FILES_FROM_NOW_ON: &str = "to do without it: set `store = \"file\"` in `[settings]` of profiles.local.toml, store the keys \
                                     with `awsauth keys add`, and log in again";
    let failure = Failure::of(Exit::Unavailable, error);
    match keyring {
        KeyringError::Interrupted => Failure::one_line(Exit::Interrupted, "interrupted"),
        KeyringError::Absent(_) => failure
            .hint("start gnome-keyring, KWallet or KeePassXC; docs/troubleshooting.md says how without a desktop")
            .hint(FILES_FROM_NOW_ON)
            .detail("reason", "no-keyring"),
        KeyringError::Locked => {
            failure.hint("unlock it, and run the same command again").hint(TO_FILES).detail("reason", "keyring-locked")
        }
        KeyringError::TimedOut => failure
            .hint("answer its dialog, which may be behind another window, and run the same command again")
            .detail("reason", "keyring-silent"),
        KeyringError::Failed(_) | KeyringError::Unfaithful => failure.hint(TO_FILES).detail("reason", "keyring-failed"),
    }
}

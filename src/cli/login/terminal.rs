//! Owns asking the person while an SDK has the standard streams, and waits: at the terminal itself, for a limited time,
//! and only if the person has said so.

use std::time::Duration;

use crate::cli::env_config::given_code;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::mfa_prompt;
use crate::cli::login::service::{InPlace, LoginService, Manner};
use crate::cli::ui::failure::Failure;
use crate::model::{Credentials, PromptPlace};
use crate::prompt::TtyPrompt;
use crate::provider::ProviderError;
use crate::system::host::Host;
use crate::system::lock::{Lock, LockError};
use crate::system::tty::Tty;
use crate::system::wait::{Deadline, Waited, wait};

/// How long a person has: less than the minute after which Go's SDK gives up (aws-facts §7).
const PATIENCE: Duration = Duration::from_secs(50);

/// Credentials for a program that takes them from this one's standard output. Where a person is needed, the failure
/// says so at once, unless there is a terminal and the settings allow to ask there.
pub(crate) fn credentials(desk: LoginService<'_>, name: &str, host: &Host) -> Result<Credentials, Failure> {
    let may_ask = desk.manifest.settings.prompt == Some(PromptPlace::Tty) && !mfa_prompt::is_inside(host);
    let Some(tty) = may_ask.then(Tty::open).flatten() else { return desk.credentials_for(name, InPlace::Refused) };
    let until = Deadline::after(PATIENCE);
    let desk = desk.at_tty();
    let chains = [desk.chain(name)?];
    // What needs no person is done without one, even if there is not much of it left.
    let outcome = desk.obtain(&chains, Manner::unattended(1), |_| ())?.pop();
    let is_persons = matches!(&outcome, Some(Err(error)) if matches!(**error, ProviderError::LoginNeeded { .. }));
    if !is_persons {
        return desk.credentials_of(outcome);
    }
    desk.check_session_section(&chains[0])?;
    let _turn = turn(&desk, name, &tty, until)?;
    let prompt = desk.asker(given_code(None, host)?, Some(until)).then(Box::new(TtyPrompt::new(tty, until)));
    let outcome = desk.obtain(&chains, Manner::in_place(prompt, Some(until)), |needs| desk.announce(needs));
    desk.share_where_possible(&chains);
    desk.credentials_of(outcome?.pop())
}

/// Waits until no other awsauth asks at this terminal: SDKs start many at once, and a line that is typed would go to any of
/// them.
fn turn(desk: &LoginService<'_>, name: &str, tty: &Tty, until: Deadline) -> Result<Option<Lock>, Failure> {
    let file = desk.sessions.lock_file(&format!("tty {}", tty.session()));
    match wait(until.left(), move || Lock::acquire_temporary(&file, until.left())) {
        Waited::Done(Ok(lock)) => Ok(Some(lock)),
        Waited::Done(Err(LockError::Held { .. })) | Waited::TimedOut => Err(explain::nobody_answered(name)),
        Waited::Interrupted => Err(Failure::one_line(Exit::Interrupted, "interrupted")),
        // Where no lock can be had, no session can be kept either, which is told when it comes to that.
        Waited::Done(Err(LockError::Disk(_))) => Ok(None),
    }
}

//! Owns asking the person while an SDK waits and has the standard streams: at the terminal itself, for a limited time, and only
//! with `prompt = "tty"`.

use std::time::Duration;

use crate::cli::environment::given_code;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::login::mfa_prompt;
use crate::cli::login::options::{InPlace, LoginOptions};
use crate::cli::login::service::LoginService;
use crate::cli::ui::failure::Failure;
use crate::model::{Credentials, PromptPlace};
use crate::prompt::{NoPrompt, TtyPrompt};
use crate::provider::ProviderError;
use crate::system::files::lock::{Lock, LockError};
use crate::system::host::Host;
use crate::system::tty::Tty;
use crate::system::wait::{Deadline, Waited, wait};

/// Less than the minute after which Go's SDK gives up (aws-facts §7).
const PERSON_TIMEOUT: Duration = Duration::from_secs(50);

/// Credentials for a program that reads them from standard output.
pub(crate) fn credentials(service: LoginService<'_>, name: &str, host: &Host) -> Result<Credentials, Failure> {
    let may_ask = service.manifest.settings.prompt == Some(PromptPlace::Tty) && !mfa_prompt::is_inside(host);
    let Some(tty) = may_ask.then(Tty::open).flatten() else { return service.credentials_for(name, InPlace::Refused) };
    let until = Deadline::after(PERSON_TIMEOUT);
    let service = service.at_tty();
    let chains = [service.chain(name)?];
    // First without a person, even if not much is left of the session.
    let result = service.plan(&chains, LoginOptions::unattended(1))?.execute(Box::new(NoPrompt))?.pop();
    let needs_person = matches!(&result, Some(Err(error)) if matches!(**error, ProviderError::LoginNeeded { .. }));
    if !needs_person {
        return service.credentials_of(name, result);
    }
    service.check_session_section(&chains[0])?;
    let _turn = wait_for_turn(&service, name, &tty, until)?;
    let prompt = service.mfa_prompt(given_code(None, host)?, Some(until)).then(Box::new(TtyPrompt::new(tty, until)));
    let planned = service.plan(&chains, LoginOptions::in_place(Some(until)))?;
    planned.announce();
    let results = planned.execute(prompt);
    service.share_or_warn(&chains);
    service.credentials_of(name, results?.pop())
}

/// Waits until no other awsauth asks at this terminal: SDKs start many at once, and a line that is typed would go to any of
/// them.
fn wait_for_turn(service: &LoginService<'_>, name: &str, tty: &Tty, until: Deadline) -> Result<Option<Lock>, Failure> {
    let file = service.sessions.lock_file(&format!("tty {}", tty.session()));
    match wait(until.left(), move || Lock::acquire_temporary(&file, until.left())) {
        Waited::Done(Ok(lock)) => Ok(Some(lock)),
        Waited::Done(Err(LockError::Held { .. })) | Waited::TimedOut => Err(explain::nobody_answered(name)),
        Waited::Interrupted => Err(Failure::one_line(Exit::Interrupted, "interrupted")),
        // Without locks no session can be saved either, which is reported then.
        Waited::Done(Err(LockError::Disk(_))) => Ok(None),
    }
}

//! Owns the sources of MFA codes, in order: one that was given beforehand, `mfa_process`, a seed in the keyring, the person.

use crate::aws::Aws;
use crate::cli::app::App;
use crate::cli::environment::{GivenCode, secret_variables};
use crate::cli::exit::Exit;
use crate::cli::login::kept_seed::{LastSubject, SeedPrompt};
use crate::cli::ui::failure::Failure;
use crate::flow::seconds_to_next_code;
use crate::model::{Chain, Profile, SecretStore, Settings};
use crate::prompt::{GivenAnswer, LastQuestion, ProgramEvent, ProgramPrompt, Prompt};
use crate::provider::MFA_PROCESS_VARIABLE;
use crate::store::Seeds;
use crate::system::clock;
use crate::system::host::Host;
use crate::system::programs::capture::StderrMode;
use crate::system::wait::Deadline;

pub(crate) struct MfaPrompt<'a> {
    /// By `--token-code` or its variable.
    pub(crate) given: Option<GivenCode>,
    pub(crate) settings: &'a Settings,
    pub(crate) seeds: &'a Seeds,
    pub(crate) aws: &'a Aws,
    pub(crate) app: App<'a>,
    /// When the caller gives up.
    pub(crate) until: Option<Deadline>,
}

impl MfaPrompt<'_> {
    /// `last` is asked when nothing else has a code.
    pub(crate) fn then(self, last: Box<dyn Prompt>) -> Box<dyn Prompt> {
        let next = self.process(self.seed(last));
        let Some(GivenCode { code, origin }) = self.given else { return next };
        let out = self.app.out;
        let tell = Box::new(move || out.detail(&format!("taking the MFA code of {origin}")));
        Box::new(GivenAnswer { answer: Some(code), tell, next })
    }

    fn process(&self, next: Box<dyn Prompt>) -> Box<dyn Prompt> {
        let App { host, out, .. } = self.app;
        let Some(process) = self.settings.mfa_process.as_ref().filter(|_| !is_inside(host)) else {
            return next;
        };
        Box::new(ProgramPrompt {
            program: process.program().to_owned(),
            args: process.args().to_vec(),
            path: host.var_os("PATH").map(std::ffi::OsStr::to_owned),
            unset: secret_variables(host),
            stderr: if host.stderr_is_terminal { StderrMode::Shown } else { StderrMode::Hidden },
            until: self.until,
            until_next: until_next_code,
            tell: Box::new(move |event: ProgramEvent<'_>| match event {
                ProgramEvent::Running(program) => out.say(&format!("Asking `{program}` for the code…")),
                ProgramEvent::NoAnswer(error) => out.warn(&format!("mfa_process: {error}")),
                ProgramEvent::Waiting(time) => {
                    out.say(&format!("Waiting {} s for the device's next code…", time.as_secs()));
                }
            }),
            next,
            last: LastQuestion::default(),
        })
    }

    fn seed(&self, next: Box<dyn Prompt>) -> Box<dyn Prompt> {
        if self.settings.store != Some(SecretStore::Keyring) || self.seeds.serials().is_empty() {
            return next;
        }
        let (seeds, skew) = (self.seeds.clone(), Box::new(self.aws.skew_teller()));
        let (until, out, last) = (self.until, self.app.out, LastSubject::default());
        Box::new(SeedPrompt { seeds, now: clock::now, skew, until, out, next, last })
    }
}

/// A second more than the time step, since clocks differ.
fn until_next_code() -> std::time::Duration {
    let seconds = seconds_to_next_code(clock::now(), None) + 1;
    std::time::Duration::from_secs(seconds.unsigned_abs())
}

/// True if this process was started by `mfa_process` of another awsauth.
pub(crate) fn is_inside(host: &Host) -> bool {
    host.var_os(MFA_PROCESS_VARIABLE).is_some()
}

/// Refuses a login that needs the code which this process is started to get: it would never end. `is_kept` is true if the
/// profile at the top of some steps needs no code.
pub(crate) fn refuse_circle(
    chain: &Chain<'_>,
    host: &Host,
    is_kept: impl Fn(&[&Profile]) -> bool,
) -> Result<(), Failure> {
    let profiles = chain.profiles();
    let Some(waiting) = host.var(MFA_PROCESS_VARIABLE) else { return Ok(()) };
    let Some(place) = profiles.iter().position(|profile| profile.name.as_str() == waiting) else { return Ok(()) };
    if (place..profiles.len()).any(|top| is_kept(&profiles[..=top])) {
        return Ok(());
    }
    let name = chain.target().name.as_str();
    let message = format!("{name}: mfa_process leads back to awsauth, for which it is to get the code of {waiting}");
    Err(Failure::one_line(Exit::Login, message).detail("profile", name).detail("reason", "mfa-process-circle"))
}

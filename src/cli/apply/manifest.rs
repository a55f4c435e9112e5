//! Owns one run of `apply`, from the manifest to the report.

use crate::cli::app::App;
use crate::cli::apply::file_plan::FileWork;
use crate::cli::apply::plans::{Plans, Work};
use crate::cli::apply::program_path::Program;
use crate::cli::apply::run::{Caller, Run};
use crate::cli::config::load::{Manifest, Reading};
use crate::cli::config::{personal, portals};
use crate::cli::exit::Exit;
use crate::cli::explain::unmanaged;
use crate::cli::ui::failure::Failure;
use crate::manifest::Audience;
use crate::plan::{Permission, without_sessions};
use crate::store::AppliedDigests;
use crate::system::files::atomic::sweep;

/// What to do with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Show,
    /// Shows it, and tells by the exit code if there is anything to do.
    Check,
    /// Asks, if somebody is at a terminal.
    Ask,
    Write,
}

impl Way {
    pub(crate) fn is_shown_only(self) -> bool {
        matches!(self, Self::Show | Self::Check)
    }

    pub(crate) fn is_asked(self, app: App<'_>) -> bool {
        self == Self::Ask && !app.out.json && app.host.is_interactive()
    }
}

/// Plans both files, and goes on with that. `facts` of the caller begin the document.
pub(crate) fn apply(
    way: Way,
    permission: Permission,
    fix_permissions: bool,
    caller: Caller,
    facts: &serde_json::Map<String, serde_json::Value>,
    app: App<'_>,
) -> Result<Exit, Failure> {
    let App { host, paths, out } = app;
    let mut reading = Reading::read(paths, Audience::Person)?;
    if way == Way::Ask && reading.loaded.lacks_only_values() {
        reading = personal::complete(reading, app)?;
    }
    let manifest = Manifest::of(reading, app).inspect_err(|failure| {
        if failure.is_shown() {
            out.say("nothing was written: correct the manifest, then run `awsauth apply` again");
        }
    })?;
    let program = Program::find(host, &manifest.catalog)?;
    warn_of_manifest(!program.path().is_empty(), app);
    let plans = Plans::new(permission, fix_permissions, &manifest, &program, app)?;
    let work = plans.make(paths)?;
    portals::warn_of_new(&work.config.snapshot.bytes, &work.config.plan.after, &manifest, out);
    let is_asked = way.is_asked(app) && work.is_pending();
    let is_shown_only = way.is_shown_only();
    let run = Run { plans: &plans, work: &work, program: &program, is_shown_only, is_asked, caller, facts, out };
    if !is_shown_only {
        let state = paths.state()?;
        if is_asked {
            run.ask(host)?;
        }
        run.carry_out(&state)?;
        sweep(&state);
        if work.is_pending() {
            // Without it, an undo only fails to warn of changes.
            drop(AppliedDigests::new(&state).remember(written(&work)));
        }
    }
    run.report()?;
    if !out.json && !work.is_pending() && manifest.catalog.profiles().is_empty() {
        out.say("the manifest describes no profile yet: `awsauth check` says more");
        unmanaged::say(app);
    }
    let exit = match program.refusal() {
        Some(refusal) => {
            refusal.say_text(out);
            refusal.exit
        }
        None if way == Way::Check && work.is_pending() => Exit::Different,
        None => Exit::Done,
    };
    // The process ends here: dropping ten thousand profiles first would only take time.
    std::mem::forget((work, manifest));
    Ok(exit)
}

/// The digests of both files after the work, of the credentials file also without awsauth's own sessions, which come and go.
fn written(work: &Work) -> Vec<String> {
    let [config, credentials] = [&work.config, &work.credentials].map(FileWork::after);
    [config, credentials, &without_sessions(credentials)].map(AppliedDigests::digest).to_vec()
}

/// The programs that SDKs start don't know of `--manifest`.
fn warn_of_manifest(names_program: bool, app: App<'_>) {
    if names_program && !app.paths.is_manifest_found_again() {
        app.out.warn(
            "this manifest was named by --manifest, and `credential_process` will look for it where AWSAUTH_MANIFEST says, \
             or in your configuration directory",
        );
    }
}

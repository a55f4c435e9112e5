//! Owns `awsauth apply`.

use crate::cli::app::App;
use crate::cli::apply::file_plan::FileWork;
use crate::cli::apply::plans::{Plans, Work};
use crate::cli::apply::program_path::Program;
use crate::cli::apply::run::Run;
use crate::cli::config::load::{Manifest, Reading};
use crate::cli::config::{personal, portals};
use crate::cli::exit::Exit;
use crate::cli::explain::unmanaged;
use crate::cli::ui::failure::Failure;
use crate::manifest::Audience;
use crate::plan::{Adoption, Overwrite, Permission, without_sessions};
use crate::store::AppliedDigests;
use crate::system::files::atomic::sweep;

/// Write the profiles into ~/.aws/config
///
/// They go into one block of the file; everything else in it stays byte for byte. On a terminal, the diff is shown
/// first and you are asked, also for values that the manifest wants of you. Otherwise it writes without asking. A backup is kept of each file that is changed.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
Examples:
  awsauth apply --dry-run
  awsauth apply --yes")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that was typed or not")]
pub(crate) struct Args {
    /// Show the changes as a diff and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Like --dry-run; exit with 1 for changes, 4 if refused
    #[arg(long)]
    pub(crate) check: bool,
    /// Take over sections outside the block
    ///
    /// This needs every setting of these sections in the manifest; if one is missing, its line is printed. A long-term
    /// key where a session goes is moved to [NAME-long-term].
    #[arg(long, conflicts_with = "undo")]
    pub(crate) adopt: bool,
    /// Overwrite a block that was edited by hand
    #[arg(long, conflicts_with = "undo")]
    pub(crate) force: bool,
    /// Undo the last run that wrote, or the last N
    ///
    /// Runs of apply and `keys add --force` count, and undos. Both files are restored as they were before. Another --undo
    /// takes this back. The manifest is left as it is, so the next apply writes its profiles again.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1", value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) undo: Option<u8>,
    /// Make ~/.aws/credentials readable only by you
    #[arg(long, conflicts_with = "undo")]
    pub(crate) fix_permissions: bool,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}

impl Args {
    fn permission(&self) -> Permission {
        Permission {
            overwrite: if self.force { Overwrite::Edited } else { Overwrite::Intact },
            adoption: if self.adopt { Adoption::TakeOver } else { Adoption::Refuse },
        }
    }
}

/// Plans both files, shows the plan or asks about it, and carries it out.
pub(crate) fn run(args: &Args, app: App<'_>) -> Result<Exit, Failure> {
    run_after(args, &serde_json::Map::new(), app)
}

/// As [`run`], as the end of another command, whose own facts begin the document.
pub(crate) fn run_after(
    args: &Args,
    facts: &serde_json::Map<String, serde_json::Value>,
    app: App<'_>,
) -> Result<Exit, Failure> {
    let App { host, paths, out } = app;
    let is_shown_only = args.dry_run || args.check;
    let mut reading = Reading::read(paths, Audience::Person)?;
    if !is_shown_only && !args.yes && reading.loaded.lacks_only_values() {
        reading = personal::complete(reading, app)?;
    }
    let manifest = Manifest::of(reading, app).inspect_err(|failure| {
        if failure.is_shown() {
            out.say("nothing was written: correct the manifest, then run `awsauth apply` again");
        }
    })?;
    let program = Program::find(host, &manifest.catalog)?;
    warn_of_manifest(!program.path().is_empty(), app);
    let plans = Plans::new(args.permission(), args.fix_permissions, &manifest, &program, app)?;
    let work = plans.make(paths)?;
    portals::warn_of_new(&work.config.snapshot.bytes, &work.config.plan.after, &manifest, out);
    let is_asked = !is_shown_only && !out.json && work.is_pending() && host.is_interactive() && !args.yes;
    let run = Run { plans: &plans, work: &work, program: &program, is_shown_only, is_asked, facts, out };
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
        unmanaged::say(app);
    }
    let exit = match program.refusal() {
        Some(refusal) => {
            refusal.say_text(out);
            refusal.exit
        }
        None if args.check && work.is_pending() => Exit::Different,
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
